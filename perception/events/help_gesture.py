"""A raised, waving arm. Pure.

What tells it from other things that arms do: a hello is shorter than `wave_s`, and not repeated; hair is combed, a
telephone held and a nose rubbed with the hand at the head; who reaches for a shelf does not go to and fro; who does
exercises (or is handed a child) raises both arms; who wipes a window turns her back, and has to go on for longer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kangban.values import Array, Posture
from perception.events.arms import Arm
from perception.events.seen import Seen
from perception.events.telling import Telling

WINDOW_S = 6.0
STROKE_M = 0.08  # a stroke to one side is at least so long
HALF_PERIOD_S = (0.18, 1.1)  # of a stroke: 0.5-2.5 Hz, with some room for jitter
LEAST_STROKES = 3  # less is a movement, not a wave
LATELY_S = 12.0  # several waves within this count together: arms tire
SAMPLES_A_STROKE = 1.6  # fewer pictures than that, and the frequency can't be told
GAP_S = 0.5  # out of sight or lowered for longer: that was the end of it
PAUSE_S = 1.2  # no stroke for so long: that was the end of it
BOTH_SHARE = 0.4  # both arms up for more of the time: exercise
HEAD_SHARE = 0.3
TURNED_LONGER = 2.5
KEEP_S = 6.0  # without a wave for so long: over
POSTURES = {
    Posture.SITTING: "while sitting",
    Posture.LYING_FLOOR: "while lying on the floor",
    Posture.LYING_FURNITURE: "while lying",
    Posture.STANDING: "while standing",
    Posture.KNEELING: "while kneeling",
}


@dataclass(frozen=True, slots=True)
class Sample:
    stamp: float
    x: float
    y: float
    at_head: bool
    both: bool
    faces: bool


@dataclass(frozen=True, slots=True)
class Waving:
    """One stretch of waving: first and last turn of the hand, and the strokes between."""

    first: float
    last: float
    strokes: int
    faces: bool = True

    @property
    def seconds(self) -> float:
        return self.last - self.first


@dataclass(frozen=True, slots=True)
class Help:
    """`waves`: those of the last LATELY_S, begin and end. `since`: the call for help that they make began then."""

    left: tuple[Sample, ...] = ()
    right: tuple[Sample, ...] = ()
    waves: tuple[Waving, ...] = ()
    since: float | None = None
    last: float = 0.0
    telling: Telling | None = None


def step(state: Help, e: Seen, now: float, wave_s: float) -> Help:
    """The state a moment later."""
    arms = e.arms if e.seen else None
    both = arms is not None and arms.left is not None and arms.right is not None
    faces = arms is None or arms.faces
    left = _longer(state.left, arms.left if arms else None, both, faces, now)
    right = _longer(state.right, arms.right if arms else None, both, faces, now)
    found = [w for w in (_believed(left, now), _believed(right, now)) if w is not None]
    waves = tuple(w for w in state.waves if w.last > now - LATELY_S)
    if found:
        waves = _with(waves, max(found, key=lambda w: w.seconds))
    state = replace(state, left=left, right=right, waves=waves)
    needed = wave_s * (TURNED_LONGER if found and not found[0].faces else 1.0)
    if found and sum(w.seconds for w in waves) >= needed:
        since = waves[0].first if state.since is None else state.since
        return replace(state, since=since, last=now, telling=_telling(waves, since, e))
    if state.since is not None and now - state.last > KEEP_S:
        return replace(state, since=None, telling=None, waves=())
    return state


def _with(waves: tuple[Waving, ...], newest: Waving) -> tuple[Waving, ...]:
    """A wave that goes on replaces what was known of it; its strokes leave the window that sees them one by one."""
    if not waves or newest.first > waves[-1].last:
        return (*waves, newest)
    before = waves[-1]
    first = min(before.first, newest.first)
    strokes = max(before.strokes, newest.strokes, round((newest.last - first) / (newest.seconds / newest.strokes)))
    return (*waves[:-1], Waving(first, newest.last, strokes, newest.faces))


def _telling(waves: tuple[Waving, ...], since: float, e: Seen) -> Telling:
    strokes = sum(w.strokes for w in waves)
    words = (f"waves a raised arm for {sum(w.seconds for w in waves):.1f} s", f"{strokes} strokes to and fro")
    where = POSTURES.get(e.posture)
    sure = min(0.95, 0.6 + 0.04 * strokes)
    return Telling(e.person, since, sure, words if where is None else (*words, where), e.place, e.room)


def _longer(samples: tuple[Sample, ...], arm: Arm | None, both: bool, faces: bool, now: float) -> tuple[Sample, ...]:
    if samples and now - samples[-1].stamp > GAP_S:
        samples = ()
    if arm is None:
        return samples
    kept = tuple(s for s in samples if s.stamp > now - WINDOW_S)
    return (*kept, Sample(now, arm.at[0], arm.at[1], arm.at_head, both, faces))


def _believed(samples: tuple[Sample, ...], now: float) -> Waving | None:
    """The wave that goes on now, where it is plainly one of an arm that is raised to be seen."""
    wave = waving(samples, now)
    if wave is None:
        return None
    within = [s for s in samples if wave.first <= s.stamp <= wave.last]
    share = 1.0 / len(within)
    if share * sum(s.both for s in within) > BOTH_SHARE or share * sum(s.at_head for s in within) > HEAD_SHARE:
        return None
    if len(within) < SAMPLES_A_STROKE * wave.strokes or wave.strokes < LEAST_STROKES:
        return None
    return replace(wave, faces=share * sum(s.faces for s in within) >= 0.5)


def waving(samples: tuple[Sample, ...], now: float) -> Waving | None:
    """The strokes of a raised hand that go on now, each as long as a stroke of a wave; None: it does not wave."""
    if len(samples) < 5:
        return None
    stamps = np.array([s.stamp for s in samples])
    turns = _turns(stamps, _along(np.array([(s.x, s.y) for s in samples])))
    if len(turns) < 2 or now - turns[-1] > PAUSE_S:
        return None
    first = len(turns) - 1
    while first > 0 and HALF_PERIOD_S[0] <= turns[first] - turns[first - 1] <= HALF_PERIOD_S[1]:
        first -= 1
    strokes = len(turns) - 1 - first
    return Waving(turns[first], turns[-1], strokes) if strokes else None


def _along(at: Array) -> Array:
    """Positions (n, 2) as places along the direction in which they move most, (n,)."""
    centred = at - at.mean(axis=0)
    direction = np.linalg.svd(centred, full_matrices=False)[2][0]
    return np.asarray(centred @ direction)


def _turns(stamps: Array, along: Array) -> list[float]:
    """When the hand turned: extremes at least STROKE_M apart. The last one may be the hand's newest place."""
    turns: list[float] = []
    low = high = 0
    rising: bool | None = None
    for k in range(1, len(along)):
        if rising is not False and along[k] > along[high]:
            high = k
        if rising is not True and along[k] < along[low]:
            low = k
        if rising is not False and along[high] - along[k] >= STROKE_M:
            turns.append(float(stamps[high]))
            rising, low = False, k
        elif rising is not True and along[k] - along[low] >= STROKE_M:
            turns.append(float(stamps[low]))
            rising, high = True, k
    if rising is not None:
        turns.append(float(stamps[high if rising else low]))
    return turns
