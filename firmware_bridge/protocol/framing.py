"""Frames: COBS(number u8, sequence u16, session u16, payload, CRC-16/CCITT-FALSE u16) and a zero byte.

COBS leaves no zero inside a frame (Cheshire and Baker 1999), so after any bytes the next zero is a fresh start. The
CRC covers everything before it; all 1 to 3 bit errors and bursts up to 16 bits in the decoded bytes are found.
"""

from __future__ import annotations

import binascii
import struct
from dataclasses import dataclass

from cobs import cobs

_HEADER = struct.Struct("<BHH")
_CRC = struct.Struct("<H")
FRAME_OVERHEAD = _HEADER.size + _CRC.size  # bytes of a frame beside its payload, before COBS
LONGEST_FRAME = 200  # bytes between two zeros; telemetry of nine axes has 160, so noise is dropped early
DELIMITER = b"\0"


@dataclass(frozen=True, slots=True)
class Frame:
    number: int
    sequence: int
    session: int
    payload: bytes


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE (polynomial 0x1021, start 0xFFFF); its check value for b"123456789" is 0x29B1."""
    return binascii.crc_hqx(data, 0xFFFF)


def encode_frame(number: int, sequence: int, session: int, payload: bytes) -> bytes:
    """The bytes for the wire, closing zero included."""
    body = _HEADER.pack(number, sequence & 0xFFFF, session) + payload
    encoded: bytes = cobs.encode(body + _CRC.pack(crc16(body)))
    return encoded + DELIMITER


def decode_frame(encoded: bytes) -> Frame | None:
    """The frame between two zeros, or None where the bytes are no intact frame."""
    try:
        body = cobs.decode(encoded)
    except cobs.DecodeError:
        return None
    if len(body) < FRAME_OVERHEAD or crc16(body[:-2]) != _CRC.unpack(body[-2:])[0]:
        return None
    number, sequence, session = _HEADER.unpack_from(body)
    return Frame(number, sequence, session, body[_HEADER.size : -2])


class Decoder:
    """Finds frames in a stream of any bytes. Holds at most LONGEST_FRAME bytes; never raises."""

    def __init__(self) -> None:
        self.corrupt = 0  # pieces between zeros that were no intact frame
        self._held = b""
        self._skipping = False  # the piece began too long ago to be a frame: drop it up to the next zero

    def feed(self, data: bytes) -> list[Frame]:
        *ended, rest = data.split(DELIMITER)
        frames = []
        for piece in ended:
            encoded = self._held + piece
            self._held = b""
            if self._skipping or len(encoded) > LONGEST_FRAME:
                self._skipping = False
                self.corrupt += 1
            elif encoded:
                frame = decode_frame(encoded)
                if frame is None:
                    self.corrupt += 1
                else:
                    frames.append(frame)
        self._held += rest
        if len(self._held) > LONGEST_FRAME:
            self._held, self._skipping = b"", True
        return frames
