"""docs/protocol.md says what the code does: every message, number and field."""

from __future__ import annotations

from dataclasses import fields
from enum import IntEnum, IntFlag
from pathlib import Path
from typing import Any, get_type_hints

from firmware_bridge.protocol import (
    LONGEST_FRAME,
    PROTOCOL_VERSION,
    FaultBit,
    Mode,
    Parameter,
    ParameterValue,
    Refusal,
    State,
)
from firmware_bridge.protocol.codec import LONGEST_TEXT
from firmware_bridge.protocol.messages import MESSAGES, Message
from firmware_bridge.protocol.wire_types import MOST_AXES, Group
from kangban.config import load_profile
from sim.motors.parameters import read
from sim.motors.settings import settings_from

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")


def parts(kind: type[Any]) -> list[str]:
    """The fields as the page writes them."""
    hints = get_type_hints(kind, include_extras=True)
    found = []
    for field in fields(kind):
        wire = hints[field.name].__metadata__[0]
        if isinstance(wire, Group):
            found.append(f"{field.name}: rows of {', '.join(parts(wire.row))}")
        elif wire.code:
            found.append(f"{field.name} {wire.c_name.replace('uint', 'u').replace('int', 'i').replace('_t', '')}")
        else:
            found.append(f"{field.name} (UTF-8, at most {LONGEST_TEXT} bytes)")
    return found


def row(message: type[Message]) -> str:
    said = ", ".join(parts(message))
    return f"| 0x{message.number:02x} | {message.__name__} | {said}{' ' if said else ''}|"


def names(kind: type[IntEnum | IntFlag]) -> list[tuple[str, str]]:
    return [(str(int(member)), str(member.name)) for member in kind]


def section(title: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    text = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in rows[2:]]


def test_the_page_has_exactly_the_messages_of_the_code() -> None:
    table = [line for line in PAGE.splitlines() if line.startswith("| 0x")]
    assert table == [row(message) for message in MESSAGES]


def test_the_page_names_every_state_and_fault_and_the_longest_frame() -> None:
    assert [line.split("|")[1].strip() for line in PAGE.splitlines() if "braked |" in line or "follow the" in line] == [
        state.name for state in (State.BOOT, State.DISARMED, State.ARMED, State.WATCHDOG, State.FAULT)
    ] + [State.EMERGENCY_STOP.name]
    faults = [(bit, name.lower().replace("_", "-")) for bit, name in names(FaultBit)]
    assert [tuple(cells[:2]) for cells in section("Faults")] == faults
    assert f"at most {LONGEST_FRAME} bytes" in PAGE


def test_the_page_has_every_parameter_mode_and_refusal_of_the_code() -> None:
    assert [tuple(cells[:2]) for cells in section("Parameters")] == names(Parameter)
    assert [cells[0] for cells in section("Axes")] == [f"{number} {name}" for number, name in names(Mode)]
    assert f"Protocol {PROTOCOL_VERSION}," in PAGE
    assert f"a controller has 1 to {MOST_AXES}" in PAGE
    assert [tuple(cells[:2]) for cells in section("Refusals")] == names(Refusal)


def test_the_page_says_what_a_parameter_may_be_as_the_simulated_controller_does() -> None:
    built = settings_from(load_profile("lekiwi"))
    for parameter, cells in zip(Parameter, section("Parameters"), strict=True):
        known = read(built, built, parameter, 0)
        assert isinstance(known, ParameterValue)
        if parameter in (Parameter.LOWEST_POSITION_URAD, Parameter.HIGHEST_POSITION_URAD):
            assert (known.lowest, known.highest) == (-(2**31), 2**31 - 1)  # a wheel turns without end
        ends = {"the lowest": known.lowest, "the highest": known.highest}
        if cells[3] in ends:
            assert known.value == ends[cells[3]], parameter
        else:
            assert known.lowest < known.value < known.highest, parameter
