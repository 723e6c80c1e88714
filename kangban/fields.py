"""Number types for configuration: each has a range, so that a wrong unit or a slipped digit is refused at start."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A part of a configuration file: no unknown keys, no change after loading, no defaults for limits."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Metres = Annotated[float, Field(ge=-1000, le=1000)]
Point = tuple[Metres, Metres]
Length = Annotated[float, Field(gt=0, le=100)]  # m
Angle = Annotated[float, Field(ge=-math.tau, le=math.tau)]  # rad
Seconds = Annotated[float, Field(gt=0, le=86400)]
Rate = Annotated[float, Field(gt=0, le=1000)]  # Hz
Speed = Annotated[float, Field(gt=0, le=2.0)]  # m/s; nothing here drives faster than a brisk walk
TurnRate = Annotated[float, Field(gt=0, le=4.0)]  # rad/s
Acceleration = Annotated[float, Field(gt=0, le=5.0)]  # m/s^2
TurnAcceleration = Annotated[float, Field(gt=0, le=20.0)]  # rad/s^2
Jerk = Annotated[float, Field(gt=0, le=50.0)]  # m/s^3
Share = Annotated[float, Field(ge=0, le=1)]
