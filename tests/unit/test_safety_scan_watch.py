"""A lidar that repeats its last picture while the robot moves is found out; one that only sees still things is not."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangban.values import STILL, Odometry, Pose2D, Twist2D
from safety import scan_watch
from safety.guard import judge
from safety.scan_watch import MOVED_M, REPEATS, ScanWatch
from tests.unit.test_safety_guard import ANGLES, FORWARD, LIMITS, NOW, keys, readings, scan_of

SCAN = scan_of(np.array([[2.0, 0.3], [1.0, -1.0]]))


def odometry(x: float, yaw: float = 0.0) -> Odometry:
    return Odometry(NOW, Pose2D(x, 0.0, yaw), STILL)


def after(scans: int, step_m: float, turn: float = 0.0, noise: float = 0.0) -> ScanWatch:
    rng, watch = np.random.default_rng(1), ScanWatch()
    for k in range(scans):
        scan = replace(SCAN, stamp=NOW + 0.1 * k, ranges=SCAN.ranges + rng.normal(0.0, noise or 0.0, len(SCAN.ranges)))
        watch = scan_watch.step(watch, scan, odometry(k * step_m, k * turn))
    return watch


# scans, metres and radians between two, noise -> frozen
@pytest.mark.parametrize(
    ("scans", "step_m", "turn", "noise", "frozen"),
    [
        (30, 0.0, 0.0, 0.0, False),  # standing
        (30, 0.0005, 0.0, 0.0, False),  # hardly moving
        (REPEATS, 0.05, 0.0, 0.0, False),  # not often enough
        (REPEATS + 1, 0.05, 0.0, 0.0, True),
        (REPEATS + 1, 0.0, 0.05, 0.0, True),  # turning
        (REPEATS + 1, -0.05, 0.0, 0.0, True),  # backwards
        (30, 0.05, 0.0, 0.001, False),  # alive
    ],
)
def test_it_is_frozen_when_nothing_changes_while_it_moves(
    scans: int, step_m: float, turn: float, noise: float, frozen: bool
) -> None:
    assert after(scans, step_m, turn, noise).frozen is frozen


def test_rays_that_are_unknown_in_every_scan_count_as_the_same() -> None:
    ranges = SCAN.ranges.copy()
    ranges[10:20] = math.nan
    watch = ScanWatch()
    for k in range(4):
        watch = scan_watch.step(watch, replace(SCAN, ranges=ranges), odometry(0.05 * k))
    assert watch.frozen


def test_one_new_scan_sets_it_free_and_standing_still_does_not() -> None:
    frozen = after(5, 0.05)
    assert scan_watch.step(frozen, SCAN, odometry(0.2)).frozen
    assert not scan_watch.step(frozen, replace(SCAN, ranges=SCAN.ranges + 0.001), odometry(0.2)).frozen


def test_without_odometry_nothing_is_concluded() -> None:
    watch = ScanWatch()
    for _ in range(5):
        watch = scan_watch.step(watch, SCAN, None)
    assert not watch.frozen
    # Counted from the first odometry on.
    watch = scan_watch.step(watch, SCAN, odometry(5.0))
    assert not watch.frozen
    assert scan_watch.step(watch, SCAN, odometry(5.0 + 2.0 * MOVED_M)).frozen


@pytest.mark.parametrize("wish", [FORWARD, Twist2D(-0.1), Twist2D(0.0, 0.0, 0.5)])
def test_a_frozen_scan_stops_by_name(wish: Twist2D) -> None:
    verdict = judge(wish, readings(scan_frozen=True), LIMITS, NOW)
    assert (verdict.velocity, keys(verdict.reasons)) == (STILL, ["scan_frozen"])


# share of rays lost at random ahead, or all of them on one side of straight ahead
@pytest.mark.parametrize(("lost", "name"), [(0.0, None), (0.3, None), (0.9, "scan_blind")])
def test_a_lidar_that_tells_too_little_stops_by_name(lost: float, name: str | None) -> None:
    ranges = np.full(len(ANGLES), 5.0)
    ranges[np.random.default_rng(2).random(len(ranges)) < lost] = math.nan
    verdict = judge(FORWARD, readings(scan=replace(SCAN, ranges=ranges)), LIMITS, NOW)
    assert keys(verdict.reasons) == ([] if name is None else [name])
    assert (verdict.velocity == STILL) is (name is not None)


def test_a_lidar_blind_ahead_stops_going_there_and_lets_it_back_out() -> None:
    ranges = np.where(np.abs(ANGLES) < math.pi / 2, math.nan, 5.0)
    blind = readings(scan=replace(SCAN, ranges=ranges))
    verdict = judge(FORWARD, blind, LIMITS, NOW)
    assert (verdict.velocity, keys(verdict.reasons)) == (STILL, ["scan_blind"])
    assert judge(Twist2D(-0.1), blind, LIMITS, NOW).velocity == Twist2D(-0.1)
    assert judge(Twist2D(0.0, 0.0, 0.4), blind, LIMITS, NOW).velocity == Twist2D(0.0, 0.0, 0.4)


@given(st.integers(0, 359), st.integers(0, 359), st.floats(-1.0, 1.0), st.floats(-2.0, 2.0))
def test_losing_rays_never_lets_more_pass(first: int, last: int, speed: float, turn: float) -> None:
    wish, ranges = Twist2D(speed, 0.0, turn), SCAN.ranges.copy()
    seen = judge(wish, readings(scan=SCAN), LIMITS, NOW).velocity
    # Rays that show something are kept: without them the guard would have to guess what they had shown.
    rays = np.arange(len(ranges))
    ranges[np.isinf(ranges) & (rays >= min(first, last)) & (rays <= max(first, last))] = math.nan
    less = judge(wish, readings(scan=replace(SCAN, ranges=ranges)), LIMITS, NOW).velocity
    assert less.speed <= seen.speed + 1e-12
    assert abs(less.wz) <= abs(seen.wz) + 1e-12
