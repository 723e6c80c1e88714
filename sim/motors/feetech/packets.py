"""Feetech's framing: FF FF id length instruction parameters checksum; any bytes leave it able to read the next one."""

from __future__ import annotations

from dataclasses import dataclass

HEADER = b"\xff\xff"
PING, READ, WRITE, REG_WRITE, ACTION, SYNC_READ, SYNC_WRITE = 0x01, 0x02, 0x03, 0x04, 0x05, 0x82, 0x83
EVERYBODY = 0xFE
SHORTEST = 6  # bytes of a packet without parameters
GAP_S = 0.005  # a packet that stops for so long is given up; its bytes would otherwise swallow the next one


@dataclass(frozen=True, slots=True)
class Packet:
    id: int
    instruction: int
    parameters: bytes


def status(servo: int, error: int, data: bytes) -> bytes:
    """What a servo answers."""
    body = bytes([servo, len(data) + 2, error]) + data
    return HEADER + body + bytes([checksum(body)])


def instruction(servo: int, number: int, parameters: bytes = b"") -> bytes:
    """What a host sends; the same framing."""
    return status(servo, number, parameters)


def checksum(body: bytes) -> int:
    return ~sum(body) & 0xFF


class PacketReader:
    def __init__(self) -> None:
        self.corrupt = 0
        self._held = b""
        self._last_at = 0.0

    def read(self, data: bytes, now: float) -> list[Packet]:
        """Every whole packet, `now` in seconds."""
        if self._held and now - self._last_at > GAP_S:
            self._held = b""
            self.corrupt += 1
        if data:
            self._last_at = now
        self._held += data
        found = []
        while (packet := self._next()) is not None:
            found.append(packet)
        return found

    def _next(self) -> Packet | None:
        while True:
            start = self._held.find(HEADER)
            if start < 0:
                self._held = self._held[-1:] if self._held.endswith(b"\xff") else b""
                return None
            self._held = self._held[start:]
            if len(self._held) < SHORTEST:
                return None
            servo, length = self._held[2], self._held[3]
            if servo == 0xFF or length < 2:
                self._held = self._held[1:]  # not a header: a run of FF, or a length that can't be
                continue
            if len(self._held) < length + 4:
                return None
            body, check = self._held[2 : length + 3], self._held[length + 3]
            if checksum(body) != check:
                self.corrupt += 1
                self._held = self._held[1:]
                continue
            self._held = self._held[length + 4 :]
            return Packet(servo, body[2], body[3:])
