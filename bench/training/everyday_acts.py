"""Everyday acts as timelines, most of them near the floor."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench.training import moves as m
from bench.training.draws import one, u
from bench.training.moves import Timeline, dropping, turned
from bench.training.skeleton import INDEX

Act = Callable[[Timeline], None]


def _act_walk(t: Timeline) -> None:
    t.walk(u(t, 1.0, 4.0), u(t, 0.3, 1.8), u(t, -2.0, 2.0))


def _act_stand(t: Timeline) -> None:
    t.to(m.STAND, u(t, 0.4, 0.8))
    t.hold(u(t, 0.5, 3.0), 0.05)


def _act_chair(t: Timeline) -> None:
    low = one(t, m.SIT, m.SIT, m.RECLINE)
    plop = t.rng.random() < 0.35
    t.to(low, u(t, 0.45, 0.9) if plop else u(t, 0.9, 2.0), dropping(u(t, 1.2, 1.8)) if plop else m.smooth)
    t.hold(u(t, 1.0, 5.0), 0.06)
    if t.rng.random() < 0.3:
        t.to({**m.SIT, "pitch": u(t, 0.5, 1.0)}, u(t, 0.5, 1.0))  # ties a shoe
        t.hold(u(t, 0.5, 2.0))
    t.to(m.STAND, u(t, 0.7, 1.6))


def _act_bed(t: Timeline) -> None:
    high = u(t, 0.3, 0.6)
    t.to(m.SIT, u(t, 0.5, 1.5))
    t.hold(u(t, 0.2, 2.0))
    t.to({**one(t, m.SUPINE, m.SIDE, m.SUPINE_KNEES), "lift": high}, u(t, 0.6, 2.0))
    t.hold(u(t, 2.0, 6.0))
    if t.rng.random() < 0.5:
        t.to({**one(t, m.SUPINE, m.SIDE, m.PRONE), "lift": high}, u(t, 0.7, 2.0))
        t.hold(u(t, 0.5, 3.0))
    t.to(m.SIT, u(t, 0.7, 2.0))
    t.to(m.STAND, u(t, 0.7, 1.6))


def _act_flop(t: Timeline) -> None:
    """Lets herself fall on a bed or sofa."""
    high = u(t, 0.4, 0.6)
    t.to({**one(t, m.SUPINE, m.PRONE, m.SIDE), "lift": high}, u(t, 0.7, 1.2), dropping(1.5))
    t.hold(u(t, 1.5, 4.0))
    t.to(m.SIT, u(t, 0.7, 1.5))
    t.to(m.STAND, u(t, 0.7, 1.6))


def _act_pick_up(t: Timeline) -> None:
    low = one(t, m.STOOP, m.STOOP_KNEES, m.SQUAT, m.KNEEL_ONE, m.LUNGE)
    t.to(low, u(t, 0.4, 1.2))
    t.hold(u(t, 0.1, 1.5), 0.05)
    t.to(m.STAND, u(t, 0.5, 1.3))


def _act_squats(t: Timeline) -> None:
    for _ in range(int(t.rng.integers(2, 6))):
        t.to(one(t, m.SQUAT, m.HALF_SQUAT, m.LUNGE), u(t, 0.35, 1.0))
        t.hold(u(t, 0.05, 0.4))
        t.to(m.STAND, u(t, 0.35, 0.9))


def _act_squat_long(t: Timeline) -> None:
    t.to(m.SQUAT, u(t, 0.45, 1.2))
    t.hold(u(t, 1.0, 6.0), 0.06)
    t.to(m.STAND, u(t, 0.5, 1.2))


def _act_kneel(t: Timeline) -> None:
    t.to(one(t, m.KNEEL, m.KNEEL_ONE, m.HEELS), u(t, 0.45, 1.6))
    t.hold(u(t, 0.5, 3.0), 0.05)
    for _ in range(int(t.rng.integers(0, 4))):
        t.to(one(t, m.SCRUB, m.CHILD, m.HEELS, m.ALL_FOURS, {**m.KNEEL, "pitch": 0.8}), u(t, 0.4, 1.2))
        t.hold(u(t, 0.2, 2.0), 0.08)
    t.to(m.KNEEL_ONE, u(t, 0.4, 1.0))
    t.to(m.STAND, u(t, 0.5, 1.3))


def _floor_sitting(t: Timeline) -> None:
    """The many ways to sit down on the floor on purpose, quick ones among them."""
    goal = one(t, m.FLOOR_LONG, m.FLOOR_CROSSED, m.FLOOR_KNEES_UP, m.FLOOR_SIDE, m.HEELS, m.FLOOR_BACK)
    way = t.rng.random()
    if way < 0.35:
        t.to(m.SQUAT, u(t, 0.4, 1.2))
        t.to(goal, u(t, 0.25, 0.9), dropping(u(t, 1.0, 1.5)) if t.rng.random() < 0.5 else m.smooth)
    elif way < 0.6:
        t.to(one(t, m.KNEEL_ONE, m.KNEEL), u(t, 0.45, 1.2))
        t.to(goal, u(t, 0.4, 1.2))
    elif way < 0.75:
        t.to(one(t, m.ALL_FOURS, m.STOOP_KNEES), u(t, 0.7, 1.5))
        t.to(goal, u(t, 0.6, 1.5))
    else:  # straight down, legs crossed or folded under
        t.to(goal, u(t, 0.8, 2.2), m.smooth if t.rng.random() < 0.7 else dropping(u(t, 1.0, 1.3)))


def get_up(t: Timeline) -> None:
    t.to(one(t, m.KNEEL_ONE, m.SQUAT, m.ALL_FOURS), u(t, 0.5, 1.5))
    if t.rng.random() < 0.4:
        t.to(m.KNEEL_ONE, u(t, 0.4, 1.0))
    t.to(m.STAND, u(t, 0.5, 1.5))


def _act_floor_sit(t: Timeline) -> None:
    _floor_sitting(t)
    t.hold(u(t, 1.0, 5.0), 0.06)
    for _ in range(int(t.rng.integers(0, 3))):
        t.to(one(t, m.FORWARD_FOLD, m.FLOOR_CROSSED, m.FLOOR_LONG, m.FLOOR_BACK, m.FLOOR_SIDE), u(t, 0.6, 1.5))
        t.hold(u(t, 0.3, 2.0), 0.06)
    get_up(t)


def _act_floor_lie(t: Timeline) -> None:
    """Lies down on the floor: never in one go, and two seconds and more from standing to lying."""
    way = t.rng.random()
    if way < 0.6:
        _floor_sitting(t)
        t.hold(u(t, 0.2, 2.0))
        t.to(one(t, m.SUPINE, m.SUPINE_KNEES, m.SIDE), u(t, 0.9, 2.2))
    else:
        t.to(one(t, m.KNEEL, m.KNEEL_ONE, m.SQUAT, m.STOOP_KNEES), u(t, 0.6, 1.4))
        t.to(m.ALL_FOURS, u(t, 0.5, 1.2))
        t.hold(u(t, 0.1, 1.2))
        t.to(one(t, m.PRONE, m.PRONE_ARMS, m.SIDE), u(t, 0.7, 1.8))
    t.hold(u(t, 1.0, 6.0), 0.05)
    for _ in range(int(t.rng.integers(0, 5))):
        t.to(one(t, m.SUPINE, m.SIDE, m.PRONE, m.SUPINE_KNEES, m.SITUP, m.COBRA), u(t, 0.5, 1.6))
        t.hold(u(t, 0.2, 2.0), 0.05)
    if t.rng.random() < 0.6:
        t.to(one(t, m.FLOOR_LONG, m.ALL_FOURS), u(t, 0.6, 1.6))
    get_up(t)


def _act_exercise(t: Timeline) -> None:
    """On the floor: push-ups, sit-ups, stretches."""
    kind = t.rng.random()
    if kind < 0.35:
        t.to(one(t, m.SQUAT, m.STOOP_KNEES, m.KNEEL), u(t, 0.4, 1.0))
        t.to(m.PLANK, u(t, 0.35, 1.0))
        for _ in range(int(t.rng.integers(2, 6))):
            t.to({**m.PRONE_ARMS, **m.both(pitch=1.47, arm=0.9, elbow=1.9)}, u(t, 0.4, 1.0))
            t.to(m.PLANK, u(t, 0.4, 1.0))
    elif kind < 0.7:
        _floor_sitting(t)
        for _ in range(int(t.rng.integers(2, 6))):
            t.to(m.SUPINE_KNEES, u(t, 0.5, 1.2))
            t.to(m.SITUP, u(t, 0.5, 1.2))
    else:
        t.to(one(t, m.KNEEL, m.KNEEL_ONE, m.SQUAT, m.STOOP_KNEES), u(t, 0.5, 1.4))
        t.to(m.ALL_FOURS, u(t, 0.4, 1.2))
        for which in t.rng.permutation(len(m.STRETCHES))[: int(t.rng.integers(2, 5))]:
            t.to(m.STRETCHES[which], u(t, 0.8, 2.0))
            t.hold(u(t, 0.5, 2.5))
    get_up(t)


def _act_burpees(t: Timeline) -> None:
    for _ in range(int(t.rng.integers(1, 4))):
        t.to(m.SQUAT, u(t, 0.35, 0.7))
        t.to(m.PLANK, u(t, 0.3, 0.6))
        if t.rng.random() < 0.5:
            t.to(m.PRONE_ARMS, u(t, 0.3, 0.7))
            t.to(m.PLANK, u(t, 0.3, 0.7))
        t.to(m.SQUAT, u(t, 0.3, 0.6))
        t.to(m.STAND, u(t, 0.35, 0.7))


def _act_jump(t: Timeline) -> None:
    for _ in range(int(t.rng.integers(1, 6))):
        t.to(m.HALF_SQUAT, u(t, 0.25, 0.5))
        t.to({**one(t, m.STAR, m.REACH_UP, m.STAND), "lift": u(t, 0.05, 0.35)}, u(t, 0.2, 0.35))
        t.to({**m.STAND, **m.both(knee=0.5, hip=0.4)}, u(t, 0.2, 0.35))


def _act_stretch(t: Timeline) -> None:
    for _ in range(int(t.rng.integers(1, 4))):
        t.to(one(t, m.REACH_UP, m.STAR, m.TRIANGLE, m.STOOP, m.LUNGE), u(t, 0.5, 1.5))
        t.hold(u(t, 0.2, 1.5), 0.06)
    t.to(m.STAND, u(t, 0.5, 1.2))


def _act_crawl(t: Timeline) -> None:
    t.to(m.KNEEL, u(t, 0.5, 1.2))
    t.to(m.ALL_FOURS, u(t, 0.3, 1.0))
    for k in range(int(t.rng.integers(3, 10))):
        t.to(
            turned({**m.ALL_FOURS, "hip_l": 1.1, "hip_r": 1.7, "arm_l": 1.8, "arm_r": 1.1}, bool(k % 2)),
            u(t, 0.3, 0.7),
        )
    if t.rng.random() < 0.4:  # looks under the bed
        t.to(one(t, m.PRONE_ARMS, m.CHILD), u(t, 0.5, 1.2))
        t.hold(u(t, 0.5, 2.0))
    get_up(t)


def _act_stroll(t: Timeline) -> None:
    """Across the room, out of the picture maybe, or up to the camera."""
    t.walk(u(t, 3.0, 7.0), u(t, 0.5, 1.5), u(t, -3.0, 3.0))


def _act_crouch(t: Timeline) -> None:
    """Ducks and goes on crouching."""
    t.to(m.HALF_SQUAT, u(t, 0.25, 0.7))
    for k in range(int(t.rng.integers(1, 6))):
        t.to(turned({**m.HALF_SQUAT, "hip_l": 1.9, "hip_r": 1.1}, bool(k % 2)), u(t, 0.3, 0.6))
    t.to(m.STAND, u(t, 0.35, 0.8))


def _act_lively(t: Timeline) -> None:
    """Dances, kicks, throws."""
    for _ in range(int(t.rng.integers(2, 7))):
        t.to(one(t, m.LUNGE, m.SIDE_LUNGE, m.KICK, m.TRIANGLE, m.HALF_SQUAT, m.REACH_UP, m.STAND), u(t, 0.25, 0.8),
             turn=u(t, -1.5, 1.5))  # fmt: skip
    t.to(m.STAND, u(t, 0.4, 0.8))


def _act_forward_roll(t: Timeline) -> None:
    t.to(m.SQUAT, u(t, 0.5, 1.0))
    t.to({**m.CHILD, "pitch": 2.2, "curl": 0.8}, u(t, 0.4, 0.7))
    t.to({**m.both(hip=2.2, knee=2.2, arm=1.0), "pitch": 4.6, "curl": 0.5}, u(t, 0.4, 0.7))
    t.to({**m.SQUAT, "pitch": 2 * np.pi + 0.3}, u(t, 0.4, 0.8))
    t.to({**m.STAND, "pitch": 2 * np.pi}, u(t, 0.5, 1.0))
    t.now[INDEX["pitch"]] -= 2 * np.pi


EVERYDAY: tuple[tuple[str, Act, float], ...] = (
    ("walk", _act_walk, 2.0), ("stand", _act_stand, 1.0), ("sit_chair", _act_chair, 1.6), ("bed", _act_bed, 0.8),
    ("flop", _act_flop, 0.15), ("pick_up", _act_pick_up, 1.6), ("squats", _act_squats, 1.0),
    ("squat_long", _act_squat_long, 0.6), ("kneel", _act_kneel, 1.2), ("floor_sit", _act_floor_sit, 2.0),
    ("floor_lie", _act_floor_lie, 1.6), ("exercise", _act_exercise, 1.4), ("burpees", _act_burpees, 0.35),
    ("jump", _act_jump, 0.6), ("stretch", _act_stretch, 0.8), ("crawl", _act_crawl, 0.8),
    ("stroll", _act_stroll, 1.4), ("crouch", _act_crouch, 0.6), ("lively", _act_lively, 0.8),
    ("forward_roll", _act_forward_roll, 0.15),
)  # fmt: skip
