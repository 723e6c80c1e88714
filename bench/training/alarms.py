"""Falls found and false alarms, event by event, with the whole Follower: how a set of weights would do in use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.training.replay import Clip, Onlooker
from kangban.config import load_profile
from kangban.values import Array
from perception.falls import Case, Evidence, Stage, Verdict, step
from perception.follow import JUDGED_UNSEEN_S, Scene
from perception.landmarks import Pose
from perception.temporal.features import CHANNELS, STEPS
from perception.temporal.model import FALLEN, probabilities
from perception.tracks import Track

EARLY_S, LATE_S = 0.5, 5.0  # an alarm counts from before the onset until after the impact
APART_S = 10.0  # alarms nearer to each other are one


@dataclass(frozen=True, slots=True)
class Outcome:
    """One clip. `delays`: of each fall, alarm after impact, s; None where it was missed. `false`: (act, s)."""

    clip: str
    seconds: float
    kinds: tuple[str, ...]
    delays: tuple[float | None, ...]
    false: tuple[tuple[str, float], ...]
    why: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Traces:
    """Everything that one clip shows of its people, but for the judge's word, so that it can be judged again and again.

    `evidence`: (s, person, evidence, index of its grid or None); `grids` (n, STEPS, CHANNELS) float16.
    """

    clip: Clip
    evidence: tuple[tuple[float, int, Evidence, int | None], ...]
    grids: NDArray[np.float16]


class _Recorder(Onlooker):
    """Keeps what there was to judge."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[float, int, Evidence, int | None]] = []
        self.grids: list[NDArray[np.float16]] = []

    def _judge(self, track: Track, scene: Scene) -> None:
        evidence = self._evidence(track, scene)
        fresh = scene.stamp - track.last_seen <= JUDGED_UNSEEN_S
        grid = self.judge.grid(track.id, scene.stamp) if fresh else None
        self.asked.append((scene.stamp, track.id, evidence, None if grid is None else len(self.grids)))
        if grid is not None:
            self.grids.append(grid.astype(np.float16))


def traces(clip: Clip) -> Traces:
    follower = _Recorder()
    for k, stamp in enumerate(clip.t):
        seen = np.isfinite(clip.lm[k]).all(axis=(1, 2)) & np.isfinite(clip.world[k]).all(axis=(1, 2))
        scene = Scene(float(stamp), clip.size)
        follower.associate([Pose(clip.lm[k, p], clip.world[k, p]) for p in np.flatnonzero(seen)], scene)
        follower.decide(scene)
    grids = np.array(follower.grids, np.float16).reshape(-1, STEPS, len(CHANNELS))
    light = replace(clip, lm=clip.lm[:0], world=clip.world[:0])
    return Traces(light, tuple(follower.asked), grids)


def words(seen: Traces, members: Sequence[Mapping[str, Any]]) -> Array:
    """The judge's word on each grid of a clip, (n,)."""
    if not len(seen.grids):
        return np.zeros(0)
    return np.asarray(probabilities(members, seen.grids.astype(np.float32))[:, FALLEN])


def alarms(seen: Traces, said: Array | None, threshold: float) -> list[tuple[float, tuple[str, ...]]]:
    """(s, evidence) of every alarm that a clip raises; `said`: the judge's words (None: it keeps silent)."""
    limits = load_profile("companion").perception
    cases: dict[int, Case] = {}
    out = []
    for stamp, person, evidence, grid in seen.evidence:
        verdict = None if said is None or grid is None else Verdict(float(said[grid]), threshold)
        before = cases.get(person, Case())
        case = step(before, replace(evidence, verdict=verdict), stamp, limits, lambda: "?")
        cases[person] = case
        if case.stage is Stage.CONFIRMED and before.stage is not Stage.CONFIRMED:
            out.append((stamp, case.words))
    return out


def outcome(seen: Traces, said: Array | None, threshold: float) -> Outcome:
    """What comes of a clip with the judge's words (None: with the measures alone)."""
    clip, raised = seen.clip, alarms(seen, said, threshold)
    delays: list[float | None] = []
    rest = list(raised)
    for _, _, onset, impact in clip.falls:
        hits = [t for t, _ in raised if onset - EARLY_S <= t <= impact + LATE_S]
        delays.append(hits[0] - impact if hits else None)
        rest = [(t, why) for t, why in rest if t < onset - EARLY_S or t > impact + LATE_S + APART_S]
    false: list[tuple[str, float]] = []
    for t, _ in rest:
        if not false or t - false[-1][1] >= APART_S:
            false.append((next((a for _, a, b, e in reversed(clip.acts) if b <= t), "other"), t))
    return Outcome(clip.name, float(clip.t[-1] - clip.t[0]), tuple(k for _, k, _, _ in clip.falls), tuple(delays),
                   tuple(false), tuple(why for _, why in raised))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figures:
    """Of many clips. None: there was nothing to count."""

    falls: int
    found: int
    sensitivity: float | None
    delay_median_s: float | None
    delay_p90_s: float | None
    hours: float
    false: int
    false_per_hour: float | None
    false_in: dict[str, int]
    by_kind: dict[str, str]


def summary(outcomes: Iterable[Outcome]) -> Figures:
    """Sensitivity, delay and false alarms an hour, with what was missed and what raised the false ones."""
    all_of = list(outcomes)
    delays = [d for o in all_of for d in o.delays]
    found = [d for d in delays if d is not None]
    hours = sum(o.seconds for o in all_of) / 3600
    false = [act for o in all_of for act, _ in o.false]
    missed = Counter(k for o in all_of for k, d in zip(o.kinds, o.delays, strict=True) if d is None)
    kinds = Counter(k for o in all_of for k in o.kinds)
    return Figures(
        falls=len(delays),
        found=len(found),
        sensitivity=round(len(found) / len(delays), 4) if delays else None,
        delay_median_s=round(float(np.median(found)), 2) if found else None,
        delay_p90_s=round(float(np.quantile(found, 0.9)), 2) if found else None,
        hours=round(hours, 3),
        false=len(false),
        false_per_hour=round(len(false) / hours, 2) if hours else None,
        false_in=dict(Counter(false).most_common()),
        by_kind={k: f"{n - missed[k]} of {n}" for k, n in sorted(kinds.items())},
    )
