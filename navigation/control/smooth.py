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
    """One axis. Near the wish the acceleration falls so that it is zero when the wish is reached."""
    left = wish - speed
    slows = left * speed < 0.0
    most = slowing if slows else speeding
    if slows:  # beyond zero it speeds up again: no farther than that in one step
        left = math.copysign(min(abs(left), abs(speed)), left)
    wished = math.copysign(min(most, math.sqrt(2.0 * jerk * abs(left)), abs(left) / dt), left)
    low, high = change - jerk * dt, change + jerk * dt
    change = max(-most, min(most, max(low, min(high, wished))))
    if change * left > 0.0 and abs(change) * dt > abs(left):
        return speed + left, left / dt
    return speed + change * dt, change
