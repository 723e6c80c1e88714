"""The navigation node and its dock on a real ROS graph: out of it before any drive; where there is none it says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rclpy
from kangban_msgs.action import NavigateTo

from kangban import streams
from kangban.config import load
from kangban.values import Battery, Pose2D
from tests.contract.test_navigation_node import Stage

STATION = "site.dock={x_m: 0.56, y_m: 3.3, yaw_rad: 3.1416, station: {tag: 7, tag_size_m: 0.16, tag_height_m: 1.12}}"
DOCKED = Pose2D(0.56, 3.3, 3.1416)


@pytest.fixture
def made(tmp_path: Path, domain: int) -> Iterator[Callable[..., Stage]]:
    rclpy.init(args=["--ros-args", "-p", "use_sim_time:=true"], domain_id=domain)
    stages: list[Stage] = []

    def make(*overrides: str) -> Stage:
        (tmp_path / "run").mkdir()
        stages.append(Stage(load("companion", "demo_flat", tmp_path / "state", tmp_path / "run", overrides)))
        return stages[0]

    yield make
    for stage in stages:
        stage.kill()
        stage.world.destroy_node()
        stage.executor.shutdown()
    rclpy.shutdown()


def send(stage: Stage, goal: NavigateTo.Goal) -> Any:
    stage.until(stage.world.navigating.server_is_ready, "the action server")
    future = stage.world.navigating.send_goal_async(goal)
    stage.until(future.done, "the acceptance")
    return future.result()


def test_a_home_without_a_dock_says_so(made: Callable[..., Stage]) -> None:
    stage = made()
    stage.know()
    result = stage.outcome(send(stage, NavigateTo.Goal(dock=True)), 1.0)
    assert not result.reached and result.reason.startswith("no_dock: this home has no dock")


def test_it_backs_straight_out_of_its_dock_before_it_drives(made: Callable[..., Stage]) -> None:
    stage = made(STATION)
    stage.world.pose = DOCKED
    tell = stage.world.output(streams.BATTERY)
    tell(Battery(stage.world.now(), 24.0, 0.5, True))
    stage.know()
    stage.until(lambda: stage.node._battery.last is not None, "the battery")
    docked = stage.outcome(send(stage, NavigateTo.Goal(dock=True)), 1.0)
    assert docked.reached, "it is charged there already"
    handle = stage.send(Pose2D(1.6, 2.9, 0.0))
    tell(Battery(stage.world.now(), 24.0, 0.5, False))
    turned, out = [], lambda: stage.world.pose.distance_to(DOCKED.x, DOCKED.y)

    def backing() -> bool:
        turned.append(abs(stage.world.velocity.wz))
        return out() > 0.42

    assert stage.play(12.0, backing)
    assert max(turned) < 1e-6 and abs(stage.world.pose.y - DOCKED.y) < 0.01
    result = stage.outcome(handle, 30.0)
    assert result.reached, result.reason
    assert stage.world.pose.distance_to(1.6, 2.9) < 0.07
