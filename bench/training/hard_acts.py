"""Everyday acts that look most like falls: down to the floor quickly, deeply or often, and all of it on purpose.

Real people do them in more ways than one story can tell, so each act is put together from ways down, things done low
and ways up, at the pace of an old person or of an athlete.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench.training import moves as m
from bench.training.draws import one, u
from bench.training.moves import Posture, Timeline, both, dropping, turned
from bench.training.skeleton import INDEX

Act = Callable[[Timeline], None]

DEEP_SQUAT = both(pitch=0.75, curl=0.35, hip=2.4, knee=2.5, apart=0.3, arm=1.0, elbow=0.6)
HALF_KNEEL_BENT = {**m.KNEEL_ONE, "pitch": 0.7, "curl": 0.4}
PHOTO = {**m.KNEEL_ONE, **both(arm=1.2, elbow=2.0), "pitch": 0.25}
PHOTO_LOW = {**DEEP_SQUAT, **both(arm=1.3, elbow=2.0)}
FOLD = both(pitch=1.7, curl=0.7, hip=1.6, knee=0.1, arm=1.9, nod=0.3)  # hands to the floor, legs straight
ELBOW = {**both(roll=1.05, hip=0.6, knee=0.9, curl=0.1, elbow=1.4), "arm_l": 0.4, "arm_r": 0.6}  # on the side, propped
BRIDGE = both(pitch=-1.9, hip=-0.35, knee=1.6, arm=0.1, wide=0.3)
LEGS_UP = both(pitch=-1.53, hip=1.5, knee=0.15, arm=0.1, wide=0.3)
BALL = both(pitch=-1.0, curl=0.6, hip=2.3, knee=2.3, arm=1.0, elbow=1.2)
V_SIT = both(pitch=-0.6, curl=0.3, hip=1.6, knee=0.3, arm=1.2)
WARRIOR = {**m.LUNGE, **both(arm=2.9, elbow=0.1)}
PIGEON = {
    **both(pitch=0.3, curl=0.1, arm=0.8),
    "hip_l": 1.6,
    "knee_l": 2.0,
    "apart_l": 0.7,
    "hip_r": -0.5,
    "knee_r": 0.3,
}
SEATS: tuple[Posture, ...] = (m.FLOOR_LONG, m.FLOOR_CROSSED, m.FLOOR_KNEES_UP, m.FLOOR_SIDE, m.HEELS, m.FLOOR_BACK)
KNEELS: tuple[Posture, ...] = (m.KNEEL, m.KNEEL_ONE, m.HEELS, HALF_KNEEL_BENT)
LYING: tuple[Posture, ...] = (m.SUPINE, m.SUPINE_KNEES, m.SIDE, m.SIDE_CURLED, m.PRONE, m.PRONE_ARMS, ELBOW)


def _sit_quickly(t: Timeline) -> None:
    """On to the floor in one flowing go: crossed legs, a hand behind, over one knee, back from a squat, rocking."""
    way, goal = t.rng.random(), one(t, *SEATS)
    if way < 0.25:
        t.to(goal, u(t, 0.7, 1.3), m.smooth if t.rng.random() < 0.6 else dropping(u(t, 1.0, 1.5)), u(t, -0.8, 0.8))
    elif way < 0.5:
        t.to(one(t, m.SQUAT, DEEP_SQUAT), u(t, 0.35, 0.8))
        t.to(goal, u(t, 0.2, 0.5), dropping(u(t, 1.0, 1.6)))
    elif way < 0.65:  # a hand on the floor behind, then the seat
        t.to({**m.FLOOR_BACK, **both(pitch=-0.3, hip=1.2, knee=1.4), "lift": 0.0}, u(t, 0.6, 1.1))
        t.to(goal, u(t, 0.3, 0.7))
    elif way < 0.85:
        t.to(one(t, *KNEELS), u(t, 0.35, 0.8), dropping(u(t, 1.0, 1.5)) if t.rng.random() < 0.4 else m.smooth)
        t.to(goal, u(t, 0.3, 0.8))
    else:  # lands on the seat, rocks back and comes up again
        t.to(m.SQUAT, u(t, 0.35, 0.8))
        t.to(m.FLOOR_KNEES_UP, u(t, 0.2, 0.4), dropping(1.3))
        t.to(BALL, u(t, 0.3, 0.6))
        t.to(goal, u(t, 0.3, 0.7))


def _rise(t: Timeline) -> None:
    if t.rng.random() < 0.25:
        t.to(one(t, m.SQUAT, m.LUNGE), u(t, 0.3, 0.7))
    else:
        t.to(one(t, m.KNEEL_ONE, m.SQUAT, m.ALL_FOURS, m.KNEEL), u(t, 0.4, 1.2))
        if t.rng.random() < 0.3:
            t.to(m.KNEEL_ONE, u(t, 0.3, 0.8))
    t.to(m.STAND, u(t, 0.4, 1.3))


def _act_quick_sit(t: Timeline) -> None:
    if t.rng.random() < 0.4:
        t.walk(u(t, 0.5, 1.5), u(t, 0.6, 1.6), u(t, -1.0, 1.0))
    _sit_quickly(t)
    t.hold(u(t, 0.3, 3.0), u(t, 0.02, 0.1))
    for _ in range(int(t.rng.integers(0, 3))):
        t.to(one(t, *SEATS, m.FORWARD_FOLD, PIGEON), u(t, 0.4, 1.2))
        t.hold(u(t, 0.1, 1.5), 0.06)
    _rise(t)


def _act_quick_lie(t: Timeline) -> None:
    """Sits down and lies back without a stop, as on a lawn or a mat; or over hands and knees on to the belly."""
    if t.rng.random() < 0.6:
        _sit_quickly(t)
        if t.rng.random() < 0.6:
            t.hold(u(t, 0.05, 1.0))
        t.to(one(t, m.FLOOR_BACK, BALL, ELBOW), u(t, 0.4, 1.0))
        t.to(one(t, m.SUPINE, m.SUPINE_KNEES, m.SIDE, LEGS_UP), u(t, 0.5, 1.3))
    else:
        t.to(one(t, *KNEELS, m.SQUAT, m.STOOP_KNEES), u(t, 0.4, 1.0))
        t.to(one(t, m.ALL_FOURS, m.SCRUB, m.PLANK), u(t, 0.4, 0.9))
        t.to(one(t, m.PRONE, m.PRONE_ARMS, ELBOW, m.SIDE), u(t, 0.5, 1.2))
    t.hold(u(t, 0.5, 3.0), u(t, 0.02, 0.08))
    for _ in range(int(t.rng.integers(0, 4))):
        t.to(one(t, *LYING, LEGS_UP, BRIDGE, m.SITUP), u(t, 0.5, 1.3), turn=u(t, -0.4, 0.4))
        t.hold(u(t, 0.1, 1.5), 0.05)
    if t.rng.random() < 0.6:
        t.to(one(t, m.FLOOR_LONG, m.FLOOR_SIDE, m.SITUP), u(t, 0.5, 1.3))
    _rise(t)


def _act_photograph(t: Timeline) -> None:
    """Down on a knee, or in a deep squat, hands before the face; leans for a better view."""
    t.to(one(t, PHOTO, PHOTO_LOW, m.KNEEL_ONE, HALF_KNEEL_BENT), u(t, 0.35, 0.9),
         m.smooth if t.rng.random() < 0.7 else dropping(u(t, 1.0, 1.4)))  # fmt: skip
    for _ in range(int(t.rng.integers(0, 4))):
        lean = {"roll": u(t, -0.5, 0.5), "pitch": u(t, -0.2, 0.9), "curl": u(t, 0.0, 0.4)}
        t.to({**one(t, PHOTO, PHOTO_LOW, m.HEELS), **lean}, u(t, 0.3, 0.9))
        t.hold(u(t, 0.2, 1.5), 0.04)
    if t.rng.random() < 0.15:
        t.to(m.ALL_FOURS, u(t, 0.3, 0.7))
        t.to(one(t, m.PRONE_ARMS, ELBOW), u(t, 0.5, 1.0))
        t.hold(u(t, 0.5, 2.0), 0.03)
        t.to(m.ALL_FOURS, u(t, 0.4, 0.9))
    t.to(m.STAND, u(t, 0.35, 1.0))


def _act_deep_bend(t: Timeline) -> None:
    for _ in range(int(t.rng.integers(1, 4))):
        t.to(one(t, FOLD, m.STOOP, m.STOOP_KNEES, m.FORWARD_FOLD | {"pitch": 1.5, "hip_l": 1.5, "hip_r": 1.5}),
             u(t, 0.3, 1.0), turn=u(t, -0.5, 0.5))  # fmt: skip
        t.hold(u(t, 0.05, 1.0), 0.06)
        if t.rng.random() < 0.4:
            t.to(one(t, DEEP_SQUAT, m.SQUAT, m.KNEEL_ONE, m.LUNGE), u(t, 0.3, 0.8))
            t.hold(u(t, 0.05, 0.8), 0.05)
        t.to(one(t, m.STAND, m.STAND, m.REACH_UP), u(t, 0.35, 1.0))
    t.to(m.STAND, u(t, 0.3, 0.8))


def _act_squats_quick(t: Timeline) -> None:
    deep = one(t, DEEP_SQUAT, m.SQUAT, m.LUNGE, m.SIDE_LUNGE, WARRIOR)
    for _ in range(int(t.rng.integers(2, 6))):
        t.to(deep, u(t, 0.28, 0.7), turn=u(t, -0.2, 0.2))
        t.hold(u(t, 0.03, 0.3))
        if t.rng.random() < 0.15:
            t.to({**m.REACH_UP, "lift": u(t, 0.05, 0.3)}, u(t, 0.2, 0.3))
        t.to(m.STAND, u(t, 0.28, 0.7))


def _act_burpees_quick(t: Timeline) -> None:
    """Burpees, mountain climbers, push-ups, planks."""
    for _ in range(int(t.rng.integers(1, 4))):
        t.to(one(t, m.SQUAT, DEEP_SQUAT, FOLD), u(t, 0.28, 0.6))
        t.to(m.PLANK, u(t, 0.25, 0.5))
        for k in range(int(t.rng.integers(0, 5))):
            busy = one(t, m.PRONE_ARMS, {**m.PLANK, "hip_l": 1.6, "knee_l": 1.8}, m.PLANK, m.DOG)
            t.to(turned(busy, bool(k % 2)), u(t, 0.25, 0.7))
        t.to(one(t, m.SQUAT, DEEP_SQUAT), u(t, 0.25, 0.6))
        t.to(one(t, m.STAND, {**m.REACH_UP, "lift": 0.2}), u(t, 0.28, 0.6))
    t.to(m.STAND, u(t, 0.3, 0.6))


def _act_yoga(t: Timeline) -> None:
    flow = (m.REACH_UP, FOLD, m.PLANK, m.COBRA, m.DOG, m.CHILD, WARRIOR, PIGEON, m.SIDE_LUNGE, m.TRIANGLE, m.ALL_FOURS)
    for _ in range(int(t.rng.integers(3, 8))):
        t.to(one(t, *flow), u(t, 0.6, 1.6))
        t.hold(u(t, 0.1, 1.5), 0.04)
    t.to(one(t, FOLD, m.KNEEL_ONE, m.SQUAT), u(t, 0.6, 1.4))
    t.to(m.STAND, u(t, 0.6, 1.4))


def _act_mat(t: Timeline) -> None:
    """Exercises and stretches on the back and the side."""
    _sit_quickly(t) if t.rng.random() < 0.5 else t.to(one(t, *KNEELS), u(t, 0.5, 1.2))
    for _ in range(int(t.rng.integers(3, 9))):
        t.to(one(t, *LYING, LEGS_UP, BRIDGE, V_SIT, m.SITUP, BALL, m.FORWARD_FOLD), u(t, 0.45, 1.4))
        t.hold(u(t, 0.05, 1.2), 0.05)
    _rise(t)


def _act_with_child(t: Timeline) -> None:
    """Plays on the floor: kneels, crawls, sits, rolls over, tickles, builds."""
    t.to(one(t, *KNEELS, m.SQUAT), u(t, 0.35, 1.0), dropping(1.2) if t.rng.random() < 0.3 else m.smooth)
    for k in range(int(t.rng.integers(3, 9))):
        play = one(t, *KNEELS, *SEATS, m.ALL_FOURS, m.SCRUB, ELBOW, m.PRONE_ARMS, m.CHILD, m.SUPINE_KNEES)
        t.to(turned(play, bool(k % 2)), u(t, 0.4, 1.3), turn=u(t, -0.9, 0.9))
        t.hold(u(t, 0.05, 1.5), 0.08)
    _rise(t)


def _act_drop_on_seat(t: Timeline) -> None:
    """Drops on to a sofa, a bed, a bean-bag or a mattress that nobody drew, sits or lies there, and gets up."""
    high = u(t, 0.12, 0.55)
    if t.rng.random() < 0.5:
        t.to({**one(t, m.SIT, m.RECLINE), "lift": 0.0}, u(t, 0.45, 0.9), dropping(u(t, 1.1, 1.8)))
        t.hold(u(t, 0.1, 1.5))
        if t.rng.random() < 0.6:
            t.to({**one(t, m.SUPINE, m.SIDE, m.SIDE_CURLED, m.SUPINE_KNEES, ELBOW), "lift": high}, u(t, 0.5, 1.5))
    else:
        t.to({**one(t, *SEATS, m.RECLINE), "lift": high}, u(t, 0.5, 1.1), dropping(u(t, 1.0, 1.7)))
        t.hold(u(t, 0.05, 0.8))
        t.to({**one(t, m.SUPINE, m.SIDE, ELBOW, m.SUPINE_KNEES), "lift": high}, u(t, 0.5, 1.5))
    t.hold(u(t, 1.0, 4.0), 0.05)
    for _ in range(int(t.rng.integers(0, 3))):
        t.to({**one(t, *LYING), "lift": high}, u(t, 0.5, 1.4))
        t.hold(u(t, 0.2, 1.5), 0.04)
    t.to(m.SIT, u(t, 0.6, 1.5))
    t.to(m.STAND, u(t, 0.6, 1.4))


def _act_stumble(t: Timeline) -> None:
    """Trips, slips or is pushed, and catches herself with steps, a knee or her hands."""
    t.walk(u(t, 0.6, 2.0), u(t, 0.6, 2.0), u(t, -0.5, 0.5))
    way = one(t, {"pitch": 0.75}, {"pitch": -0.35}, {"roll": 0.4}, {"pitch": 0.5, "roll": 0.3})
    t.to({**one(t, m.LUNGE, m.HALF_SQUAT, m.SIDE_LUNGE), **way, **both(arm=u(t, 0.4, 1.8))}, u(t, 0.2, 0.45))
    if t.rng.random() < 0.35:
        t.to(one(t, m.KNEEL_ONE, HALF_KNEEL_BENT, m.STOOP_KNEES, m.SQUAT), u(t, 0.2, 0.45))
    t.to(m.STAND, u(t, 0.3, 0.9))
    t.walk(u(t, 0.5, 1.5), u(t, 0.6, 1.5))


def _act_dance(t: Timeline) -> None:
    """Dances, plays ball, fights the air: turns, ducks, lunges, jumps, a knee on the floor."""
    steps = (m.LUNGE, m.SIDE_LUNGE, m.KICK, m.TRIANGLE, m.HALF_SQUAT, m.REACH_UP, m.STAND, m.STAR, DEEP_SQUAT,
             m.KNEEL_ONE, FOLD, {**m.REACH_UP, "lift": 0.25})  # fmt: skip
    for k in range(int(t.rng.integers(4, 12))):
        t.to(turned(one(t, *steps), bool(k % 2)), u(t, 0.2, 0.6), turn=u(t, -1.8, 1.8))
    t.to(m.STAND, u(t, 0.3, 0.7))


def _act_roll(t: Timeline) -> None:
    """A roll backwards from a seat, or sideways across the floor, and up again."""
    if t.rng.random() < 0.5:
        t.to(m.SQUAT, u(t, 0.4, 0.8))
        t.to(BALL, u(t, 0.3, 0.6))
        t.to({**BALL, "pitch": -1.9}, u(t, 0.3, 0.5))
        t.to(m.FLOOR_KNEES_UP, u(t, 0.4, 0.7))
        _rise(t)
        return
    t.to(one(t, m.KNEEL, m.SQUAT), u(t, 0.4, 0.9))
    t.to(m.ALL_FOURS, u(t, 0.3, 0.7))
    for _ in range(int(t.rng.integers(2, 5))):
        t.to(one(t, m.SIDE, m.PRONE_ARMS, m.SUPINE, m.SIDE_CURLED), u(t, 0.35, 0.8))
    _rise(t)


def _act_housework(t: Timeline) -> None:
    """Looks under the bed, wipes the floor, puts on socks, takes things out of a low drawer, rolls up a rug."""
    t.to(one(t, *KNEELS, DEEP_SQUAT, FOLD, m.STOOP_KNEES), u(t, 0.35, 1.1))
    for k in range(int(t.rng.integers(1, 6))):
        t.to(turned(one(t, m.SCRUB, m.CHILD, m.ALL_FOURS, m.HEELS, HALF_KNEEL_BENT, m.PRONE_ARMS, FOLD), bool(k % 2)),
             u(t, 0.35, 1.2), turn=u(t, -0.5, 0.5))  # fmt: skip
        t.hold(u(t, 0.1, 1.5), 0.08)
    _rise(t)


def _act_between(t: Timeline) -> None:
    kind = t.rng.random()
    if kind < 0.5:
        t.walk(u(t, 0.7, 3.0), u(t, 0.4, 2.0), u(t, -2.0, 2.0))
    else:
        t.to(one(t, m.STAND, m.REACH_UP, m.STAR, m.TRIANGLE), u(t, 0.4, 0.9))
        t.hold(u(t, 0.2, 1.5), 0.06)
        t.to(m.STAND, u(t, 0.4, 0.9))


HARD: tuple[tuple[str, Act, float], ...] = (
    ("quick_sit", _act_quick_sit, 2.2), ("quick_lie", _act_quick_lie, 1.8), ("photograph", _act_photograph, 1.2),
    ("deep_bend", _act_deep_bend, 1.0), ("squats_quick", _act_squats_quick, 1.0),
    ("burpees_quick", _act_burpees_quick, 1.0), ("yoga", _act_yoga, 0.8), ("mat", _act_mat, 0.8),
    ("with_child", _act_with_child, 1.0), ("drop_on_seat", _act_drop_on_seat, 1.2), ("stumble", _act_stumble, 0.9),
    ("dance", _act_dance, 0.7), ("roll", _act_roll, 0.5), ("housework", _act_housework, 0.9),
    ("between", _act_between, 2.0),
)  # fmt: skip


def begin_somewhere(t: Timeline) -> None:
    """Half of the stories begin low or in the middle of something, as recordings of single acts do."""
    t.now[INDEX["yaw"]] = t.rng.uniform(-np.pi, np.pi)
    if t.rng.random() < 0.2:
        t.begin(one(t, *SEATS, *LYING, *KNEELS))
        t.hold(u(t, 0.3, 2.0), 0.05)
        _rise(t)
    t.hold(u(t, 0.1, 1.2))
