"""Numbers that wrap: 16-bit sequences and 32-bit milliseconds, compared as in RFC 1982 (serial number arithmetic)."""

from __future__ import annotations

HALF_SEQUENCE = 0x8000
HALF_TIME = 0x8000_0000


class SequenceWindow:
    """Accepts a number only if it is newer than the last one accepted; duplicates and the reordered are refused."""

    def __init__(self) -> None:
        self.last: int | None = None
        self.lost = 0  # numbers that never came

    def accept(self, sequence: int) -> bool:
        if self.last is None:
            self.last = sequence
            return True
        ahead = (sequence - self.last) & 0xFFFF
        if not 0 < ahead < HALF_SEQUENCE:
            return False
        self.lost += ahead - 1
        self.last = sequence
        return True


def milliseconds_until(deadline_ms: int, now_ms: int) -> int:
    """How far ahead a deadline is on a clock of 32-bit milliseconds; negative once it has passed."""
    ahead = (deadline_ms - now_ms) & 0xFFFF_FFFF
    return ahead if ahead < HALF_TIME else ahead - 0x1_0000_0000
