"""The C header: it is the one that the messages make, it compiles without a warning, and C and Python agree."""

from __future__ import annotations

import random
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from firmware_bridge.protocol import Message, ProtocolError, c_header, pack, unpack
from firmware_bridge.protocol.c_header import snake
from firmware_bridge.protocol.codec import LAYOUTS
from firmware_bridge.protocol.messages import MESSAGES
from firmware_bridge.protocol.wire_types import MOST_AXES, Group

STRICT = ("-std=c11", "-Wall", "-Wextra", "-Werror", "-Wpedantic", "-Wconversion", "-Wsign-conversion", "-Wshadow")
ROUNDS = 40
LONGEST_LINE = 1024
PIPE = """\
#include "messages.h"
#include <stdio.h>
/* Lines of "number payload" in hex come in; each goes out as C wrote it after reading it, or as "no". */
static uint8_t in[512], out[512];
int main(void) {
    unsigned number;
    char text[LINE];
    while (scanf("%x %1023s", &number, text) == 2) {
        size_t length = 0, written = 0;
        unsigned byte;
        bool good = false;
        while (text[0] == 'x' && sscanf(text + 1 + 2 * length, "%2x", &byte) == 1) in[length++] = (uint8_t)byte;
        switch (number) {
CASES
        default: break;
        }
        if (!good) { puts("no"); continue; }
        putchar('x');
        for (size_t i = 0; i < written; i++) printf("%02x", (unsigned)out[i]);
        putchar('\\n');
    }
    return 0;
}
"""


def test_the_committed_header_is_the_one_that_the_messages_make() -> None:
    assert c_header.PATH.read_text(encoding="utf-8") == c_header.header(), (
        "run `python -m firmware_bridge.protocol.c_header`"
    )


def case(message: type[Message]) -> str:
    short = snake(message.__name__)
    number = f"        case KB_{short.upper()}: {{"
    if not fields(message):
        return f"{number} good = kb_{short}_get(length); if (good) written = kb_{short}_put(); break; }}"
    return (
        f"{number} kb_{short} m; good = kb_{short}_get(&m, in, length); "
        f"if (good) written = kb_{short}_put(&m, out); break; }}"
    )


@pytest.fixture(scope="module")
def pipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that reads payloads and writes them again, all through the header."""
    compiler = shutil.which("gcc")
    assert compiler, "gcc is needed: run `make setup`"
    folder = tmp_path_factory.mktemp("header")
    source, program = folder / "pipe.c", folder / "pipe"
    text = PIPE.replace("CASES", "\n".join(case(message) for message in MESSAGES)).replace("LINE", str(LONGEST_LINE))
    source.write_text(text, encoding="utf-8")
    built = subprocess.run(
        [compiler, *STRICT, f"-I{c_header.PATH.parent}", str(source), "-o", str(program)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    return program


def through(pipe: Path, payloads: list[tuple[int, bytes]]) -> list[bytes | None]:
    lines = "".join(f"{number:x} x{payload.hex()}\n" for number, payload in payloads)
    said = subprocess.run([pipe], input=lines, check=True, capture_output=True, text=True).stdout.split()
    return [None if line == "no" else bytes.fromhex(line[1:]) for line in said]


def any_value(kind: type[Any], dice: random.Random) -> Any:
    hints = get_type_hints(kind, include_extras=True)
    values: list[Any] = []
    for field in fields(kind):
        wire = hints[field.name].__metadata__[0]
        if isinstance(wire, Group):
            values.append(tuple(any_value(wire.row, dice) for _ in range(dice.randrange(MOST_AXES + 1))))
        elif wire.code is None:
            values.append("é" * dice.randrange(61))
        else:
            ends = (wire.lowest, wire.highest, -1 if wire.lowest else 0, dice.randint(wire.lowest, wire.highest))
            values.append(dice.choice(ends))
    return kind(*values)


def test_every_message_goes_through_c_unchanged(pipe: Path) -> None:
    dice = random.Random(5)
    messages = [any_value(kind, dice) for kind in MESSAGES for _ in range(ROUNDS)]
    payloads = [(message.number, pack(message)) for message in messages]
    assert through(pipe, payloads) == [payload for _, payload in payloads]


def test_c_refuses_the_lengths_that_python_refuses(pipe: Path) -> None:
    lengths = [(number, b"a" * length) for number in (*LAYOUTS, 0x55) for length in range(200)]

    def as_python(number: int, payload: bytes) -> bytes | None:
        try:
            return pack(unpack(number, payload))
        except ProtocolError:
            return None

    assert through(pipe, lengths) == [as_python(number, payload) for number, payload in lengths]
