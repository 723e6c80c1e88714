"""When the bridge asks the controller to arm, and when it waits for a person.

Pure: `step(state, seen, now) -> state, request`. It arms by itself only where the profile says so (`arm_at_start`),
while the safety chain lives and its stop is not latched. After an emergency stop or a fault it waits for a deliberate
act: the chain's latched stop is seen engaged and then released (the `arm` service). The latch in the controller is
cleared as soon as somebody has let go its button; that alone moves nothing, because arming still waits.
A watchdog stop needs no person: nobody was told anything by it, and arming again starts from zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

ASK_EVERY_S = 0.2


class Ask(Enum):
    ARM = "arm"
    CLEAR_EMERGENCY_STOP = "clear_emergency_stop"


@dataclass(frozen=True, slots=True)
class Seen:
    """`latched` is the safety chain's stop; None: the chain is silent."""

    connected: bool
    armed: bool
    emergency_stop: bool
    clearable: bool
    faults: frozenset[str]
    latched: bool | None


@dataclass(frozen=True, slots=True)
class ArmingState:
    """`waits_for` is what a person must do before the bridge arms, in words; empty: nothing."""

    waits_for: str = ""
    latch_seen: bool = False  # the latched stop was engaged since the cause
    forgiven: frozenset[str] = frozenset()  # faults that a person has armed again after
    asked_at: float | None = None


def at_start(arm_at_start: bool) -> ArmingState:
    """Where the profile forbids arming at start, the first deliberate release of the stop arms."""
    return ArmingState("" if arm_at_start else "not armed yet: engage Stop, then release it with Arm")


def step(state: ArmingState, seen: Seen, now: float) -> tuple[ArmingState, Ask | None]:
    if not seen.connected:
        return _plus(state, latched=seen.latched), None
    state = _released(_blamed(state, seen), seen)
    ask = _wanted(state, seen)
    if ask is None or (state.asked_at is not None and 0.0 <= now - state.asked_at < ASK_EVERY_S):
        return state, None
    return ArmingState(state.waits_for, state.latch_seen, state.forgiven, now), ask


def _blamed(state: ArmingState, seen: Seen) -> ArmingState:
    """A new cause to wait for a person, or the state as it was."""
    forgiven = state.forgiven & seen.faults
    new_faults = seen.faults - forgiven
    if seen.emergency_stop:
        why = "emergency stop: let go its button, then release the stop with Arm"
    elif new_faults and not state.waits_for:
        why = f"fault ({', '.join(sorted(new_faults))}): see to its cause, engage Stop, then release it with Arm"
    else:
        return ArmingState(state.waits_for, state.latch_seen, forgiven, state.asked_at)
    return ArmingState(why, state.latch_seen and bool(state.waits_for), forgiven, state.asked_at)


def _plus(state: ArmingState, latched: bool | None) -> ArmingState:
    seen = bool(state.waits_for) and (state.latch_seen or latched is True)
    return ArmingState(state.waits_for, seen, state.forgiven, state.asked_at)


def _released(state: ArmingState, seen: Seen) -> ArmingState:
    state = _plus(state, seen.latched)
    if state.latch_seen and seen.latched is False and not seen.emergency_stop:
        return ArmingState("", False, seen.faults, None)
    return state


def _wanted(state: ArmingState, seen: Seen) -> Ask | None:
    if seen.emergency_stop:
        return Ask.CLEAR_EMERGENCY_STOP if seen.clearable else None
    if seen.armed or state.waits_for or seen.latched is not False:
        return None
    return Ask.ARM
