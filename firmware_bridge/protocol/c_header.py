"""The C header of the protocol, made from the same table as the Python codec.

`python -m firmware_bridge.protocol.c_header` writes firmware_bridge/firmware/core/messages.h; a test fails when the
committed file differs. No heap, no packed structs: `put` and `get` move single bytes, so neither padding nor byte order
of the machine matters.
"""

from __future__ import annotations

import re
from enum import IntEnum, IntFlag
from pathlib import Path

from firmware_bridge.protocol.codec import LAYOUTS, LONGEST_TEXT, Layout
from firmware_bridge.protocol.framing import FRAME_OVERHEAD, LONGEST_FRAME
from firmware_bridge.protocol.messages import (
    PROTOCOL_VERSION,
    FaultBit,
    InputBit,
    Mode,
    Parameter,
    Refusal,
    State,
)
from firmware_bridge.protocol.wire_types import MOST_AXES, WireType

PATH = Path(__file__).parents[1] / "firmware" / "core" / "messages.h"
ENUMS: tuple[type[IntEnum | IntFlag], ...] = (State, FaultBit, InputBit, Refusal, Mode, Parameter)
BYTES = {"uint8_t": 1, "uint16_t": 2, "uint32_t": 4, "int16_t": 2, "int32_t": 4}
Fields = tuple[tuple[str, WireType], ...]

_TOP = """\
/* The messages between bridge and motor controller. Made by `python -m firmware_bridge.protocol.c_header`: don't edit.
 *
 * kb_X_put writes a payload and returns its length; `out` has room for KB_LONGEST_PAYLOAD bytes.
 * kb_X_get reads one; false where no message of this kind has this many bytes, and then *m is not to be used.
 * Little-endian on the wire, whatever the machine is. docs/protocol.md says what the messages mean.
 */
#ifndef KB_MESSAGES_H
#define KB_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
"""

_HELPERS = """\
static inline void kb_put_u8(uint8_t *out, uint8_t v) { out[0] = v; }
static inline void kb_put_u16(uint8_t *out, uint16_t v) {
    out[0] = (uint8_t)(v & 0xFFu);
    out[1] = (uint8_t)(v >> 8);
}
static inline void kb_put_u32(uint8_t *out, uint32_t v) {
    kb_put_u16(out, (uint16_t)(v & 0xFFFFu));
    kb_put_u16(out + 2, (uint16_t)(v >> 16));
}
static inline void kb_put_i16(uint8_t *out, int16_t v) { kb_put_u16(out, (uint16_t)v); }
static inline void kb_put_i32(uint8_t *out, int32_t v) { kb_put_u32(out, (uint32_t)v); }
static inline uint8_t kb_get_u8(const uint8_t *in) { return in[0]; }
static inline uint16_t kb_get_u16(const uint8_t *in) { return (uint16_t)(in[0] | ((unsigned)in[1] << 8)); }
static inline uint32_t kb_get_u32(const uint8_t *in) { return kb_get_u16(in) | ((uint32_t)kb_get_u16(in + 2) << 16); }
/* Two's complement without leaving what C defines. */
static inline int32_t kb_get_i32(const uint8_t *in) {
    const uint32_t v = kb_get_u32(in);
    return v <= 0x7FFFFFFFu ? (int32_t)v : -(int32_t)(0xFFFFFFFFu - v) - 1;
}
static inline int16_t kb_get_i16(const uint8_t *in) {
    const int32_t v = (int32_t)kb_get_u16(in);
    return (int16_t)(v <= 0x7FFF ? v : v - 0x10000);
}
"""


def header() -> str:
    """The whole text of messages.h."""
    layouts = [LAYOUTS[number] for number in sorted(LAYOUTS)]
    rows = {layout.rows.row: layout.rows.fields for layout in layouts if layout.rows is not None}
    parts = [
        _TOP,
        _constants(layouts),
        *(_enum(kind) for kind in ENUMS),
        _HELPERS,
        *(_row(row.__name__, named) for row, named in rows.items()),
        *(_message(layout) for layout in layouts),
        "#endif\n",
    ]
    return "\n".join(parts)


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _constants(layouts: list[Layout]) -> str:
    longest = max(layout.fixed.size + layout.longest_tail for layout in layouts)
    named = {
        "PROTOCOL_VERSION": PROTOCOL_VERSION,
        "MOST_AXES": MOST_AXES,
        "LONGEST_TEXT": LONGEST_TEXT,
        "LONGEST_FRAME": LONGEST_FRAME,
        "LONGEST_PAYLOAD": longest,
        "FRAME_OVERHEAD": FRAME_OVERHEAD,
    }
    lines = [f"#define KB_{name} {value}u" for name, value in named.items()]
    numbers = [f"#define {_upper(layout)} 0x{layout.message.number:02X}u" for layout in layouts]
    return "\n".join(
        [*lines, "", "/* Frame numbers; below 0x80 they go to the controller. */", *numbers, ""],
    )


def _upper(layout: Layout) -> str:
    return f"KB_{snake(layout.message.__name__).upper()}"


def _enum(kind: type[IntEnum | IntFlag]) -> str:
    prefix = f"KB_{snake(kind.__name__).upper()}"
    members = [f"    {prefix}_{member.name} = {int(member)}," for member in kind]
    return "\n".join(["enum {", *members, "};", ""])


def _struct(name: str, lines: list[str]) -> list[str]:
    return ["typedef struct {", *(f"    {line};" for line in lines), f"}} kb_{name};", ""]


def _plain(named: Fields) -> list[str]:
    return [f"{wire.c_name} {name}" for name, wire in named]


def _size(named: Fields) -> int:
    return sum(BYTES[wire.c_name] for _, wire in named)


def _short(wire: WireType) -> str:
    """uint16_t -> u16."""
    return wire.c_name.replace("uint", "u").replace("int", "i").removesuffix("_t")


def _moves(named: Fields) -> tuple[list[str], list[str]]:
    """The statements that put and get plain fields."""
    puts, gets, at = [], [], 0
    for name, wire in named:
        puts.append(f"    kb_put_{_short(wire)}(out + {at}, m->{name});")
        gets.append(f"    m->{name} = kb_get_{_short(wire)}(in + {at});")
        at += BYTES[wire.c_name]
    return puts, gets


def _row(name: str, named: Fields) -> str:
    short, (puts, gets) = snake(name), _moves(named)
    lines = [
        *_struct(short, _plain(named)),
        f"#define KB_{short.upper()}_BYTES {_size(named)}u",
        f"static inline void kb_{short}_put(const kb_{short} *m, uint8_t *out) {{",
        *puts,
        "}",
        f"static inline void kb_{short}_get(kb_{short} *m, const uint8_t *in) {{",
        *gets,
        "}",
        "",
    ]
    return "\n".join(lines)


def _message(layout: Layout) -> str:
    short, size = snake(layout.message.__name__), layout.fixed.size
    puts, gets = _moves(layout.fields)
    members = _plain(layout.fields)
    if layout.rows is not None:
        row = snake(layout.rows.row.__name__)
        members += ["uint8_t count /* of axes */", f"kb_{row} axes[KB_MOST_AXES]"]
        check, put_tail, get_tail = _rows(row, size, layout.rows.fixed.size)
    elif layout.has_text:
        members += ["uint8_t length /* of the text, bytes */", "char text[KB_LONGEST_TEXT]"]
        check, put_tail, get_tail = _text(size)
    else:
        check, put_tail, get_tail = f"length != {size}u", [f"    return {size}u;"], []
    empty = not members  # C has no empty structs
    lines = [
        *([] if empty else _struct(short, members)),
        f"static inline size_t kb_{short}_put({'void' if empty else f'const kb_{short} *m, uint8_t *out'}) {{",
        *puts,
        *put_tail,
        "}",
        f"static inline bool kb_{short}_get({'' if empty else f'kb_{short} *m, const uint8_t *in, '}size_t length) {{",
        f"    if ({check}) return false;",
        *gets,
        *get_tail,
        "    return true;",
        "}",
        "",
    ]
    return "\n".join(lines)


def _rows(row: str, size: int, each: int) -> tuple[str, list[str], list[str]]:
    check = f"length < {size}u || (length - {size}u) % {each}u != 0u || (length - {size}u) / {each}u > KB_MOST_AXES"
    put = [
        "    const uint8_t count = m->count <= KB_MOST_AXES ? m->count : (uint8_t)KB_MOST_AXES;",
        f"    for (size_t i = 0; i < count; i++) kb_{row}_put(&m->axes[i], out + {size} + i * {each}u);",
        f"    return {size}u + (size_t)count * {each}u;",
    ]
    get = [
        f"    m->count = (uint8_t)((length - {size}u) / {each}u);",
        f"    for (size_t i = 0; i < m->count; i++) kb_{row}_get(&m->axes[i], in + {size} + i * {each}u);",
    ]
    return check, put, get


def _text(size: int) -> tuple[str, list[str], list[str]]:
    check = f"length < {size}u || length - {size}u > KB_LONGEST_TEXT"
    put = [
        "    const uint8_t count = m->length <= KB_LONGEST_TEXT ? m->length : (uint8_t)KB_LONGEST_TEXT;",
        f"    for (size_t i = 0; i < count; i++) out[{size} + i] = (uint8_t)m->text[i];",
        f"    return {size}u + (size_t)count;",
    ]
    get = [
        f"    m->length = (uint8_t)(length - {size}u);",
        f"    for (size_t i = 0; i < m->length; i++) m->text[i] = (char)in[{size} + i];",
    ]
    return check, put, get


if __name__ == "__main__":
    PATH.parent.mkdir(parents=True, exist_ok=True)
    PATH.write_text(header(), encoding="utf-8")
