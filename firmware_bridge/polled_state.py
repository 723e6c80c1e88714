"""What a polled family has decided so far, and how each event changes it. Pure: no bus, no thread, no clock of its own.

Times are seconds on the bridge's clock. Only the latch of the emergency stop, faults and counts
outlive a break.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from enum import Enum

from firmware_bridge.bus import BusReadings
from firmware_bridge.motors import AxisCommand, AxisReadings, LinkQuality, Mode, MotorState

ROUNDING_S = 1e-9
FAILURES_IN_A_ROW = 3  # and silence for so long, before the devices count as away
SILENT_AFTER_S = 0.25
FULL_TORQUE_NM = 200.0  # more than any profile allows: who stops may use what the motors have


class Phase(Enum):
    AWAY = "away"  # no port, or nobody greeted on it
    DISARMED = "disarmed"
    ARMED = "armed"
    WATCHDOG = "watchdog"  # under power at zero, because no command lived; only arming goes on
    FAULT = "fault"


POWERED = (Phase.ARMED, Phase.WATCHDOG)


@dataclass(frozen=True, slots=True)
class Polled:
    """`valid_at`: when the life of what drives began. `arming`, `disabling`: what the thread still has to do."""

    phase: Phase = Phase.AWAY
    message: str = "not opened yet"
    stopped: bool = False  # the emergency stop's latch
    faults: tuple[str, ...] = ()
    command: tuple[AxisCommand, ...] | None = None
    valid_at: float = 0.0
    armed_at: float = 0.0
    arming: bool = False
    disabling: bool = False
    readings: BusReadings | None = None
    axes: AxisReadings | None = None
    boot_id: int = 0
    failures: int = 0
    heard_at: float = 0.0
    quality: LinkQuality = field(default_factory=LinkQuality)


def shown(state: Polled, highest_velocity: float | None) -> MotorState:
    """What the bridge is told."""
    readings = state.readings
    return MotorState(
        connected=state.phase is not Phase.AWAY,
        message=state.message,
        armed=state.phase is Phase.ARMED,
        watchdog=state.phase is Phase.WATCHDOG,
        emergency_stop=state.stopped,
        clearable=clearable(state),
        faults=state.faults,
        axes=state.axes,
        voltage=None if readings is None else readings.voltage,
        temperature=None,  # such devices tell each motor's, not a board's
        highest_velocity=highest_velocity,
        quality=state.quality,
    )


# The connection


def greeted(state: Polled, boot_id: int, now: float) -> Polled:
    """Every device answered, fits and is without power."""
    phase = Phase.FAULT if state.faults else Phase.DISARMED
    return replace(_forgotten(state), phase=phase, message="connected", boot_id=boot_id, heard_at=now)


def away(state: Polled, message: str) -> Polled:
    """The connection ended: no wish and no command of before it is kept."""
    return replace(_forgotten(state), phase=Phase.AWAY, message=message)


def _forgotten(state: Polled) -> Polled:
    return replace(state, command=None, arming=False, disabling=False, failures=0)


def failed(state: Polled, corrupt: bool) -> Polled:
    """One exchange went wrong."""
    counts = state.quality
    if corrupt:
        counts = replace(counts, corrupt=counts.corrupt + 1)
    else:
        counts = replace(counts, lost=counts.lost + 1)
    return replace(state, failures=state.failures + 1, quality=counts)


def silent(state: Polled, now: float) -> bool:
    """Nothing was heard for so long that the devices are gone. A clock that stands still proves nothing."""
    return state.failures >= FAILURES_IN_A_ROW and not 0.0 <= now - state.heard_at <= SILENT_AFTER_S


# Wishes


def ask_to_arm(state: Polled) -> Polled:
    """Kept for the thread; nobody is asked while stopped or away."""
    if state.phase in (Phase.AWAY, Phase.ARMED) or state.stopped:
        return state
    return replace(state, arming=True)


def disarm(state: Polled) -> Polled:
    if state.phase not in POWERED:
        return replace(state, arming=False, disabling=state.disabling or state.arming)
    return _without_power(state, Phase.DISARMED)


def stop(state: Polled) -> Polled:
    """Latch. Also while away: whoever comes back then stays without power."""
    if state.phase is Phase.AWAY:
        return replace(state, stopped=True)
    return replace(_without_power(state, Phase.DISARMED), stopped=True)


def clearable(state: Polled) -> bool:
    """Nobody holds a button down, as far as the devices tell."""
    readings = state.readings
    there = state.phase is not Phase.AWAY and readings is not None
    return state.stopped and there and not (readings is not None and readings.emergency_stop)


def clear(state: Polled) -> Polled:
    return replace(state, stopped=False) if clearable(state) else state


def command(
    state: Polled, axes: tuple[AxisCommand, ...], made_at: float, now: float, life: float
) -> tuple[Polled, bool]:
    """Replace whatever command there was. False where there is nobody to take it; counted where it came too late."""
    if state.phase is Phase.AWAY:
        return state, False
    if state.phase is not Phase.ARMED or state.stopped:
        return state, True
    counts = state.quality
    if not -life <= now - made_at <= life + ROUNDING_S:
        return replace(state, quality=replace(counts, late=counts.late + 1)), True
    if made_at < max(state.armed_at, state.valid_at) - ROUNDING_S:
        return replace(state, quality=replace(counts, stale=counts.stale + 1)), True
    return replace(state, command=axes, valid_at=min(made_at, now)), True


# What the thread does


def expire(state: Polled, now: float, life: float) -> Polled:
    """Past its life a command is worth nothing, and neither is one from a time that the clock has gone back from."""
    if state.phase is not Phase.ARMED or 0.0 <= now - state.valid_at <= life + ROUNDING_S:
        return state
    return replace(state, phase=Phase.WATCHDOG, command=None)


def to_write(state: Polled, axes: int) -> tuple[AxisCommand, ...] | None:
    """The living command; else zero, where a joint stands; None where the devices are without power."""
    if state.phase not in POWERED or state.disabling:
        return None
    if state.phase is Phase.ARMED and state.command is not None:
        return state.command
    return (AxisCommand(Mode.VELOCITY, 0.0, FULL_TORQUE_NM),) * axes


def armed(state: Polled, now: float) -> Polled:
    """The devices were given power. Where that is no longer wished, it is taken from them again."""
    if state.phase is Phase.AWAY or state.stopped or not state.arming:
        return replace(state, arming=False, disabling=True)
    return replace(
        state, phase=Phase.ARMED, arming=False, command=None, faults=(), armed_at=now, valid_at=now, disabling=False
    )


def refused(state: Polled) -> Polled:
    """Arming did not work; whatever was half done is undone."""
    phase = Phase.FAULT if state.faults else Phase.DISARMED
    return replace(_without_power(state, phase), phase=state.phase if state.phase is Phase.AWAY else phase)


def forgiven(state: Polled, boot_id: int, readings: BusReadings) -> Polled:
    """Greeted anew, to clear what the devices latch. What they report after it is there still: nothing is armed."""
    remain = bool(readings.faults)
    faults = readings.faults if remain else state.faults
    return replace(state, boot_id=boot_id, readings=readings, faults=faults, arming=state.arming and not remain)


def disabled(state: Polled) -> Polled:
    return replace(state, disabling=False)


def heard(state: Polled, readings: BusReadings, stamp: float, round_trip: float, now: float) -> Polled:
    """A reading of all axes, made at `stamp`."""
    axes = AxisReadings(
        stamp=stamp,
        boot_id=state.boot_id,
        ticks=readings.ticks,
        velocity=readings.velocity,
        current=readings.current,
        temperature=readings.temperature,
    )
    quality = replace(state.quality, round_trip=round_trip)
    state = replace(state, readings=readings, axes=axes, quality=quality, failures=0, heard_at=now)
    return _judged(state, readings)


def _judged(state: Polled, readings: BusReadings) -> Polled:
    """What the devices say about themselves, the gravest first."""
    if readings.emergency_stop:
        return state if state.stopped and state.phase is Phase.DISARMED else stop(state)
    if readings.faults:
        named = tuple(sorted({*state.faults, *readings.faults}))
        if state.phase in POWERED or readings.enabled:  # a fault that lasts must not hide power that somebody else gave
            state = _without_power(state, Phase.FAULT)
        return replace(state, phase=Phase.FAULT, faults=named)
    if readings.watchdog and state.phase is Phase.ARMED:
        return replace(state, phase=Phase.WATCHDOG, command=None)
    if state.phase in POWERED and not (readings.enabled or readings.watchdog):
        return away(state, "the motors lost their power or their memory by themselves; greeting them anew")
    if readings.enabled and state.phase not in POWERED:
        return replace(state, disabling=True)  # somebody else, or an old frame, gave them power: it is taken again
    return state


def _without_power(state: Polled, phase: Phase) -> Polled:
    return replace(state, phase=phase, command=None, arming=False, disabling=True)


# Words


def news(before: Polled, after: Polled) -> list[tuple[int, str]]:
    """Level (as Python's logging) and text of what is worth a line."""
    lines: list[tuple[int, str]] = []
    if after.message != before.message:
        lines.append((logging.INFO if after.phase is not Phase.AWAY else logging.WARNING, after.message))
    if after.stopped != before.stopped:
        said = "emergency stop" if after.stopped else "emergency stop cleared"
        lines.append((logging.WARNING if after.stopped else logging.INFO, said))
    if set(after.faults) - set(before.faults):
        named = ", ".join(after.faults)
        lines.append((logging.WARNING, f"fault: {named}; arm again once its cause is gone"))
    if after.phase is Phase.WATCHDOG and before.phase is not Phase.WATCHDOG:
        lines.append((logging.WARNING, "watchdog: no living command; arm again to go on"))
    if after.phase is Phase.ARMED and before.phase is not Phase.ARMED:
        lines.append((logging.INFO, "armed"))
    return lines
