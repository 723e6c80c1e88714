"""The geometry of the guard against a brute-force walk along the arc."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kangban.values import Pose2D, Twist2D
from safety.arc import curvature, free_distance, in_travel_frame, moved, speed_to_stop

RADIUS = 0.3
coordinates = st.floats(-2.0, 2.0)


def place_after(length: float, curve: float) -> Pose2D:
    turn = curve * length
    if abs(turn) < 1e-9:
        return Pose2D(length, 0.0, 0.0)
    return Pose2D(math.sin(turn) / curve, (1.0 - math.cos(turn)) / curve, turn)


def walk(x: float, y: float, curve: float, longest: float) -> float:
    """Where a disc that starts free first touches (x, y), in steps of 1 mm."""
    for length in np.arange(0.0, longest, 0.001):
        at = place_after(length, curve)
        if math.hypot(x - at.x, y - at.y) <= RADIUS:
            return float(length)
    return math.inf


@given(coordinates, coordinates, st.floats(-8.0, 8.0))
@settings(max_examples=60)
def test_free_distance_is_where_a_walk_touches(x: float, y: float, curve: float) -> None:
    if math.hypot(x, y) < RADIUS + 0.002:
        return
    walked, found = walk(x, y, curve, 1.5), free_distance(np.array([[x, y]]), RADIUS, curve)
    if math.isinf(walked):
        # A walk of millimetre steps may miss a graze, never a touch deeper than that.
        grazing = place_after(min(found, 1.5), curve)
        assert found > 1.498 or math.hypot(x - grazing.x, y - grazing.y) >= RADIUS - 1e-6
    else:
        assert found == pytest.approx(walked, abs=0.0025)


@pytest.mark.parametrize("curve", [0.0, 0.5, -0.5, 3.0, -3.0, 20.0])
def test_what_it_already_touches_stops_it_ahead_and_lets_it_leave_behind(curve: float) -> None:
    assert free_distance(np.array([[0.28, 0.02]]), RADIUS, curve) == 0.0
    assert free_distance(np.array([[-0.28, 0.02]]), RADIUS, curve) > 0.05


def test_a_point_exactly_at_the_rim_ahead_is_touched() -> None:
    for curve in (0.0, 0.3, -4.0):
        assert free_distance(np.array([[RADIUS, 0.0]]), RADIUS, curve) < 1e-3


def test_nothing_in_sight_is_free() -> None:
    assert free_distance(np.empty((0, 2)), RADIUS, 1.0) == math.inf


def test_travel_frame_has_the_velocity_along_x() -> None:
    turned = in_travel_frame(np.array([[-1.0, 0.2]]), Twist2D(-0.3, 0.0, 0.3))
    assert turned[0] == pytest.approx([1.0, -0.2])
    assert curvature(Twist2D(-0.3, 0.0, 0.3)) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="no path"):
        curvature(Twist2D(0.0, 0.0, 1.0))


@given(st.floats(0.0, 5.0), st.floats(0.0, 0.6), st.floats(0.2, 3.0), st.floats(0.0, 0.5))
def test_speed_to_stop_uses_the_distance_up(distance: float, delay: float, deceleration: float, end: float) -> None:
    speed = speed_to_stop(distance, delay, deceleration, end)
    assert speed >= end
    if speed > end:
        assert speed * delay + (speed**2 - end**2) / (2 * deceleration) == pytest.approx(distance, abs=1e-6)


@given(coordinates, coordinates, st.floats(-0.5, 0.5), st.floats(-0.2, 0.2), st.floats(-1.0, 1.0))
def test_moved_is_the_motion_in_small_steps(x: float, y: float, vx: float, vy: float, wz: float) -> None:
    pose, parts = Pose2D(0.0, 0.0, 0.0), 2000
    for _ in range(parts):
        pose = pose @ Pose2D(vx * 0.3 / parts, vy * 0.3 / parts, wz * 0.3 / parts)
    expected = pose.inverse().transform(np.array([[x, y]]))
    assert moved(np.array([[x, y]]), Twist2D(vx, vy, wz), 0.3) == pytest.approx(expected, abs=2e-4)
