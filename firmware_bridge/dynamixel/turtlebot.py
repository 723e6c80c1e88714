"""The TurtleBot3s that an OpenCR board knows, and what it makes of a velocity of the base. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

STEP = 0.01  # m/s and rad/s, of what the board takes
ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Robot:
    """A TurtleBot3 as its board knows it."""

    name: str
    wheel_radius_m: float
    track_m: float
    highest_radps: float  # of a wheel; the board clips each for itself
    measures_current: bool


ROBOTS = {
    1: Robot("Burger", 0.033, 0.160, 61 * math.tau / 60, measures_current=False),
    2: Robot("Waffle", 0.033, 0.287, 77 * math.tau / 60, measures_current=True),
    3: Robot("Waffle with arm", 0.033, 0.287, 77 * math.tau / 60, measures_current=True),
}


def base_velocity(robot: Robot, left_radps: float, right_radps: float) -> tuple[int, int]:
    """Steps of 0.01 m/s and 0.01 rad/s, slowed by the same share where a wheel is past what the board allows."""
    over = max(1.0, abs(left_radps) / robot.highest_radps, abs(right_radps) / robot.highest_radps)
    speed = robot.wheel_radius_m * (left_radps + right_radps) / 2.0 / over
    turn = robot.wheel_radius_m * (right_radps - left_radps) / robot.track_m / over
    return _steps(speed), _steps(turn)


def wheel_velocities(robot: Robot, speed: int, turn: int) -> tuple[float, float]:
    """rad/s, left and right, that the board makes of it."""
    forward, around = STEP * speed, STEP * turn * robot.track_m / 2.0
    return (forward - around) / robot.wheel_radius_m, (forward + around) / robot.wheel_radius_m


def _steps(value: float) -> int:
    return math.trunc(value / STEP + math.copysign(ROUNDING, value))
