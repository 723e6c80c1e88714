"""Wheels to pose and back: round trips, counters that wrap, counts that can't be true."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from firmware_bridge.kinematics import DifferentialBase
from firmware_bridge.motors import WheelReadings
from firmware_bridge.odometry import OdometryLimits, OdometryState, step
from kangban.values import Pose2D, Twist2D

BASE = DifferentialBase(wheel_radius=0.085, track=0.36)
TICKS = 4096
LIMITS = OdometryLimits(BASE, TICKS, wheel_velocity=10.0)
REPEATABLE = settings(derandomize=True, deadline=None)
SPEEDS = st.floats(-2.0, 2.0)


def readings(stamp: float, left: float, right: float, boot_id: int = 1, start: int = 0) -> WheelReadings:
    """Angles (rad) as an encoder of 32 bits that began at `start` counts them."""

    def ticks(angle: float) -> int:
        return (round(angle / math.tau * TICKS) + start + 2**31) % 2**32 - 2**31

    return WheelReadings(stamp, boot_id, (ticks(left), ticks(right)), (0.0, 0.0), (0.0, 0.0))


def follow(wheels: tuple[float, float], seconds: float, start: int = 0) -> OdometryState:
    """Wheels at steady velocities (rad/s), read every 25 ms."""
    state = OdometryState()
    for k in range(round(seconds / 0.025) + 1):
        t = 0.025 * k
        state, _ = step(state, readings(t, wheels[0] * t, wheels[1] * t, start=start), LIMITS)
    return state


@REPEATABLE
@given(SPEEDS, SPEEDS)
def test_wheel_and_base_velocities_are_inverse(vx: float, wz: float) -> None:
    back = BASE.base_velocity(*BASE.wheel_velocities(Twist2D(vx, 0.0, wz)))
    assert back.vx == pytest.approx(vx, abs=1e-12)
    assert back.wz == pytest.approx(wz, abs=1e-12)


def test_turning_left_turns_the_right_wheel_forwards() -> None:
    left, right = BASE.wheel_velocities(Twist2D(wz=1.0))
    assert right == -left == pytest.approx(0.18 / 0.085)


@REPEATABLE
@given(st.floats(-0.5, 0.5), st.floats(-1.2, 1.2), st.integers(-(2**31), 2**31 - 1))
@example(0.5, 0.3, 2**31 - 1000)
@example(-0.5, 0.3, -(2**31) + 1000)
def test_a_steady_drive_ends_where_its_circle_does_wherever_the_counter_began(vx: float, wz: float, start: int) -> None:
    state = follow(BASE.wheel_velocities(Twist2D(vx, 0.0, wz)), 4.0, start)
    turn = 4.0 * wz
    if abs(wz) > 1e-6:
        expected = Pose2D(vx / wz * math.sin(turn), vx / wz * (1 - math.cos(turn)), turn)
    else:
        expected = Pose2D(4.0 * vx, 0.0, 0.0)
    assert state.refused == 0
    assert state.pose_in_odom.distance_to(expected.x, expected.y) < 0.003
    assert math.remainder(state.pose_in_odom.yaw - expected.yaw, math.tau) == pytest.approx(0.0, abs=0.002)


@REPEATABLE
@given(st.lists(st.tuples(st.floats(-8, 8), st.floats(-8, 8)), max_size=30))
def test_driving_back_the_same_way_leads_home(legs: list[tuple[float, float]]) -> None:
    way = [(0.0, 0.0)]
    for left, right in legs:
        way.append((way[-1][0] + 0.1 * left, way[-1][1] + 0.1 * right))
    state = OdometryState()
    for k, angles in enumerate([*way, *reversed(way)]):
        state, _ = step(state, readings(0.1 * k, *angles), LIMITS)
    assert state.pose_in_odom.distance_to(0.0, 0.0) < 1e-9
    assert state.angles == pytest.approx((0.0, 0.0), abs=1e-9)


def test_a_jump_that_no_wheel_can_make_is_refused_and_counting_goes_on() -> None:
    state = follow((5.0, 5.0), 1.0)
    pose = state.pose_in_odom
    state, nothing = step(state, readings(1.025, 500.0, 5.1), LIMITS)
    assert nothing is None
    assert (state.pose_in_odom, state.refused) == (pose, 1)
    state, moved = step(state, readings(1.05, 500.1, 5.2), LIMITS)
    assert moved is not None
    assert moved.pose_in_odom.x == pytest.approx(pose.x + 0.1 * 0.085, abs=1e-3)


def test_a_controller_that_was_reset_starts_counting_anew_without_a_jump() -> None:
    state = follow((5.0, 5.0), 1.0)
    pose = state.pose_in_odom
    state, _ = step(state, readings(1.5, 0.0, 0.0, boot_id=2), LIMITS)
    assert state.pose_in_odom == pose
    state, moved = step(state, readings(1.6, 0.5, 0.5, boot_id=2), LIMITS)
    assert moved is not None
    assert moved.pose_in_odom.x == pytest.approx(pose.x + 0.5 * 0.085, abs=1e-3)


def test_readings_out_of_order_tell_nothing() -> None:
    state = follow((5.0, 5.0), 1.0)
    for stamp in (1.0, 0.9):
        same, nothing = step(state, readings(stamp, 4.0, 4.0), LIMITS)
        assert (same, nothing) == (state, None)


def test_the_first_reading_is_the_origin() -> None:
    _, first = step(OdometryState(), readings(7.0, 123.0, 45.0), LIMITS)
    assert first is not None
    assert (first.stamp, first.pose_in_odom) == (7.0, Pose2D(0.0, 0.0, 0.0))
