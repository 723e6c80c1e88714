"""Getting to know a driver: is it what the map and the profile say, and does it keep what it was told?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from firmware_bridge.bus import BusError, MisfitError
from firmware_bridge.modbus.line import Line, RefusedError
from firmware_bridge.modbus.registers import Faults, Ramp, RegisterMap, Watchdog
from firmware_bridge.modbus.words import faults_in, split
from kangban.motor_profile import ModbusMotors

BRAKING_SHARE = 0.4  # of the time that is left for braking; the rest is for noticing a silent line, and for messages
TRIES = 3  # for what is said once, while the wheels stand: one lost answer must not undo it

T = TypeVar("T")


def again(call: Callable[[], T]) -> T:
    """Ask a few times where no good answer came; a refusal is an answer. Raises BusError as `call` does."""
    for _ in range(TRIES - 1):
        try:
            return call()
        except RefusedError:
            raise
        except BusError:
            continue
    return call()


def channels_of(motors: ModbusMotors, registers: RegisterMap) -> tuple[int, ...]:
    """For each wheel the place of its channel in the map. Raises MisfitError."""
    if motors.joints:
        raise MisfitError("motors.joints: motors.family modbus drives wheels only; leave them out")
    for wheel in motors.wheels:
        if wheel.id not in registers.channels:
            known = ", ".join(map(str, registers.channels))
            raise MisfitError(f"motors.wheels: {wheel.name}: register map {registers.name} has no channel {wheel.id}; "
                              f"allowed: {known}")  # fmt: skip
    return tuple(registers.channels.index(wheel.id) for wheel in motors.wheels)


def in_words(faults: Faults, word: int) -> list[str]:
    """A word of fault bits as the driver's maker calls them."""
    listed = {meaning.bit: meaning.means for meaning in faults.bits}
    return [listed.get(bit, f"fault bit {bit}, which the map does not list") for bit in range(16) if word >> bit & 1]


def braking_s(motors: ModbusMotors) -> float:
    """As gentle as the profile's stop time allows, after a command has run out and a bad line has been noticed."""
    return BRAKING_SHARE * (motors.stop_time_s - motors.command_life_s - 1.0 / motors.control_hz)


class Unit:
    """One driver on an open line. Methods raise BusError, BusAwayError, or MisfitError that says what to change."""

    def __init__(self, line: Line, motors: ModbusMotors, registers: RegisterMap) -> None:
        self._line, self._motors, self._map = line, motors, registers
        self._who = f"{motors.port}: unit {motors.unit_id}"

    def stop(self) -> bool:
        """Zero and stop, whatever it was doing. True where it was switched on since somebody last told it anything."""
        control = self._map.control
        self._zero()
        was = self._value(control.address, "control.address")
        mode = self._value(self._map.mode.address, "mode.address")
        if was != control.emergency_stop:
            self._set(control.address, control.stop, "control.address")
        return was == control.after_power_on or mode != self._map.mode.velocity

    def prepare(self) -> None:
        self._set_watchdog()
        self._set(self._map.mode.address, self._map.mode.velocity, "mode.address")
        self._check(self._map.mode.address, self._map.mode.velocity, "mode.address")
        period = 1.0 / self._motors.control_hz
        # The gate has shaped the command: the driver must only not fall behind it by more than one period.
        self._set_ramp("acceleration", self._map.acceleration, period)
        braking = braking_s(self._motors)
        if braking <= max(self._map.deceleration.shortest_s, 0.0):
            raise MisfitError(
                f"motors.stop_time_s is {self._motors.stop_time_s}: after motors.command_life_s and one period of "
                f"motors.control_hz only {braking:.3f} s are left to brake in; raise it"
            )
        self._set_ramp("deceleration", self._map.deceleration, braking)
        self._clear_what_may_be()

    def clear_faults(self) -> None:
        """Raises BusError where one may not be cleared, or is still there."""
        left = self._clear_what_may_be()
        if left:
            raise BusError(f"{self._who}: {'; '.join(left)}: see to it, then switch the driver off and on")

    def _zero(self) -> None:
        command = self._map.command
        words = [word for _ in self._map.channels for word in split(0, command.type, self._map.word_order)]
        self._obeyed(min(command.addresses), words, "command.addresses")

    def _clear_what_may_be(self) -> list[str]:
        """What is left, in the driver's words. Nothing is cleared while anything is there that may not be."""
        held = self._faults()
        if any(held) and all(faults_in(self._map.faults, word)[1] for word in held):
            self._set(self._map.control.address, self._map.control.clear_alarm, "control.address")
            self._set(self._map.control.address, self._map.control.stop, "control.address")
            held = self._faults()
        return [text for word in held for text in in_words(self._map.faults, word)]

    def _faults(self) -> list[int]:
        return [self._value(address, "faults.addresses") for address in self._map.faults.addresses]

    def _set_watchdog(self) -> None:
        wanted, register = self._motors.watchdog_s, self._map.watchdog
        if wanted is None:
            return
        where = f"motors.watchdog_s is {wanted}"
        if register is None:
            raise MisfitError(
                f"{where}, but register map {self._map.name} has no watchdog: this driver does not stop by itself. "
                "Weigh that, then say watchdog_s: null and without_watchdog: accepted"
            )
        if not register.verified_on_hardware:
            raise MisfitError(
                f"{where}, but in register map {self._map.name} watchdog.verified_on_hardware is false: pull the cable "
                f"of a wheel that turns off the floor; if it stops, say true there, if not, say watchdog_s: null and "
                "without_watchdog: accepted"
            )
        count = int(wanted / register.seconds_per_count + 1e-9)  # never later than asked for
        if count < 1 or wanted > register.longest_s:
            raise MisfitError(f"{where}: register map {self._map.name} allows {_range(register)}")
        self._set(register.address, count, "watchdog.address")
        self._check(register.address, count, "watchdog.address")

    def _set_ramp(self, name: str, ramp: Ramp, seconds: float) -> None:
        count = int(min(max(seconds, ramp.shortest_s), ramp.longest_s) / ramp.seconds_per_count + 1e-9)
        for address in ramp.addresses:
            self._set(address, count, f"{name}.addresses")
            self._check(address, count, f"{name}.addresses")

    def _check(self, address: int, value: int, key: str) -> None:
        found = self._value(address, key)
        if found != value:
            raise MisfitError(
                f"{self._who}: register {address:#06x} ({key} of map {self._map.name}) was told {value} and holds "
                f"{found}: this is not the driver that the map describes"
            )

    def _set(self, address: int, value: int, key: str) -> None:
        self._obeyed(address, [value], key)

    def _obeyed(self, address: int, values: Sequence[int], key: str) -> None:
        try:
            again(lambda: self._line.write(self._motors.unit_id, address, values))
        except RefusedError as error:
            raise self._misfit(error, key) from error

    def _value(self, address: int, key: str) -> int:
        try:
            return again(lambda: self._line.read(self._motors.unit_id, address, 1))[0]
        except RefusedError as error:
            raise self._misfit(error, key) from error

    def _misfit(self, error: RefusedError, key: str) -> BusError | MisfitError:
        if not error.lasting:
            return error
        return MisfitError(f"{error} ({key} of register map {self._map.name}): check motors.register_map")


def _range(register: Watchdog) -> str:
    return f"{register.seconds_per_count:g} to {register.longest_s:g} s"
