"""Wheels to pose and back: round trips, counters that wrap, counts that can't be true, and how sure it may be."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from firmware_bridge.kinematics import differential, mecanum, omni
from firmware_bridge.motors import AxisReadings
from firmware_bridge.odometry import OdometryLimits, OdometryState, step
from firmware_bridge.wheel_noise import DIFFERENTIAL, EXACT, ON_ROLLERS, carried
from kangban.values import Covariance2D, Odometry, Pose2D, Twist2D

BASE = differential(0.085, 0.36)
OMNI = omni(0.05, 0.125, (math.pi / 3, math.pi, -math.pi / 3))
MECANUM = mecanum(0.05, 0.3, 0.4)
TICKS = 4096
LIMITS = OdometryLimits(BASE, DIFFERENTIAL, TICKS, wheel_velocity=10.0)
OMNI_LIMITS = OdometryLimits(OMNI, ON_ROLLERS, TICKS, wheel_velocity=20.0)
MECANUM_LIMITS = OdometryLimits(MECANUM, ON_ROLLERS, TICKS, wheel_velocity=20.0)
REPEATABLE = settings(derandomize=True, deadline=None, max_examples=40)
SPEEDS = st.floats(-0.5, 0.5)


def readings(stamp: float, *angles: float, boot_id: int = 1, start: int = 0) -> AxisReadings:
    """Angles (rad) as encoders of 32 bits that began at `start` count them."""

    def ticks(angle: float) -> int:
        return (round(angle / math.tau * TICKS) + start + 2**31) % 2**32 - 2**31

    nothing = (None,) * len(angles)
    return AxisReadings(stamp, boot_id, tuple(ticks(a) for a in angles), (0.0,) * len(angles), nothing, nothing)


def follow(wheels: tuple[float, ...], seconds: float, start: int = 0, limits: OdometryLimits = LIMITS) -> OdometryState:
    """Wheels at steady velocities (rad/s), read every 25 ms."""
    state = OdometryState()
    for k in range(round(seconds / 0.025) + 1):
        t = 0.025 * k
        state, _ = step(state, readings(t, *(w * t for w in wheels), start=start), limits)
    return state


def on_its_circle(v: Twist2D, seconds: float) -> Pose2D:
    """Where a steady velocity leads, by the closed form of a circle (a screw motion)."""
    turn = v.wz * seconds
    if abs(v.wz) < 1e-6:
        return Pose2D(v.vx * seconds, v.vy * seconds, turn)
    s, c = math.sin(turn), 1.0 - math.cos(turn)
    return Pose2D((v.vx * s - v.vy * c) / v.wz, (v.vx * c + v.vy * s) / v.wz, turn)


@REPEATABLE
@given(SPEEDS, st.floats(-1.2, 1.2), st.integers(-(2**31), 2**31 - 1))
@example(0.5, 0.3, 2**31 - 1000)
@example(-0.5, 0.3, -(2**31) + 1000)
def test_a_steady_drive_ends_where_its_circle_does_wherever_the_counter_began(vx: float, wz: float, start: int) -> None:
    state = follow(BASE.wheel_velocities(Twist2D(vx, 0.0, wz)), 4.0, start)
    expected = on_its_circle(Twist2D(vx, 0.0, wz), 4.0)
    assert state.refused == 0
    assert state.pose_in_odom.distance_to(expected.x, expected.y) < 0.003
    assert math.remainder(state.pose_in_odom.yaw - expected.yaw, math.tau) == pytest.approx(0.0, abs=0.002)


@pytest.mark.parametrize("limits", [OMNI_LIMITS, MECANUM_LIMITS], ids=["omni", "mecanum"])
@REPEATABLE
@given(vx=SPEEDS, vy=SPEEDS, wz=st.floats(-1.2, 1.2))
def test_sideways_too_it_ends_where_its_circle_does(limits: OdometryLimits, vx: float, vy: float, wz: float) -> None:
    velocity = Twist2D(vx, vy, wz)
    state = follow(limits.base.wheel_velocities(velocity), 4.0, limits=limits)
    expected = on_its_circle(velocity, 4.0)
    assert state.pose_in_odom.distance_to(expected.x, expected.y) < 0.004
    assert math.remainder(state.pose_in_odom.yaw - expected.yaw, math.tau) == pytest.approx(0.0, abs=0.004)


@pytest.mark.parametrize(
    ("limits", "wheels"), [(LIMITS, 2), (OMNI_LIMITS, 3), (MECANUM_LIMITS, 4)], ids=["differential", "omni", "mecanum"]
)
@REPEATABLE
@given(data=st.data())
def test_driving_back_the_same_way_leads_home(limits: OdometryLimits, wheels: int, data: st.DataObject) -> None:
    way = [(0.0,) * wheels]
    for leg in data.draw(st.lists(st.tuples(*[st.floats(-8, 8)] * wheels), max_size=30)):
        way.append(tuple(a + 0.1 * b for a, b in zip(way[-1], leg, strict=True)))
    state = OdometryState()
    for k, angles in enumerate([*way, *reversed(way)]):
        state, _ = step(state, readings(0.1 * k, *angles), limits)
    assert state.pose_in_odom.distance_to(0.0, 0.0) < 1e-9
    assert state.angles == pytest.approx((0.0,) * wheels, abs=1e-9)


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


def test_the_first_reading_is_the_origin_and_exact() -> None:
    _, first = step(OdometryState(), readings(7.0, 123.0, 45.0), LIMITS)
    assert first is not None
    assert (first.stamp, first.pose_in_odom, first.pose_covariance) == (7.0, Pose2D(0.0, 0.0, 0.0), EXACT)


def test_joints_after_the_wheels_do_not_move_the_base() -> None:
    state, _ = step(OdometryState(), readings(0.0, 0.0, 0.0, 1.0), LIMITS)
    state, moved = step(state, readings(0.1, 0.5, 0.5, 3.0), LIMITS)
    assert moved is not None
    assert moved.pose_in_odom.x == pytest.approx(0.5 * 0.085, abs=1e-3)
    assert len(state.angles) == 2


# How sure


def matrix(c: Covariance2D | None) -> np.ndarray:
    assert c is not None
    return np.array([[c.xx, c.xy, c.x_yaw], [c.xy, c.yy, c.y_yaw], [c.x_yaw, c.y_yaw, c.yaw_yaw]])


def test_after_one_metre_straight_it_is_as_sure_as_the_page_says() -> None:
    c = follow(BASE.wheel_velocities(Twist2D(vx=0.5)), 2.0).covariance
    assert math.sqrt(c.xx) == pytest.approx(0.02, rel=0.01)  # 2 cm along the way
    assert math.sqrt(c.yaw_yaw) == pytest.approx(0.02, rel=0.01)  # 1.1 degrees
    # A heading that wanders at random along the way d carries it off sideways: var d^3/3, beside what slips across.
    assert c.yy == pytest.approx(4e-4 / 3 + 1e-4, rel=0.05)
    assert c.y_yaw == pytest.approx(4e-4 / 2, rel=0.05)


@pytest.mark.parametrize("limits", [LIMITS, OMNI_LIMITS, MECANUM_LIMITS], ids=["differential", "omni", "mecanum"])
@REPEATABLE
@given(vx=SPEEDS, vy=SPEEDS, wz=st.floats(-1.2, 1.2))
def test_it_is_a_covariance_and_never_gets_surer(limits: OdometryLimits, vx: float, vy: float, wz: float) -> None:
    wheels = limits.base.wheel_velocities(Twist2D(vx, vy, wz))
    state, before = OdometryState(), 0.0
    for k in range(20):
        state, moved = step(state, readings(0.1 * k, *(0.1 * k * w for w in wheels)), limits)
        assert moved is not None
        c = matrix(moved.pose_covariance)
        assert np.linalg.eigvalsh(c).min() >= -1e-12
        assert np.linalg.eigvalsh(matrix(moved.velocity_covariance)).min() > 0
        assert c[2, 2] >= before
        before = c[2, 2]


def test_it_does_not_depend_on_how_the_way_is_cut() -> None:
    whole = carried(EXACT, Pose2D(0, 0, 0), Twist2D(0.001, 0.0, 0.002), 0.0, DIFFERENTIAL)
    halves, pose = EXACT, Pose2D(0.0, 0.0, 0.0)
    for _ in range(2):
        halves = carried(halves, pose, Twist2D(0.0005, 0.0, 0.001), 0.0, DIFFERENTIAL)
        pose = pose @ Pose2D(0.0005, 0.0, 0.001)
    assert np.allclose(matrix(whole), matrix(halves), rtol=2e-3, atol=1e-9)


def test_it_is_what_many_drives_with_such_errors_scatter_by() -> None:
    """Monte Carlo against the model: 2 m along a bend, in pieces of 5 cm."""
    rng = np.random.default_rng(3)
    piece, pieces, runs = Twist2D(0.05, 0.0, 0.025), 40, 4000
    noise, predicted, pose = DIFFERENTIAL, EXACT, Pose2D(0.0, 0.0, 0.0)
    for _ in range(pieces):
        predicted = carried(predicted, pose, piece, 0.0, noise)
        pose = pose @ Pose2D(0.05 * math.cos(0.0125), 0.05 * math.sin(0.0125), 0.025)
    x, y, yaw = np.zeros(runs), np.zeros(runs), np.zeros(runs)
    turn_std = math.sqrt(noise.heading_path * 0.05 + noise.heading_turn * 0.025)
    along_std = math.sqrt(noise.path * 0.05 + noise.turn * 0.025)
    across_std = math.sqrt(noise.across * 0.05 + noise.turn * 0.025)
    for _ in range(pieces):
        along = 0.05 + rng.normal(0, along_std, runs)
        across = rng.normal(0, across_std, runs)
        x += np.cos(yaw + 0.0125) * along - np.sin(yaw + 0.0125) * across
        y += np.sin(yaw + 0.0125) * along + np.cos(yaw + 0.0125) * across
        yaw += 0.025 + rng.normal(0, turn_std, runs)
    seen = np.cov(np.stack([x, y, yaw]))
    assert np.allclose(np.diag(seen), np.diag(matrix(predicted)), rtol=0.1)
    assert np.allclose(seen, matrix(predicted), atol=0.1 * float(np.diag(seen).max()))


def test_rollers_are_trusted_less_than_plain_wheels() -> None:
    plain = follow(BASE.wheel_velocities(Twist2D(vx=0.4, wz=0.3)), 2.0).covariance
    rollers = follow(OMNI.wheel_velocities(Twist2D(vx=0.4, wz=0.3)), 2.0, limits=OMNI_LIMITS).covariance
    assert np.all(np.diag(matrix(rollers)) > 2.0 * np.diag(matrix(plain)))


def drive_mecanum(slip: float, seconds: float = 2.0) -> tuple[OdometryState, Odometry | None]:
    """Forwards at 6 rad/s; the front wheels turn `slip` rad/s faster, the rear ones as much slower."""
    state, moved = OdometryState(), None
    for k in range(round(seconds / 0.025) + 1):
        t = 0.025 * k
        state, moved = step(state, readings(t, *((6 + s) * t for s in (slip, slip, -slip, -slip))), MECANUM_LIMITS)
    return state, moved


def test_wheels_that_contradict_each_other_are_seen_and_make_it_less_sure() -> None:
    steady, _ = drive_mecanum(0.0)
    slipping, moved = drive_mecanum(2.0)
    assert steady.slip == pytest.approx(0.0, abs=0.01)
    assert slipping.slip == pytest.approx(0.05 * 2.0, rel=0.05)
    assert slipping.covariance.xx > steady.covariance.xx + 1e-4
    assert moved is not None
    assert moved.velocity_covariance is not None
    assert moved.velocity_covariance.xx > 0.09**2
    assert follow((5.0, 5.0), 1.0).slip is None
