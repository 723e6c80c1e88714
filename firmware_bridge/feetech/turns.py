"""From positions within one turn to counts without end, where that can be known, and a refusal where it can't."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_bridge.feetech.registers import NEVER_FASTER_STEPS_PER_S, STEPS_PER_TURN

HALF_TURN = STEPS_PER_TURN // 2
# Between two readings further apart than this a wheel may have turned half a turn, and which way is not to be known.
LONGEST_GAP_S = HALF_TURN / NEVER_FASTER_STEPS_PER_S


# How far a clock may be behind the wheels, in steps at full speed: 1/16 s.
SLACK_STEPS = NEVER_FASTER_STEPS_PER_S // 16


class JumpError(Exception):
    """Further than a wheel can have turned: the position was damaged on its way, or the encoder is broken."""


class AmbiguousTurnError(Exception):
    """Too long since the last position: the wheel may have gone round either way."""


@dataclass(frozen=True, slots=True)
class Turns:
    """A position (0..4095 steps), the count that it stands for, and when the servo was asked for it."""

    position: int
    count: int
    asked_at: float  # s


def begin(position: int, asked_at: float) -> Turns:
    return Turns(position % STEPS_PER_TURN, position % STEPS_PER_TURN, asked_at)


def follow(before: Turns, position: int, asked_at: float, answered_at: float) -> Turns:
    """The count that goes on from `before`. Raises AmbiguousTurnError or JumpError.

    The servo looked somewhere between question and answer, so the gap is taken at its longest.
    """
    gap = answered_at - before.asked_at
    if gap >= LONGEST_GAP_S:
        raise AmbiguousTurnError(f"{gap:.2f} s since the last position; half a turn may take {LONGEST_GAP_S:.2f} s")
    moved = centred(position - before.position)
    if abs(moved) > gap * NEVER_FASTER_STEPS_PER_S + SLACK_STEPS:
        raise JumpError(f"{moved} steps in {gap:.3f} s, more than these servos can turn")
    return Turns(position % STEPS_PER_TURN, wrapped(before.count + moved), asked_at)


def centred(steps: int) -> int:
    """The same angle within half a turn: -2048..2047."""
    return (steps + HALF_TURN) % STEPS_PER_TURN - HALF_TURN


def wrapped(count: int) -> int:
    """As a signed 32-bit counter goes on."""
    return (count + 2**31) % 2**32 - 2**31
