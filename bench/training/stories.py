"""Falls and everyday acts as timelines: what the judge must tell apart.

Times are those of bodies: free falls from standing take 0.4-1.1 s, held ones up to 1.8 s; on purpose people reach the
floor in 0.8 s at the very quickest (a child, an athlete) and 1-4 s usually, with their weight over their feet or hands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.training import moves as m
from bench.training.draws import one, u
from bench.training.everyday_acts import EVERYDAY, get_up
from bench.training.fall_acts import FALLS, after_fall
from bench.training.hard_acts import HARD, begin_somewhere
from bench.training.more_falls import MORE
from bench.training.moves import Timeline
from bench.training.skeleton import INDEX


@dataclass(frozen=True, slots=True)
class Story:
    """`falls`: (kind, onset s, impact s); `acts`: (name, from s, to s)."""

    timeline: Timeline
    falls: tuple[tuple[str, float, float], ...]
    acts: tuple[tuple[str, float, float], ...]


def fall_story(rng: np.random.Generator, more: bool = False) -> Story:
    """`more`: of every kind that we know."""
    ways = MORE if more else FALLS
    t = Timeline(rng, m.STAND)
    t.now[INDEX["yaw"]] = rng.uniform(-np.pi, np.pi)
    t.hold(0.1)
    weights = np.array([w for _, w in ways])
    ways[int(rng.choice(len(ways), p=weights / weights.sum()))][0](t)
    after_fall(t)
    names = dict(t.marks)
    kind = next(n.split(":")[1] for n in names if n.startswith("fall:"))
    return Story(t, ((kind, names[f"fall:{kind}"], names[f"impact:{kind}"]),), ())


def everyday_story(rng: np.random.Generator, seconds: float) -> Story:
    t = Timeline(rng, m.STAND)
    t.slower = float(np.exp(rng.uniform(0.1, 0.45)))  # most people take their time; an athlete hardly any
    t.now[INDEX["yaw"]] = rng.uniform(-np.pi, np.pi)
    if rng.random() < 0.25:  # the camera finds her low
        t.begin({**one(t, *m.RESTING), "lift": float(rng.choice([0.0, u(t, 0.3, 0.6)]))})
        t.hold(u(t, 0.5, 4.0), 0.05)
        get_up(t)
    t.hold(u(t, 0.1, 1.5))
    weights = np.array([w for _, _, w in EVERYDAY])
    acts = []
    while t.seconds < seconds:
        name, act, _ = EVERYDAY[int(rng.choice(len(EVERYDAY), p=weights / weights.sum()))]
        began = t.seconds
        act(t)
        acts.append((name, began, t.seconds))
    return Story(t, (), tuple(acts))


def hard_story(rng: np.random.Generator, seconds: float) -> Story:
    """Everyday acts that look most like falls, at anybody's pace."""
    t = Timeline(rng, m.STAND)
    t.slower = float(np.exp(rng.uniform(-0.05, 0.4)))
    begin_somewhere(t)
    weights = np.array([w for _, _, w in HARD])
    acts = []
    while t.seconds < seconds:
        name, act, _ = HARD[int(rng.choice(len(HARD), p=weights / weights.sum()))]
        began = t.seconds
        act(t)
        acts.append((name, began, t.seconds))
    return Story(t, (), tuple(acts))
