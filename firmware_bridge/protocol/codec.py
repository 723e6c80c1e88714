"""Message values to payload bytes and back, by the layouts in `messages.py`. Little-endian, no padding.

A payload is a fixed part, then at most one tail: text, or rows of a group.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, fields
from typing import Any, get_type_hints

from firmware_bridge.protocol.messages import MESSAGES, Message
from firmware_bridge.protocol.wire_types import MOST_AXES, Group, WireType

LONGEST_TEXT = 120  # bytes


class ProtocolError(ValueError):
    """Bytes that are no such message, or a value that doesn't fit its field."""


@dataclass(frozen=True)
class Rows:
    """Equal rows at the end of a payload."""

    row: type[Any]
    fields: tuple[tuple[str, WireType], ...]
    fixed: struct.Struct


@dataclass(frozen=True)
class Layout:
    """One message on the wire: its plain fields in order, then its tail, if any."""

    message: type[Message]
    fields: tuple[tuple[str, WireType], ...]
    fixed: struct.Struct
    has_text: bool
    rows: Rows | None

    @property
    def longest_tail(self) -> int:
        """Bytes."""
        return LONGEST_TEXT if self.has_text else 0 if self.rows is None else MOST_AXES * self.rows.fixed.size


def _plain(kind: type[Any]) -> tuple[tuple[tuple[str, WireType], ...], struct.Struct]:
    hints = get_type_hints(kind, include_extras=True)
    named = [(field.name, hints[field.name].__metadata__[0]) for field in fields(kind)]
    plain = tuple((name, wire) for name, wire in named if isinstance(wire, WireType) and wire.code)
    return plain, struct.Struct("<" + "".join(str(wire.code) for _, wire in plain))


def _layout(message: type[Message]) -> Layout:
    hints = get_type_hints(message, include_extras=True)
    kinds = [hints[field.name].__metadata__[0] for field in fields(message)]
    has_text = any(isinstance(kind, WireType) and kind.code is None for kind in kinds)
    group = next((kind for kind in kinds if isinstance(kind, Group)), None)
    rows = None if group is None else Rows(group.row, *_plain(group.row))
    return Layout(message, *_plain(message), has_text, rows)


LAYOUTS: dict[int, Layout] = {message.number: _layout(message) for message in MESSAGES}


def pack(message: Message) -> bytes:
    """The payload. Raises ProtocolError where a value doesn't fit its field; it is never clipped silently."""
    layout = LAYOUTS[message.number]
    try:
        head = layout.fixed.pack(*(getattr(message, name) for name, _ in layout.fields))
        return head + _tail(layout, message)
    except struct.error as error:
        raise ProtocolError(f"{message}: {error}") from error


def _tail(layout: Layout, message: Any) -> bytes:
    if layout.has_text:
        return _clip(message.text.encode("utf-8"))
    if layout.rows is None:
        return b""
    if len(message.axes) > MOST_AXES:
        raise ProtocolError(f"{message}: {len(message.axes)} axes, at most {MOST_AXES}")
    named, pack_row = layout.rows.fields, layout.rows.fixed.pack
    return b"".join(pack_row(*(getattr(axis, name) for name, _ in named)) for axis in message.axes)


def unpack(number: int, payload: bytes) -> Message:
    """The message. Raises ProtocolError for an unknown number, a wrong length, or text that is not UTF-8."""
    layout = LAYOUTS.get(number)
    if layout is None:
        raise ProtocolError(f"no message has the number 0x{number:02x}")
    size = layout.fixed.size
    tail = payload[size:]
    if len(payload) < size or len(tail) > layout.longest_tail or (layout.rows and len(tail) % layout.rows.fixed.size):
        raise ProtocolError(f"{layout.message.__name__}: no message of this kind has {len(payload)} bytes")
    values: list[Any] = list(layout.fixed.unpack(payload[:size]))
    if layout.has_text:
        try:
            values.append(tail.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise ProtocolError(f"{layout.message.__name__}: {error}") from error
    if layout.rows is not None:
        row = layout.rows.row
        values.append(tuple(row(*found) for found in layout.rows.fixed.iter_unpack(tail)))
    return layout.message(*values)


def _clip(text: bytes) -> bytes:
    """At most LONGEST_TEXT bytes, never half a character."""
    return text[:LONGEST_TEXT].decode("utf-8", errors="ignore").encode("utf-8")
