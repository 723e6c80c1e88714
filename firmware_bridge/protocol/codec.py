"""Message values to payload bytes and back, by the layouts in `messages.py`. Little-endian, no padding."""

from __future__ import annotations

import struct
from dataclasses import dataclass, fields
from typing import Any, get_type_hints

from firmware_bridge.protocol.messages import MESSAGES, Message
from firmware_bridge.protocol.wire_types import WireType

LONGEST_TEXT = 120  # bytes


class ProtocolError(ValueError):
    """Bytes that are no such message, or a value that doesn't fit its field."""


@dataclass(frozen=True)
class Layout:
    """One message on the wire: field names with their types, in order."""

    message: type[Message]
    fields: tuple[tuple[str, WireType], ...]
    fixed: struct.Struct
    has_text: bool


def _layout(message: type[Message]) -> Layout:
    hints = get_type_hints(message, include_extras=True)
    named = tuple((field.name, hints[field.name].__metadata__[0]) for field in fields(message))
    codes = "".join(kind.code for _, kind in named if kind.code)
    has_text = any(kind.code is None for _, kind in named)
    return Layout(message, named, struct.Struct("<" + codes), has_text)


LAYOUTS: dict[int, Layout] = {message.number: _layout(message) for message in MESSAGES}


def pack(message: Message) -> bytes:
    """The payload. Raises ProtocolError where a value doesn't fit its field; it is never clipped silently."""
    layout = LAYOUTS[message.number]
    values: list[Any] = [getattr(message, name) for name, _ in layout.fields]
    tail = b""
    if layout.has_text:
        tail = _clip(values.pop().encode("utf-8"))
    try:
        return layout.fixed.pack(*values) + tail
    except struct.error as error:
        raise ProtocolError(f"{message}: {error}") from error


def unpack(number: int, payload: bytes) -> Message:
    """The message. Raises ProtocolError for an unknown number, a wrong length, or text that is not UTF-8."""
    layout = LAYOUTS.get(number)
    if layout is None:
        raise ProtocolError(f"no message has the number 0x{number:02x}")
    size = layout.fixed.size
    longest = size + (LONGEST_TEXT if layout.has_text else 0)
    if not size <= len(payload) <= longest:
        raise ProtocolError(f"{layout.message.__name__}: {len(payload)} bytes, expected {size} to {longest}")
    values: list[Any] = list(layout.fixed.unpack(payload[:size]))
    if layout.has_text:
        try:
            values.append(payload[size:].decode("utf-8"))
        except UnicodeDecodeError as error:
            raise ProtocolError(f"{layout.message.__name__}: {error}") from error
    return layout.message(*values)


def _clip(text: bytes) -> bytes:
    """At most LONGEST_TEXT bytes, never half a character."""
    return text[:LONGEST_TEXT].decode("utf-8", errors="ignore").encode("utf-8")
