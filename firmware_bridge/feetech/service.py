"""For a person at the bench: who is on the bus, give a servo its id, and say where a joint's middle is.

Nothing here turns a motor; what writes takes the servo's power away first. One servo at a time on the bus for `set_id`
where two may have the same id (they leave the factory with id 1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from firmware_bridge.bus import BusError, MisfitError
from firmware_bridge.feetech import registers as reg
from firmware_bridge.feetech.greeting import again, keep
from firmware_bridge.feetech.line import Line
from firmware_bridge.feetech.turns import centred

SCAN_REPLY_S = 0.02  # for each id that nobody has
MIDDLE = reg.STEPS_PER_TURN // 2
EVERY_ID = range(reg.HIGHEST_ID + 1)


@dataclass(frozen=True, slots=True)
class Found:
    """A servo that answered. `model` None: its answers are damaged, as where two have one id."""

    baud: int
    id: int
    model: int | None
    name: str  # of the model, in words
    feedback: reg.Feedback | None


def scan(
    port: str, bauds: Sequence[int] = reg.BAUDS, ids: Iterable[int] = EVERY_ID, reply_s: float = SCAN_REPLY_S
) -> Iterator[Found]:
    """Every servo, as it is found; all ids at one rate take about 7 s. Changes nothing.

    Raises serial_port.PortBusyError or BusAwayError.
    """
    every = list(ids)
    for baud in bauds:
        line = Line(port, baud, reply_s=reply_s)
        line.open()
        try:
            for servo in every:
                found = look(line, servo)
                if found is not None:
                    yield found
        finally:
            line.close()


def look(line: Line, servo: int) -> Found | None:
    """Who answers to this id on an open line; None: nobody."""
    try:
        model = line.ping(servo)
    except BusError as error:
        return Found(line.baud, servo, None, "damaged answers: two with one id?", None) if error.corrupt else None
    known = reg.MODELS.get(model)
    feedback = None
    with suppress(BusError):
        error_byte, data = line.read(servo, *reg.FEEDBACK)
        feedback = reg.feedback_from(data, error_byte)
    return Found(line.baud, servo, model, known.name if known else f"unknown model {model}", feedback)


def set_id(line: Line, old: int, new: int) -> None:
    """Raises MisfitError where the new id is taken or no id, BusError where the servo can't be heard well.

    Where the line fails half-way, scan: the servo has one of the two.
    """
    if not 0 <= new <= reg.HIGHEST_ID:
        raise MisfitError(f"{new} is no id of a servo; choose one of 0 to {reg.HIGHEST_ID}")
    if new == old:
        raise MisfitError(f"servo {old} has this id already")
    if look(line, new) is not None:
        raise MisfitError(f"somebody answers to id {new} already; choose another")
    again(line.ping, old)
    release(line, old)
    again(line.write, old, reg.LOCK, b"\0")
    with suppress(BusError):  # it may confirm with either id, so what counts is who answers afterwards
        line.write(old, reg.ID, bytes([new]))
    try:
        again(line.ping, new)
    except BusError:
        again(line.write, old, reg.LOCK, b"\1")
        raise
    again(line.write, new, reg.LOCK, b"\1")


def release(line: Line, servo: int) -> None:
    """No power, so that a hand can move it; a wheel is told zero first."""
    _, mode = again(line.read, servo, reg.MODE, 1)
    if mode[0] == reg.VELOCITY_MODE:
        again(line.write, servo, reg.GOAL_VELOCITY, reg.two_bytes(0))
    again(line.write, servo, reg.TORQUE_ENABLE, b"\0")


def calibrate(line: Line, servo: int) -> int:
    """Where it stands now becomes the middle of its encoder; returns what it reads then: the joint's `zero_ticks`.

    For a joint put by hand where the URDF says 0 rad. The encoder's jump is then half a turn away on either side. The
    servo reads its angle less the homing offset, which has a sign and eleven bits.
    """
    release(line, servo)
    _, data = again(line.read, servo, reg.HOMING_OFFSET, 2)
    raw = position(line, servo) + reg.signed(reg.word(data, 0), bit=11)
    offset = max(-reg.MOST_OFFSET, min(reg.MOST_OFFSET, centred(raw - MIDDLE)))
    keep(line, servo, {reg.HOMING_OFFSET: reg.two_bytes(reg.sign_magnitude(offset, bit=11))})
    reads = position(line, servo)
    if abs(centred(reads - MIDDLE)) > 8:
        raise MisfitError(f"servo {servo}: reads {reads} after calibration, not {MIDDLE}; hold it still and try again")
    return reads


def position(line: Line, servo: int) -> int:
    """Steps, 0..4095. Raises BusError."""
    _, data = again(line.read, servo, reg.PRESENT_POSITION, 2)
    return reg.signed(reg.word(data, 0)) % reg.STEPS_PER_TURN
