"""What may be tuned over the wire, and between what: never past what the controller was built with."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from firmware_bridge.protocol import Parameter, ParameterValue, Refusal
from sim.motors.settings import AxisSettings, ControllerSettings

SHORTEST_MS = 20
STEEPEST = 4.0  # times the braking that it was built with
LARGEST_GAIN = 1_000_000
HIGHEST, LOWEST = 0x7FFF_FFFF, -0x8000_0000
MICRO, MILLI = 1e6, 1e3


@dataclass(frozen=True)
class Tuned:
    """Which setting a parameter is, and how many of the wire's units are one of the setting's."""

    setting: str
    units: float
    of_board: bool = False

    def read(self, value: int) -> float:
        """The setting that this number on the wire means; its two ends mean without end."""
        if value in (LOWEST, HIGHEST):
            return math.copysign(math.inf, value)
        return value / self.units


TUNED = {
    Parameter.WATCHDOG_MS: Tuned("watchdog_s", MILLI, of_board=True),
    Parameter.LONGEST_LIFE_MS: Tuned("longest_life_s", MILLI, of_board=True),
    Parameter.HIGHEST_URAD_PER_S: Tuned("velocity", MICRO),
    Parameter.HIGHEST_TORQUE_MNM: Tuned("torque", MILLI),
    Parameter.ACCELERATION_URAD_PER_S2: Tuned("acceleration", MICRO),
    Parameter.BRAKING_URAD_PER_S2: Tuned("braking", MICRO),
    Parameter.LOWEST_POSITION_URAD: Tuned("lowest", MICRO),
    Parameter.HIGHEST_POSITION_URAD: Tuned("highest", MICRO),
    Parameter.VELOCITY_GAIN: Tuned("velocity_gain", MILLI),
    Parameter.VELOCITY_INTEGRAL: Tuned("velocity_integral", MILLI),
    Parameter.POSITION_GAIN: Tuned("position_gain", MILLI),
    Parameter.CURRENT_LIMIT_MA: Tuned("current", MILLI),
    Parameter.BUMPER_BLOCKS: Tuned("bumper_blocks", 1.0),
}
GAINS = (Parameter.VELOCITY_GAIN, Parameter.VELOCITY_INTEGRAL, Parameter.POSITION_GAIN)
ENDS = (Parameter.LOWEST_POSITION_URAD, Parameter.HIGHEST_POSITION_URAD)


def read(present: ControllerSettings, built: ControllerSettings, number: int, axis: int) -> ParameterValue | Refusal:
    found = _find(present, number, axis)
    was = _find(built, number, axis)
    if found is None or was is None:
        return Refusal.UNKNOWN
    parameter, value = found
    lowest, highest = _between(parameter, was[1], built, axis)
    return ParameterValue(parameter, axis, value, lowest, highest)


def write(
    present: ControllerSettings, built: ControllerSettings, number: int, axis: int, value: int
) -> ControllerSettings | Refusal:
    """The settings with that one changed."""
    known = read(present, built, number, axis)
    if isinstance(known, Refusal):
        return known
    if not known.lowest <= value <= known.highest:
        return Refusal.RANGE
    tuned = TUNED[Parameter(number)]
    change: dict[str, Any] = {tuned.setting: tuned.read(value)}
    if tuned.of_board:
        return replace(present, **change)
    axes = list(present.axes)
    axes[axis] = replace(axes[axis], **change)
    return replace(present, axes=tuple(axes)) if axes[axis].lowest <= axes[axis].highest else Refusal.RANGE


def _find(settings: ControllerSettings, number: int, axis: int) -> tuple[Parameter, int] | None:
    """The parameter and its value on the wire; None where there is none."""
    try:
        parameter = Parameter(number)
    except ValueError:
        return None
    tuned = TUNED[parameter]
    if axis >= (1 if tuned.of_board else len(settings.axes)):
        return None
    owner: ControllerSettings | AxisSettings = settings if tuned.of_board else settings.axes[axis]
    value = float(getattr(owner, tuned.setting)) * tuned.units
    if math.isinf(value):
        return parameter, HIGHEST if value > 0 else LOWEST
    return parameter, max(LOWEST, min(HIGHEST, round(value)))


def _between(parameter: Parameter, was: int, built: ControllerSettings, axis: int) -> tuple[int, int]:
    if parameter in (Parameter.WATCHDOG_MS, Parameter.LONGEST_LIFE_MS):
        return min(SHORTEST_MS, was), was
    if parameter is Parameter.BRAKING_URAD_PER_S2:
        return was, min(HIGHEST, round(STEEPEST * was))  # it may only learn to stop sooner
    if parameter in ENDS:
        ends = [_find(built, end, axis) for end in ENDS]
        low, high = (end[1] for end in ends if end is not None)
        return low, high
    if parameter in GAINS:
        return 0, LARGEST_GAIN
    return (-1, 1) if parameter is Parameter.BUMPER_BLOCKS else (0, was)
