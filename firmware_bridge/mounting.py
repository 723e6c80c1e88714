"""How our controller's motors sit in the robot: the profile's radians to what stands on the wire, and back.

The wire speaks as the encoders count; the bridge as the profile says (`sign`, and for joints `zero_ticks`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from firmware_bridge import protocol
from firmware_bridge.motors import AxisCommand, AxisReadings, Mode
from firmware_bridge.protocol import AxisSetpoint, AxisState
from kangban.motor_profile import KangbanMotors

MICRO, MILLI = 1e6, 1e3
HIGHEST_32, HIGHEST_U16 = 0x7FFF_FFFF, 0xFFFF
MODES = {
    Mode.VELOCITY: int(protocol.Mode.VELOCITY),
    Mode.POSITION: int(protocol.Mode.POSITION),
    Mode.TORQUE: int(protocol.Mode.TORQUE),
}


@dataclass(frozen=True)
class Mounting:
    """`signs` and `zeros` (ticks) of all axes, wheels then joints."""

    signs: tuple[int, ...]
    zeros: tuple[int, ...]
    ticks_per_turn: int

    @classmethod
    def of(cls, motors: KangbanMotors) -> Mounting:
        signs = (*(wheel.sign for wheel in motors.wheels), *(joint.sign for joint in motors.joints))
        zeros = (*(0 for _ in motors.wheels), *(joint.zero_ticks for joint in motors.joints))
        return cls(signs, zeros, motors.encoder_ticks_per_turn)

    def setpoints(self, commands: tuple[AxisCommand, ...]) -> tuple[AxisSetpoint, ...] | None:
        """The rows for the wire; None where a value is no number. Raises ValueError for another number of axes."""
        if not all(math.isfinite(c.value) and math.isfinite(c.torque_limit) for c in commands):
            return None
        return tuple(map(self._setpoint, commands, self._each(len(commands)), self.zeros))

    def _each(self, count: int) -> tuple[int, ...]:
        if count != len(self.signs):
            raise ValueError(f"{count} commands for {len(self.signs)} axes")
        return self.signs

    def _setpoint(self, command: AxisCommand, sign: int, zero: int) -> AxisSetpoint:
        value = sign * command.value
        if command.mode is Mode.POSITION:
            value += zero * math.tau / self.ticks_per_turn
        units = MILLI if command.mode is Mode.TORQUE else MICRO
        torque = max(0, min(HIGHEST_U16, round(command.torque_limit * MILLI)))
        return AxisSetpoint(MODES[command.mode], max(-HIGHEST_32, min(HIGHEST_32, round(value * units))), torque)

    def readings(self, stamp: float, boot_id: int, rows: tuple[AxisState, ...]) -> AxisReadings:
        signed = list(zip(self.signs, self.zeros, rows, strict=True))
        return AxisReadings(
            stamp=stamp,
            boot_id=boot_id,
            ticks=tuple(_wrap(sign * (row.ticks - zero)) for sign, zero, row in signed),
            velocity=tuple(sign * row.urad_per_s / MICRO for sign, _, row in signed),
            current=tuple(sign * row.ma / MILLI for sign, _, row in signed),
            temperature=_tenths(rows),
        )


def _tenths(rows: Iterable[AxisState]) -> tuple[float, ...]:
    return tuple(row.temperature_dc / 10.0 for row in rows)


def _wrap(ticks: int) -> int:
    return (ticks + 0x8000_0000) % 0x1_0000_0000 - 0x8000_0000
