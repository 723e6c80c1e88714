"""The navigation node on a real ROS graph: it drives to goals, says why not, and comes back from a kill knowing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from rosgraph_msgs.msg import Clock

from kangban.conversions import time_to_ros
from kangban.values import STILL, MapPose, Odometry, Pose2D, wrap_angle
from navigation import pose_file
from tests.contract.navigation_stage import DT, ORIGIN, START_S, Stage, stage_of
from tests.unit.navigation_world import DOCK, scan_at

NEAR_GOAL = Pose2D(1.3, 3.3, -1.0)


@pytest.fixture
def stage(tmp_path: Path, domain: int) -> Iterator[Stage]:
    with stage_of(tmp_path, domain) as made:
        yield made


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
        world.time.at += DT
        world.tell_time.publish(Clock(clock=time_to_ros(world.now())))
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


def test_whether_scan_or_odometry_of_an_instant_comes_first_does_not_change_the_pose(stage: Stage) -> None:
    def poses(scan_first: bool) -> list[MapPose]:
        stage.kill()
        stage.node.config.state_dir.joinpath(pose_file.NAME).unlink(missing_ok=True)
        stage.start()
        told: list[MapPose] = []
        stage.node._send_pose = told.append
        rng, moved = np.random.default_rng(3), ORIGIN
        for beat in range(60):
            now, moved = START_S + beat * DT, moved @ Pose2D(0.01, 0.0, 0.005)
            scan = [lambda at=DOCK @ moved, t=now: stage.node._take_scan(scan_at(at, t, rng))] * (beat % 2 == 0)
            odometry = [lambda at=moved, t=now: stage.node._take_odometry(Odometry(t, at, STILL))]
            for take in (*scan, *odometry) if scan_first else (*odometry, *scan):
                take()
        return told

    first, second = poses(True), poses(False)
    assert len(first) > 50
    assert [pose.stamp for pose in first] == [pose.stamp for pose in second]
    places = [
        np.array([(p.pose_in_map.x, p.pose_in_map.y, p.pose_in_map.yaw) for p in told]) for told in (first, second)
    ]
    assert np.abs(places[0] - places[1]).max() < 1e-6  # sums in another place of the memory differ by less


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
