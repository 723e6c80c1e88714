"""Where somebody will be a moment later, and how sure that is: a Kalman filter of constant velocity.

The same in every direction, so it serves the image (px) and the floor of the map (m); units are the caller's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kangban.values import Array


@dataclass(frozen=True, slots=True)
class Moving:
    """Position `at` and `velocity` (k,), with the variances of both, along each axis, and their covariance."""

    stamp: float
    at: Array
    velocity: Array
    var_at: float
    cov: float
    var_velocity: float

    def at_time(self, now: float, acceleration: float) -> Moving:
        """Carried on to `now`; `acceleration`: the spread of what may speed her up or slow her down."""
        dt = max(0.0, now - self.stamp)
        q = acceleration * acceleration
        return Moving(
            now,
            self.at + dt * self.velocity,
            self.velocity,
            self.var_at + 2 * dt * self.cov + dt * dt * self.var_velocity + q * dt**4 / 4,
            self.cov + dt * self.var_velocity + q * dt**3 / 2,
            self.var_velocity + q * dt * dt,
        )

    def corrected(self, measured: Array, noise: float) -> Moving:
        """With a position measured now; `noise`: its spread."""
        total = self.var_at + noise * noise
        gain, gain_velocity = self.var_at / total, self.cov / total
        off = np.asarray(measured, dtype=float) - self.at
        return Moving(
            self.stamp,
            self.at + gain * off,
            self.velocity + gain_velocity * off,
            (1.0 - gain) * self.var_at,
            (1.0 - gain) * self.cov,
            self.var_velocity - gain_velocity * self.cov,
        )

    @property
    def spread(self) -> float:
        """Standard deviation of the position along each axis."""
        return math.sqrt(max(0.0, self.var_at))


def standing_at(stamp: float, at: Array, noise: float, speed: float) -> Moving:
    """Seen for the first time; `speed`: the spread of velocities that she may have."""
    at = np.asarray(at, dtype=float)
    return Moving(stamp, at, np.zeros_like(at), noise * noise, 0.0, speed * speed)
