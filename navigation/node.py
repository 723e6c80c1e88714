"""Carries readings in, and map, pose, plan and a wished velocity out; serves `navigate_to`. Decides nothing itself:
see `localise.py` for the pose and `drive.py` for a goal.
"""

from __future__ import annotations

import functools
import math
from collections import deque
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from kangban_msgs.action import NavigateTo, Say
from rclpy.action import ActionClient, ActionServer, CancelResponse

from kangban import streams
from kangban.config import Config
from kangban.conversions import MAP, ODOM, pose2d_from_ros, pose2d_to_ros
from kangban.node import KangbanNode, run
from kangban.rooms import Doorway, doorways
from kangban.values import (
    STILL,
    Array,
    ChainState,
    Health,
    Odometry,
    Persons,
    Plan,
    Pose2D,
    Scan,
    Twist2D,
    VelocityCommand,
)
from navigation import asking, doors, drive, localise, pose_file, sitemap, surroundings, zones
from navigation.control import local, movers, people
from navigation.control.arrive import Goal
from navigation.control.limits import ControlLimits
from navigation.control.pilot import Surroundings
from navigation.costs import Costs, Sizes, costs
from navigation.docking.pier import Pier
from navigation.doors import Doors
from navigation.drive import Drive, DriveLimits, Maps, Outcome, Reason, Situation
from navigation.field import Field
from navigation.localise import Belief
from navigation.locating.knowing import State
from navigation.locating.senses import SEEN_BEFORE_S
from navigation.nodes.ending import result_of
from navigation.pose_file import Anchor
from navigation.recovery import Trouble

FIELD_RESOLUTION_M = 0.02  # finer than the planner's grid: the pose is matched against it
FEEDBACK_S = 0.2
# People are driven around when they were seen so long ago, not as soon as they are perceived: how long perception took
# then decides nothing. Where they are by now is predicted; the guard does not wait.
SETTLED_S = 0.2
CHAIN_SETTLED_S = 0.03
MOVING_MPS = 0.1  # a drive that moves so is not blocked when its goal changes
POSE_HEALTH = {
    State.KNOWN: Health.OK,
    State.DOUBTFUL: Health.WARN,
    State.SEARCHING: Health.WARN,
    State.LOST: Health.ERROR,
}


class NavigationNode(KangbanNode):
    """Knows where the robot is and drives it to places."""

    def __init__(self, config: Config) -> None:
        super().__init__("navigation", config)
        cv2.setNumThreads(1)
        profile, site = config.profile, config.site
        self._pier = Pier(config)
        dock = self._pier.dock_in_map
        self._map = sitemap.build(site, profile.navigation.map_resolution_m, self.now(), dock)
        self._field = Field.of(sitemap.build(site, FIELD_RESOLUTION_M, dock_in_map=dock))
        self._sizes = Sizes.of(profile)
        self._bare = costs(self._map, surroundings.NOTHING, surroundings.NOTHING, self._sizes, site.zones)
        self._limits = DriveLimits(ControlLimits.of(profile), profile.navigation.blocked_after_s)
        slow = tuple(zone for zone in site.zones if zone.speed_mps is not None)
        self._speed_limits = functools.partial(zones.speed_limits, slow) if slow else None
        self._doorways, self._doors = doorways(site), Doors()
        self._belief = Belief()
        self._coming: deque[Persons] = deque(maxlen=30)
        self._seen_people: tuple[Persons, ...] = ()
        self._walkers: tuple[people.Walker, ...] = ()
        self._movers = movers.NONE
        self._waiting_scan: Scan | None = None
        self._used_scan: Scan | None = None  # what is seen about the robot: as old as its pose
        self._chains: deque[ChainState] = deque(maxlen=20)
        self._anchor = pose_file.read(config.state_dir, config.run_dir.name)
        self._goal: Any = None  # the action's goal handle while one is driven to
        self._drive: Drive | None = None
        self._outcomes: dict[bytes, Outcome] = {}
        self._feedback_at = 0.0
        self._shown: object = None
        self._open_streams()
        self._server = ActionServer(
            self,
            NavigateTo,
            streams.NAVIGATE_TO,
            execute_callback=self._conclude,
            handle_accepted_callback=self._accept,
            cancel_callback=lambda _: CancelResponse.ACCEPT,
        )
        self._voice = ActionClient(self, Say, streams.SAY)
        self.every(1.0 / profile.navigation.rate_hz, self._watch)

    def _open_streams(self) -> None:
        self._send_pose = self.output(streams.POSE)
        self._send_plan = self.output(streams.PLAN)
        self._send_wish = self.output(streams.CMD_VEL_NAV)
        self._send_map: Callable[[Any], None] = self.output(streams.MAP)
        self._send_map(self._map)
        self._persons = self.input(streams.PERSONS, self._coming.append)
        self._chain = self.input(streams.CHAIN, self._chains.append)
        self._battery = self.input(streams.BATTERY)
        self.input(streams.DOCK, lambda seen: self._pier.saw_tag(seen, self._odometry.fresh()))
        self._scan = self.input(streams.SCAN, self._take_scan)
        self._odometry = self.input(streams.ODOM, self._take_odometry)

    # Where am I

    def _take_scan(self, scan: Scan) -> None:
        """Used once a later odometry has come, so that its place is between two known ones whichever came first."""
        self._waiting_scan = scan
        self._use_scan()

    def _take_odometry(self, odometry: Odometry) -> None:
        if self._belief.odometry is None:
            self._belief = self._begin(odometry)
        self._belief = localise.moved(self._belief, odometry)
        self._remember_people()
        self._use_scan()
        self._tell_pose(odometry)
        while self._coming and self._coming[0].stamp <= odometry.stamp - SETTLED_S:
            self._take_persons(self._coming.popleft())
        self._go_on(odometry.stamp)

    def _begin(self, odometry: Odometry) -> Belief:
        dock = self.config.site.dock
        places = pose_file.places(self._anchor, Pose2D(dock.x_m, dock.y_m, dock.yaw_rad), odometry.pose_in_odom)
        return localise.begin(places, odometry)

    def _remember_people(self) -> None:
        """So that a scan is used with those of a set time before it, whatever has come since."""
        last = self._persons.last
        if last is not None and (not self._seen_people or self._seen_people[-1] is not last):
            self._seen_people = (*self._seen_people[-9:], last)

    def _use_scan(self) -> None:
        scan, odometry = self._waiting_scan, self._belief.odometry
        if scan is None or odometry is None or odometry.stamp <= scan.stamp:
            return
        self._waiting_scan, self._used_scan = None, scan
        points = surroundings.returns_in_base(scan, self.config.profile.lidar.mount)
        seen_by = scan.stamp - SEEN_BEFORE_S
        people = next((p for p in reversed(self._seen_people) if p.stamp <= seen_by), None)
        self._belief = localise.corrected(self._belief, scan, points, self._field, people)
        self._look_out(scan)
        at = localise.pose(self._belief, scan.stamp)
        self._pier.saw_scan(points, odometry, scan.stamp, None if at is None else at.pose_in_map)
        if at is not None:
            mount, passage = self.config.profile.lidar.mount, 2.0 * self._sizes.keep_off
            self._doors = doors.observe(self._doors, self._open_to_view(), scan, at.pose_in_map, mount, passage)

    def _tell_pose(self, odometry: Odometry) -> None:
        known, belief = localise.pose(self._belief), self._belief
        self.report("pose", POSE_HEALTH[belief.knowing.state], belief.told, **belief.figures())
        if known is None or belief.map_from_odom is None:
            return
        self._send_pose(known)
        self.broadcast_transform(MAP, ODOM, belief.map_from_odom, odometry.stamp)
        self._keep(Anchor(self.config.run_dir.name, known.stamp, known.pose_in_map, odometry.pose_in_odom))

    def _keep(self, anchor: Anchor) -> None:
        if not pose_file.worth_writing(self._anchor, anchor):
            return
        self._anchor = anchor
        try:
            pose_file.write(self.config.state_dir, anchor)
        except OSError as error:
            self.report("pose file", Health.WARN, f"{error}; after a restart the robot may not know where it is")
        else:
            self.report("pose file", Health.OK, "written")

    # Where to

    def _accept(self, goal: Any) -> None:
        """A newer goal takes over. It is held as accepted while it is driven to, and executed only to conclude it."""
        before = self._drive
        if self._goal is not None:
            self._conclude_with(Outcome.failed(Reason.CANCELLED, "a newer goal took over"))
        request = goal.request
        target, navigation = pose2d_from_ros(request.target_in_map), self.config.profile.navigation
        self._goal = goal
        known = localise.pose(self._belief)
        pose = None if known is None else known.pose_in_map
        done = self._pier.begin(bool(request.dock), pose, self._battery.fresh(), self.now())
        if done is not None:
            self._end(done, self.now())
            return
        if request.dock:
            self._drive = None
            self._report_drive("docking")
            return
        if not all(math.isfinite(n) for n in (target.x, target.y, target.yaw)):
            self._end(Outcome.failed(Reason.NO_PATH, "the goal is not a number"), self.now())
            return
        tolerances = (
            _given(request.position_tolerance_m, navigation.position_tolerance_m),
            _given(request.heading_tolerance_rad, navigation.heading_tolerance_rad),
        )
        to, now = Goal(target, *tolerances), self.now()
        odometry = self._odometry.last
        going = odometry is not None and odometry.velocity_in_base.speed > MOVING_MPS
        self._drive = drive.begin(to, now) if before is None else drive.moved_on(before, to, going, now)
        self._report_drive("driving")

    @property
    def _on_its_way(self) -> bool:
        return self._drive is not None or self._pier.docks

    def _watch(self) -> None:
        """Each odometry drives the robot on; where it stays away this does, which then means zero."""
        if self._on_its_way and self._odometry.fresh() is None:
            self._go_on(self.now())

    def _go_on(self, now: float) -> None:
        """`now` is the stamp of the odometry that is acted on: the wish is as old as what it was made from."""
        if not self._on_its_way or self._goal is None:
            return
        if self._goal.is_cancel_requested:
            self._end(Outcome.failed(Reason.CANCELLED, "as asked"), now)
            return
        known = localise.pose(self._belief) if self._odometry.fresh() is not None else None
        odometry = self._odometry.last
        situation = Situation(
            pose_in_map=None if known is None else known.pose_in_map,
            silent=self._silent(),
            velocity_in_base=STILL if odometry is None else odometry.velocity_in_base,
            chain=self._chain_before(now),
            look_around=self._belief.wants_to_look_around is not None,
        )
        alone = functools.partial(self._around, with_people=False)
        maps = Maps(self._around, alone, self._bare, functools.partial(self._surroundings, now))
        self._drive, wished, outcome = self._step(situation, maps, now)
        for asks in (None if self._drive is None else self._drive.asks, self._pier.asks):
            if asks is not None:
                self._ask(asks)
        if outcome is not None:
            self._end(outcome, now)
            return
        if known is not None:  # the control plans for it; this holds it to it
            wished = zones.slowed(self.config.site.zones, known.pose_in_map, wished)
        self._send_wish(VelocityCommand(now, wished))
        self._show_plan()
        if known is not None:
            self._feed_back(known.pose_in_map)

    def _step(self, situation: Situation, maps: Maps, now: float) -> tuple[Drive | None, Twist2D, Outcome | None]:
        odometry, battery = self._odometry.fresh(), self._battery.fresh()
        docking = self._pier.step(self._drive, odometry, battery, situation, maps, self._limits, now)
        self.report("dock", Health.OK, self._pier.told)
        if docking is not None:
            return docking
        assert self._drive is not None  # else there would be nothing to do
        return drive.step(self._drive, situation, maps, self._limits, now)

    def _chain_before(self, now: float) -> ChainState | None:
        """What became of the wish before this one: whether the answer to this instant's has come decides nothing."""
        if self._chain.fresh() is None:
            return None
        return next((chain for chain in reversed(self._chains) if chain.stamp <= now - CHAIN_SETTLED_S), None)

    def _silent(self) -> str | None:
        for name, source in (("the lidar", self._scan), ("the odometry", self._odometry)):
            if source.fresh() is None:
                return f"{name} is silent"
        return None

    def _take_persons(self, persons: Persons) -> None:
        at = localise.pose(self._belief, persons.stamp)
        if at is None:
            self._walkers = ()
            return
        after = people.follow(self._walkers, persons, at.pose_in_map, self._movers.walking)
        self._walkers = people.remember(self._walkers, after, self._things(), persons.stamp)

    def _things(self) -> Array:
        """The newest scan's returns on the map that the map does not explain."""
        return surroundings.unexplained(self._returns(()), self._field)

    def _look_out(self, scan: Scan) -> None:
        """Who walks where the camera does not look; for each scan once."""
        known = localise.pose(self._belief, scan.stamp) is not None
        self._movers = movers.follow(self._movers, self._things(), scan.stamp) if known else movers.NONE

    def _everybody(self, now: float) -> tuple[people.Walker, ...]:
        walkers = self._walkers if self._persons.fresh() is not None else ()
        return (*walkers, *movers.unseen_by_camera(self._movers, walkers, now))

    def _returns(self, hidden: tuple[people.Walker, ...]) -> Array:
        """The returns of the scan that was used last on the map, but for those of these people."""
        scan = None if self._scan.fresh() is None else self._used_scan
        at = None if scan is None else localise.pose(self._belief, scan.stamp) or localise.pose(self._belief)
        if scan is None or at is None:
            return surroundings.NOTHING
        points = at.pose_in_map.transform(surroundings.returns_in_base(scan, self.config.profile.lidar.mount))
        return people.beside(points, hidden, scan.stamp)

    def _open_to_view(self) -> tuple[Doorway, ...]:
        """The doorways but for those that somebody stands in: a person is no door."""
        walkers = self._everybody(self.now())
        return tuple(door for door in self._doorways if not people.in_door(walkers, door.pose_in_map, door.width))

    def _around(self, with_people: bool = True) -> Costs:
        """Costs with what the newest scan and the camera see beside the map. Who walks will be gone by then."""
        walkers = self._everybody(self.now())
        hidden = people.walking(walkers) if with_people else walkers
        things = surroundings.unexplained(self._returns(hidden), self._field)
        standing = people.standing_points(walkers) if with_people else surroundings.NOTHING
        memory = self.config.profile.navigation.door_memory_s
        shut = doors.shut(self._doors, self._open_to_view(), self.now(), memory)
        return costs(self._map, things, standing, self._sizes, self.config.site.zones, shut)

    def _surroundings(self, now: float) -> Surroundings:
        walkers, known = self._everybody(now), localise.pose(self._belief)
        about = Pose2D(0.0, 0.0, 0.0) if known is None else known.pose_in_map
        near = local.near(self._returns(people.walking(walkers)), about)
        bodies, low = people.bodies(walkers, now), people.low_points(walkers)
        return Surroundings(near, self._bare, bodies, low, self._speed_limits)

    def _ask(self, trouble: Trouble) -> None:
        """Aloud, by the robot's voice; where that is away the drive goes on as if nobody had heard."""
        language = self.config.site.language
        self.report("asks", Health.OK, asking.text(trouble, language))
        if self._voice.server_is_ready():
            goal = Say.Goal(text=asking.text(trouble, language), language=language, kind="inform")
            self._voice.send_goal_async(goal)

    def _show_plan(self) -> None:
        path = None if self._drive is None else self._drive.path_in_map
        if path is not self._shown:
            self._shown = path
            self._send_plan(Plan(self.now(), np.empty((0, 2)) if path is None else path))

    def _feed_back(self, pose: Pose2D) -> None:
        now = self.now()
        if 0.0 <= now - self._feedback_at < FEEDBACK_S:
            return
        self._feedback_at, dock = now, self.config.site.dock
        there = pose.distance_to(dock.x_m, dock.y_m)
        left = float(there if self._drive is None else drive.distance_left(self._drive, pose))
        self._goal.publish_feedback(NavigateTo.Feedback(pose_in_map=pose2d_to_ros(pose), distance_left_m=left))

    def _end(self, outcome: Outcome, now: float) -> None:
        """Stand, then let the action conclude with this outcome."""
        self._send_wish(VelocityCommand(now, STILL))
        self._conclude_with(outcome)
        self._show_plan()

    def _conclude_with(self, outcome: Outcome) -> None:
        goal, self._goal, self._drive = self._goal, None, None
        self._pier.end()
        self._report_drive("reached" if outcome.reached else outcome.reason)
        self._outcomes[bytes(goal.goal_id.uuid)] = outcome
        goal.execute()

    def _conclude(self, goal: Any) -> Any:
        return result_of(goal, self._outcomes.pop(bytes(goal.goal_id.uuid)))

    def _report_drive(self, message: str) -> None:
        self.report("drive", Health.OK if self._drive is not None or message == "reached" else Health.WARN, message)

    def close(self) -> None:
        """The last word is zero: a wish that is cut off would live on for its timeout."""
        if self._on_its_way:
            self._send_wish(VelocityCommand(self.now(), STILL))
        self._server.destroy()
        self._voice.destroy()


def _given(tolerance: float, otherwise: float) -> float:
    """A tolerance that the goal leaves open (0, or not a number) is the profile's."""
    return float(tolerance) if math.isfinite(tolerance) and tolerance > 0.0 else otherwise


if __name__ == "__main__":
    raise SystemExit(run(NavigationNode))
