"""Carries readings in, and map, pose, plan and a wished velocity out; serves `navigate_to`. Decides nothing itself:
see `localise.py` for the pose and `drive.py` for a goal.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from kangban_msgs.action import NavigateTo
from rclpy.action import ActionServer, CancelResponse

from kangban import streams
from kangban.config import Config
from kangban.conversions import MAP, ODOM, pose2d_from_ros, pose2d_to_ros
from kangban.node import KangbanNode, run
from kangban.values import STILL, Health, Odometry, Plan, Pose2D, Scan, VelocityCommand
from navigation import drive, localise, pose_file, sitemap, surroundings, zones
from navigation.costs import Costs, Sizes, costs
from navigation.drive import Drive, DriveLimits, Maps, Outcome, Reason, Situation
from navigation.field import Field
from navigation.follow import FollowLimits, Goal
from navigation.localise import Belief
from navigation.pose_file import Anchor

FIELD_RESOLUTION_M = 0.02  # finer than the planner's grid: the pose is matched against it
FEEDBACK_S = 0.2


class NavigationNode(KangbanNode):
    """Knows where the robot is and drives it to places."""

    def __init__(self, config: Config) -> None:
        super().__init__("navigation", config)
        cv2.setNumThreads(1)
        profile, site = config.profile, config.site
        self._map = sitemap.build(site, profile.navigation.map_resolution_m, self.now())
        self._field = Field.of(sitemap.build(site, FIELD_RESOLUTION_M))
        self._sizes = Sizes.of(profile)
        self._bare = costs(self._map, surroundings.NOTHING, surroundings.NOTHING, self._sizes, site.zones)
        self._limits = DriveLimits(FollowLimits.of(profile), profile.navigation.blocked_after_s)
        self._belief = Belief()
        self._waiting_scan: Scan | None = None
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
        self.every(1.0 / profile.navigation.rate_hz, self._watch)

    def _open_streams(self) -> None:
        self._send_pose = self.output(streams.POSE)
        self._send_plan = self.output(streams.PLAN)
        self._send_wish = self.output(streams.CMD_VEL_NAV)
        self._send_map: Callable[[Any], None] = self.output(streams.MAP)
        self._send_map(self._map)
        self._persons = self.input(streams.PERSONS)
        self._chain = self.input(streams.CHAIN)
        self._scan = self.input(streams.SCAN, self._take_scan)
        self._odometry = self.input(streams.ODOM, self._take_odometry)

    # Where am I

    def _take_scan(self, scan: Scan) -> None:
        """Used once the odometry has caught up with it, so that its place is between two known ones."""
        self._waiting_scan = scan
        self._use_scan()

    def _take_odometry(self, odometry: Odometry) -> None:
        if self._belief.odometry is None:
            self._belief = self._begin(odometry)
        self._belief = localise.moved(self._belief, odometry)
        self._use_scan()
        self._tell_pose(odometry)
        self._go_on(odometry.stamp)

    def _begin(self, odometry: Odometry) -> Belief:
        dock = self.config.site.dock
        places = pose_file.places(self._anchor, Pose2D(dock.x_m, dock.y_m, dock.yaw_rad), odometry.pose_in_odom)
        return localise.begin(places, odometry)

    def _use_scan(self) -> None:
        scan, odometry = self._waiting_scan, self._belief.odometry
        if scan is None or odometry is None or odometry.stamp < scan.stamp:
            return
        self._waiting_scan = None
        points = surroundings.returns_in_base(scan, self.config.profile.lidar.mount)
        self._belief = localise.corrected(self._belief, scan, points, self._field)

    def _tell_pose(self, odometry: Odometry) -> None:
        known = localise.pose(self._belief)
        agreement = self._belief.agreement
        figures = {"agreement": "unknown" if agreement is None else f"{agreement:.2f}"}
        if known is None or self._belief.map_from_odom is None:
            tried = agreement is not None
            message = "the scan fits the map nowhere it was looked for" if tried else "no scan has told yet"
            self.report("pose", Health.ERROR if tried else Health.WARN, f"not known: {message}", **figures)
            return
        self.report("pose", Health.OK, "known", std_m=f"{known.position_std_m:.3f}", **figures)
        self._send_pose(known)
        self.broadcast_transform(MAP, ODOM, self._belief.map_from_odom, odometry.stamp)
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
        if self._goal is not None:
            self._conclude_with(Outcome.failed(Reason.CANCELLED, "a newer goal took over"))
        request = goal.request
        target, navigation = pose2d_from_ros(request.target_in_map), self.config.profile.navigation
        self._goal = goal
        if not all(math.isfinite(n) for n in (target.x, target.y, target.yaw)):
            self._end(Outcome.failed(Reason.NO_PATH, "the goal is not a number"), self.now())
            return
        tolerances = (
            _given(request.position_tolerance_m, navigation.position_tolerance_m),
            _given(request.heading_tolerance_rad, navigation.heading_tolerance_rad),
        )
        self._drive = drive.begin(Goal(target, *tolerances), self.now())
        self._report_drive("driving")

    def _watch(self) -> None:
        """Each odometry drives the robot on; where it stays away this does, which then means zero."""
        if self._drive is not None and self._odometry.fresh() is None:
            self._go_on(self.now())

    def _go_on(self, now: float) -> None:
        """`now` is the stamp of the odometry that is acted on: the wish is as old as what it was made from."""
        if self._drive is None or self._goal is None:
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
            chain=self._chain.fresh(),
        )
        maps = Maps(functools.partial(self._around, situation.pose_in_map), self._bare)
        self._drive, wished, outcome = drive.step(self._drive, situation, maps, self._limits, now)
        if outcome is not None:
            self._end(outcome, now)
            return
        if known is not None:
            wished = zones.slowed(self.config.site.zones, known.pose_in_map, wished)
        self._send_wish(VelocityCommand(now, wished))
        self._show_plan()
        if known is not None:
            self._feed_back(known.pose_in_map)

    def _silent(self) -> str | None:
        for name, source in (("the lidar", self._scan), ("the odometry", self._odometry)):
            if source.fresh() is None:
                return f"{name} is silent"
        return None

    def _around(self, pose: Pose2D | None) -> Costs:
        """Costs with what the newest scan and the camera see beside the map."""
        things, people = surroundings.NOTHING, surroundings.NOTHING
        scan, persons = self._scan.fresh(), self._persons.fresh()
        if scan is not None:
            at = localise.pose(self._belief, scan.stamp) or localise.pose(self._belief)
            if at is not None:
                points = surroundings.returns_in_base(scan, self.config.profile.lidar.mount)
                things = surroundings.unexplained(points, at.pose_in_map, self._field)
        if persons is not None:
            at = localise.pose(self._belief, persons.stamp) or localise.pose(self._belief)
            if at is not None:
                people = surroundings.people_in_map(persons, at.pose_in_map)
        return costs(self._map, things, people, self._sizes, self.config.site.zones)

    def _show_plan(self) -> None:
        path = None if self._drive is None else self._drive.path_in_map
        if path is not self._shown:
            self._shown = path
            self._send_plan(Plan(self.now(), np.empty((0, 2)) if path is None else path))

    def _feed_back(self, pose: Pose2D) -> None:
        now = self.now()
        if self._drive is None or 0.0 <= now - self._feedback_at < FEEDBACK_S:
            return
        self._feedback_at = now
        left = float(drive.distance_left(self._drive, pose))
        self._goal.publish_feedback(NavigateTo.Feedback(pose_in_map=pose2d_to_ros(pose), distance_left_m=left))

    def _end(self, outcome: Outcome, now: float) -> None:
        """Stand, then let the action conclude with this outcome."""
        self._send_wish(VelocityCommand(now, STILL))
        self._conclude_with(outcome)
        self._show_plan()

    def _conclude_with(self, outcome: Outcome) -> None:
        goal, self._goal, self._drive = self._goal, None, None
        self._report_drive("reached" if outcome.reached else outcome.reason)
        self._outcomes[bytes(goal.goal_id.uuid)] = outcome
        goal.execute()

    def _conclude(self, goal: Any) -> Any:
        outcome = self._outcomes.pop(bytes(goal.goal_id.uuid))
        if outcome.reached and not goal.is_cancel_requested:
            goal.succeed()
        elif goal.is_cancel_requested:
            goal.canceled()
        else:
            goal.abort()
        return NavigateTo.Result(reached=outcome.reached, reason=outcome.reason)

    def _report_drive(self, message: str) -> None:
        self.report("drive", Health.OK if self._drive is not None or message == "reached" else Health.WARN, message)

    def close(self) -> None:
        """The last word is zero: a wish that is cut off would live on for its timeout."""
        if self._drive is not None:
            self._send_wish(VelocityCommand(self.now(), STILL))
        self._server.destroy()


def _given(tolerance: float, otherwise: float) -> float:
    """A tolerance that the goal leaves open (0, or not a number) is the profile's."""
    return float(tolerance) if math.isfinite(tolerance) and tolerance > 0.0 else otherwise


if __name__ == "__main__":
    raise SystemExit(run(NavigationNode))
