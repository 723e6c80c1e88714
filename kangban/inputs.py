"""What a node knows about the streams it reads and writes: the last value, its age, the rate."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

from kangban.clock import Clock
from kangban.streams import Qos, Stream
from kangban.values import Diagnostic, Health

T = TypeVar("T")
# A stamp this far ahead of our clock is a clock fault, not a fresh value; within it, messages merely outran /clock.
FUTURE_TOLERANCE_S = 0.25
# Several events, or two states, may belong to one instant; a repeated reading or command is old news.
_SAME_INSTANT = (Qos.EVENT, Qos.STATE)


class Rate:
    """Events a second over the last few seconds of the clock it is given."""

    def __init__(self, window_s: float = 5.0) -> None:
        self._window_s = window_s
        self._times: deque[float] = deque(maxlen=1000)
        self._begun: float | None = None

    def count(self, now: float) -> None:
        self._begun = now if self._begun is None else self._begun
        self._times.append(now)

    def per_second(self, now: float) -> float:
        while self._times and self._times[0] < now - self._window_s:
            self._times.popleft()
        return len(self._times) / self._window_s

    def full(self, now: float) -> bool:
        """Has it counted for as long as it looks back?"""
        return self._begun is not None and now - self._begun >= self._window_s


class Input(Generic[T]):
    """The newest value of a stream; out-of-order and repeated stamps are refused."""

    def __init__(self, stream: Stream[T], clock: Clock) -> None:
        self.stream = stream
        self.rate = Rate()
        self.refused = 0
        self._clock = clock
        self._last: T | None = None

    @property
    def last(self) -> T | None:
        return self._last

    def take(self, value: T) -> bool:
        """Keep a value that is newer than the last; False where it is not."""
        stamp, last = _stamp(value), None if self._last is None else _stamp(self._last)
        newer = last is None or stamp > last or (stamp == last and self.stream.qos in _SAME_INSTANT)
        if not newer and last is not None and last - stamp < 5.0:
            self.refused += 1
            return False
        # Much older than the last: the sender's clock began anew (a machine restarted), so its time counts from here.
        self._last = value
        self.rate.count(self._clock.now())
        return True

    def age(self) -> float | None:
        """Seconds since the last value's stamp, by this node's clock; None before the first."""
        return None if self._last is None else self._clock.now() - _stamp(self._last)

    def fresh(self) -> T | None:
        """The last value, or None once it is older than the stream allows (or claims to come from the future)."""
        age, limit = self.age(), self.stream.stale_after_s
        if age is None or (limit is not None and not -FUTURE_TOLERANCE_S <= age <= limit):
            return None
        return self._last

    def diagnostic(self) -> Diagnostic:
        age, rate = self.age(), self.rate.per_second(self._clock.now())
        figures = (("rate_hz", f"{rate:.1f}"), ("age_s", "unknown" if age is None else f"{age:.3f}"))
        name = f"reads {self.stream.name}"
        if age is None:
            return Diagnostic(name, Health.STALE, "nothing has come yet", figures)
        if self.fresh() is None:
            limit = self.stream.stale_after_s
            return Diagnostic(name, Health.STALE, f"older than {limit} s: {self.stream.when_stale}", figures)
        return Diagnostic(name, Health.OK, "fresh", figures)


def _stamp(value: object) -> float:
    stamp: float = value.stamp  # type: ignore[attr-defined]  # every value of a stream is stamped
    return stamp
