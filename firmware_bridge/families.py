"""The families of motor controllers: a name in the profile (`motors.family`) to what speaks to it.

Each family is loaded only where a profile names it, so a robot needs only its own family's library.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from firmware_bridge.motors import MotorController, MotorsError
from kangban.motor_profile import Motors

Now = Callable[[], float]
Heard = Callable[[], None]
Make = Callable[[Any, Now, Heard], MotorController]  # takes the family's own section of the profile


def _kangban(motors: Any, now: Now, heard: Heard) -> MotorController:
    made: MotorController = _loaded("firmware_bridge.kangban_motors").KangbanMotors(motors, now, heard)
    return made


def _polled(module: str, bus: str) -> Make:
    """A family that is asked and answers: its `Bus`, run by `polled.py`."""

    def make_polled(motors: Any, now: Now, heard: Heard) -> MotorController:
        wire = getattr(_loaded(module), bus)(motors)
        polled: MotorController = _loaded("firmware_bridge.polled").PolledMotors(wire, motors, now, heard)
        return polled

    return make_polled


def _feetech(motors: Any, now: Now, heard: Heard) -> MotorController:
    wire = _loaded("firmware_bridge.feetech.bus").FeetechBus(motors, now)
    polled: MotorController = _loaded("firmware_bridge.polled").PolledMotors(wire, motors, now, heard)
    return polled


def _modbus(motors: Any, now: Now, heard: Heard) -> MotorController:
    registers = _loaded("firmware_bridge.modbus.registers").load(motors.register_map)
    wire = _loaded("firmware_bridge.modbus.bus").ModbusBus(motors, registers)
    polled: MotorController = _loaded("firmware_bridge.polled").PolledMotors(wire, motors, now, heard)
    return polled


FAMILIES: dict[str, Make] = {
    "kangban": _kangban,
    "dynamixel": _polled("firmware_bridge.dynamixel.bus", "DynamixelBus"),
    "opencr": _polled("firmware_bridge.dynamixel.opencr", "OpenCrBus"),
    "feetech": _feetech,
    "modbus": _modbus,
}


def make(motors: Motors, now: Now, heard: Heard = lambda: None) -> MotorController:
    """`now` is the bridge's clock; `heard` is called from another thread whenever there is a newer state.

    Raises MotorsError where the family's library is not installed or its files do not fit.
    """
    try:
        return FAMILIES[motors.family](motors, now, heard)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("firmware_bridge"):
            raise
        raise MotorsError(
            f"motors.family {motors.family} needs the Python package that brings {error.name!r}, which is not "
            "installed; run `make robot` again"
        ) from error


def _loaded(module: str) -> Any:
    return importlib.import_module(module)
