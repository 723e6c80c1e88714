"""Our port (`navigate_to`, `pose`, `plan`, `cmd_vel/nav`) in front of Nav2's action. Decides nothing itself: see
`navigation/nav2.py`.

Nav2's velocity is no source of the arbiter: it passes here, while a goal is driven to and the pose is known, and then
through the whole chain like any other wish.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from action_msgs.msg import GoalStatus
from geometry_msgs.msg import PoseStamped, Quaternion
from kangban_msgs.action import NavigateTo
from rclpy.action import ActionClient, ActionServer, CancelResponse
from rosgraph_msgs.msg import Clock

from kangban import streams
from kangban.config import Config
from kangban.conversions import MAP, ODOM, TFMessage, pose2d_from_ros, pose2d_to_ros, time_from_ros, time_to_ros
from kangban.node import KangbanNode, NodeError, run
from kangban.values import STILL, Health, MapPose, Odometry, Plan, Pose2D, VelocityCommand
from navigation import nav2, sitemap, zones
from navigation.control.arrive import Goal
from navigation.nav2_setup import ground
from navigation.nodes.ending import result_of
from navigation.outcome import Outcome, Reason

try:
    from nav2_msgs.action import NavigateToPose
except ImportError as error:
    raise SystemExit(
        "navigation.engine is nav2, but the package nav2_msgs is not there; install ros-jazzy-navigation2, "
        "or build ros_ws/src (make demo does)"
    ) from error

CLOCK_S = 0.02
FEEDBACK_S = 0.2


class Nav2Node(KangbanNode):
    """Hands goals to Nav2, and its pose and velocity on to the rest of the robot."""

    def __init__(self, config: Config) -> None:
        super().__init__("navigation", config)
        if config.profile.navigation.engine != "nav2":
            raise NodeError("navigation.engine is not nav2 in this profile; set it, or run navigation.node")
        self._map_from_odom: tuple[float, Pose2D] | None = None  # stamp, pose of the odometry's frame on the map
        self._pose: MapPose | None = None
        self._goal: Any = None  # the handle of our own action
        self._ride: nav2.Ride | None = None
        self._theirs: Any = None  # the handle of Nav2's action
        self._turn = 0  # which goal; answers to an older one are let go
        self._heard, self._ending = False, None
        self._outcomes: dict[bytes, Outcome] = {}
        self._fed_back_at = 0.0
        self._open_streams()
        self._client = ActionClient(self, NavigateToPose, streams.NAV2_NAVIGATE_TO_POSE)
        self._server = ActionServer(
            self,
            NavigateTo,
            streams.NAVIGATE_TO,
            execute_callback=self._conclude,
            handle_accepted_callback=self._accept,
            cancel_callback=lambda _: CancelResponse.ACCEPT,
        )
        self.every(1.0 / config.profile.navigation.rate_hz, self._watch)

    def _open_streams(self) -> None:
        site, navigation = self.config.site, self.config.profile.navigation
        self._send_pose = self.output(streams.POSE)
        self._send_plan: Callable[[Plan], None] = self.output(streams.PLAN)
        self._send_wish = self.output(streams.CMD_VEL_NAV)
        home = sitemap.build(site, navigation.map_resolution_m, self.now())
        self._send_map, self._send_ground = self.output(streams.MAP), self.output(streams.NAV2_GROUND)
        self._send_map(home)
        self._send_ground(ground(home, site.zones))
        self._chain = self.input(streams.CHAIN)
        self._belief = self.input(streams.NAV2_BELIEF)  # how sure AMCL is; its pose is older than the transform
        self._odometry = self.input(streams.ODOM, self._tell_pose)
        self.input(streams.NAV2_PLAN, lambda plan: self._send_plan(plan))
        self.input(streams.NAV2_CMD_VEL, self._pass_on)
        self.create_subscription(TFMessage, "/tf", self._take_transforms, 100)
        if not self.get_parameter("use_sim_time").value:  # nobody else gives the time that our stamps are in
            self._clock_out = self.create_publisher(Clock, "/clock", 10)
            self.every(CLOCK_S, lambda: self._clock_out.publish(Clock(clock=time_to_ros(self.now()))))

    # Where am I

    def _take_transforms(self, message: Any) -> None:
        for transform in message.transforms:
            if (transform.header.frame_id, transform.child_frame_id) == (MAP, ODOM):
                at, turn = transform.transform.translation, transform.transform.rotation
                yaw = 2.0 * math.atan2(turn.z, turn.w)
                self._map_from_odom = time_from_ros(transform.header.stamp), Pose2D(at.x, at.y, yaw)

    def _tell_pose(self, odometry: Odometry) -> None:
        known, limit = self._map_from_odom, streams.POSE.stale_after_s or 0.0
        if known is None or not nav2.fresh(known[0], odometry.stamp, limit):
            why = "has not come yet" if known is None else f"is {odometry.stamp - known[0]:.1f} s old"
            self.report("pose", Health.ERROR, f"the transform from map to odom (Nav2's AMCL) {why}")
            return
        if self._belief.last is None:
            self.report("pose", Health.ERROR, f"AMCL has not said on {streams.NAV2_BELIEF.name} how sure it is")
            return
        at = known[1] @ odometry.pose_in_odom
        self._pose = MapPose(odometry.stamp, at, self._belief.last.position_std_m)
        self._send_pose(self._pose)
        self.report("pose", Health.OK, "from Nav2")

    def _known(self) -> Pose2D | None:
        pose, limit = self._pose, streams.POSE.stale_after_s or 0.0
        return pose.pose_in_map if pose is not None and nav2.fresh(pose.stamp, self.now(), limit) else None

    # Where to

    def _accept(self, goal: Any) -> None:
        """A newer goal takes over; Nav2 gives up the older one for it."""
        if self._goal is not None:
            self._conclude_with(Outcome.failed(Reason.CANCELLED, "a newer goal took over"))
        request, navigation = goal.request, self.config.profile.navigation
        target = pose2d_from_ros(request.target_in_map)
        self._goal = goal
        if not all(math.isfinite(n) for n in (target.x, target.y, target.yaw)):
            self._end(Outcome.failed(Reason.NO_PATH, "the goal is not a number"))
            return
        if request.dock:
            self._end(Outcome.failed(Reason.NO_DOCK, "with Nav2 it does not drive into its dock: plug it in"))
            return
        zone = zones.kept_out(self.config.site.zones, target.x, target.y)
        if zone is not None:
            self._end(Outcome.failed(Reason.NO_PATH, f"the goal is in the keep-out zone {zone.name}"))
            return
        tolerances = (
            _given(request.position_tolerance_m, navigation.position_tolerance_m),
            _given(request.heading_tolerance_rad, navigation.heading_tolerance_rad),
        )
        self._ride = nav2.Ride(Goal(target, *tolerances), heard_at=self.now())
        self._heard, self._ending = False, None
        self._hand_over(target)
        self.report("drive", Health.OK, "driving")

    def _hand_over(self, target: Pose2D) -> None:
        self._turn += 1
        turn, pose = self._turn, PoseStamped()
        pose.header.frame_id, pose.header.stamp = MAP, time_to_ros(self.now())
        pose.pose.position.x, pose.pose.position.y = float(target.x), float(target.y)
        pose.pose.orientation = Quaternion(z=math.sin(target.yaw / 2.0), w=math.cos(target.yaw / 2.0))
        sent = self._client.send_goal_async(
            NavigateToPose.Goal(pose=pose), feedback_callback=lambda m: self._feed_back(turn, m.feedback)
        )
        sent.add_done_callback(lambda future: self._taken(turn, future.result()))

    def _taken(self, turn: int, handle: Any) -> None:
        if turn != self._turn or self._ride is None:
            if handle.accepted:
                handle.cancel_goal_async()
            return
        self._heard = True
        if not handle.accepted:
            self._ending = nav2.Ending(False, 0, "", rejected=True)
            return
        self._theirs = handle
        handle.get_result_async().add_done_callback(lambda future: self._finished(turn, future.result()))

    def _finished(self, turn: int, answer: Any) -> None:
        if turn == self._turn:
            succeeded = answer.status == GoalStatus.STATUS_SUCCEEDED
            self._ending = nav2.Ending(succeeded, answer.result.error_code, answer.result.error_msg)
            self._theirs = None

    def _feed_back(self, turn: int, feedback: Any) -> None:
        if turn != self._turn or self._goal is None:
            return
        self._heard, now, pose = True, self.now(), self._known()
        if pose is not None and not 0.0 <= now - self._fed_back_at < FEEDBACK_S:
            self._fed_back_at, left = now, float(feedback.distance_remaining)
            self._goal.publish_feedback(NavigateTo.Feedback(pose_in_map=pose2d_to_ros(pose), distance_left_m=left))

    def _pass_on(self, command: VelocityCommand) -> None:
        """The wish keeps its own stamp: the arbiter judges how old it is."""
        pose = self._known()
        if self._ride is not None and pose is not None:
            self._send_wish(
                VelocityCommand(command.stamp, zones.slowed(self.config.site.zones, pose, command.velocity))
            )

    def _watch(self) -> None:
        if self._ride is None or self._goal is None:
            return
        chain = self._chain.fresh()
        seen = nav2.Situation(
            pose_in_map=self._known(),
            heard=self._heard,
            ending=self._ending,
            stopped=chain.stop_reason if chain is not None and chain.stop_latched else None,
            cancelled=bool(self._goal.is_cancel_requested),
        )
        self._heard = False
        self._ride, outcome = nav2.step(self._ride, seen, self.now())
        if outcome is not None:
            self._end(outcome)
        elif seen.pose_in_map is None:
            self._send_wish(VelocityCommand(self.now(), STILL))

    def _end(self, outcome: Outcome) -> None:
        """Stand, have Nav2 stop, then let the action conclude with this outcome."""
        self._send_wish(VelocityCommand(self.now(), STILL))
        if self._theirs is not None:
            self._theirs.cancel_goal_async()
        self._turn += 1  # what Nav2 still says of this goal is let go
        self._conclude_with(outcome)

    def _conclude_with(self, outcome: Outcome) -> None:
        goal, self._goal, self._ride, self._theirs = self._goal, None, None, None
        self._outcomes[bytes(goal.goal_id.uuid)] = outcome
        health = Health.OK if outcome.reached else Health.WARN
        self.report("drive", health, "reached" if outcome.reached else outcome.reason)
        goal.execute()

    def _conclude(self, goal: Any) -> Any:
        return result_of(goal, self._outcomes.pop(bytes(goal.goal_id.uuid)))

    def close(self) -> None:
        """The last word is zero: a wish that is cut off would live on for its timeout."""
        if self._ride is not None:
            self._send_wish(VelocityCommand(self.now(), STILL))
        self._server.destroy()
        self._client.destroy()


def _given(tolerance: float, otherwise: float) -> float:
    return float(tolerance) if math.isfinite(tolerance) and tolerance > 0.0 else otherwise


if __name__ == "__main__":
    raise SystemExit(run(Nav2Node))
