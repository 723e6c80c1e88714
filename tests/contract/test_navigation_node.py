"""The navigation node on a real ROS graph: it drives to goals, says why not, and comes back from a kill knowing.

The world here is paced: it gives /clock and readings, and goes on once the node has answered them, so a busy machine
only takes longer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rclpy
from kangban_msgs.action import NavigateTo
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rosgraph_msgs.msg import Clock

from kangban import streams
from kangban.clock import ManualClock
from kangban.config import Config, load
from kangban.conversions import pose2d_to_ros, time_to_ros
from kangban.node import KangbanNode
from kangban.values import STILL, ChainState, Odometry, Pose2D, wrap_angle
from navigation.node import NavigationNode
from tests.unit.navigation_world import DOCK, scan_at

PATIENCE_S = 20.0  # a bound for a machine that is busy, not an expectation
START_S = 100.0
DT = 0.05
ORIGIN = Pose2D(0.0, 0.0, 0.0)
NEAR_GOAL = Pose2D(1.3, 3.3, -1.0)


class World(KangbanNode):
    """A base that does what navigation wishes (the safety chain left out), its odometry and lidar, and the time."""

    def __init__(self, config: Config) -> None:
        self.time = ManualClock(START_S)
        super().__init__("world", config, self.time)
        self.pose, self.odometry = DOCK, ORIGIN
        self.velocity = STILL
        self.blocked_wheels = False
        self.lidar = True
        self.rng = np.random.default_rng(5)
        self._clock = self.create_publisher(Clock, "/clock", 10)
        self._odom, self._scan, self._chain = (self.output(s) for s in (streams.ODOM, streams.SCAN, streams.CHAIN))
        self.stopped = False
        self.wish, self.known = self.input(streams.CMD_VEL_NAV), self.input(streams.POSE)
        self.map = self.input(streams.MAP)
        self.navigating = ActionClient(self, NavigateTo, streams.NAVIGATE_TO)
        self._ticks = 0

    def tick(self) -> None:
        self.time.advance(DT)
        now, self._ticks = self.time.now(), self._ticks + 1
        wish = self.wish.fresh()
        self.velocity = STILL if wish is None or self.blocked_wheels else wish.velocity
        step = Pose2D(self.velocity.vx * DT, 0.0, self.velocity.wz * DT)
        self.pose, self.odometry = self.pose @ step, self.odometry @ Pose2D(step.x * 1.03, 0.0, step.yaw)
        self._clock.publish(Clock(clock=time_to_ros(now)))
        if self.lidar and self._ticks % 2 == 0:
            self._scan(scan_at(self.pose, now, self.rng))
        self._chain(ChainState(now, "nav", STILL, STILL, (), self.stopped, "nurse: wet floor" if self.stopped else ""))
        self._odom(Odometry(now, self.odometry, self.velocity))


class Stage:
    def __init__(self, config: Config) -> None:
        self.config = config
        self.executor = SingleThreadedExecutor()
        self.world = World(config)
        self.executor.add_node(self.world)
        self.start()

    def start(self) -> None:
        self.node = NavigationNode(self.config)
        self.executor.add_node(self.node)

    def kill(self) -> None:
        self.executor.remove_node(self.node)
        self.node._server.destroy()
        self.node.destroy_node()

    def until(self, condition: Callable[[], Any], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, f"{what} did not come; {self.node._lines}"
            self.executor.spin_once(timeout_sec=0.05)

    def play(self, seconds: float, until: Callable[[], Any] = lambda: False) -> bool:
        """Run the world on until a condition holds (True) or simulated time is over (False)."""
        for _ in range(round(seconds / DT)):
            self.world.tick()
            stamp = self.world.now()
            self.until(lambda s=stamp: _stamp(self.node._odometry.last) >= s - 1e-6, "the odometry")
            if self.node._drive is not None:
                self.until(lambda s=stamp: _stamp(self.world.wish.last) >= s - 1e-6 or not self.node._drive, "a wish")
            if until():
                return True
        return False

    def know(self) -> None:
        assert self.play(3.0, lambda: self.world.known.fresh() is not None), f"no pose; {self.node._lines}"

    def send(self, target: Pose2D) -> Any:
        """Send a goal; the handle once it is accepted."""
        self.until(self.world.navigating.server_is_ready, "the action server")
        future = self.world.navigating.send_goal_async(NavigateTo.Goal(target_in_map=pose2d_to_ros(target)))
        self.until(future.done, "the acceptance")
        return future.result()

    def outcome(self, handle: Any, within: float) -> Any:
        future = handle.get_result_async()
        self.play(within, lambda: future.done() or self.node._goal is None)
        self.until(future.done, "the result")
        return future.result().result


def _stamp(value: Any) -> float:
    return -1.0 if value is None else float(value.stamp)


@pytest.fixture
def stage(tmp_path: Path, domain: int) -> Iterator[Stage]:
    rclpy.init(args=["--ros-args", "-p", "use_sim_time:=true"], domain_id=domain)
    (tmp_path / "run").mkdir()
    made = Stage(load("companion", "demo_flat", tmp_path / "state", tmp_path / "run"))
    yield made
    made.kill()
    made.world.destroy_node()
    made.executor.shutdown()
    rclpy.shutdown()


def test_it_drives_to_a_goal_and_says_so(stage: Stage) -> None:
    stage.know()
    assert stage.world.map.last is not None
    answer = stage.outcome(stage.send(NEAR_GOAL), 30.0)
    assert (answer.reached, answer.reason) == (True, "")
    navigation, pose = stage.config.profile.navigation, stage.world.pose
    assert pose.distance_to(NEAR_GOAL.x, NEAR_GOAL.y) < navigation.position_tolerance_m + 0.02
    assert abs(wrap_angle(pose.yaw - NEAR_GOAL.yaw)) < navigation.heading_tolerance_rad + 0.02
    assert stage.world.wish.last is not None
    assert stage.world.wish.last.velocity == STILL


def test_a_newer_goal_takes_over_and_a_cancelled_one_stands(stage: Stage) -> None:
    stage.know()
    first = stage.send(Pose2D(4.5, 3.4, 0.0))
    stage.play(1.5)
    second = stage.send(NEAR_GOAL)
    assert stage.outcome(first, 1.0).reason.startswith("cancelled: a newer goal")
    stage.play(0.5)
    future = second.cancel_goal_async()
    stage.until(future.done, "the cancellation")
    assert stage.outcome(second, 1.0).reason.startswith("cancelled")
    assert stage.world.wish.last is not None
    assert stage.world.wish.last.velocity == STILL


def test_it_names_why_it_does_not_go(stage: Stage) -> None:
    stage.know()
    assert stage.outcome(stage.send(Pose2D(0.55, 1.7, 0.0)), 1.0).reason.startswith("no_path: ")
    assert stage.outcome(stage.send(Pose2D(float("nan"), 1.7, 0.0)), 1.0).reason.startswith("no_path: ")
    stage.world.stopped = True
    stage.play(0.2)
    assert stage.outcome(stage.send(NEAR_GOAL), 1.0).reason.startswith("stopped: ")
    stage.world.stopped = False
    stage.play(0.2)
    stage.world.lidar = False
    assert stage.outcome(stage.send(NEAR_GOAL), 6.0).reason.startswith("unknown_pose: the lidar is silent")


def test_odometry_that_stays_away_means_zero(stage: Stage) -> None:
    stage.know()
    stage.send(Pose2D(4.5, 3.4, 0.0))
    stage.play(3.0)
    assert stage.world.velocity.vx > 0.1
    last = stage.world.wish.last
    world = stage.world
    for _ in range(12):  # only time goes on
        world.time.advance(DT)
        world._clock.publish(Clock(clock=time_to_ros(world.now())))
        stage.until(lambda: stage.node.now() >= world.now() - 1e-6, "the time")
    stage.until(lambda: world.wish.last is not last and world.wish.last.velocity == STILL, "zero")


def test_a_robot_that_is_not_at_its_dock_looks_around_before_it_drives(stage: Stage) -> None:
    stage.world.pose = start = Pose2D(7.5, 1.6, 0.5)
    assert not stage.play(1.5, lambda: stage.world.known.last is not None)
    stage.send(NEAR_GOAL)
    turned = 0.0

    def found() -> bool:
        nonlocal turned
        turned = max(turned, abs(wrap_angle(stage.world.pose.yaw - start.yaw)))
        return stage.world.known.last is not None

    assert stage.play(30.0, found), stage.node._lines
    assert turned > 0.05
    assert stage.world.pose.distance_to(start.x, start.y) < 0.02  # not a step on a map that it is not on
    known = stage.world.known.last
    assert known is not None
    assert known.pose_in_map.distance_to(start.x, start.y) < 0.10


def test_a_killed_node_comes_back_knowing_where_it_is(stage: Stage) -> None:
    stage.know()
    stage.send(Pose2D(4.5, 3.4, 0.0))
    stage.play(5.0)
    assert stage.world.pose.distance_to(DOCK.x, DOCK.y) > 1.0
    stage.kill()
    stage.world.blocked_wheels = True
    stage.start()
    before = stage.world.known.last
    assert stage.play(2.0, lambda: stage.world.known.last is not before)
    known = stage.world.known.last
    assert known is not None
    assert known.pose_in_map.distance_to(stage.world.pose.x, stage.world.pose.y) < 0.05


def test_a_full_disk_is_said_and_drives_on(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("navigation.pose_file.write", full)
    stage.know()
    assert "No space left" in stage.node._lines["pose file"].message
    assert stage.outcome(stage.send(NEAR_GOAL), 30.0).reached
