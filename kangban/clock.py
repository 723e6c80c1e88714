"""The one source of time. A clock is anything with `now()`: seconds that never run backwards.

On a robot it is the machine's monotonic clock; under a simulation it follows `/clock` (see `node.py`); in tests it is a
`ManualClock`. Wall time only labels records for people (`wall_time`).
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
