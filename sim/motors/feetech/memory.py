"""The register file of an STS3215 (12 V), as it leaves the factory: from Feetech's memory table of the series."""

from __future__ import annotations

SIZE = 87
EEPROM_END = 40
READ_ONLY_BELOW, READ_ONLY_FROM = 5, 56
MODEL = 777
BAUDS = (1_000_000, 500_000, 250_000, 128_000, 115_200, 76_800, 57_600, 38_400)

ID, BAUD, RESPONSE_LEVEL = 5, 6, 8
LOWEST_POSITION, HIGHEST_POSITION = 9, 11
HOTTEST, HIGHEST_VOLTAGE, LOWEST_VOLTAGE, MOST_TORQUE = 13, 14, 15, 16
PHASE, UNLOAD_ON = 18, 19
PROTECTION_CURRENT, OFFSET, MODE = 28, 31, 33
PROTECTIVE_TORQUE, PROTECTION_TIME, OVERLOAD_TORQUE, OVER_CURRENT_TIME = 34, 35, 36, 38
TORQUE_ENABLE, ACCELERATION, GOAL_POSITION, GOAL_TIME, GOAL_VELOCITY, TORQUE_LIMIT = 40, 41, 42, 44, 46, 48
LOCK = 55
POSITION, VELOCITY, LOAD, VOLTAGE, TEMPERATURE = 56, 58, 60, 62, 63
PENDING, STATUS, MOVING, CURRENT = 64, 65, 66, 69
CALIBRATE = 128  # written to TORQUE_ENABLE: the present position shall read 2048
HALF_TURN = 2048

_FACTORY = {
    0: 3, 1: 10, 3: MODEL & 0xFF, 4: MODEL >> 8, ID: 1, BAUD: 0, RESPONSE_LEVEL: 1,
    HIGHEST_POSITION: 0xFF, HIGHEST_POSITION + 1: 0x0F, HOTTEST: 70, HIGHEST_VOLTAGE: 140, LOWEST_VOLTAGE: 40,
    MOST_TORQUE: 1000 & 0xFF, MOST_TORQUE + 1: 1000 >> 8, PHASE: 12, UNLOAD_ON: 44, 20: 47, 21: 32, 22: 32, 24: 16,
    26: 1, 27: 1, PROTECTION_CURRENT: 500 & 0xFF, PROTECTION_CURRENT + 1: 500 >> 8, 30: 1,
    PROTECTIVE_TORQUE: 20, PROTECTION_TIME: 200, OVERLOAD_TORQUE: 80, 37: 10, OVER_CURRENT_TIME: 200, 39: 10,
}  # fmt: skip


class Memory:
    """Bytes by address. What is below EEPROM_END is kept over a loss of power if it was written while LOCK was 0."""

    def __init__(self) -> None:
        self._bytes = bytearray(SIZE)
        for place, value in _FACTORY.items():
            self._bytes[place] = value
        self._kept = bytes(self._bytes[:EEPROM_END])
        self.power_up()

    def power_up(self) -> None:
        self._bytes[:EEPROM_END] = self._kept
        self._bytes[EEPROM_END:] = bytes(SIZE - EEPROM_END)
        self.set_word(TORQUE_LIMIT, self.word(MOST_TORQUE))
        self._bytes[LOCK] = 1

    def __getitem__(self, place: int) -> int:
        return self._bytes[place]

    def __setitem__(self, place: int, value: int) -> None:
        self._bytes[place] = value & 0xFF

    def word(self, place: int) -> int:
        return self._bytes[place] | self._bytes[place + 1] << 8

    def set_word(self, place: int, value: int) -> None:
        self._bytes[place : place + 2] = (value & 0xFFFF).to_bytes(2, "little")

    def signed(self, place: int, bit: int) -> int:
        """Sign and magnitude."""
        raw = self.word(place)
        return -(raw & ~(1 << bit)) if raw & (1 << bit) else raw

    def set_signed(self, place: int, value: int, bit: int) -> None:
        self.set_word(place, min(abs(value), (1 << bit) - 1) | (1 << bit if value < 0 else 0))

    def read(self, address: int, length: int) -> bytes:
        """Past the end there are zeros."""
        return bytes(self._bytes[address : address + length]).ljust(length, b"\0")

    def write(self, address: int, data: bytes) -> None:
        """As a host writes: what can only be read stays."""
        for place, value in enumerate(data, address):
            if READ_ONLY_BELOW <= place < READ_ONLY_FROM:
                self._bytes[place] = value
                if place < EEPROM_END and self._bytes[LOCK] == 0:
                    self.keep(place, value)

    def keep(self, place: int, value: int) -> None:
        """One byte that outlives a loss of power."""
        self._bytes[place] = value
        kept = bytearray(self._kept)
        kept[place] = value
        self._kept = bytes(kept)
