"""Where the wheels say the robot has gone since the bridge began, and how far that may be wrong.

The pose starts at the origin of `odom` by definition of that frame (REP 105). Counts that can't be true, because no
wheel is that fast, are refused and said; the pose then stays and counting goes on from there.

How wrong: an error that grows at random with every metre driven and every radian turned (`wheel_noise.py`), carried
along with the pose to first order (Thrun, Burgard and Fox, "Probabilistic Robotics", chapter 5).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from firmware_bridge import wheel_noise
from firmware_bridge.kinematics import Kinematics
from firmware_bridge.motors import AxisReadings
from firmware_bridge.wheel_noise import Noise
from kangban.values import Covariance2D, Odometry, Pose2D, Twist2D

JUMP_MARGIN = 1.5  # a wheel may overshoot its limit for a moment
JUMP_SLACK_RAD = 0.1  # stamps are whole milliseconds
SLIP_SMOOTHED_OVER_S = 0.5
ORIGIN_OF_ODOM = Pose2D(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class OdometryLimits:
    base: Kinematics
    noise: Noise
    ticks_per_turn: int
    wheel_velocity: float  # rad/s, the fastest a wheel can turn


@dataclass(frozen=True, slots=True)
class OdometryState:
    """`angles`: rad turned by each wheel since the start. `slip`: m/s by which the wheels contradict each other."""

    pose_in_odom: Pose2D = ORIGIN_OF_ODOM
    covariance: Covariance2D = wheel_noise.EXACT
    last: AxisReadings | None = None
    angles: tuple[float, ...] = ()
    slip: float | None = None  # None: this base's wheels can't tell, or none has moved yet
    refused: int = 0  # readings that can't be true


def step(state: OdometryState, readings: AxisReadings, limits: OdometryLimits) -> tuple[OdometryState, Odometry | None]:
    """Take newer readings in. None where they tell nothing: out of order, the first after a reset, or impossible."""
    last, wheels = state.last, len(limits.base.rows)
    if last is not None and last.boot_id == readings.boot_id and readings.stamp <= last.stamp:
        return state, None
    if last is None or last.boot_id != readings.boot_id:
        angles = state.angles or (0.0,) * wheels
        begun = OdometryState(state.pose_in_odom, state.covariance, readings, angles, None, state.refused)
        return begun, _odometry(begun, readings, limits) if last is None else None
    dt = readings.stamp - last.stamp
    per_tick = math.tau / limits.ticks_per_turn
    turned = tuple(_wrapped(new - old) * per_tick for new, old in zip(readings.ticks, last.ticks, strict=True))[:wheels]
    possible = JUMP_MARGIN * limits.wheel_velocity * dt + JUMP_SLACK_RAD
    if max(abs(angle) for angle in turned) > possible:
        refused = state.refused + 1
        return OdometryState(state.pose_in_odom, state.covariance, readings, state.angles, state.slip, refused), None
    path = limits.base.base_velocity(turned)
    slipped = limits.base.slip(turned)
    moved = OdometryState(
        pose_in_odom=state.pose_in_odom @ arc(path),
        covariance=wheel_noise.carried(state.covariance, state.pose_in_odom, path, slipped or 0.0, limits.noise),
        last=readings,
        angles=tuple(a + b for a, b in zip(state.angles, turned, strict=True)),
        slip=_smoothed(state.slip, slipped, dt),
        refused=state.refused,
    )
    return moved, _odometry(moved, readings, limits)


def _odometry(state: OdometryState, readings: AxisReadings, limits: OdometryLimits) -> Odometry:
    velocity = limits.base.base_velocity(readings.velocity[: len(limits.base.rows)])
    return Odometry(
        stamp=readings.stamp,
        pose_in_odom=state.pose_in_odom,
        velocity_in_base=velocity,
        pose_covariance=state.covariance,
        velocity_covariance=wheel_noise.of_velocity(velocity, state.slip or 0.0, limits.noise),
    )


def arc(path: Twist2D) -> Pose2D:
    """The pose, in the frame it began in, after a steady motion along `path` (m, m, rad): exact, on a circle."""
    half = path.wz / 2
    chord = math.sin(half) / half if abs(half) > 1e-9 else 1.0
    x, y = path.vx * chord, path.vy * chord
    return Pose2D(x * math.cos(half) - y * math.sin(half), x * math.sin(half) + y * math.cos(half), path.wz)


def _smoothed(before: float | None, slipped: float | None, dt: float) -> float | None:
    """m/s from the metres slipped within `dt` (s): encoder steps alone make single readings jump."""
    if slipped is None:
        return None
    share = dt / (dt + SLIP_SMOOTHED_OVER_S)
    return (before or 0.0) + share * (slipped / dt - (before or 0.0))


def _wrapped(ticks: int) -> int:
    """A difference of 32-bit counts by the shortest way."""
    return (ticks + 0x8000_0000) % 0x1_0000_0000 - 0x8000_0000
