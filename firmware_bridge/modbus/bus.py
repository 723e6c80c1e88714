"""A hub-motor driver on Modbus RTU as the bridge drives it: every wheel by velocity, told in one message.

WHAT STOPS THE WHEELS. Past the life of a command `polled.py` writes zero, as long as this process runs. If it is killed
or frozen, or the cable is pulled, only the driver's own watchdog can: a register that not every driver has, and that
nobody should believe before it was seen to work (`watchdog.verified_on_hardware` in the register map). A profile that
needs one and can't have it is refused (MisfitError).

The driver takes whole counts of a velocity; a wish is rounded towards zero, so the wheel is never faster than wished.
It has no limit of torque that a message could set: a command's torque limit is not obeyed (docs/families/modbus.md).
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from contextlib import suppress

from firmware_bridge.bus import BusAwayError, BusError, BusReadings, MisfitError
from firmware_bridge.modbus import greeting
from firmware_bridge.modbus.line import Line, probes_for
from firmware_bridge.modbus.registers import Quantity, RegisterMap
from firmware_bridge.modbus.words import (
    RPM_PER_RADPS,
    Words,
    channel_number,
    counts_from,
    faults_in,
    number,
    split,
    wrapped,
)
from firmware_bridge.motors import AxisCommand, Mode
from kangban.motor_profile import ModbusMotors

LONGEST_REPLY_S = 0.04  # a driver answers within a few ms; a USB adapter may hold its answer for 16 ms
REPLIES_IN_A_LIFE = 4  # a poll is two reads and a write: all of them together stay below the life of a command

_log = logging.getLogger(__name__)


class ModbusBus:
    """`Bus` of bus.py. Every exchange takes at most `line.reply_s` beside the time of its bytes."""

    def __init__(
        self, motors: ModbusMotors, registers: RegisterMap, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Raises MisfitError where the profile's wheels are not channels of the driver."""
        self._motors, self._map = motors, registers
        self._channels = greeting.channels_of(motors, registers)
        self._reads = registers.reads()
        reply_s = min(LONGEST_REPLY_S, motors.command_life_s / REPLIES_IN_A_LIFE)
        self.line = Line(motors.port, motors.baud, registers.serial, reply_s, probes_for(self._reads), clock)
        self._boots = 0
        self._told_to_drive = False
        self._was_reset = False  # seen, and not told yet by another number of boots
        self._seen: int | None = None  # the control word, when it was last read
        self._last_faults: frozenset[str] = frozenset()

    def open(self) -> None:
        """Raises serial_port.PortBusyError or BusAwayError."""
        self._told_to_drive, self._seen = False, None
        self.line.open()

    def greet(self) -> int:
        """Stop the wheels before anything else, then check and set up. Raises MisfitError, BusError, BusAwayError."""
        self._told_to_drive = False
        unit = greeting.Unit(self.line, self._motors, self._map)
        self._was_reset = unit.stop() or self._was_reset  # kept where the rest fails: it hides what shows a reset
        unit.prepare()
        if self._was_reset or self._boots == 0:
            self._boots += 1
        self._was_reset = False
        return self._boots

    def read(self) -> BusReadings:
        """Raises BusAwayError where the driver was switched off and on: it must be greeted again.

        A driver that drives though it was not told to by us is stopped.
        """
        words = self._poll()
        control = words[self._map.control.address]
        enabled = control == self._map.control.enable
        if self._was_reset:
            raise BusAwayError(f"{self.line.path}: unit {self._motors.unit_id} was switched off and on; greeting anew")
        if enabled and not self._told_to_drive:
            _log.error("%s: unit %s was enabled by somebody else; stopping it", self.line.path, self._motors.unit_id)
            self.disable()
        faults = self._faults(words)
        stopped = control == self._map.control.emergency_stop
        return BusReadings(
            ticks=tuple(wrapped(n) for n in self._numbers(words, self._map.position)),
            velocity=tuple(
                n * self._map.velocity.rpm_per_count / RPM_PER_RADPS for n in self._numbers(words, self._map.velocity)
            ),
            current=self._amperes(words),
            temperature=self._degrees(words),
            voltage=self._volts(words),
            faults=tuple(sorted(faults)),
            enabled=enabled and not faults,
            watchdog=self._told_to_drive and not enabled and not stopped and not faults,
            emergency_stop=stopped,
        )

    def enable(self) -> None:
        """Raises BusError where the driver has a fault that may not be cleared, or does not obey."""
        unit = greeting.Unit(self.line, self._motors, self._map)
        words = greeting.again(self._poll)
        control = words[self._map.control.address]
        if control in (self._map.control.emergency_stop, self._map.control.after_power_on):
            raise BusError(f"{self.line.path}: its control word is {control}: stopped by somebody else; switch it off")
        greeting.again(lambda: self._write_counts([0] * len(self._channels)))
        unit.clear_faults()
        greeting.again(lambda: self._control(self._map.control.enable))
        now = greeting.again(lambda: self.line.read(self._motors.unit_id, self._map.control.address, 1))[0]
        if now != self._map.control.enable:
            raise BusError(f"{self.line.path}: unit {self._motors.unit_id} does not enable: its control word is {now}")
        self._told_to_drive = True

    def disable(self) -> None:
        """Zero, then stop: the driver brakes by its deceleration time. A stop that it latched itself stays."""
        self._told_to_drive = False
        try:
            self._write_counts([0] * len(self._channels))
        finally:
            if self._seen != self._map.control.emergency_stop:
                self._control(self._map.control.stop)

    def write(self, axes: tuple[AxisCommand, ...]) -> None:
        """One message for all wheels. Raises BusError before enable(), MisfitError for what it can't do."""
        if not self._told_to_drive:
            raise BusError(f"{self.line.path}: the motors are not enabled")
        if len(axes) != len(self._channels):
            raise MisfitError(f"{len(axes)} commands for {len(self._channels)} wheels")
        counts = []
        for command, wheel in zip(axes, self._motors.wheels, strict=True):
            if command.mode is not Mode.VELOCITY:
                raise MisfitError(f"{wheel.name}: motors.family modbus drives by velocity, not by {command.mode.value}")
            try:
                counts.append(counts_from(self._map.command, wheel.sign * command.value))
            except ValueError as error:
                raise MisfitError(f"{wheel.name}: {error}") from error
        self._write_counts(counts)

    def highest_velocity(self) -> float | None:
        command = self._map.command
        return math.floor(command.highest_rpm / command.rpm_per_count) * command.rpm_per_count / RPM_PER_RADPS

    def close(self) -> None:
        """Zero and stop, as far as the line still carries it."""
        if self.line.is_open:
            with suppress(BusError, BusAwayError):
                self.disable()
        self._told_to_drive = False
        self.line.close()

    def _poll(self) -> Words:
        words: dict[int, int] = {}
        for first, count in self._reads:
            held = self.line.read(self._motors.unit_id, first, count)
            words.update(zip(range(first, first + count), held, strict=True))
        self._seen = words[self._map.control.address]
        fresh = self._seen == self._map.control.after_power_on
        self._was_reset = self._was_reset or fresh or words[self._map.mode.address] != self._map.mode.velocity
        return words

    def _control(self, word: int) -> None:
        self.line.write(self._motors.unit_id, self._map.control.address, [word])

    def _write_counts(self, counts: list[int]) -> None:
        """`counts` by the profile's wheels, each with the profile's sign; one message for every channel.

        A channel that no wheel has is told zero.
        """
        command = self._map.command
        by_channel = dict(zip(self._channels, counts, strict=True))
        told = sorted((command.addresses[k], command.signs[k] * by_channel.get(k, 0)) for k in range(self._count))
        words = [word for _, count in told for word in split(count, command.type, self._map.word_order)]
        self.line.write(self._motors.unit_id, told[0][0], words)

    @property
    def _count(self) -> int:
        return len(self._map.channels)

    def _numbers(self, words: Words, quantity: Quantity) -> list[int]:
        pairs = zip(self._motors.wheels, self._channels, strict=True)
        return [wheel.sign * channel_number(words, self._map, quantity, channel) for wheel, channel in pairs]

    def _amperes(self, words: Words) -> tuple[float | None, ...]:
        current = self._map.current
        if current is None:
            return (None,) * len(self._channels)
        return tuple(n * current.amperes_per_count for n in self._numbers(words, current))

    def _degrees(self, words: Words) -> tuple[float | None, ...]:
        hot = self._map.temperature
        if hot is None:
            return (None,) * len(self._channels)
        return tuple(channel_number(words, self._map, hot, k) * hot.degrees_per_count for k in self._channels)

    def _volts(self, words: Words) -> float | None:
        supply = self._map.voltage
        if supply is None:
            return None
        return number(words, supply.address, supply.type, self._map.word_order) * supply.volts_per_count

    def _faults(self, words: Words) -> frozenset[str]:
        """Of all channels, also of one that no wheel has. What is new is logged in the driver's own words."""
        found: frozenset[str] = frozenset()
        said: set[str] = set()
        for channel, address in zip(self._map.channels, self._map.faults.addresses, strict=True):
            found |= faults_in(self._map.faults, words[address])[0]
            said |= {f"channel {channel}: {text}" for text in greeting.in_words(self._map.faults, words[address])}
        if found - self._last_faults:
            _log.error("%s: unit %s: %s", self.line.path, self._motors.unit_id, "; ".join(sorted(said)))
        self._last_faults = found
        return found
