"""Our port in front of Nav2's action, with a stand-in that serves the same action over DDS: what Nav2 says becomes what
navigation says, and its velocity passes only while it should.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rclpy
from action_msgs.msg import GoalStatus
from kangban_msgs.action import NavigateTo
from nav2_msgs.action import NavigateToPose
from rclpy.action import ActionClient, ActionServer, CancelResponse
from rclpy.executors import SingleThreadedExecutor
from rosgraph_msgs.msg import Clock

from kangban import streams
from kangban.clock import ManualClock
from kangban.config import Config, load
from kangban.conversions import MAP, ODOM, pose2d_to_ros, time_to_ros
from kangban.node import KangbanNode
from kangban.values import STILL, ChainState, MapPose, Odometry, Plan, Pose2D, Twist2D, VelocityCommand
from navigation.nodes.nav2 import Nav2Node

PATIENCE_S = 20.0  # a bound for a machine that is busy, not an expectation
DT = 0.05
IN_FLIGHT = 16  # callbacks that one step of the world brings, and their answers
GOAL = Pose2D(2.0, 1.0, 0.5)
WISH = Twist2D(0.2, 0.0, 0.1)
MAP_FROM_ODOM = Pose2D(1.0, 0.5, 0.0)


class StandIn(KangbanNode):
    """Nav2 as the robot sees it (its action, its transform, its velocity), with the robot's odometry and the time."""

    def __init__(self, config: Config) -> None:
        self.time = ManualClock(100.0)
        super().__init__("nav2_stand_in", config, self.time)
        self.in_odom = Pose2D(0.0, 0.0, 0.0)
        self.localised, self.stopped, self.driving = True, False, True
        self.goals: list[Any] = []  # handles, as they came
        self.cancels = 0
        self.endings: dict[bytes, tuple[str, int, str]] = {}
        self._tell_time = self.create_publisher(Clock, "/clock", 10)
        self._odom, self._chain = self.output(streams.ODOM), self.output(streams.CHAIN)
        self._wish, self._belief = self.output(streams.NAV2_CMD_VEL), self.output(streams.NAV2_BELIEF)
        self.send_plan = self.output(streams.NAV2_PLAN)
        self.passed: list[Twist2D] = []
        self.sent = self.input(streams.CMD_VEL_NAV, lambda command: self.passed.append(command.velocity))
        self.pose, self.plan = self.input(streams.POSE), self.input(streams.PLAN)
        self.navigating = ActionClient(self, NavigateTo, streams.NAVIGATE_TO)
        self.serve_goals()

    def serve_goals(self) -> None:
        self.server = ActionServer(
            self,
            NavigateToPose,
            streams.NAV2_NAVIGATE_TO_POSE,
            execute_callback=self._conclude,
            handle_accepted_callback=self.goals.append,
            cancel_callback=self._cancelled,
        )

    def _cancelled(self, _: Any) -> CancelResponse:
        self.cancels += 1
        return CancelResponse.ACCEPT

    def _conclude(self, goal: Any) -> Any:
        what, code, message = self.endings.pop(bytes(goal.goal_id.uuid))
        getattr(goal, what)()
        return NavigateToPose.Result(error_code=code, error_msg=message)

    def end(self, what: str, code: int = 0, message: str = "") -> None:
        goal = self.goals[-1]
        self.endings[bytes(goal.goal_id.uuid)] = (what, code, message)
        goal.execute()

    def tick(self) -> None:
        self.time.advance(DT)
        now = self.time.now()
        self._tell_time.publish(Clock(clock=time_to_ros(now)))
        if self.localised:
            self.broadcast_transform(MAP, ODOM, MAP_FROM_ODOM, now)
            self._belief(MapPose(now, MAP_FROM_ODOM, 0.04))
        self._chain(ChainState(now, "nav", STILL, STILL, (), self.stopped, "nurse: wet floor" if self.stopped else ""))
        self._odom(Odometry(now, self.in_odom, STILL))
        if self.driving:
            self._wish(VelocityCommand(now, WISH))
            if self.goals:
                self.goals[-1].publish_feedback(NavigateToPose.Feedback(distance_remaining=1.5))


class Stage:
    def __init__(self, config: Config) -> None:
        self.executor = SingleThreadedExecutor()
        self.nav2, self.node = StandIn(config), Nav2Node(config)
        self.told: list[Any] = []  # our own feedback
        for node in (self.nav2, self.node):
            self.executor.add_node(node)

    def until(self, condition: Callable[[], Any], what: str) -> None:
        """Run the world on, each step once the last has arrived, until a condition holds."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            self.nav2.tick()
            stamp = self.nav2.now()
            while not condition() and (
                self.node._odometry.last is None or self.node._odometry.last.stamp < stamp - 1e-6
            ):
                assert time.monotonic() < deadline, f"{what} did not come; {self.node._lines}"
                self.executor.spin_once(timeout_sec=0.05)
            for _ in range(IN_FLIGHT):  # what else this step has brought
                self.executor.spin_once(timeout_sec=0.001)
            assert time.monotonic() < deadline, f"{what} did not come; {self.node._lines}"

    def drive(self, target: Pose2D = GOAL, **tolerances: float) -> Any:
        """A goal that the stand-in has taken; our own action's handle."""
        self.until(lambda: self.nav2.pose.fresh() is not None, "the pose")
        self.until(self.nav2.navigating.server_is_ready, "the action server")
        self.until(self.node._client.server_is_ready, "the stand-in's server")
        request = NavigateTo.Goal(target_in_map=pose2d_to_ros(target), **tolerances)
        future = self.nav2.navigating.send_goal_async(request, lambda message: self.told.append(message.feedback))
        self.until(future.done, "the acceptance")
        return future.result()

    def driving(self) -> Any:
        taken = len(self.nav2.goals)
        handle = self.drive()
        self.until(lambda: len(self.nav2.goals) > taken, "the goal at Nav2")
        self.until(lambda: WISH in self.nav2.passed, "the velocity")
        return handle

    def outcome(self, handle: Any) -> Any:
        future = handle.get_result_async()
        self.until(future.done, "the result")
        return future.result()

    def stands(self) -> None:
        """The last word was zero, and what Nav2 still wishes does not pass."""
        self.until(lambda: self.nav2.passed and self.nav2.passed[-1] == STILL, "zero")
        count, begun = len(self.nav2.passed), self.nav2.now()
        self.until(lambda: self.nav2.now() > begun + 1.0, "a second")
        assert set(self.nav2.passed[count:]) <= {STILL}


@pytest.fixture
def stage(tmp_path: Path, domain: int) -> Iterator[Stage]:
    rclpy.init(args=["--ros-args", "-p", "use_sim_time:=true"], domain_id=domain)
    engine = ["profile.navigation.engine=nav2"]
    made = Stage(load("companion", "demo_flat", tmp_path / "state", tmp_path, engine))
    yield made
    made.node.close()
    made.nav2.server.destroy()
    for node in (made.node, made.nav2):
        node.destroy_node()
    made.executor.shutdown()
    rclpy.shutdown()


def test_a_goal_goes_to_nav2_and_its_pose_plan_velocity_and_end_come_back(stage: Stage) -> None:
    handle = stage.driving()
    asked = stage.nav2.goals[-1].request.pose
    assert (asked.header.frame_id, asked.pose.position.x, asked.pose.position.y) == ("map", 2.0, 1.0)
    assert asked.pose.orientation.z == pytest.approx(0.2474, abs=1e-3)
    stage.until(lambda: stage.told, "feedback")
    assert stage.told[-1].distance_left_m == pytest.approx(1.5)
    stage.nav2.in_odom = Pose2D(1.0, 0.5, 0.5)  # of which the map makes the goal
    stage.until(lambda: stage.nav2.pose.last.pose_in_map.distance_to(2.0, 1.0) < 1e-6, "the pose on the map")
    stage.nav2.send_plan(Plan(stage.nav2.now(), np.array([[1.0, 0.5], [2.0, 1.0]])))
    stage.until(lambda: stage.nav2.plan.last is not None, "the plan")
    stage.nav2.end("succeed")
    answer = stage.outcome(handle)
    assert (answer.status, answer.result.reached, answer.result.reason) == (GoalStatus.STATUS_SUCCEEDED, True, "")
    stage.stands()


@pytest.mark.parametrize(
    ("code", "reason"), [(208, "no_path: Nav2 gave up: none"), (202, "unknown_pose: "), (105, "blocked: ")]
)
def test_why_nav2_gave_up_is_told_in_our_words(stage: Stage, code: int, reason: str) -> None:
    handle = stage.driving()
    stage.nav2.end("abort", code, "none")
    answer = stage.outcome(handle)
    assert answer.status == GoalStatus.STATUS_ABORTED
    assert answer.result.reason.startswith(reason)
    stage.stands()


def test_its_word_alone_is_not_enough(stage: Stage) -> None:
    handle = stage.driving()
    stage.nav2.end("succeed")
    assert "it stands 1.12 m" in stage.outcome(handle).result.reason


def test_a_cancelled_goal_is_cancelled_at_nav2_too(stage: Stage) -> None:
    handle = stage.driving()
    handle.cancel_goal_async()
    answer = stage.outcome(handle)
    assert (answer.status, answer.result.reason) == (GoalStatus.STATUS_CANCELED, "cancelled: as asked")
    stage.until(lambda: stage.nav2.cancels == 1, "the cancellation at Nav2")
    stage.stands()


def test_a_newer_goal_takes_over(stage: Stage) -> None:
    first = stage.driving()
    stage.driving()
    assert stage.outcome(first).result.reason.startswith("cancelled: a newer goal")
    assert len(stage.nav2.goals) == 2


def test_a_latched_stop_ends_the_drive(stage: Stage) -> None:
    handle = stage.driving()
    stage.nav2.stopped = True
    assert stage.outcome(handle).result.reason == "stopped: nurse: wet floor"
    stage.stands()


def test_nav2_that_dies_in_the_middle_is_missed(stage: Stage) -> None:
    handle = stage.driving()
    stage.nav2.driving = False
    stage.nav2.server.destroy()
    assert stage.outcome(handle).result.reason.startswith("blocked: Nav2 says nothing for 2 s")
    stage.nav2.serve_goals()


def test_a_transform_that_stays_away_means_no_pose_and_zero(stage: Stage) -> None:
    handle = stage.driving()
    stage.nav2.localised = False
    stage.until(lambda: stage.nav2.passed[-1] == STILL, "zero")
    assert stage.nav2.pose.fresh() is None
    assert "map to odom" in stage.node._lines["pose"].message
    assert stage.outcome(handle).result.reason.startswith("unknown_pose: ")


def test_a_goal_that_is_no_number_never_reaches_nav2(stage: Stage) -> None:
    answer = stage.outcome(stage.drive(Pose2D(float("nan"), 0.0, 0.0)))
    assert answer.result.reason.startswith("no_path: ")
    assert not stage.nav2.goals
