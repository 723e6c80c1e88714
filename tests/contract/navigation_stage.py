"""A navigation node on a real ROS graph in a world that is paced: it gives /clock and readings, and goes on once the
node has answered them, so a busy machine only takes longer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
from kangban_msgs.action import NavigateTo, Say
from rclpy.action import ActionClient, ActionServer
from rclpy.executors import SingleThreadedExecutor
from rosgraph_msgs.msg import Clock

from kangban import streams
from kangban.config import Config, load
from kangban.conversions import pose2d_to_ros, time_to_ros
from kangban.node import KangbanNode
from kangban.values import STILL, ChainState, Odometry, Persons, Pose2D, Scan
from navigation.node import NavigationNode
from tests.unit.navigation_world import DOCK, scan_at

PATIENCE_S = 20.0  # a bound for a machine that is busy, not an expectation
START_S = 100.0
DT = 0.05
ORIGIN = Pose2D(0.0, 0.0, 0.0)


class Time:
    """The world's; a test may set it back."""

    def __init__(self, at: float) -> None:
        self.at = at

    def now(self) -> float:
        return self.at


class World(KangbanNode):
    """A base that does what navigation wishes (the safety chain left out), its odometry and lidar, and the time."""

    def __init__(self, config: Config) -> None:
        self.time = Time(START_S)
        super().__init__("world", config, self.time)
        self.pose, self.odometry = DOCK, ORIGIN
        self.velocity = STILL
        self.blocked_wheels = False
        self.lidar = True
        self.spoil: Callable[[Scan], Scan] = lambda scan: scan
        self.people: Callable[[float], Persons | None] = lambda now: None
        self.said: list[str] = []
        self.rng = np.random.default_rng(5)
        self.tell_time = self.create_publisher(Clock, "/clock", 10)
        self._odom, self._scan, self._chain = (self.output(s) for s in (streams.ODOM, streams.SCAN, streams.CHAIN))
        self._persons = self.output(streams.PERSONS)
        self._voice = ActionServer(self, Say, streams.SAY, self._say)
        self.stopped = False
        self.wish, self.known = self.input(streams.CMD_VEL_NAV), self.input(streams.POSE)
        self.map = self.input(streams.MAP)
        self.navigating = ActionClient(self, NavigateTo, streams.NAVIGATE_TO)
        self._ticks = 0

    def _say(self, goal: Any) -> Any:
        self.said.append(goal.request.text)
        goal.succeed()
        return Say.Result(said=True)

    def tick(self) -> None:
        self.time.at += DT
        now, self._ticks = self.time.now(), self._ticks + 1
        wish = self.wish.fresh()
        self.velocity = STILL if wish is None or self.blocked_wheels else wish.velocity
        step = Pose2D(self.velocity.vx * DT, 0.0, self.velocity.wz * DT)
        self.pose, self.odometry = self.pose @ step, self.odometry @ Pose2D(step.x * 1.03, 0.0, step.yaw)
        self.tell_time.publish(Clock(clock=time_to_ros(now)))
        if self.lidar and self._ticks % 2 == 0:
            self._scan(self.spoil(scan_at(self.pose, now, self.rng)))
        people = self.people(now)
        if people is not None:
            self._persons(people)
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


@contextmanager
def stage_of(folder: Path, domain: int) -> Iterator[Stage]:
    rclpy.init(args=["--ros-args", "-p", "use_sim_time:=true"], domain_id=domain)
    (folder / "run").mkdir()
    made = Stage(load("companion", "demo_flat", folder / "state", folder / "run"))
    try:
        yield made
    finally:
        made.kill()
        made.world._voice.destroy()
        made.world.destroy_node()
        made.executor.shutdown()
        rclpy.shutdown()
