"""What a servo must be before it may turn anything: found, of a known kind, in the right mode and with its limits.

The kept memory wears out, so it is written only where it differs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from firmware_bridge.bus import BusError, MisfitError
from firmware_bridge.feetech import registers as reg
from firmware_bridge.feetech.axes import Axis, JointAxis
from firmware_bridge.feetech.line import Line
from firmware_bridge.feetech.turns import LONGEST_GAP_S
from kangban.motor_profile import FeetechMotors

TRIES = 3
SAG_SHARE = 0.9  # a servo that gets less than this of the empty battery's voltage complains: supply or wiring
Given = TypeVar("Given")


def check_profile(motors: FeetechMotors) -> None:
    """Raises MisfitError for what no Feetech bus can keep."""
    if motors.watchdog_s is not None:
        raise MisfitError(
            "motors.watchdog_s: Feetech servos have no watchdog: if this computer hangs, wheels go on turning; "
            "choose another family, or remove it and say without_watchdog: accepted"
        )
    if motors.encoder_ticks_per_turn != reg.STEPS_PER_TURN:
        raise MisfitError(f"motors.encoder_ticks_per_turn: these servos count {reg.STEPS_PER_TURN} in a turn")
    if motors.baud not in reg.BAUDS:
        raise MisfitError(f"motors.baud: these servos speak {', '.join(str(b) for b in reg.BAUDS)}; mostly 1000000")
    if 1.0 / motors.control_hz >= LONGEST_GAP_S:
        raise MisfitError(
            f"motors.control_hz: a wheel may turn half a turn in {LONGEST_GAP_S:.2f} s, so it must be read more often; "
            f"set at least {2.0 / LONGEST_GAP_S:.0f}"
        )


def again(exchange: Callable[..., Given], *inputs: Any) -> Given:
    """A confirmed exchange, tried anew where an answer was missing or damaged; only for what may be done twice."""
    for _ in range(TRIES - 1):
        try:
            return exchange(*inputs)
        except BusError:
            continue
    return exchange(*inputs)


def find(line: Line, axes: Sequence[Axis]) -> None:
    """Every servo answers to its id. Raises BusError with all that don't, MisfitError for another model."""
    missing = _silent(line, axes)
    if len(missing) < len(axes):  # a dead line is not asked three times
        for _ in range(TRIES - 1):
            missing = _silent(line, missing)
    if missing:
        who = ", ".join(f"{axis.name} (id {axis.id})" for axis in missing)
        what = "check power, cable, motors.baud and ids (`kangban motors scan`); or two have one id"
        raise BusError(f"{line.path}: no answer from {who}; {what}")


def _silent(line: Line, axes: Sequence[Axis]) -> list[Axis]:
    silent = []
    for axis in axes:
        try:
            _check_model(axis, line.ping(axis.id))
        except BusError:
            silent.append(axis)
    return silent


def _check_model(axis: Axis, model: int) -> None:
    if model not in reg.MODELS:
        known = " or ".join(m.name for m in reg.MODELS.values())
        raise MisfitError(
            f"{axis.name}: what answers to id {axis.id} is model {model}, not {known}; change the servo or "
            "motors.family (an adapter that echoes what it sends looks so too)"
        )


def prepare(line: Line, axis: Axis, battery_empty_v: float) -> int:
    """Mode, limits and the voltage at which it complains; returns its torque limit after a reset (thousandths).

    Raises BusError or MisfitError."""
    _, kept = again(line.read, axis.id, 0, reg.EEPROM_END)
    if kept[reg.RESPONSE_LEVEL] == 0:
        raise MisfitError(f"{axis.name}: servo {axis.id} confirms no writes; set its register 8 (response level) to 1")
    if not kept[reg.PHASE] & reg.PHASE_FINE_VELOCITY or kept[reg.PHASE] & reg.PHASE_MANY_TURNS:
        raise MisfitError(
            f"{axis.name}: servo {axis.id} counts velocities in fifties or positions past one turn (register 18 is "
            f"{kept[reg.PHASE]}); set bit 2 and clear bit 4 of it"
        )
    lowest = max(0, min(255, int(battery_empty_v * SAG_SHARE / reg.VOLT)))
    wanted = {reg.MODE: bytes([axis.mode]), reg.LOWEST_VOLTAGE: bytes([lowest])}
    if isinstance(axis, JointAxis):
        wanted[reg.LOWEST_POSITION] = reg.two_bytes(axis.low)
        wanted[reg.HIGHEST_POSITION] = reg.two_bytes(axis.high)
    changes = {place: data for place, data in wanted.items() if kept[place : place + len(data)] != data}
    if changes:
        keep(line, axis.id, changes)
    return reg.word(kept, reg.MOST_TORQUE)


def keep(line: Line, servo: int, changes: dict[int, bytes]) -> None:
    """Write into the memory that outlives a loss of power, and read it back. Raises BusError or MisfitError."""
    again(line.write, servo, reg.LOCK, b"\0")
    try:
        for place, data in changes.items():
            again(line.write, servo, place, data)
    finally:
        again(line.write, servo, reg.LOCK, b"\1")
    for place, data in changes.items():
        _, found = again(line.read, servo, place, len(data))
        if found != data:
            raise MisfitError(f"servo {servo}: register {place} does not keep {data.hex()}, it says {found.hex()}")
