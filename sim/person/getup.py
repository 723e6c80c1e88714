"""Getting up from the floor: over hands and knees, or straight up from a squat; and trying to, in vain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.person.body import Body
from sim.person.clip import Clip, Situation
from sim.person.keyed import Key, keyed
from sim.person.kneel import FEET, SHINS
from sim.person.low_poses import (
    QUARTER,
    Low,
    all_fours,
    floor_sit,
    half_kneel,
    heading_of,
    kneel,
    leaning_on,
    on_side,
    squat,
    upright,
    varied,
)
from sim.person.motion import Maker, must
from sim.person.pose import Pose
from sim.person.rotation import matrix
from sim.person.skeleton import DOF

FLOOR = ("lying", "lying_side", "lying_prone", "fallen", "sitting_on_floor", "kneeling", "on_all_fours")
WAYS = ("knees", "squat")
_SAT = 0.4


@dataclass(frozen=True)
class Rise:
    """Up from the floor to standing, from whatever she is doing on it. `way` is one of `WAYS`; None: as it happens.

    `seconds` None: 2 to 4 s from kneeling, else 2.5 s (quick and young) to 9 s.
    """

    seconds: float | None = None
    way: str | None = None

    def steps(self, posture: str) -> Sequence[Maker]:
        must(posture, FLOOR, "rise from the floor")
        if self.way is not None and self.way not in WAYS:
            raise ValueError(f"nobody rises by {self.way!r}; possible: {', '.join(WAYS)}")
        return (self._clip,)

    def _clip(self, body: Body, now: Situation, rng: np.random.Generator) -> Clip:
        drawn = float(rng.uniform(1.6, 4.0) if now.posture == "kneeling" else rng.uniform(2.5, 9.0))
        seconds, way = self.seconds or drawn, self.way or str(rng.choice(WAYS, p=[0.75, 0.25]))
        if way == "squat" and now.posture not in ("kneeling", "on_all_fours", "lying_prone"):
            keys = _over_squat(body, now, rng, seconds)
        else:
            keys = _to_knees(body, now, rng, 0.55 * seconds)
            keys += _from_knees(body, now.pose, keys, rng, seconds)
        return Clip(seconds, keyed(body, now.pose, keys, rng), "getting_up", "standing")


@dataclass(frozen=True)
class TryToRise:
    """Try to get up after a fall and fail: onto an elbow or hands and knees, and down on the side again. She is still
    `fallen` then."""

    seconds: float | None = None

    def steps(self, posture: str) -> Sequence[Maker]:
        must(posture, ("fallen", "lying", "lying_side", "lying_prone"), "try to rise")
        return (self._clip,)

    def _clip(self, body: Body, now: Situation, rng: np.random.Generator) -> Clip:
        seconds = self.seconds or float(rng.uniform(3.5, 8.0))
        yaw, face = _lie(now.pose)
        side = "r" if rng.random() < 0.5 else "l"
        bears = ("pelvis", f"thigh_{side}")
        if face < 0 or rng.random() < 0.5:
            keys = _to_knees(body, now, rng, 0.55 * seconds)
            yaw += math.pi
            propped = keys[-1].at
        else:
            keys = [varied(leaning_on(body, floor_sit(body, "bent"), side), rng).key(0.5 * seconds, yaw, ("pelvis",))]
            propped = 0.58 * seconds
        keys.append(Key(propped + 0.12 * seconds, keys[-1].turn, keys[-1].angles, keys[-1].bears))
        end = on_side(side, rng)
        if keys[0].bears == ("pelvis",):
            keys.append(end.key(seconds, yaw, bears))
        else:
            keys.append(Low(QUARTER, end.angles, -end.roll).key(seconds, yaw + math.pi, SHINS))
        return Clip(seconds, keyed(body, now.pose, keys, rng), "getting_up", now.posture, now.support_height)


def _lie(pose: Pose) -> tuple[float, float]:
    """Heading with the feet ahead (as she would sit up), and 1 on the back, 0 on a side, -1 on the belly."""
    turn = matrix(pose.turn)
    if abs(turn[2, 2]) > 0.6:
        return heading_of(pose), 1.0
    away = -turn[:2, 2]
    return math.atan2(float(away[1]), float(away[0])), float(turn[2, 0])


def _over_squat(body: Body, now: Situation, rng: np.random.Generator, seconds: float) -> list[Key]:
    yaw, face = _lie(now.pose)
    sat = 0.0 if now.posture == "sitting_on_floor" else _SAT * seconds
    side = "r" if rng.random() < 0.5 else "l"
    keys = []
    if face < 0.6:
        keys.append(Key(0.5 * sat, on_side(side).key(0, yaw, ()).turn, on_side(side).angles, ("pelvis",)))
    begin = max(sat, 0.15 * seconds)
    keys.append(varied(leaning_on(body, floor_sit(body, "bent"), side), rng).key(begin, yaw, ("pelvis",)))
    keys.append(squat(body, 0.95).key(begin + 0.45 * (seconds - begin), yaw, FEET))
    return [*keys, upright(body).key(seconds, yaw, FEET)]


def _to_knees(body: Body, now: Situation, rng: np.random.Generator, until: float) -> list[Key]:
    """Keys to hands and knees, or to both knees where she is nearly there."""
    if now.posture == "kneeling":
        return []
    if now.posture == "sitting_on_floor":
        yaw = heading_of(now.pose)
        return [
            varied(leaning_on(body, floor_sit(body, "side"), "r"), rng, 0.03).key(0.5 * until, yaw, ("pelvis",)),
            varied(kneel(body, 0.3), rng).key(until, yaw, SHINS),
        ]
    if now.posture == "on_all_fours":
        return [varied(all_fours(body), rng, 0.03).key(0.3 * until, lie_ahead(now.pose.turn), SHINS)]
    yaw, face = _lie(now.pose)
    side = "r" if rng.random() < 0.5 else "l"
    keys = []
    if face > -0.5:
        keys.append(on_side(side, rng).key(0.45 * until, yaw, ("pelvis", f"thigh_{side}")))
    keys.append(varied(all_fours(body), rng, 0.03).key(until, yaw + math.pi, SHINS))
    return keys


def _from_knees(body: Body, pose: Pose, keys: Sequence[Key], rng: np.random.Generator, seconds: float) -> list[Key]:
    """Up from hands and knees or from kneeling, over one foot."""
    side = "r" if rng.random() < 0.5 else "l"
    front = "l" if side == "r" else "r"
    begin = keys[-1].at if keys else 0.0
    yaw = heading_of(Pose(pose.root, keys[-1].turn, pose.angles)) if keys else heading_of(pose)
    rest = seconds - begin
    low = half_kneel(body, side)
    keyed_up = []
    if not keys and _one_knee(pose):
        side = _one_knee(pose)
        front = "l" if side == "r" else "r"
        low = half_kneel(body, side)
    if keys and matrix(keys[-1].turn)[2, 2] < 0.6:
        yaw = lie_ahead(keys[-1].turn)
        keyed_up.append(varied(kneel(body, 0.4), rng).key(begin + 0.28 * rest, yaw, SHINS))
    keyed_up.append(varied(low, rng).key(begin + 0.55 * rest, yaw, (f"shin_{side}",)))
    return [*keyed_up, upright(body).key(seconds, yaw, (f"foot_{front}",))]


def lie_ahead(quaternion: NDArray[np.float64]) -> float:
    """Heading of a pelvis (4,) on all fours: where her head is."""
    turn = matrix(quaternion)
    return math.atan2(float(turn[1, 2]), float(turn[0, 2]))


def _one_knee(pose: Pose) -> str:
    """The side of the knee on the floor where only one is; empty where both are."""
    flexes = {s: float(pose.angles[DOF[f"hip_{s}_flex"]]) for s in "rl"}
    if abs(flexes["r"] - flexes["l"]) < 0.7:
        return ""
    return "r" if flexes["r"] < flexes["l"] else "l"
