"""The one source of time. A clock is anything with `now()`: seconds that never run backwards.

On a robot it is the machine's monotonic clock; under a simulation it follows `/clock` (see `node.py`); in tests it is a
`ManualClock`. Wall time only labels records for people (`wall_time`) and says what time of the day it is (`DayTime`).
"""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since an arbitrary start; never runs backwards."""
        ...


class MonotonicClock:
    """The machine's own steady clock; the same for every process of this machine since boot."""

    def now(self) -> float:
        return time.monotonic()


class ManualClock:
    """A clock that tests turn by hand."""

    def __init__(self, start: float = 0.0) -> None:
        self._now = start

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> float:
        if seconds < 0:
            raise ValueError(f"time does not run backwards: advance({seconds})")
        self._now += seconds
        return self._now


def wall_time() -> float:
    """Seconds since 1970, to label a record for a person; never for a duration or a deadline."""
    return time.time()


class DayTime:
    """What time of the day it is, for habits and hours; never for a duration or a deadline.

    `starts_at`: the time of day at robot time zero, s since midnight, where a run sets its own (a simulated evening
    has its own midnight). None: the wall clock's local time.
    """

    def __init__(self, clock: Clock, starts_at: float | None = None) -> None:
        self._clock, self._starts_at = clock, starts_at

    def at(self, stamp: float) -> float:
        """Seconds since local midnight at robot time `stamp`, in [0, 86400)."""
        if self._starts_at is not None:
            return (self._starts_at + stamp) % 86400.0
        then = wall_time() - (self._clock.now() - stamp)
        local = time.localtime(then)
        return local.tm_hour * 3600.0 + local.tm_min * 60.0 + min(local.tm_sec, 59) + then % 1.0


def time_of_day(now: float, clock: Clock, starts_at: float | None = None) -> float:
    """Seconds since local midnight at robot time `now`; `starts_at` as in `DayTime`."""
    return DayTime(clock, starts_at).at(now)
