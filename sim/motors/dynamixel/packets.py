"""Dynamixel Protocol 2.0 on the wire, as a device sees it: instruction packets in, status packets out. Pure.

Header FF FF FD 00, id, length, instruction or 55 and error, parameters, CRC-16 (polynomial 8005). FF FF FD inside is
followed by one more FD. Source: ROBOTIS e-Manual, Protocol 2.0.
"""

from __future__ import annotations

from dataclasses import dataclass

HEADER = b"\xff\xff\xfd\x00"
STUFFED = b"\xff\xff\xfd"
EVERYBODY = 254
STATUS = 0x55
LONGEST = 1024
GIVE_UP_S = 0.02  # a packet whose rest does not come within this is dropped

PING, READ, WRITE, REG_WRITE, ACTION, FACTORY_RESET, REBOOT, CLEAR = 1, 2, 3, 4, 5, 6, 8, 16
SYNC_READ, SYNC_WRITE, FAST_SYNC_READ, BULK_READ, BULK_WRITE = 0x82, 0x83, 0x8A, 0x92, 0x93

RESULT_FAIL, INSTRUCTION_ERROR, CRC_ERROR, RANGE_ERROR, LENGTH_ERROR, LIMIT_ERROR, ACCESS_ERROR = range(1, 8)
ALERT = 0x80


def _table() -> tuple[int, ...]:
    rows = []
    for high in range(256):
        value = high << 8
        for _ in range(8):
            value = (value << 1) ^ (0x8005 if value & 0x8000 else 0)
        rows.append(value & 0xFFFF)
    return tuple(rows)


TABLE = _table()


def crc16(data: bytes, start: int = 0) -> int:
    value = start
    for byte in data:
        value = (value << 8 & 0xFF00) ^ TABLE[value >> 8 ^ byte]
    return value


@dataclass(frozen=True, slots=True)
class Packet:
    """An instruction that arrived whole."""

    id: int
    instruction: int
    parameters: bytes


def framed(device: int, content: bytes) -> bytes:
    """`content`: instruction (and error) and parameters."""
    body = content.replace(STUFFED, STUFFED + b"\xfd")
    start = HEADER + bytes((device,)) + (len(body) + 2).to_bytes(2, "little") + body
    return start + crc16(start).to_bytes(2, "little")


def status(device: int, error: int, parameters: bytes = b"") -> bytes:
    return framed(device, bytes((STATUS, error)) + parameters)


def fast_status(rows: list[tuple[int, int, bytes]]) -> bytes:
    """The one packet that several servos put together: error, id, data and the CRC so far of each."""
    length = sum(len(data) + 4 for _, _, data in rows) + 1
    sent = HEADER + bytes((EVERYBODY,)) + length.to_bytes(2, "little") + bytes((STATUS,))
    for device, error, data in rows:
        sent += bytes((error, device)) + data
        sent += crc16(sent).to_bytes(2, "little")
    return sent


class PacketReader:
    """Bytes as they come, in any pieces. `corrupt` counts what was thrown away for its length or CRC."""

    def __init__(self) -> None:
        self.corrupt = 0
        self._held = bytearray()
        self._came_at = 0.0

    def read(self, data: bytes, now: float) -> list[Packet]:
        """Every packet that is whole by now. Status packets of others on the line are skipped."""
        if self._held and now - self._came_at > GIVE_UP_S:
            self._held.clear()
            self.corrupt += 1
        if data:
            self._came_at = now
        self._held += data
        found = []
        while (taken := self._next()) is not None:
            packet, used = taken
            del self._held[:used]
            if packet is not None and packet.instruction != STATUS:
                found.append(packet)
        return found

    def _next(self) -> tuple[Packet | None, int] | None:
        """A packet, or None for bytes to skip, and how many bytes that took; None: wait for more."""
        begin = self._held.find(HEADER)
        if begin < 0:
            keep = min(len(self._held), len(HEADER) - 1)  # the start of a header, perhaps
            return (None, len(self._held) - keep) if len(self._held) > keep else None
        if begin > 0:
            return None, begin
        if len(self._held) < 7:
            return None
        length = int.from_bytes(self._held[5:7], "little")
        if not 3 <= length <= LONGEST:
            return self._bad()
        if len(self._held) < 7 + length:
            return None
        whole = bytes(self._held[: 7 + length])
        if crc16(whole[:-2]) != int.from_bytes(whole[-2:], "little"):
            return self._bad()
        body = whole[7:-2]
        if body.count(STUFFED) != body.count(STUFFED + b"\xfd"):
            return self._bad()  # another header inside: whoever sent it did not stuff
        content = body.replace(STUFFED + b"\xfd", STUFFED)
        return Packet(whole[4], content[0], content[1:]), 7 + length

    def _bad(self) -> tuple[None, int]:
        self.corrupt += 1
        return None, len(HEADER)
