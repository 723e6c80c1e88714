"""`kangban motors set-id`: another number for a servo or driver on a bus; its motors have no power meanwhile."""

from __future__ import annotations

import argparse
import sys

from firmware_bridge.motors import MotorsError
from kangban.config import load_profile
from kangban.motor_profile import DynamixelMotors, FeetechMotors, ModbusMotors


def run(args: argparse.Namespace) -> int:
    motors = load_profile(args.profile, [f"motors.port={args.port}"] if args.port else []).motors
    if isinstance(motors, FeetechMotors):
        said = _feetech(motors, args.old, args.new)
    elif isinstance(motors, DynamixelMotors):
        said = _dynamixel(motors, args.old, args.new)
    elif isinstance(motors, ModbusMotors):
        said = _modbus(motors, args.old, args.new)
    else:
        raise MotorsError(f"a controller of the family {motors.family} has no number on a bus; there is nothing to set")
    sys.stderr.write(f"{said}\n")
    return 0


def _feetech(motors: FeetechMotors, old: int, new: int) -> str:
    from firmware_bridge.feetech import service
    from firmware_bridge.feetech.line import Line

    line = Line(motors.port, motors.baud)
    line.open()
    try:
        service.set_id(line, old, new)
    finally:
        line.close()
    return f"servo {old} is servo {new} now"


def _dynamixel(motors: DynamixelMotors, old: int, new: int) -> str:
    from firmware_bridge.dynamixel import service

    service.set_id(motors.port, motors.baud, old, new)
    return f"servo {old} is servo {new} now"


def _modbus(motors: ModbusMotors, old: int, new: int) -> str:
    from firmware_bridge.modbus import registers, service

    return service.set_unit(motors.port, motors.baud, registers.load(motors.register_map), old, new)
