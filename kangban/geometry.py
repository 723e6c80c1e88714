"""Places, motions and their uncertainty on the floor. Rooms import them from `values.py`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Point3: TypeAlias = tuple[float, float, float]


def wrap_angle(angle: float) -> float:
    """The same angle in (-pi, pi]."""
    wrapped = math.remainder(angle, math.tau)
    return math.pi if wrapped == -math.pi else wrapped


@dataclass(frozen=True, slots=True)
class Pose2D:
    """A place and heading on the floor (m, m, rad)."""

    x: float
    y: float
    yaw: float

    def __matmul__(self, other: Pose2D) -> Pose2D:
        """`a_in_map @ b_in_a` is `b_in_map`."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        return Pose2D(
            self.x + c * other.x - s * other.y, self.y + s * other.x + c * other.y, wrap_angle(self.yaw + other.yaw)
        )

    def inverse(self) -> Pose2D:
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        return Pose2D(-c * self.x - s * self.y, s * self.x - c * self.y, wrap_angle(-self.yaw))

    def transform(self, points: Array) -> Array:
        """Points of this pose's own frame, shape (n, 2) or (n, 3), in the frame the pose is given in; z is kept."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        moved = np.array(points, dtype=float)
        moved[..., 0] = self.x + c * points[..., 0] - s * points[..., 1]
        moved[..., 1] = self.y + s * points[..., 0] + c * points[..., 1]
        return moved

    def distance_to(self, x: float, y: float) -> float:
        return math.hypot(x - self.x, y - self.y)


@dataclass(frozen=True, slots=True)
class Twist2D:
    """A velocity on the floor in the base frame (m/s forward, m/s left, rad/s counter-clockwise)."""

    vx: float = 0.0
    vy: float = 0.0
    wz: float = 0.0

    @property
    def speed(self) -> float:
        return math.hypot(self.vx, self.vy)

    @property
    def finite(self) -> bool:
        return math.isfinite(self.vx) and math.isfinite(self.vy) and math.isfinite(self.wz)


STILL = Twist2D()


@dataclass(frozen=True, slots=True)
class Covariance2D:
    """How uncertain x, y (m) and yaw (rad), or their velocities, are together: variances and what they share."""

    xx: float
    xy: float
    x_yaw: float
    yy: float
    y_yaw: float
    yaw_yaw: float
