"""What comes in wrong while it drives: it stops or refuses, and the reason is in the answer and in `diagnostics`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kangban.values import STILL, Person, Persons, Pose2D, Posture, Scan
from tests.contract.navigation_stage import DT, START_S, Stage, stage_of
from tests.unit.navigation_world import scan_at

FAR = Pose2D(4.5, 3.4, 0.0)
RESTS_M = 0.10  # it may roll on so far before it stands


@pytest.fixture
def stage(tmp_path: Path, domain: int) -> Iterator[Stage]:
    with stage_of(tmp_path, domain) as made:
        yield made


def frozen() -> Callable[[Scan], Scan]:
    first: list[Scan] = []

    def spoil(scan: Scan) -> Scan:
        first.append(scan)
        return replace(first[0], stamp=scan.stamp)

    return spoil


def half_blind(scan: Scan) -> Scan:
    ranges = scan.ranges.copy()
    ranges[: len(ranges) // 2] = math.nan
    return replace(scan, ranges=ranges)


def another_home(scan: Scan) -> Scan:
    """A round room: nothing of the map is there."""
    bumps = 1.5 + 0.2 * np.sin(np.arange(len(scan.ranges)) * 0.3)
    return replace(scan, ranges=bumps)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [(None, "the lidar is silent"), (frozen, "frozen"), (lambda: half_blind, "half blind")],
    ids=["silent", "frozen", "half blind"],
)
def test_a_lidar_that_fails_on_the_way_stops_it_with_that_reason(
    stage: Stage, spoil: Callable[[], Callable[[Scan], Scan]] | None, says: str
) -> None:
    stage.know()
    handle = stage.send(FAR)
    stage.play(4.0)
    world = stage.world
    assert world.velocity.vx > 0.1
    if spoil is None:
        world.lidar = False
    else:
        world.spoil = spoil()
    assert stage.play(3.0, lambda: world.velocity == STILL), "it drives on without a lidar"
    stood = world.pose
    answer = stage.outcome(handle, 8.0)
    assert not answer.reached
    assert answer.reason.startswith("unknown_pose: ")
    assert world.pose.distance_to(stood.x, stood.y) < RESTS_M
    assert any(says in line.message for line in stage.node._lines.values()), stage.node._lines


def test_an_odometry_that_jumps_never_brings_it_to_a_wrong_place(stage: Stage) -> None:
    stage.know()
    handle = stage.send(FAR)
    stage.play(4.0)
    stage.world.odometry = Pose2D(1.5, -0.8, 0.9) @ stage.world.odometry
    answer = stage.outcome(handle, 40.0)
    pose = stage.world.pose
    assert answer.reached or answer.reason.startswith("unknown_pose: ")
    assert not answer.reached or pose.distance_to(FAR.x, FAR.y) < 0.10


def test_in_another_home_it_does_not_drive_and_says_why(stage: Stage) -> None:
    stage.world.spoil = another_home
    assert not stage.play(2.0, lambda: stage.world.known.fresh() is not None)
    start = stage.world.pose
    answer = stage.outcome(stage.send(FAR), 45.0)
    assert answer.reason.startswith("unknown_pose: ")
    assert stage.world.pose.distance_to(start.x, start.y) < 0.02  # it looked around, no more
    assert stage.world.known.last is None
    assert "not known" in stage.node._lines["pose"].message


def test_a_clock_that_goes_back_is_a_new_beginning_and_no_wild_drive(stage: Stage) -> None:
    stage.know()
    handle = stage.send(FAR)
    stage.play(4.0)
    before, world = stage.world.pose, stage.world
    world.time.at = START_S - 60.0
    world.tick()
    stage.until(lambda: stage.node.now() < START_S, "the time")
    for _ in range(round(3.0 / DT)):
        world.tick()
        now = world.now()
        stage.until(lambda now=now: stage.node.now() >= now - 1e-6, "the time")
        assert abs(world.velocity.vx) <= stage.config.profile.navigation.cruise_speed_mps + 1e-6
    assert handle.accepted
    assert world.pose.distance_to(before.x, before.y) < 3.0 * stage.config.profile.navigation.cruise_speed_mps
    known = world.known.last
    assert known is None or known.pose_in_map.distance_to(world.pose.x, world.pose.y) < 0.15


def test_somebody_on_the_goal_is_asked_aloud_and_then_it_gives_up_by_that_name(stage: Stage) -> None:
    there = (2.2, 3.4)
    legs = np.array([[there[0], there[1] + 0.1], [there[0], there[1] - 0.1]])
    world = stage.world

    def with_legs(scan: Scan) -> Scan:
        return scan_at(world.pose, scan.stamp, world.rng, legs)

    def seen(now: float) -> Persons:
        x, y = world.pose.inverse().transform(np.array([there]))[0]
        return Persons(now, (standing(float(x), float(y), there),), False)

    world.spoil, world.people = with_legs, seen
    stage.know()
    answer = stage.outcome(stage.send(Pose2D(*there, 0.0)), 60.0)
    assert answer.reason.startswith("blocked: ")
    assert "goal" in answer.reason
    assert world.said, "nobody was asked"
    assert world.pose.distance_to(*there) > stage.config.profile.safety.guard.person_stop_m


def standing(x: float, y: float, on_map: tuple[float, float]) -> Person:
    points = np.array([[x, y, height] for height in (0.2, 0.9, 1.4)])
    return Person(
        id=1, seen=True, posture=Posture.STANDING, confidence=0.9, box_in_image=(0.4, 0.2, 0.2, 0.6),
        landmarks_in_image=np.full((33, 5), 0.5), landmarks_in_body=np.zeros((33, 3)), points_in_base=points,
        position_in_base=(x, y, 0.9), position_in_map=(*on_map, 0.9),
    )  # fmt: skip
