"""A differential base: what its wheels must do for a velocity of the base, and back. SI units, base_link (REP 103)."""

from __future__ import annotations

from dataclasses import dataclass

from kangban.profile import Base
from kangban.values import Twist2D


@dataclass(frozen=True, slots=True)
class DifferentialBase:
    wheel_radius: float  # m
    track: float  # m between the wheels

    @staticmethod
    def of(base: Base) -> DifferentialBase:
        return DifferentialBase(base.wheel_radius_m, base.track_m)

    def wheel_velocities(self, velocity_in_base: Twist2D) -> tuple[float, float]:
        """Left and right wheel, rad/s. Sideways velocity can't be made and is left out."""
        turn = velocity_in_base.wz * self.track / 2
        return (velocity_in_base.vx - turn) / self.wheel_radius, (velocity_in_base.vx + turn) / self.wheel_radius

    def base_velocity(self, left: float, right: float) -> Twist2D:
        """The velocity in base_link that wheels (rad/s) make without slipping; the same for wheel angles (rad)."""
        return Twist2D(vx=(left + right) * self.wheel_radius / 2, wz=(right - left) * self.wheel_radius / self.track)


def scaled_to(velocity: Twist2D, share: float) -> Twist2D:
    """Slower on the same curve."""
    return Twist2D(velocity.vx * share, velocity.vy * share, velocity.wz * share)
