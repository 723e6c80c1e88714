"""For a person at the bench: who is on the bus, and give a servo its id. Nothing here turns a motor.

Servos leave the factory with id 1: one at a time on the bus for `set_id` where two may have the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from firmware_bridge.bus import BusError, MisfitError
from firmware_bridge.dynamixel import registers as reg
from firmware_bridge.dynamixel.greeting import OFF, again
from firmware_bridge.dynamixel.line import Line
from firmware_bridge.dynamixel.opencr import MODEL_NUMBER


@dataclass(frozen=True, slots=True)
class Found:
    """A device that answered. `name`: of its model, in words."""

    baud: int
    id: int
    model: int
    name: str


def scan(port: str, bauds: Sequence[int] = reg.BAUDS) -> Iterator[Found]:
    """Every device, as it is found; about a second a rate. Changes nothing.

    Raises serial_port.PortBusyError or BusAwayError.
    """
    for baud in bauds:
        line = Line(port, baud)
        line.open()
        try:
            found = line.ping_everybody()
        except BusError:  # somebody speaks, but at another rate
            found = {}
        finally:
            line.close()
        for device, model in sorted(found.items()):
            yield Found(baud, device, model, name_of(model))


def name_of(model: int) -> str:
    if model == MODEL_NUMBER:
        return "OpenCR board of a TurtleBot3"
    return reg.MODELS[model].name if model in reg.MODELS else f"unknown model {model}"


def set_id(port: str, baud: int, old: int, new: int) -> None:
    """Takes the servo's power away. Raises MisfitError where the new id is taken or none, BusError where it is mute.

    Where the line fails half-way, scan: the servo has one of the two.
    """
    if not 0 <= new <= reg.HIGHEST_ID:
        raise MisfitError(f"{new} is no id of a servo; choose one of 0 to {reg.HIGHEST_ID}")
    if new == old:
        raise MisfitError(f"servo {old} has this id already")
    line = Line(port, baud)
    line.open()
    try:
        _renumber(line, old, new)
    finally:
        line.close()


def _renumber(line: Line, old: int, new: int) -> None:
    with suppress(BusError):
        line.ping(new)
        raise MisfitError(f"somebody answers to id {new} already; choose another")
    if again(line.ping, old) == MODEL_NUMBER:
        raise MisfitError(f"id {old} is an OpenCR board, whose id is in its firmware")
    again(line.write, old, reg.TORQUE_ENABLE, OFF)
    with suppress(BusError):  # it may confirm with either id, so what counts is who answers afterwards
        line.write(old, reg.ID, bytes((new,)))
    again(line.ping, new)
