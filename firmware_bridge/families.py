"""The families of motor controllers: a name in the profile (`motors.family`) to what speaks to it."""

from __future__ import annotations

from collections.abc import Callable

from firmware_bridge.kangban_motors import KangbanMotors
from firmware_bridge.motors import MotorController
from kangban.profile import Motors

Make = Callable[[Motors, Callable[[], float], Callable[[], None]], MotorController]
FAMILIES: dict[str, Make] = {"kangban": KangbanMotors}


def make(motors: Motors, now: Callable[[], float], heard: Callable[[], None]) -> MotorController:
    """`now` is the bridge's clock; `heard` is called from another thread whenever there is a newer state."""
    return FAMILIES[motors.family](motors, now, heard)
