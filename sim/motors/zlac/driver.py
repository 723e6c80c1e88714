"""The driver's registers and what writing them does; pure."""

from __future__ import annotations

from collections.abc import Sequence

from sim.motors.zlac.channel import RADPS_PER_RPM, Channel

OFFLINE_MS, UNIT_ID, MODE, CONTROL, SAVE = 0x2000, 0x2001, 0x200D, 0x200E, 0x2010
ACCELERATION_MS, DECELERATION_MS, COMMAND_RPM = (0x2080, 0x2081), (0x2082, 0x2083), (0x2088, 0x2089)
VOLTAGE, FAULTS, POSITION, VELOCITY = 0x20A1, (0x20A5, 0x20A6), (0x20A7, 0x20A9), (0x20AB, 0x20AC)
CURRENT, TEMPERATURE = (0x20AD, 0x20AE), 0x20B0
READ_ONLY = range(0x20A1, 0x20B1)
EMERGENCY_STOP, CLEAR_ALARM, STOP, ENABLE = 5, 6, 7, 8
VELOCITY_MODE = 3
MOST_RPM = 1000
UNDER_VOLTAGE, SPEED_ASTRAY, HALL, HOT = 1 << 1, 1 << 6, 1 << 9, 1 << 10
LOWEST_V, HOTTEST_C = 19.0, 85.0
QUICK_STOP_S = 0.01
FACTORY = {OFFLINE_MS: 0, UNIT_ID: 1, **dict.fromkeys((*ACCELERATION_MS, *DECELERATION_MS), 500)}
WRITABLE = {
    OFFLINE_MS: (0, 32767), UNIT_ID: (1, 127), MODE: (1, 4), CONTROL: (5, 8), SAVE: (0, 1),
    **dict.fromkeys((*ACCELERATION_MS, *DECELERATION_MS), (0, 32767)),
}  # fmt: skip
NO_SUCH_FUNCTION, NO_SUCH_REGISTER, NO_SUCH_VALUE, FAILED = 1, 2, 3, 4


class RefusedError(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(f"exception {code}")
        self.code = code


class Driver:
    """`emergency` is let go by "clear alarm" alone; so are faults, where their cause is gone."""

    def __init__(self, unit: int, channels: Sequence[Channel]) -> None:
        self.channels = tuple(channels)
        self.stored = FACTORY | {UNIT_ID: unit}  # what it keeps without power
        self.voltage = 25.0
        self.temperature = 30.0
        self.broken = False  # answers everything with "failed"
        self.switch_on()

    def switch_on(self) -> None:
        self.unit = self.stored[UNIT_ID]
        self._held = dict(self.stored) | {MODE: 0, CONTROL: 0, SAVE: 0} | dict.fromkeys(COMMAND_RPM, 0)
        self._faults = [0 for _ in self.channels]
        self.emergency = False
        self.enabled = False
        for channel in self.channels:
            channel.start_anew()

    def read(self, first: int, count: int) -> list[int]:
        """Raises RefusedError."""
        if self.broken:
            raise RefusedError(FAILED)
        if not 1 <= count <= 125:
            raise RefusedError(NO_SUCH_VALUE)
        told = self._held | self._measured()
        if any(address not in told for address in range(first, first + count)):
            raise RefusedError(NO_SUCH_REGISTER)
        return [told[address] for address in range(first, first + count)]

    def write(self, first: int, values: Sequence[int]) -> None:
        """All or nothing. Raises RefusedError."""
        if self.broken:
            raise RefusedError(FAILED)
        pairs = list(enumerate(values, first))
        for address, value in pairs:
            if address not in self._held:
                raise RefusedError(NO_SUCH_REGISTER)
            lowest, highest = WRITABLE.get(address, (-MOST_RPM, MOST_RPM))
            if not lowest <= (_signed(value) if address in COMMAND_RPM else value) <= highest:
                raise RefusedError(NO_SUCH_VALUE)
        for address, value in pairs:
            self._take(address, value)

    def remove(self, address: int) -> None:
        """A driver of another make, which has no such register, until it is switched on anew."""
        del self._held[address]

    def watch(self) -> None:
        """Once a step: faults stop the motors and hold until they are cleared."""
        for k, channel in enumerate(self.channels):
            found = UNDER_VOLTAGE if self.voltage < LOWEST_V else 0
            found |= SPEED_ASTRAY if channel.astray else 0
            found |= HALL if channel.hall_broken else 0
            found |= HOT if self.temperature > HOTTEST_C else 0
            self._faults[k] |= found
        if any(self._faults):
            self.enabled = False

    def go_offline(self) -> None:
        """Nobody has spoken for its offline time: as if told to stop."""
        if self.enabled:
            self._take(CONTROL, STOP)

    @property
    def offline_s(self) -> float:
        return self._held[OFFLINE_MS] / 1000.0

    @property
    def braking(self) -> bool:
        return any(channel.ramp_rpm for channel in self.channels)

    @property
    def faulty(self) -> bool:
        return any(self._faults)

    def _take(self, address: int, value: int) -> None:
        if address == CONTROL:
            self._control(value)
            return
        self._held[address] = value
        if address in COMMAND_RPM and self.enabled:
            self._aim(COMMAND_RPM.index(address))
        if address == SAVE and value == 1:
            self.stored = {kept: self._held[kept] for kept in self.stored}

    def _control(self, word: int) -> None:
        if word == CLEAR_ALARM:
            self._faults = [0 for _ in self.channels]
            self.emergency = False
            for channel in self.channels:
                channel.astray_for = 0.0
            self.watch()  # what is still there comes back at once
        elif word == EMERGENCY_STOP:
            self.emergency = True
            self._halt(QUICK_STOP_S)
        elif self.emergency or (word == ENABLE and (self.faulty or self._held[MODE] != VELOCITY_MODE)):
            return  # not obeyed: the control word stays what it was
        elif word == STOP:
            self._halt(None)
        else:
            self.enabled = True
            for k in range(len(self.channels)):
                self._aim(k)
        self._held[CONTROL] = word

    def _halt(self, within_s: float | None) -> None:
        """With the deceleration time where `within_s` is None."""
        self.enabled = False
        for k, channel in enumerate(self.channels):
            channel.aim(0.0, self._held[DECELERATION_MS[k]] / 1000.0 if within_s is None else within_s)

    def _aim(self, k: int) -> None:
        channel, rpm = self.channels[k], float(_signed(self._held[COMMAND_RPM[k]]))
        slower = abs(rpm) < abs(channel.ramp_rpm) or rpm * channel.ramp_rpm < 0
        times = DECELERATION_MS if slower else ACCELERATION_MS
        channel.aim(rpm, self._held[times[k]] / 1000.0)

    def _measured(self) -> dict[int, int]:
        said = dict.fromkeys(READ_ONLY, 0)
        said[VOLTAGE] = round(self.voltage * 100) & 0xFFFF
        said[TEMPERATURE] = round(self.temperature * 10) & 0xFFFF
        for k, channel in enumerate(self.channels):
            said[FAULTS[k]] = self._faults[k]
            said[POSITION[k]] = channel.counts >> 16 & 0xFFFF
            said[POSITION[k] + 1] = channel.counts & 0xFFFF
            said[VELOCITY[k]] = round(channel.velocity / RADPS_PER_RPM * 10) & 0xFFFF
            said[CURRENT[k]] = round(channel.current * 10) & 0xFFFF
        return said


def _signed(word: int) -> int:
    return word - 0x1_0000 if word & 0x8000 else word
