"""The control table of an X-series servo: what lies where, what may be written when, and what it holds at first."""

from __future__ import annotations

from dataclasses import dataclass

SIZE = 147
EEPROM_END = 64  # below it: locked while torque is enabled, and kept without power

MODEL, FIRMWARE, ID, BAUD, RETURN_DELAY, DRIVE_MODE, OPERATING_MODE = 0, 6, 7, 8, 9, 10, 11
HOMING_OFFSET = 20
HIGHEST_TEMPERATURE, HIGHEST_VOLTAGE, LOWEST_VOLTAGE = 31, 32, 34
PWM_LIMIT, CURRENT_LIMIT, VELOCITY_LIMIT = 36, 38, 44
HIGHEST_POSITION, LOWEST_POSITION, SHUTDOWN = 48, 52, 63
TORQUE_ENABLE, STATUS_RETURN_LEVEL, HARDWARE_ERROR = 64, 68, 70
BUS_WATCHDOG, GOAL_PWM, GOAL_CURRENT, GOAL_VELOCITY = 98, 100, 102, 104
PROFILE_ACCELERATION, PROFILE_VELOCITY, GOAL_POSITION = 108, 112, 116
REALTIME_TICK, MOVING = 120, 122
PRESENT_CURRENT, PRESENT_VELOCITY, PRESENT_POSITION = 126, 128, 132
PRESENT_VOLTAGE, PRESENT_TEMPERATURE = 144, 146
GOALS = (GOAL_PWM, GOAL_CURRENT, GOAL_VELOCITY, GOAL_POSITION)
CURRENT_MODE, VELOCITY_MODE, POSITION_MODE, EXTENDED_MODE, CURRENT_POSITION_MODE, PWM_MODE = 0, 1, 3, 4, 5, 16
FULL_PWM = 885


@dataclass(frozen=True, slots=True)
class Register:
    """`lowest` and `highest` are what may be written; None: it can only be read."""

    length: int
    first: int = 0
    lowest: int | None = None
    highest: int | None = None


FOUR_BYTES = 2**31 - 1
TABLE = {
    MODEL: Register(2),
    2: Register(4),
    FIRMWARE: Register(1),
    ID: Register(1, 1, 0, 252),
    BAUD: Register(1, 1, 0, 7),
    RETURN_DELAY: Register(1, 250, 0, 254),
    DRIVE_MODE: Register(1, 0, 0, 13),
    OPERATING_MODE: Register(1, POSITION_MODE, 0, 16),
    12: Register(1, 255, 0, 252),  # a second id
    13: Register(1, 2, 1, 2),  # protocol
    HOMING_OFFSET: Register(4, 0, -1_044_479, 1_044_479),
    24: Register(4, 10, 0, 1023),  # what counts as moving
    HIGHEST_TEMPERATURE: Register(1, 80, 0, 100),
    HIGHEST_VOLTAGE: Register(2, 160, 95, 160),
    LOWEST_VOLTAGE: Register(2, 95, 95, 160),
    PWM_LIMIT: Register(2, FULL_PWM, 0, FULL_PWM),
    CURRENT_LIMIT: Register(2, 1193, 0, 1193),
    VELOCITY_LIMIT: Register(4, 265, 0, 1023),
    HIGHEST_POSITION: Register(4, 4095, 0, 4095),
    LOWEST_POSITION: Register(4, 0, 0, 4095),
    SHUTDOWN: Register(1, 52, 0, 63),
    TORQUE_ENABLE: Register(1, 0, 0, 1),
    65: Register(1, 0, 0, 1),  # LED
    STATUS_RETURN_LEVEL: Register(1, 2, 0, 2),
    69: Register(1),  # a registered write waits
    HARDWARE_ERROR: Register(1),
    76: Register(2, 1920, 0, 16383),  # gains
    78: Register(2, 100, 0, 16383),
    80: Register(2, 0, 0, 16383),
    82: Register(2, 0, 0, 16383),
    84: Register(2, 800, 0, 16383),
    88: Register(2, 0, 0, 16383),
    90: Register(2, 0, 0, 16383),
    BUS_WATCHDOG: Register(1, 0, 0, 127),
    GOAL_PWM: Register(2, FULL_PWM, -FULL_PWM, FULL_PWM),
    GOAL_CURRENT: Register(2, 1193, -1193, 1193),
    GOAL_VELOCITY: Register(4, 0, -1023, 1023),
    PROFILE_ACCELERATION: Register(4, 0, 0, 32767),
    PROFILE_VELOCITY: Register(4, 0, 0, 32767),
    GOAL_POSITION: Register(4, 0, -1_048_575, 1_048_575),
    REALTIME_TICK: Register(2),
    MOVING: Register(1),
    123: Register(1),
    124: Register(2),
    PRESENT_CURRENT: Register(2),
    PRESENT_VELOCITY: Register(4),
    PRESENT_POSITION: Register(4),
    136: Register(4),
    140: Register(4),
    PRESENT_VOLTAGE: Register(2),
    PRESENT_TEMPERATURE: Register(1),
}


class Memory:
    """Bytes of the table. `get` and `put` are the servo's own; `TABLE` says what the wire may write."""

    def __init__(self, model: int, firmware: int, device: int, baud: int) -> None:
        self._bytes = bytearray(SIZE)
        for address, register in TABLE.items():
            self.put(address, register.first)
        self.put(MODEL, model)
        self.put(FIRMWARE, firmware)
        self.put(ID, device)
        self.put(BAUD, baud)

    def get(self, address: int, signed: bool = False) -> int:
        return int.from_bytes(self.raw(address, TABLE[address].length), "little", signed=signed)

    def put(self, address: int, value: int) -> None:
        length = TABLE[address].length
        self._bytes[address : address + length] = value.to_bytes(length, "little", signed=value < 0)

    def raw(self, address: int, length: int) -> bytes:
        return bytes(self._bytes[address : address + length])

    def forget(self) -> None:
        """As after a loss of power: everything above the EEPROM is as at first."""
        for address, register in TABLE.items():
            if address >= EEPROM_END:
                self.put(address, register.first)
