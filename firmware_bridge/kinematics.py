"""What the wheels must do for a velocity of the base, and back, for every kind of base. SI units, base_link (REP 103).

A base is a matrix with one row a wheel: the wheel's rad/s for 1 m/s forward, 1 m/s left and 1 rad/s counter-clockwise.
Everything else follows from it. What holds for velocities (rad/s to m/s) holds for small angles (rad to m) as well.
The rows are those of Siegwart, Nourbakhsh and Scaramuzza, "Introduction to Autonomous Mobile Robots", chapter 3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kangban import base_profile
from kangban.base_profile import Base
from kangban.values import Twist2D

Row = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Kinematics:
    """`rows` as above; `inverse`: its pseudo-inverse, three rows of one number a wheel."""

    rows: tuple[Row, ...]
    inverse: tuple[tuple[float, ...], ...]
    wheel_radius: float  # m
    sideways: bool  # can it move along y?

    @staticmethod
    def of_rows(rows: tuple[Row, ...], wheel_radius: float, sideways: bool) -> Kinematics:
        inverse = np.linalg.pinv(np.array(rows))
        return Kinematics(rows, tuple(tuple(float(v) for v in row) for row in inverse), wheel_radius, sideways)

    def wheel_velocities(self, velocity_in_base: Twist2D) -> tuple[float, ...]:
        """rad/s of each wheel, in the profile's order. Sideways velocity that can't be made is left out."""
        v = velocity_in_base
        return tuple(x * v.vx + y * v.vy + turn * v.wz for x, y, turn in self.rows)

    def base_velocity(self, wheels: tuple[float, ...]) -> Twist2D:
        """The velocity in base_link that agrees best, by least squares, with wheels (rad/s) that don't slip.

        The same for wheel angles (rad): then the path in m, m, rad. Raises ValueError for another number of wheels.
        """
        vx, vy, wz = (sum(f * w for f, w in zip(row, wheels, strict=True)) for row in self.inverse)
        return Twist2D(vx, vy if self.sideways else 0.0, wz)

    def slip(self, wheels: tuple[float, ...]) -> float | None:
        """How much the wheels contradict each other: m/s at the rim (m, for angles), root of the mean square.

        None where there are no more wheels than ways to move: then slip can't be seen in them.
        """
        if len(self.rows) <= (3 if self.sideways else 2):
            return None
        agreed = self.wheel_velocities(self.base_velocity(wheels))
        squares = sum((a - w) ** 2 for a, w in zip(agreed, wheels, strict=True))
        return self.wheel_radius * math.sqrt(squares / len(wheels))

    def hardest_torque(self, along_x: float, along_y: float) -> float:
        """The torque, N·m, of the wheel that works most for a force of 1 N along this unit vector of base_link."""
        shares = (along_x * x + along_y * y for x, y in zip(self.inverse[0], self.inverse[1], strict=True))
        return max(abs(share) for share in shares)


def kinematics_of(base: Base) -> Kinematics:
    if isinstance(base, base_profile.DifferentialBase):
        return differential(base.wheel_radius_m, base.track_m)
    if isinstance(base, base_profile.OmniBase):
        return omni(base.wheel_radius_m, base.wheel_distance_m, base.wheel_angles_rad)
    return mecanum(base.wheel_radius_m, base.track_m, base.wheelbase_m)


def differential(wheel_radius: float, track: float) -> Kinematics:
    """Wheels left and right, `track` (m) apart; positive rolls forwards."""
    r, half = wheel_radius, track / 2
    return Kinematics.of_rows(((1 / r, 0.0, -half / r), (1 / r, 0.0, half / r)), r, sideways=False)


def omni(wheel_radius: float, distance: float, angles: tuple[float, ...]) -> Kinematics:
    """Omni wheels at `angles` (rad) about the centre, `distance` (m) from it; positive pushes counter-clockwise."""
    r = wheel_radius
    rows = tuple((-math.sin(a) / r, math.cos(a) / r, distance / r) for a in angles)
    return Kinematics.of_rows(rows, r, sideways=True)


def mecanum(wheel_radius: float, track: float, wheelbase: float) -> Kinematics:
    """Front left, front right, rear left, rear right; positive rolls forwards; rollers form an X seen from above."""
    r, lever = wheel_radius, (track + wheelbase) / 2
    signs = ((-1.0, -1.0), (1.0, 1.0), (1.0, -1.0), (-1.0, 1.0))
    return Kinematics.of_rows(tuple((1 / r, y / r, turn * lever / r) for y, turn in signs), r, sideways=True)


def scaled_to(velocity: Twist2D, share: float) -> Twist2D:
    """Slower on the same curve."""
    return Twist2D(velocity.vx * share, velocity.vy * share, velocity.wz * share)
