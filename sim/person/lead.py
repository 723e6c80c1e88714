"""What leads up to some falls: sinking down slowly, and everyday motions that go wrong half-way.

Clips that call themselves `falling` are the fall's beginning; the others are what she was doing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sim.person import seat
from sim.person.body import Body
from sim.person.clip import Clip, Situation, mean_yaw
from sim.person.keyed import keyed, tipped
from sim.person.kneel import FEET, kneeling_down
from sim.person.low_poses import Low, floor_sit, heading_of, squat, upper, varied
from sim.person.pick import pick_up
from sim.person.pose import Pose, blend
from sim.person.poses import LYING_SIDE
from sim.person.rotation import ease, matrix
from sim.person.skeleton import DOF

Led = tuple[Clip, float | None]
Leader = Callable[[Body, Situation, np.random.Generator, float | None], Led]


def _cut(clip: Clip, share: float) -> Clip:
    """Only the first `share` of a clip."""
    return replace(clip, duration=clip.duration * share)


def _sink(body: Body, now: Situation, rng: np.random.Generator, towards: float | None) -> Led:
    """The knees give way little by little, a hand holding on where it can."""
    seconds = float(rng.uniform(1.3, 2.2))
    yaw, side = mean_yaw(body, now.pose), "r" if rng.random() < 0.5 else "l"
    keys = []
    for share, depth in ((0.45, float(rng.uniform(0.25, 0.45))), (1.0, 0.85)):
        low = varied(squat(body, depth), rng, 0.1)
        upper(low.angles, **{f"shoulder_{side}_flex": 1.3, f"shoulder_{side}_abd": 0.5})
        keys.append(replace(low, lean=0.12 if side == "r" else -0.12).key(share * seconds, yaw, FEET))
    return Clip(seconds, keyed(body, now.pose, keys, rng, 0.03), "falling", "fallen"), None


def _sink_sitting(body: Body, now: Situation, rng: np.random.Generator, towards: float | None) -> Led:
    """Down along a wall or a bed: the seat slides down and the feet stay ahead."""
    seconds = float(rng.uniform(1.2, 2.2))
    yaw = mean_yaw(body, now.pose)
    half = squat(body, 0.55)
    angles = half.angles.copy()
    upper(angles, spine_flex=0.15, shoulder_flex=0.2, shoulder_abd=0.3, elbow=0.5)
    leant = Low(half.pitch - 0.45, angles)
    for s in "rl":
        angles[DOF[f"hip_{s}_flex"]] -= 0.45
    seated = floor_sit(body, "bent")
    keys = [leant.key(0.55 * seconds, yaw, FEET), varied(seated, rng).key(seconds, yaw, FEET)]
    clip = Clip(seconds, keyed(body, now.pose, keys, rng, 0.03), "falling", "fallen")
    return _cut(clip, float(rng.uniform(0.84, 0.92))), None


def _knees_first(body: Body, now: Situation, rng: np.random.Generator, towards: float | None) -> Led:
    """Onto the knees, quickly, and from there over."""
    keys = kneeling_down(body, now, rng, "both", float(rng.uniform(0.8, 1.3)), 0.2)
    return Clip(keys[-1].at, keyed(body, now.pose, keys, rng, 0.03), "falling", "fallen"), None


def _rising(body: Body, now: Situation, rng: np.random.Generator, towards: float | None) -> Led:
    clip = seat.stand_up(body, now, float(rng.uniform(1.6, 3.0)))
    return _cut(clip, float(rng.uniform(0.55, 0.8))), None


def _missing(body: Body, now: Situation, rng: np.random.Generator, towards: float | None) -> Led:
    """Sitting down where there is no seat."""
    clip = seat.sit_down(body, now, float(rng.uniform(0.40, 0.5)), None, float(rng.uniform(1.4, 2.4)))
    return _cut(clip, float(rng.uniform(0.62, 0.78))), None


def _bending(body: Body, now: Situation, rng: np.random.Generator, towards: float | None) -> Led:
    clip = pick_up(body, now, rng, float(rng.uniform(3.0, 5.0)))
    return _cut(clip, float(rng.uniform(0.30, 0.52))), None


def _out_of_bed(body: Body, now: Situation, rng: np.random.Generator, towards: float | None) -> Led:
    """Rolling over the edge on the free side."""
    seconds, start = float(rng.uniform(0.9, 2.0)), now.pose
    turn = matrix(start.turn)
    left = turn[:2, 1] * (1.0 if turn[2, 0] > -0.5 else -1.0)
    to = math.atan2(float(left[1]), float(left[0])) if towards is None else towards
    across = np.array([math.cos(to), math.sin(to), 0.0])
    yaw = heading_of(start)
    on_left = across[:2] @ np.array([-math.sin(yaw), math.cos(yaw)]) > 0
    rolled = tipped(yaw, -math.pi / 2, (1.0 if on_left else -1.0) * float(rng.uniform(1.0, 1.6)))
    away = float(rng.uniform(0.38, 0.55))
    goal = Pose(start.root + across * away + np.array([0.0, 0.0, 0.06]), rolled, LYING_SIDE)

    def at(t: float) -> Pose:
        return blend(start, goal, ease(t / seconds * 0.8))

    return Clip(seconds, at, now.posture, "fallen", now.support_height), to


LEADS: dict[str, Leader] = {
    "sink": _sink,
    "sink_sitting": _sink_sitting,
    "knees_first": _knees_first,
    "rise_forward": _rising,
    "rise_sideways": _rising,
    "rise_back": _rising,
    "miss_seat": _missing,
    "bending_over": _bending,
    "out_of_bed": _out_of_bed,
}
