"""When a setpoint is due: one each control period, with the wish that just came in; without wishes, by itself.

A wish is passed on at once, so the chain loses no period here. Where none comes, setpoints go on in step with the last
wish, a quarter of a period late the first time (well within the watchdog): then the gate decides what an old wish is
worth. Readings are passed on once a period too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

LATE = 0.25  # share of a period that a wish may come late
SOONEST = 0.45  # the same; two readings that are passed on lie at least so far apart


@dataclass(frozen=True, slots=True)
class PacingState:
    """`wish_at` is when the last wish was passed on: setpoints without one fall whole periods after it."""

    wish_at: float | None = None
    sent_at: float | None = None
    due_at: float | None = None


def on_wish(state: PacingState, period: float, now: float, urgent: bool) -> tuple[PacingState, bool]:
    """A wish came; True: send now. One too soon after the last waits for the next, unless `urgent` (a stop)."""
    early = state.wish_at is not None and 0.0 <= now - state.wish_at < period / 2 - 1e-6
    if early and not urgent:
        return state, False
    return PacingState(wish_at=now, sent_at=now, due_at=now + (1.0 + LATE) * period), True


def on_time(state: PacingState, period: float, now: float) -> tuple[PacingState, bool]:
    """Some time has passed; True: send now. `now` running backwards (a clock that began anew) counts as due."""
    if state.due_at is not None and state.sent_at is not None and state.sent_at <= now < state.due_at - 1e-6:
        return state, False
    beat = now if state.wish_at is None or now < state.wish_at else state.wish_at
    beats = math.floor((now - beat) / period + LATE) + 1
    return PacingState(wish_at=state.wish_at, sent_at=now, due_at=beat + beats * period), True


def reading_due(passed: float | None, before: float | None, stamp: float, period: float) -> bool:
    """Is a reading of `stamp` to be passed on? `passed`: the stamp of the last that was; `before`: of the last that
    came (s, the robot's time).

    Where readings come oftener than periods, the first of each period: then whoever works by them keeps the same beat
    from one start to the next. Where they come as seldom, each of them.
    """
    if passed is None or before is None or not 0.0 <= stamp - passed < (2.0 - LATE) * period:
        return True
    seldom = stamp - before >= (1.0 - LATE) * period
    new_beat = math.floor(stamp / period + LATE) != math.floor(passed / period + LATE)
    return seldom or (new_beat and stamp - passed > SOONEST * period)
