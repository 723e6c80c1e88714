"""Between the bridge's clock (s) and the controller's (32 bits of ms), from when frames were sent and taken in.

A frame sent at `s` on our clock was taken in at `c` on the controller's, so the offset (ours minus theirs) is at least
`s - c`: a bound that causality gives, whatever the delays, and even while our clock lags behind the world's (as a clock
that follows /clock does). The largest bound in a window is the one with the least delay (minimum filter, as in NTP's
clock filter, RFC 5905 section 10). Two half windows let it follow a drifting crystal.

What they said at `c` and we heard at `h` bounds it from above: at most `h - c`. Where the two bounds contradict each
other a clock has stepped, and what was known is thrown away.
"""

from __future__ import annotations

from firmware_bridge.protocol import milliseconds_until

HALF_WINDOW_S = 5.0
STEPPED_S = 0.2  # more than our clock may lag behind the world's


class ClockSync:
    def __init__(self) -> None:
        self._last_ms = 0  # theirs, 32 bits
        self._total_ms = 0  # theirs, unwrapped
        self._begun = 0.0  # of the running half window, our clock
        self._now_best: float | None = None
        self._before_best: float | None = None

    @property
    def ready(self) -> bool:
        return self._now_best is not None

    def sample(self, sent_at: float, taken_in_ms: int) -> None:
        """A frame that we sent at `sent_at` was taken in at `taken_in_ms` of their clock."""
        bound = sent_at - self._seconds(taken_in_ms)
        if self._now_best is None:
            self._begun, self._now_best = sent_at, bound
        elif not 0.0 <= sent_at - self._begun < HALF_WINDOW_S:
            self._begun, self._before_best, self._now_best = sent_at, self._now_best, bound
        else:
            self._now_best = max(self._now_best, bound)

    def heard(self, heard_at: float, told_ms: int) -> None:
        """They told us at `told_ms` of their clock what we heard at `heard_at` of ours."""
        bound = heard_at - self._seconds(told_ms)
        if self.ready and bound < self.offset() - STEPPED_S:
            self._begun, self._before_best, self._now_best = heard_at, None, bound

    def offset(self) -> float:
        """Ours minus theirs, s. Raises ValueError before the first sample."""
        if self._now_best is None:
            raise ValueError("the controller's clock is not known yet")
        return self._now_best if self._before_best is None else max(self._now_best, self._before_best)

    def to_ours(self, their_ms: int) -> float:
        return self._seconds(their_ms) + self.offset()

    def to_theirs(self, ours: float) -> int:
        return round((ours - self.offset()) * 1000.0) & 0xFFFF_FFFF

    def _seconds(self, their_ms: int) -> float:
        """Their time as a number that doesn't wrap, by the shortest way from the last one."""
        self._total_ms += milliseconds_until(their_ms, self._last_ms)
        self._last_ms = their_ms
        return self._total_ms / 1000.0
