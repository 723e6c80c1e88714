"""The dock's V in noisy scans, and the walls and corners that are none; the track that joins it with the tag."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kangban.values import STILL, Array, Covariance2D, DockSeen, Odometry, Pose2D, Twist2D
from navigation.docking import shape, track
from tests.unit.dock_world import Segment, plates, returns, wall

SURE = Covariance2D(1e-4, 0.0, 0.0, 1e-4, 0.0, 1e-3)
BEHIND = Pose2D(0.24, 0.0, 0.0)


def seen(dock: Pose2D, rng: np.random.Generator, *others: Segment) -> Array:
    """A dock before a wall."""
    return returns([*plates(dock), wall(dock @ BEHIND), *others], rng)


def at(x: float, y: float = 0.0, yaw: float = 0.0) -> Pose2D:
    return Pose2D(x, y, yaw).inverse()


def test_a_scan_gives_the_place_to_a_centimetre() -> None:
    rng, off = np.random.default_rng(1), []
    for _ in range(80):
        truth = at(-rng.uniform(0.26, 1.1), rng.uniform(-0.2, 0.2), rng.uniform(-0.25, 0.25))
        start = truth @ Pose2D(*rng.uniform(-0.06, 0.06, 2), rng.uniform(-0.1, 0.1))
        fit = shape.fit(seen(truth, rng), start)
        assert fit is not None
        error = truth.inverse() @ fit.dock_in_base
        off.append([abs(error.x), abs(error.y), abs(error.yaw)])
    x, y, yaw = np.percentile(np.array(off), 90, axis=0)
    assert x < 0.008 and y < 0.016 and yaw < 0.08


@pytest.mark.parametrize("yaw", [-0.3, 0.0, 0.3])
def test_a_search_finds_a_dock_that_was_moved_and_only_it(yaw: float) -> None:
    truth = at(-0.85, 0.0, yaw)
    about = truth @ Pose2D(0.05, 0.19, 0.17)
    found = shape.search(seen(truth, np.random.default_rng(2)), about, track.REACH_M, track.REACH_RAD)
    assert len(found) == 1
    assert shape.within(found[0].dock_in_base, truth, 0.03, 0.12)


def test_walls_and_corners_are_no_dock() -> None:
    rng = np.random.default_rng(3)
    for x in np.linspace(0.6, 1.2, 12):
        flat = [wall(Pose2D(float(x), 0.0, 0.0))]
        apex = np.array([float(x) + 0.1, 0.0])
        corner = [(apex, apex + np.array([-1.5, side * 1.5])) for side in (-1.0, 1.0)]
        wide = [(apex, apex + np.array([-0.9, side * 1.8])) for side in (-1.0, 1.0)]  # opens like the V, and goes on
        for segments in (flat, corner, wide):
            assert shape.search(returns(segments, rng), Pose2D(0.8, 0.0, 0.0), 0.3, 0.35) == ()


def test_a_covered_plate_is_no_dock() -> None:
    truth = at(-0.8)
    leg = (np.array([0.55, 0.02]), np.array([0.55, 0.25]))
    assert shape.fit(seen(truth, np.random.default_rng(4), leg), truth) is None


def test_too_few_returns_are_no_dock() -> None:
    assert shape.fit(np.zeros((3, 2)), at(-0.8)) is None
    assert shape.search(np.zeros((0, 2)), at(-0.8), 0.3, 0.3) == ()


# The track


def odometry(base: Pose2D, now: float, velocity: Twist2D = STILL) -> Odometry:
    return Odometry(now, base, velocity)


def tracked(dock_in_odom: Pose2D, base: Pose2D, scans: int, tag: Pose2D | None, expected: Pose2D | None) -> track.Track:
    rng, known, dock = np.random.default_rng(6), track.NOTHING, base.inverse() @ dock_in_odom
    for k in range(scans):
        now = 10.0 + 0.1 * k
        if tag is not None:
            known = track.saw_tag(known, DockSeen(now, base.inverse() @ tag, SURE), odometry(base, now))
        known = track.saw_scan(known, seen(dock, rng), odometry(base, now), now, expected)
    return known


def test_tag_and_shape_together_settle_and_stay_while_it_drives() -> None:
    dock, base = Pose2D(2.0, 1.0, 0.4), Pose2D(2.0, 1.0, 0.4) @ Pose2D(-0.85, 0.05, 0.1)
    known = tracked(dock, base, 12, dock @ Pose2D(0.02, -0.03, 0.1), None)
    assert known.settled and known.tag_fresh(11.2)
    ahead = base @ Pose2D(0.2, 0.0, 0.0)
    found = known.dock_in_base(ahead, 11.2)
    assert found is not None and shape.within(ahead @ found, dock, 0.015, 0.04)


def test_what_was_not_seen_lately_is_unknown() -> None:
    dock, base = Pose2D(0.85, 0.0, 0.0), Pose2D(0.0, 0.0, 0.0)
    known = tracked(dock, base, 6, dock, None)
    assert known.dock_in_base(base, 11.0) is not None
    assert known.dock_in_base(base, 11.2) is None
    assert not known.tag_fresh(11.6)


def test_without_the_tag_the_only_shape_near_the_sites_place_counts() -> None:
    dock, base = Pose2D(0.85, 0.1, 0.1), Pose2D(0.0, 0.0, 0.0)
    known = tracked(dock, base, 8, None, Pose2D(0.85, 0.0, 0.0))
    assert known.choices == 1 and known.settled
    assert tracked(dock, base, 8, None, None).dock_in_odom is None, "the robot does not know where to look"
    assert tracked(dock, base, 8, None, Pose2D(3.0, 0.0, 0.0)).dock_in_odom is None


def test_two_shapes_and_no_tag_are_no_dock() -> None:
    rng, known = np.random.default_rng(7), track.NOTHING
    one, other = Pose2D(0.95, 0.24, 0.0), Pose2D(0.95, -0.24, 0.0)
    for k in range(8):
        points = returns([*plates(one), *plates(other), wall(one @ BEHIND)], rng)
        known = track.saw_scan(known, points, odometry(Pose2D(0, 0, 0), 0.5 * k), 0.5 * k, Pose2D(0.95, 0.0, 0.0))
    assert (known.choices or 0) >= 2 and known.dock_in_odom is None


def test_a_shape_that_the_tag_does_not_belong_to_is_dropped() -> None:
    dock, base = Pose2D(0.85, 0.0, 0.0), Pose2D(0.0, 0.0, 0.0)
    known = tracked(dock, base, 6, None, dock)
    assert known.settled
    known = track.saw_tag(known, DockSeen(10.6, Pose2D(0.85, 0.4, 0.0), SURE), odometry(base, 10.6))
    points = seen(dock, np.random.default_rng(8))
    assert track.saw_scan(known, points, odometry(base, 10.6), 10.6, None).dock_in_odom is None


def test_a_reading_counts_where_the_robot_was_when_it_was_taken() -> None:
    base = track.base_at(odometry(Pose2D(1.0, 0.0, 0.0), 5.0, Twist2D(0.2, 0.0, 0.5)), 4.9)
    assert base.x == pytest.approx(0.98, abs=1e-3) and base.yaw == pytest.approx(-0.05)
    assert math.isclose(track.base_at(odometry(base, 5.0), 5.0).x, base.x)
