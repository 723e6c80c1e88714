"""A second reading of the frame format of docs/protocol.md, written plainly and apart from ours, to judge ours by.

Nothing of `firmware_bridge.protocol`, `cobs` or `binascii` is used: COBS is undone byte by byte (Cheshire and Baker
1999, listing 2), and the CRC comes from its polynomial (x^16 + x^12 + x^5 + 1, start 0xFFFF, nothing reflected).
"""

from __future__ import annotations

LONGEST_PIECE = 200  # bytes between two zeros
SHORTEST_BODY = 7  # number, sequence, session, CRC


def crc_by_division(data: bytes) -> int:
    """CRC-16/CCITT-FALSE as a long division, one bit after the other."""
    remainder = 0xFFFF
    for byte in data:
        remainder ^= byte << 8
        for _ in range(8):
            remainder = (remainder << 1) ^ (0x11021 if remainder & 0x8000 else 0)
    return remainder


def _table() -> tuple[int, ...]:
    """What one byte alone leaves over, starting from zero."""
    left = []
    for byte in range(256):
        remainder = byte << 8
        for _ in range(8):
            remainder = (remainder << 1) ^ (0x11021 if remainder & 0x8000 else 0)
        left.append(remainder)
    return tuple(left)


_LEFT = _table()


def crc(data: bytes) -> int:
    """The same division, a byte at a time."""
    remainder = 0xFFFF
    for byte in data:
        remainder = ((remainder << 8) & 0xFFFF) ^ _LEFT[(remainder >> 8) ^ byte]
    return remainder


def unstuff(piece: bytes) -> bytes | None:
    """Undo COBS; None where the code bytes don't lead exactly to the end."""
    body, at = bytearray(), 0
    while at < len(piece):
        code = piece[at]
        run = piece[at + 1 : at + code]
        if code == 0 or len(run) != code - 1 or 0 in run:
            return None
        body += run
        at += code
        if code < 0xFF and at < len(piece):
            body.append(0)
    return bytes(body)


def read_piece(piece: bytes) -> bytes | None:
    """What stands between two zeros: the body without its CRC, or None where it is no intact frame."""
    if not 0 < len(piece) <= LONGEST_PIECE:
        return None
    body = unstuff(piece)
    if body is None or len(body) < SHORTEST_BODY:
        return None
    return body[:-2] if crc(body[:-2]) == body[-2] | body[-1] << 8 else None


def read_stream(stream: bytes) -> list[bytes]:
    """Every intact body in a whole stream; what follows the last zero is not finished yet."""
    found = (read_piece(piece) for piece in stream.split(b"\0")[:-1])
    return [body for body in found if body is not None]
