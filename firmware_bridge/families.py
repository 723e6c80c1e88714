"""The families of motor controllers: a name in the profile (`motors.family`) to what speaks to it.

Each family is loaded only where a profile names it, so a robot needs only its own family's library.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from firmware_bridge.bus import Bus, MisfitError
from firmware_bridge.motors import MotorController, MotorsError
from kangban.motor_profile import Motors

Now = Callable[[], float]
Heard = Callable[[], None]
Make = Callable[[Any, Now, Heard], MotorController]  # takes the family's own section of the profile


def _kangban(motors: Any, now: Now, heard: Heard) -> MotorController:
    made: MotorController = _loaded("firmware_bridge.kangban_motors").KangbanMotors(motors, now, heard)
    return made


def _dynamixel(motors: Any, now: Now, heard: Heard) -> MotorController:
    return _polled(_loaded("firmware_bridge.dynamixel.bus").DynamixelBus(motors), motors, now, heard)


def _opencr(motors: Any, now: Now, heard: Heard) -> MotorController:
    return _polled(_loaded("firmware_bridge.dynamixel.opencr").OpenCrBus(motors, now=now), motors, now, heard)


def _feetech(motors: Any, now: Now, heard: Heard) -> MotorController:
    return _polled(_loaded("firmware_bridge.feetech.bus").FeetechBus(motors, now), motors, now, heard)


def _modbus(motors: Any, now: Now, heard: Heard) -> MotorController:
    registers = _loaded("firmware_bridge.modbus.registers").load(motors.register_map)
    return _polled(_loaded("firmware_bridge.modbus.bus").ModbusBus(motors, registers), motors, now, heard)


def _polled(bus: Bus, motors: Any, now: Now, heard: Heard) -> MotorController:
    """A family that is asked and answers: its `Bus`, run by `polled.py`."""
    polled: MotorController = _loaded("firmware_bridge.polled").PolledMotors(bus, motors, now, heard)
    return polled


FAMILIES: dict[str, Make] = {
    "kangban": _kangban,
    "dynamixel": _dynamixel,
    "opencr": _opencr,
    "feetech": _feetech,
    "modbus": _modbus,
}


def make(motors: Motors, now: Now, heard: Heard = lambda: None) -> MotorController:
    """`now` is the bridge's clock; `heard` is called from another thread whenever there is a newer state.

    Raises MotorsError where the family's library is not installed, or the profile does not fit its files.
    """
    try:
        return FAMILIES[motors.family](motors, now, heard)
    except MisfitError as error:
        raise MotorsError(str(error)) from error
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("firmware_bridge"):
            raise
        raise MotorsError(
            f"motors.family {motors.family} needs the Python package that brings {error.name!r}, which is not "
            "installed; run `make robot` again"
        ) from error


def _loaded(module: str) -> Any:
    return importlib.import_module(module)
