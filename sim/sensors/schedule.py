"""When a sensor is due: so many slices apart, and how long its reading takes to arrive."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


def every(slice_s: float, rate_hz: float) -> int:
    """Slices between two readings; raises ValueError where the rate does not fit the slice."""
    count = round(1.0 / (rate_hz * slice_s))
    if count < 1 or abs(count * slice_s * rate_hz - 1.0) > 1e-6:
        fits = ", ".join(f"{1 / (n * slice_s):g}" for n in (1, 2, 4, 5, 8, 10))
        raise ValueError(f"{rate_hz} Hz does not fit slices of {slice_s * 1000:g} ms; possible: {fits} Hz and others")
    return count


class Delay(Generic[T]):
    """Readings on their way: out comes what was put in at least `seconds` ago."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._under_way: deque[tuple[float, T]] = deque()

    def put(self, reading: T, now: float) -> None:
        self._under_way.append((now + self._seconds, reading))

    def due(self, now: float) -> list[T]:
        found = []
        while self._under_way and self._under_way[0][0] <= now + 1e-9:
            found.append(self._under_way.popleft()[1])
        return found
