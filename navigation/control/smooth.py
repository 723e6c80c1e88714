"""A velocity that follows a wish with bounded acceleration and jerk, so that nobody is startled and nothing spills."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kangban.values import STILL, Twist2D


@dataclass(frozen=True, slots=True)
class Ramp:
    """Speeding up, slowing down and turning, per s^2, and their change, per s^3."""

    acceleration: float  # m/s^2
    deceleration: float  # m/s^2
    turn_acceleration: float  # rad/s^2
    jerk: float  # m/s^3

    @property
    def turn_jerk(self) -> float:
        """The profile bounds the jerk of driving; turning takes as long to build up its acceleration."""
        return self.jerk * self.turn_acceleration / self.acceleration


@dataclass(frozen=True, slots=True)
class Motion:
    """A velocity in the base frame and how fast it is changing (the same axes, per s)."""

    velocity: Twist2D = STILL
    change: Twist2D = STILL


AT_REST = Motion()


def towards(motion: Motion, wish: Twist2D, ramp: Ramp, dt: float) -> Motion:
    """The motion after `dt`, s, on the way to a wished velocity."""
    if dt <= 0.0:
        return motion
    now, change = motion.velocity, motion.change
    vx, ax = _axis(now.vx, change.vx, wish.vx, ramp.acceleration, ramp.deceleration, ramp.jerk, dt)
    vy, ay = _axis(now.vy, change.vy, wish.vy, ramp.acceleration, ramp.deceleration, ramp.jerk, dt)
    turn = ramp.turn_acceleration
    wz, az = _axis(now.wz, change.wz, wish.wz, turn, turn, ramp.turn_jerk, dt)
    return Motion(Twist2D(vx, vy, wz), Twist2D(ax, ay, az))


def _axis(
    speed: float, change: float, wish: float, speeding: float, slowing: float, jerk: float, dt: float
) -> tuple[float, float]:
    """One axis: as much acceleration as can still be taken back in time, in steps of `dt`, to be zero at the wish."""
    left = wish - speed
    most = slowing if left * speed < 0.0 else speeding
    step = jerk * dt
    wished = step * (math.sqrt(0.25 + 2.0 * abs(left) / (step * dt)) - 0.5)
    wished = math.copysign(min(most, wished, abs(left) / dt), left)
    change = max(change - step, min(change + step, wished))
    change = max(-slowing, min(slowing, change))
    return speed + change * dt, change
