"""What counts as found, and what as a false alarm: alarms of a clip against its labels. Pure.

A fall has been found by the first alarm that comes no sooner than EARLY_S before its onset and no later than
AFTER_IMPACT_S after the impact, or AFTER_ONSET_S after the onset where no impact is labelled. One alarm finds one fall.
Alarms before that, and every alarm of a clip without a fall, are false; of those closer together than APART_S one
counts. What comes after the last fall's window says nothing: somebody is lying there. The delay is counted from the
impact, or from the onset where no impact is labelled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perception.score.manifest import Clip, LabelledFall

EARLY_S = 0.5
AFTER_IMPACT_S, AFTER_ONSET_S = 5.0, 7.0
APART_S = 10.0


@dataclass(frozen=True, slots=True)
class Found:
    """A labelled fall and the time of the alarm that found it; None: missed."""

    fall: LabelledFall
    alarm_s: float | None

    @property
    def delay_s(self) -> float | None:
        if self.alarm_s is None:
            return None
        return self.alarm_s - (self.fall.onset_s if self.fall.impact_s is None else self.fall.impact_s)


@dataclass(frozen=True, slots=True)
class Marks:
    """One clip's result. `watched_s`: the time in which an alarm would have been false."""

    falls: tuple[Found, ...]
    false_s: tuple[float, ...]
    watched_s: float

    @property
    def all_found(self) -> bool:
        return all(found.alarm_s is not None for found in self.falls)


def window(fall: LabelledFall) -> tuple[float, float]:
    """From when to when an alarm finds this fall, s."""
    end = fall.onset_s + AFTER_ONSET_S if fall.impact_s is None else fall.impact_s + AFTER_IMPACT_S
    return fall.onset_s - EARLY_S, end


def mark(clip: Clip, alarms: Sequence[float], seconds: float) -> Marks:
    """Mark the alarms of a clip (s of media time) that is so many `seconds` long."""
    if not clip.falls:
        return Marks((), tuple(thinned(alarms)), seconds)
    found = _found(clip.falls, alarms)
    windows = [window(fall) for fall in clip.falls]
    last = max(begin for begin, _ in windows)
    outside = [t for t in alarms if t < last and not any(begin <= t <= end for begin, end in windows)]
    return Marks(found, tuple(thinned(outside)), _outside_s(windows, last))


def _found(falls: Sequence[LabelledFall], alarms: Sequence[float]) -> tuple[Found, ...]:
    left = sorted(alarms)
    found = []
    for fall in sorted(falls, key=lambda f: f.onset_s):
        begin, end = window(fall)
        hit = next((t for t in left if begin <= t <= end), None)
        if hit is not None:
            left.remove(hit)
        found.append(Found(fall, hit))
    return tuple(found)


def _outside_s(windows: Sequence[tuple[float, float]], last: float) -> float:
    """The time before the last window that is in no other."""
    outside, at = 0.0, 0.0
    for begin, end in sorted(windows):
        outside += max(0.0, min(begin, last) - at)
        at = max(at, end)
    return outside


def thinned(times: Sequence[float]) -> list[float]:
    """One of those closer together than APART_S. A time that goes back begins a new recording in the same file."""
    kept: list[float] = []
    for t in times:
        if not kept or not 0.0 <= t - kept[-1] < APART_S:
            kept.append(t)
    return kept
