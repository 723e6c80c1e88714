"""The last centimetres: straight to the goal's place, then to its heading. Pure.

A base that turns in place faces the goal, drives (or backs, where it has only just passed it) and turns; one that goes
sideways does all at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from kangban.values import STILL, Pose2D, Twist2D, wrap_angle
from navigation.control.limits import ControlLimits

TURN_FIRST_RAD, DRIVE_AGAIN_RAD = 0.5, 0.10  # off the goal by more: turn in place; then until it is within the second
GAIN = 2.0  # 1/s; with the delay of the whole chain (about 0.2 s) still well damped
SLOWEST_TURN = 0.15  # rad/s; less would not overcome friction, and takes long for little
SLOWEST_DRIVE = 0.05  # m/s
BACK_WITHIN_M = 0.12  # a goal behind it, nearer than this, is backed to
AIM = 0.5  # of the tolerances is aimed at where there is room; all of them is accepted once it is there


class Phase(StrEnum):
    ALIGN = "align"
    DRIVE = "drive"
    TURN = "turn"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Goal:
    """Where to stand; tolerances in m and rad."""

    pose_in_map: Pose2D
    position_tolerance: float
    heading_tolerance: float


def step(
    phase: Phase, pose: Pose2D, goal: Goal, limits: ControlLimits, aim: float = AIM
) -> tuple[Phase, Twist2D]:  # fmt: skip
    """The next phase and the velocity to wish for in the base frame. `aim`: how much of the place's tolerance."""
    left = pose.distance_to(goal.pose_in_map.x, goal.pose_in_map.y)
    off = wrap_angle(goal.pose_in_map.yaw - pose.yaw)
    phase = next_phase(phase, left, off, goal, aim)
    if phase is Phase.DONE:
        return phase, STILL
    if limits.sideways:
        return phase, _all_at_once(pose, goal, left, off, limits, aim)
    if phase is Phase.TURN:
        return phase, Twist2D(0.0, 0.0, _turn(off, limits))
    return _drive(phase, pose, goal, left, limits)


def next_phase(phase: Phase, left: float, off: float, goal: Goal, aim: float = AIM) -> Phase:
    """Once at the place it stays there unless pushed clearly away."""
    there = phase in (Phase.TURN, Phase.DONE)
    if left > goal.position_tolerance * (1.0 if there else aim):
        return Phase.ALIGN if there else phase
    done = abs(off) <= goal.heading_tolerance * (AIM if phase is Phase.TURN else 1.0)
    return Phase.DONE if done else Phase.TURN


def _drive(phase: Phase, pose: Pose2D, goal: Goal, left: float, limits: ControlLimits) -> tuple[Phase, Twist2D]:
    target = goal.pose_in_map
    bearing = wrap_angle(math.atan2(target.y - pose.y, target.x - pose.x) - pose.yaw)
    backwards = abs(bearing) > math.pi / 2 and left <= BACK_WITHIN_M
    if backwards:
        bearing = wrap_angle(bearing + math.pi)
    if abs(bearing) > (TURN_FIRST_RAD if phase is Phase.DRIVE else DRIVE_AGAIN_RAD):
        return Phase.ALIGN, Twist2D(0.0, 0.0, _turn(bearing, limits))
    speed = max(SLOWEST_DRIVE, min(limits.cruise, GAIN * left, math.sqrt(2.0 * limits.ramp.deceleration * left)))
    speed = min(speed, limits.back) if backwards else speed
    turn = float(np.clip(GAIN * bearing, -limits.turn_rate, limits.turn_rate))
    return Phase.DRIVE, Twist2D(-speed if backwards else speed, 0.0, turn)


def _all_at_once(
    pose: Pose2D, goal: Goal, left: float, off: float, limits: ControlLimits, aim: float
) -> Twist2D:  # fmt: skip
    there = pose.inverse() @ goal.pose_in_map
    if left <= aim * goal.position_tolerance:
        return Twist2D(0.0, 0.0, _turn(off, limits))
    speed = max(SLOWEST_DRIVE, min(limits.back, GAIN * left))
    turn = float(np.clip(GAIN * off, -limits.turn_rate, limits.turn_rate))
    return Twist2D(speed * there.x / left, speed * there.y / left, turn)


def _turn(off: float, limits: ControlLimits) -> float:
    rate = min(limits.turn_rate, max(SLOWEST_TURN, GAIN * abs(off)))
    return math.copysign(rate, off)
