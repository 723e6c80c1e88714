"""Counting repetitions of one angle pair, with hysteresis. Pure.

A repetition is: both sides beyond `high`, then both back within `low`. In between nothing counts, so a tremble at a
threshold is no repetition. A try that turned back short of `high` is told, with the side that fell short.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from behaviors.exercise.joints import Pair

TRIED = 0.45  # of the way from low to high and back: that was a try
QUICK_S = 1.2  # up and down in less


@dataclass(frozen=True, slots=True)
class Range:
    """`low` and `high` in rad; a repetition goes from one to the other and back."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Counter:
    """`up`: beyond high since; `left`, `right`: the most in this try; `began`: when she left `low`."""

    count: int = 0
    up: bool = False
    left: float = 0.0
    right: float = 0.0
    began: float | None = None


NONE_YET = Counter()


@dataclass(frozen=True, slots=True)
class Step:
    """What happened: `done` a repetition (`quick`: too fast), or `short`: both, left or right fell short of it."""

    done: bool = False
    quick: bool = False
    short: str = ""


NOTHING = Step()


def count(counter: Counter, angles: Pair, reach: Range, now: float) -> tuple[Counter, Step]:
    """An unseen side changes nothing: what was not seen is not counted."""
    if angles.left is None or angles.right is None:
        return counter, NOTHING
    if counter.up:
        return _coming_back(counter, angles, reach, now)
    if max(angles.left, angles.right) <= reach.low:
        short = _short(counter, reach) if counter.began is not None else ""
        return replace(counter, left=0.0, right=0.0, began=None), Step(short=short)
    counter = replace(
        counter,
        left=max(counter.left, angles.left),
        right=max(counter.right, angles.right),
        began=now if counter.began is None else counter.began,
    )
    return replace(counter, up=min(angles.left, angles.right) >= reach.high), NOTHING


def _coming_back(counter: Counter, angles: Pair, reach: Range, now: float) -> tuple[Counter, Step]:
    assert angles.left is not None and angles.right is not None
    if max(angles.left, angles.right) > reach.low:
        return counter, NOTHING
    quick = counter.began is not None and now - counter.began < QUICK_S
    return Counter(count=counter.count + 1), Step(done=True, quick=quick)


def _short(counter: Counter, reach: Range) -> str:
    tried = reach.low + TRIED * (reach.high - reach.low)
    if max(counter.left, counter.right) < tried:
        return ""
    left, right = counter.left < reach.high, counter.right < reach.high
    return "left" if left and not right else "right" if right and not left else "both"
