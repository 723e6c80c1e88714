"""One X-series servo: its control table, Bus Watchdog, self-protection and motor. Pure; `now` is the world's time."""

from __future__ import annotations

import math

from sim.motors.dynamixel import memory as m
from sim.motors.dynamixel import packets as wire
from sim.motors.dynamixel.motor import RADPS_PER_COUNT, Spec
from sim.motors.simulated import AxisDrive, AxisReading

TICKS = 4096
RAD_PER_TICK = math.tau / TICKS
WATCHDOG_UNIT_S = 0.02
STRUCK = 255
NOMINAL_V = 12.0
OVERLOAD_AFTER_S = 0.5
ENCODER_AFTER_S = 0.1
NO_POWER = AxisDrive(0.0, 0.0)
INPUT_VOLTAGE, OVERHEATING, ENCODER, OVERLOAD = 0, 2, 3, 5  # bits of the hardware error
CURRENT_ONLY = (m.CURRENT_LIMIT, m.GOAL_CURRENT)
FIRMWARE = 46
BAUD_CODE = 3  # 1 Mbit/s
CLEAR_MULTI_TURN = b"\x01\x44\x58\x4c\x22"


class RefusedError(Exception):
    """The servo answers with this error number."""

    def __init__(self, error: int) -> None:
        super().__init__(error)
        self.error = error


class Servo:
    """`raw` angles are rad of the shaft in the servo's own sense, 0 where its encoder says 0."""

    def __init__(self, device: int, spec: Spec, raw: float = 0.0, firmware: int = FIRMWARE) -> None:
        """`raw`: where its shaft stands."""
        self.spec = spec
        self.memory = m.Memory(spec.model, firmware, device, BAUD_CODE)
        self.memory.put(m.VELOCITY_LIMIT, round(spec.no_load_radps / RADPS_PER_COUNT))
        self.goal_at: float | None = None  # when a goal last came
        self.encoder_stuck = False
        self.watchdog_works = True  # False: a servo whose Bus Watchdog never strikes
        self.temperature = 30.0  # degrees Celsius
        self._volts = NOMINAL_V
        self._heard_at = 0.0
        self._raw = raw
        self._zero_turn = 0  # the encoder counts turns from where it was switched on
        self._overloaded_for = self._blind_for = 0.0

    @property
    def id(self) -> int:
        return self.memory.get(m.ID)

    @property
    def enabled(self) -> bool:
        return self.memory.get(m.TORQUE_ENABLE) == 1

    @property
    def struck(self) -> bool:
        return self.memory.get(m.BUS_WATCHDOG) == STRUCK

    @property
    def alert(self) -> int:
        return wire.ALERT if self.memory.get(m.HARDWARE_ERROR) else 0

    def power_up(self, now: float) -> None:
        """Volatile registers are as at first, turns are forgotten; the EEPROM stays."""
        self.memory.forget()
        self._feel()
        self.goal_at = None
        self._heard_at = now
        self._zero_turn = math.floor(self._raw / math.tau)
        self._overloaded_for = self._blind_for = 0.0
        self._show(AxisReading(self._raw, 0.0, 0.0))

    # The wire

    def hear(self, now: float) -> None:
        """Some instruction came over the bus, to whomever."""
        self.watch(now)
        self._heard_at = now

    def watch(self, now: float) -> None:
        """The Bus Watchdog: without any instruction for so long it stops and refuses goals."""
        units = self.memory.get(m.BUS_WATCHDOG)
        if (
            self.watchdog_works
            and self.enabled
            and 0 < units < STRUCK
            and now - self._heard_at > units * WATCHDOG_UNIT_S
        ):
            self.memory.put(m.BUS_WATCHDOG, STRUCK)
            self.memory.put(m.GOAL_VELOCITY, 0)
            self.memory.put(m.GOAL_POSITION, self.memory.get(m.PRESENT_POSITION, signed=True))

    def read(self, address: int, length: int) -> bytes:
        if length == 0 or address + length > m.SIZE:
            raise RefusedError(wire.ACCESS_ERROR)
        return self.memory.raw(address, length)

    def write(self, address: int, data: bytes, now: float) -> None:
        """All of it or nothing. Raises RefusedError."""
        values = self._parsed(address, data)
        for register, value in values.items():
            self._check(register, value)
        for register, value in values.items():
            self._put(register, value, now)

    def clear(self, parameters: bytes) -> None:
        """Forget the turns. Raises RefusedError."""
        if parameters != CLEAR_MULTI_TURN:
            raise RefusedError(wire.INSTRUCTION_ERROR)
        self._zero_turn = math.floor(self._raw / math.tau)

    def _parsed(self, address: int, data: bytes) -> dict[int, int]:
        if not data:
            raise RefusedError(wire.LENGTH_ERROR)
        values, at = {}, 0
        while at < len(data):
            register = m.TABLE.get(address + at)
            if register is None or at + register.length > len(data):
                raise RefusedError(wire.ACCESS_ERROR)
            signed = register.lowest is not None and register.lowest < 0
            values[address + at] = int.from_bytes(data[at : at + register.length], "little", signed=signed)
            at += register.length
        return values

    def _check(self, register: int, value: int) -> None:
        row = m.TABLE[register]
        if row.lowest is None or row.highest is None:
            raise RefusedError(wire.ACCESS_ERROR)
        if register in CURRENT_ONLY and self.spec.torque_per_ampere is None:
            raise RefusedError(wire.ACCESS_ERROR)
        if register < m.EEPROM_END and self.enabled:
            raise RefusedError(wire.ACCESS_ERROR)
        if register == m.TORQUE_ENABLE and value == 1 and self._shut_down:
            raise RefusedError(wire.RESULT_FAIL)
        if register in m.GOALS and self.struck:
            raise RefusedError(wire.RANGE_ERROR)
        if not row.lowest <= value <= row.highest:
            raise RefusedError(wire.RANGE_ERROR)
        if register == m.OPERATING_MODE and value not in self._modes:
            raise RefusedError(wire.RANGE_ERROR)
        lower, upper = self._limits(register)
        if not lower <= value <= upper:
            raise RefusedError(wire.LIMIT_ERROR)

    @property
    def _modes(self) -> tuple[int, ...]:
        common = (m.VELOCITY_MODE, m.POSITION_MODE, m.EXTENDED_MODE, m.PWM_MODE)
        return common if self.spec.torque_per_ampere is None else (*common, m.CURRENT_MODE, m.CURRENT_POSITION_MODE)

    def _limits(self, register: int) -> tuple[float, float]:
        """What other registers leave of a goal's range."""
        if register == m.GOAL_POSITION and self.memory.get(m.OPERATING_MODE) == m.POSITION_MODE:
            return self.memory.get(m.LOWEST_POSITION), self.memory.get(m.HIGHEST_POSITION)
        by = {m.GOAL_PWM: m.PWM_LIMIT, m.GOAL_CURRENT: m.CURRENT_LIMIT, m.GOAL_VELOCITY: m.VELOCITY_LIMIT}
        if register in by:
            limit = self.memory.get(by[register])
            return -limit, limit
        return -math.inf, math.inf

    def _put(self, register: int, value: int, now: float) -> None:
        rises = register == m.TORQUE_ENABLE and value == 1 and not self.enabled
        self.memory.put(register, value)
        if register in (m.GOAL_VELOCITY, m.GOAL_POSITION):
            self.goal_at = now
        if register == m.OPERATING_MODE:
            self.memory.put(m.GOAL_VELOCITY, 0)
            self.memory.put(m.GOAL_PWM, self.memory.get(m.PWM_LIMIT))
            self.memory.put(m.GOAL_CURRENT, self.memory.get(m.CURRENT_LIMIT))
            self._show(AxisReading(self._raw, 0.0, 0.0))
        if rises and self.memory.get(m.OPERATING_MODE) != m.VELOCITY_MODE:
            self.memory.put(m.GOAL_POSITION, self.memory.get(m.PRESENT_POSITION, signed=True))

    # The motor

    def turn(self, now: float, dt: float, reading: AxisReading, volts: float) -> AxisDrive:
        """Once a physics step: see the shaft, protect itself, drive. `reading` in the servo's own sense."""
        self.watch(now)
        self._raw = reading.angle
        self.memory.put(m.REALTIME_TICK, int(now * 1000) % 32768)
        self._volts = volts
        self._feel()
        self._show(reading)
        drive = self._drive()
        self._protect(dt, reading, drive)
        return drive if self.enabled else NO_POWER

    def _feel(self) -> None:
        """What its supply and its temperature are, and what is wrong with them."""
        volts = max(0, round(self._volts * 10))
        self.memory.put(m.PRESENT_VOLTAGE, volts)
        self.memory.put(m.PRESENT_TEMPERATURE, max(0, min(255, round(self.temperature))))
        if not self.memory.get(m.LOWEST_VOLTAGE) <= volts <= self.memory.get(m.HIGHEST_VOLTAGE):
            self._blame(INPUT_VOLTAGE)
        if self.memory.get(m.PRESENT_TEMPERATURE) > self.memory.get(m.HIGHEST_TEMPERATURE):
            self._blame(OVERHEATING)

    def _blame(self, bit: int) -> None:
        self.memory.put(m.HARDWARE_ERROR, self.memory.get(m.HARDWARE_ERROR) | 1 << bit)

    def _show(self, reading: AxisReading) -> None:
        """What the encoder and the current sensor say."""
        self.memory.put(m.PRESENT_CURRENT, self.spec.present_current(reading.torque))
        if self.encoder_stuck:
            self.memory.put(m.PRESENT_VELOCITY, 0)
            return
        position = math.floor(reading.angle / RAD_PER_TICK + 1e-9) - TICKS * self._zero_turn
        if self.memory.get(m.OPERATING_MODE) == m.POSITION_MODE:
            position %= TICKS
        position += self.memory.get(m.HOMING_OFFSET, signed=True)
        self.memory.put(m.PRESENT_POSITION, (position + 2**31) % 2**32 - 2**31)
        self.memory.put(m.PRESENT_VELOCITY, round(reading.velocity / RADPS_PER_COUNT))
        self.memory.put(m.MOVING, int(abs(reading.velocity / RADPS_PER_COUNT) > 10))

    def _drive(self) -> AxisDrive:
        if not self.enabled:
            return NO_POWER
        mode = self.memory.get(m.OPERATING_MODE)
        share = abs(self.memory.get(m.GOAL_PWM, signed=True)) / m.FULL_PWM
        if mode == m.VELOCITY_MODE:
            return self.spec.turn(self.memory.get(m.GOAL_VELOCITY, signed=True) * RADPS_PER_COUNT, share)
        if mode in (m.POSITION_MODE, m.EXTENDED_MODE, m.CURRENT_POSITION_MODE):
            away = self.memory.get(m.GOAL_POSITION, signed=True) - self.memory.get(m.PRESENT_POSITION, signed=True)
            profile = self.memory.get(m.PROFILE_VELOCITY) * RADPS_PER_COUNT or math.inf
            limited = mode == m.CURRENT_POSITION_MODE
            current = self.memory.get(m.GOAL_CURRENT, signed=True)
            torque = self.spec.torque_of(current) if limited else self.spec.stall_torque_nm
            return self.spec.reach(away * RAD_PER_TICK, profile, share, torque)
        return NO_POWER  # by current or PWM: nobody here drives it so

    def _protect(self, dt: float, reading: AxisReading, drive: AxisDrive) -> None:
        pushing = drive.torque_limit > 0.0 and abs(reading.torque) >= 0.9 * drive.torque_limit
        stands = abs(reading.velocity) < 0.1 * abs(drive.velocity)
        self._overloaded_for = self._overloaded_for + dt if pushing and stands else 0.0
        self._blind_for = self._blind_for + dt if self.encoder_stuck and drive.velocity != 0.0 else 0.0
        if self._overloaded_for >= OVERLOAD_AFTER_S:
            self._blame(OVERLOAD)
        if self._blind_for >= ENCODER_AFTER_S:
            self._blame(ENCODER)
        if self._shut_down:
            self.memory.put(m.TORQUE_ENABLE, 0)

    @property
    def _shut_down(self) -> bool:
        return bool(self.memory.get(m.HARDWARE_ERROR) & self.memory.get(m.SHUTDOWN))
