"""Who answers on the bus, whether it is what the profile describes, and how it is set up. Everything without power."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from firmware_bridge.bus import BusError, MisfitError
from firmware_bridge.dynamixel import registers as reg
from firmware_bridge.dynamixel.axes import Axis, JointAxis, WheelAxis
from firmware_bridge.dynamixel.line import Line
from firmware_bridge.sdk_line import RefusedError
from kangban.motor_profile import DynamixelMotors, Joint, Wheel

T = TypeVar("T")
ATTEMPTS = 3
REBOOT_S = 1.0  # a servo that was rebooted answers again within it
OFF = b"\0"


def again(call: Callable[..., T], *inputs: object) -> T:
    """Once more where an answer was lost or damaged; every write here may be said twice."""
    for _ in range(ATTEMPTS - 1):
        try:
            return call(*inputs)
        except RefusedError:
            raise
        except BusError:
            continue
    return call(*inputs)


def check_profile(motors: DynamixelMotors) -> None:
    """Raises MisfitError for what no X-series servo can do."""
    if motors.encoder_ticks_per_turn != reg.TICKS_PER_TURN:
        raise MisfitError(
            f"motors.encoder_ticks_per_turn is {motors.encoder_ticks_per_turn}; X-series servos have "
            f"{reg.TICKS_PER_TURN}: correct the profile"
        )
    if motors.baud not in reg.BAUDS:
        raise MisfitError(f"motors.baud {motors.baud}: these servos know {', '.join(map(str, reg.BAUDS))}")
    for joint in motors.joints:
        lower, upper = JointAxis(joint, next(iter(reg.MODELS.values()))).ends
        if lower < 0 or upper >= reg.TICKS_PER_TURN:
            raise MisfitError(
                f"{joint.name}: its range is {lower}..{upper} of the encoder's 0..{reg.TICKS_PER_TURN - 1}: "
                "set lower_rad, upper_rad and zero_ticks right, or mount the horn anew and calibrate"
            )


def find(line: Line, device: int, name: str) -> reg.Model:
    """Raises BusError where nobody answers, MisfitError where it can't be driven safely."""
    number = again(line.ping, device)
    model = reg.MODELS.get(number)
    if model is None:
        known = ", ".join(sorted(m.name for m in reg.MODELS.values()))
        raise MisfitError(
            f"{name}: id {device} is a device of model {number}, whose Bus Watchdog is not known to work; use {known}"
        )
    firmware = again(line.read, device, reg.FIRMWARE, 1)[0]
    if firmware < reg.OLDEST_FIRMWARE:
        raise MisfitError(
            f"{name}: id {device} has firmware {firmware} without a Bus Watchdog; update it to {reg.OLDEST_FIRMWARE} "
            "or later"
        )
    return model


def reboot_if_shut_down(line: Line, device: int) -> bool:
    """A hardware error that made it shut down goes away with a reboot only. True where that was done."""
    if again(line.read, device, reg.HARDWARE_ERROR, 1)[0] == 0:
        return False
    again(line.reboot, device)
    until = time.monotonic() + REBOOT_S
    while True:
        try:
            line.ping(device)
        except BusError:
            if time.monotonic() >= until:
                raise
        else:
            return True


def wheel_axis(line: Line, wheel: Wheel, model: reg.Model) -> WheelAxis:
    limit = int.from_bytes(again(line.read, wheel.id, reg.VELOCITY_LIMIT, 4), "little")
    return WheelAxis(wheel, model, limit, _limit(line, wheel.id, reg.PWM_LIMIT))


def joint_axis(line: Line, joint: Joint, model: reg.Model) -> JointAxis:
    current = 0 if model.torque_per_ampere is None else _limit(line, joint.id, reg.CURRENT_LIMIT)
    return JointAxis(joint, model, _limit(line, joint.id, reg.PWM_LIMIT), current)


def _limit(line: Line, device: int, address: int) -> int:
    return int.from_bytes(again(line.read, device, address, 2), "little")


def prepare(line: Line, axis: Axis) -> None:
    """Mode, limits and what is to shut it down. It must be without power: all of this is locked otherwise."""
    keep(line, axis.id, reg.DRIVE_MODE, b"\0")  # normal direction; profiles are velocities
    keep(line, axis.id, reg.OPERATING_MODE, bytes((axis.mode,)))
    shutdown = again(line.read, axis.id, reg.SHUTDOWN, 1)[0]
    keep(line, axis.id, reg.SHUTDOWN, bytes((shutdown | reg.MUST_SHUT_DOWN,)))
    if isinstance(axis, JointAxis):
        lower, upper = axis.ends
        keep(line, axis.id, reg.LOWEST_POSITION, reg.number(lower, 4))
        keep(line, axis.id, reg.HIGHEST_POSITION, reg.number(upper, 4))
    again(line.write, axis.id, reg.PROFILE_ACCELERATION, reg.number(0, 4))  # the gate ramps; a stop is at once
    again(line.write, axis.id, reg.PROFILE_VELOCITY, reg.number(0, 4))


def keep(line: Line, device: int, address: int, data: bytes) -> None:
    """Write to EEPROM only what is not there yet: it wears out."""
    if again(line.read, device, address, len(data)) == data:
        return
    again(line.write, device, address, data)
    if again(line.read, device, address, len(data)) != data:
        raise MisfitError(f"id {device}: register {address} does not keep {data.hex()}: the servo may be worn out")
