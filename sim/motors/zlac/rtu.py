"""Modbus RTU frames of a server: bytes in, requests out (Modbus over serial line 1.02, application protocol 1.1b3)."""

from __future__ import annotations

from dataclasses import dataclass

READ, WRITE_ONE, WRITE_MANY = 3, 6, 16
SILENCE_S = 0.00175  # 3.5 characters; above 19200 baud the standard fixes it at this
SHORTEST, LONGEST = 4, 256
FIXED = 8  # bytes of a request with two fields


@dataclass(frozen=True, slots=True)
class Request:
    unit: int
    function: int
    data: bytes  # without the checksum


def checksum(data: bytes) -> bytes:
    """CRC-16/MODBUS, low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc.to_bytes(2, "little")


def framed(unit: int, function: int, data: bytes) -> bytes:
    body = bytes((unit, function)) + data
    return body + checksum(body)


class RtuReader:
    """Frames end by their length; a pause of 3.5 characters inside one spoils it."""

    def __init__(self) -> None:
        self.corrupt = 0
        self._buffer = b""
        self._heard_at = 0.0

    def read(self, data: bytes, now: float) -> list[Request]:
        """Requests that are complete, for whichever unit."""
        if self._buffer and now - self._heard_at > SILENCE_S:
            self._drop()
        if not data:
            return []
        self._heard_at = now
        if self._buffer and _good(data):
            self._drop()  # a message that comes whole begins anew
        self._buffer += data
        found = []
        while (length := _length(self._buffer)) and len(self._buffer) >= length:
            frame, self._buffer = self._buffer[:length], self._buffer[length:]
            if not _good(frame):
                self._drop()
                break
            found.append(Request(frame[0], frame[1], frame[2:-2]))
        if len(self._buffer) > LONGEST:
            self._drop()
        return found

    def _drop(self) -> None:
        self.corrupt += 1
        self._buffer = b""


def _length(data: bytes) -> int:
    """Of the frame that begins here; 0: too little came to tell."""
    if len(data) < SHORTEST:
        return 0
    if data[1] == WRITE_MANY:
        return 9 + data[6] if len(data) > 6 else 0
    if data[1] in (READ, WRITE_ONE):
        return FIXED
    return len(data)  # a function that this server does not know: all that came


def _good(frame: bytes) -> bool:
    return len(frame) >= SHORTEST and _length(frame) == len(frame) and checksum(frame[:-2]) == frame[-2:]
