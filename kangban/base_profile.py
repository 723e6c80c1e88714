"""The kinds of wheeled bases: their geometry in base_link (x forward, y left), one section a kind.

Each says how many wheels it has, whether it can go sideways, and how fast a wheel must turn for its limits.
"""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from kangban.fields import Angle, Length, Section

APART = 0.5  # of 2.6 for three wheels 120 degrees apart: below it some direction is nearly lost


class _Base(Section):
    wheel_radius_m: Annotated[float, Field(gt=0.01, le=0.5)]
    footprint_radius_m: Annotated[float, Field(gt=0.05, le=1.0)]
    height_m: Length
    mass_kg: Annotated[float, Field(gt=0.5, le=300)]


class DifferentialBase(_Base):
    """Two driven wheels on one axle; axes in the order left, right. A wheel that turns positive rolls forwards."""

    wheel_count: ClassVar[int] = 2
    sideways: ClassVar[bool] = False
    kind: Literal["differential"]
    track_m: Annotated[float, Field(gt=0.05, le=2.0)]  # distance between the wheels

    def wheel_speed(self, speed_mps: float, turn_rate_radps: float) -> float:
        """rad/s of the fastest wheel, in the worst direction, driving and turning so fast at once."""
        return (speed_mps + turn_rate_radps * self.track_m / 2) / self.wheel_radius_m


class OmniBase(_Base):
    """Three omni wheels. Axes in the order of `wheel_angles_rad`: where each wheel stands, seen from the centre.

    A wheel that turns positive pushes the base counter-clockwise: its axis points inwards, to the centre.
    """

    wheel_count: ClassVar[int] = 3
    sideways: ClassVar[bool] = True
    kind: Literal["omni"]
    wheel_distance_m: Annotated[float, Field(gt=0.02, le=1.0)]  # from the centre of the base to each wheel
    wheel_angles_rad: tuple[Angle, Angle, Angle]

    @model_validator(mode="after")
    def _reaches_every_direction(self) -> OmniBase:
        a, b, c = self.wheel_angles_rad
        if abs(math.sin(b - a) + math.sin(c - b) + math.sin(a - c)) < APART:
            raise ValueError(f"wheel_angles_rad {a, b, c}: the wheels stand too near each other to move in every way")
        return self

    def wheel_speed(self, speed_mps: float, turn_rate_radps: float) -> float:
        """rad/s of the fastest wheel, in the worst direction, driving and turning so fast at once."""
        return (speed_mps + turn_rate_radps * self.wheel_distance_m) / self.wheel_radius_m


class MecanumBase(_Base):
    """Four mecanum wheels; axes in the order front left, front right, rear left, rear right.

    A wheel that turns positive rolls forwards. The rollers on top of the wheels form an X seen from above.
    """

    wheel_count: ClassVar[int] = 4
    sideways: ClassVar[bool] = True
    kind: Literal["mecanum"]
    track_m: Annotated[float, Field(gt=0.05, le=2.0)]
    wheelbase_m: Annotated[float, Field(gt=0.05, le=2.0)]  # distance between the axles

    def wheel_speed(self, speed_mps: float, turn_rate_radps: float) -> float:
        """rad/s of the fastest wheel, in the worst direction (diagonal), driving and turning so fast at once."""
        lever = (self.track_m + self.wheelbase_m) / 2
        return (math.sqrt(2.0) * speed_mps + turn_rate_radps * lever) / self.wheel_radius_m


Base = Annotated[DifferentialBase | OmniBase | MecanumBase, Field(discriminator="kind")]
