"""docs/protocol.md says what the code does: every message, number and field."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

from firmware_bridge.protocol import LONGEST_FRAME, FaultBit, State
from firmware_bridge.protocol.codec import LONGEST_TEXT
from firmware_bridge.protocol.messages import MESSAGES, Message

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")


def row(message: type[Message]) -> str:
    hints = get_type_hints(message, include_extras=True)
    parts = []
    for field in fields(message):
        kind = hints[field.name].__metadata__[0]
        short = kind.c_name.replace("uint", "u").replace("int", "i").replace("_t", "")
        parts.append(f"{field.name} {short}" if kind.code else f"{field.name} (UTF-8, at most {LONGEST_TEXT} bytes)")
    return f"| 0x{message.number:02x} | {message.__name__} | {', '.join(parts)}{' ' if parts else ''}|"


def test_the_page_has_exactly_the_messages_of_the_code() -> None:
    table = [line for line in PAGE.splitlines() if line.startswith("| 0x")]
    assert table == [row(message) for message in MESSAGES]


def test_the_page_names_every_state_and_fault_and_the_longest_frame() -> None:
    assert [line.split("|")[1].strip() for line in PAGE.splitlines() if "braked |" in line or "follow the" in line] == [
        state.name for state in (State.BOOT, State.DISARMED, State.ARMED, State.WATCHDOG, State.FAULT)
    ] + [State.EMERGENCY_STOP.name]
    for fault in FaultBit:
        assert str(fault.name).lower().replace("_", "-") in PAGE
    assert f"at most {LONGEST_FRAME} bytes" in PAGE
