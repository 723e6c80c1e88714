"""Where the wheels say the robot has gone since the bridge began: encoder counts to a pose in `odom`.

The pose starts at the origin of `odom` by definition of that frame (REP 105). Counts that can't be true, because no
wheel is that fast, are refused and said; the pose then stays and counting goes on from there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from firmware_bridge.kinematics import DifferentialBase
from firmware_bridge.motors import WheelReadings
from kangban.values import Odometry, Pose2D

JUMP_MARGIN = 1.5  # a wheel may overshoot its limit for a moment
JUMP_SLACK_RAD = 0.1  # stamps are whole milliseconds
ORIGIN_OF_ODOM = Pose2D(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class OdometryLimits:
    base: DifferentialBase
    ticks_per_turn: int
    wheel_velocity: float  # rad/s, the fastest a wheel can turn


@dataclass(frozen=True, slots=True)
class OdometryState:
    pose_in_odom: Pose2D = ORIGIN_OF_ODOM
    last: WheelReadings | None = None
    angles: tuple[float, float] = (0.0, 0.0)  # rad turned by each wheel since the start
    refused: int = 0  # readings that can't be true


def step(
    state: OdometryState, readings: WheelReadings, limits: OdometryLimits
) -> tuple[OdometryState, Odometry | None]:
    """Take newer readings in. None where they tell nothing: out of order, the first after a reset, or impossible."""
    last = state.last
    if last is not None and last.boot_id == readings.boot_id and readings.stamp <= last.stamp:
        return state, None
    if last is None or last.boot_id != readings.boot_id:
        begun = OdometryState(state.pose_in_odom, readings, state.angles, state.refused)
        return begun, _odometry(begun, readings, limits) if last is None else None
    per_tick = math.tau / limits.ticks_per_turn
    left, right = (_wrapped(new - old) * per_tick for new, old in zip(readings.ticks, last.ticks, strict=True))
    possible = JUMP_MARGIN * limits.wheel_velocity * (readings.stamp - last.stamp) + JUMP_SLACK_RAD
    if max(abs(left), abs(right)) > possible:
        return OdometryState(state.pose_in_odom, readings, state.angles, state.refused + 1), None
    pose = state.pose_in_odom @ _arc(limits.base.base_velocity(left, right).vx, _turn(left, right, limits.base))
    moved = OdometryState(pose, readings, (state.angles[0] + left, state.angles[1] + right), state.refused)
    return moved, _odometry(moved, readings, limits)


def _odometry(state: OdometryState, readings: WheelReadings, limits: OdometryLimits) -> Odometry:
    return Odometry(readings.stamp, state.pose_in_odom, limits.base.base_velocity(*readings.velocity))


def _turn(left: float, right: float, base: DifferentialBase) -> float:
    return base.base_velocity(left, right).wz


def _arc(length: float, turn: float) -> Pose2D:
    """The pose, in the frame it began in, after driving `length` (m) along a circle while turning `turn` (rad)."""
    half = turn / 2
    chord = length * (math.sin(half) / half if abs(half) > 1e-9 else 1.0)
    return Pose2D(chord * math.cos(half), chord * math.sin(half), turn)


def _wrapped(ticks: int) -> int:
    """A difference of 32-bit counts by the shortest way."""
    return (ticks + 0x8000_0000) % 0x1_0000_0000 - 0x8000_0000
