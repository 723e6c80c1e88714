"""Postures and how one goes from one to the next: a timeline of angles at 30 moments a second."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from bench.training.skeleton import ANGLES, INDEX
from kangban.values import Array

HZ = 30.0
Posture = dict[str, float]
Ease = Callable[[Array], Array]


def both(**angles: float) -> Posture:
    """Angles for both sides where a name is a limb's (`hip=1` is hip_l and hip_r)."""
    out: Posture = {}
    for name, value in angles.items():
        for key in (name,) if name in INDEX else (f"{name}_l", f"{name}_r"):
            out[key] = value
    return out


STAND = both(arm=0.05, wide=0.1, elbow=0.25, knee=0.05, hip=0.03)
SIT = both(pitch=0.0, curl=0.15, hip=1.5, knee=1.5, apart=0.15, arm=0.4, elbow=0.9)
RECLINE = both(pitch=-0.45, curl=0.3, hip=1.05, knee=1.2, apart=0.15, arm=0.3, elbow=0.8)
SQUAT = both(pitch=0.55, curl=0.2, hip=2.25, knee=2.35, apart=0.25, arm=0.9, elbow=0.4)
HALF_SQUAT = both(pitch=0.5, curl=0.1, hip=1.5, knee=1.7, apart=0.2, arm=1.2, elbow=0.3)
LUNGE = {**both(pitch=0.1, arm=0.2, elbow=0.6), "hip_l": 1.35, "knee_l": 1.35, "hip_r": -0.15, "knee_r": 1.2}
STOOP = both(pitch=1.25, curl=0.6, hip=1.3, knee=0.15, arm=1.6, elbow=0.1)
STOOP_KNEES = both(pitch=1.0, curl=0.5, hip=1.6, knee=1.0, arm=1.3, elbow=0.1)
KNEEL = both(pitch=0.05, hip=0.1, knee=1.65, arm=0.3, elbow=0.6)
KNEEL_ONE = {
    **both(pitch=0.15, curl=0.2, arm=0.7, elbow=0.9),
    "hip_l": 1.55,
    "knee_l": 1.5,
    "hip_r": 0.2,
    "knee_r": 1.75,
}
HEELS = both(pitch=0.1, curl=0.2, hip=1.35, knee=2.65, arm=0.4, elbow=0.5)
ALL_FOURS = both(pitch=1.4, hip=1.45, knee=1.6, arm=1.45, nod=-0.5, wide=0.05)
PLANK = both(pitch=1.3, hip=0.05, knee=0.05, arm=1.35, nod=-0.4)
CHILD = both(pitch=1.35, curl=0.3, hip=2.3, knee=2.7, arm=2.6)
SCRUB = both(pitch=1.3, curl=0.2, hip=1.35, knee=1.6, arm=1.5, elbow=0.5)
FLOOR_LONG = both(pitch=-0.1, curl=0.25, hip=1.45, knee=0.25, apart=0.15, arm=0.5, elbow=0.4)
FLOOR_CROSSED = both(pitch=0.0, curl=0.25, hip=1.65, knee=2.25, apart=0.75, arm=0.5, elbow=0.7)
FLOOR_KNEES_UP = both(pitch=-0.15, curl=0.3, hip=1.95, knee=1.75, apart=0.15, arm=0.9, elbow=0.6)
FLOOR_BACK = both(pitch=-0.55, curl=0.2, hip=0.95, knee=0.4, apart=0.2, arm=-0.6, elbow=0.2)
FLOOR_SIDE = {**both(pitch=0.05, curl=0.2, hip=1.3, arm=0.2, elbow=0.3), "knee_l": 2.2, "knee_r": 2.3, "roll": -0.25,
              "apart_l": -0.5, "apart_r": 0.9}  # fmt: skip
SUPINE = both(pitch=-1.53, hip=0.05, knee=0.1, arm=0.1, wide=0.35, elbow=0.3)
SUPINE_KNEES = both(pitch=-1.53, hip=0.75, knee=1.45, arm=0.1, wide=0.3, elbow=0.4)
PRONE = both(pitch=1.53, hip=0.02, knee=0.1, arm=0.2, wide=0.4, elbow=0.5)
PRONE_ARMS = both(pitch=1.5, hip=0.02, knee=0.15, arm=2.4, wide=0.3, elbow=0.9, nod=-0.3)
COBRA = both(pitch=1.1, curl=-0.6, hip=-0.3, knee=0.1, arm=1.0, elbow=0.1, nod=-0.2)
SIDE = {**both(roll=1.5, hip=0.5, knee=0.8, curl=0.2, arm=0.8, elbow=0.9), "apart_r": -0.1}
SIDE_CURLED = {**both(roll=1.5, hip=1.3, knee=1.7, curl=0.5, arm=0.9, elbow=1.6), "apart_r": -0.1}
SITUP = both(pitch=0.1, curl=0.4, hip=1.85, knee=1.45, arm=1.3, elbow=0.6)
REACH_UP = both(pitch=-0.05, arm=2.9, elbow=0.1, wide=0.15)
STAR = both(pitch=0.0, arm=0.1, wide=2.6, apart=0.45)
FORWARD_FOLD = both(pitch=0.75, curl=0.8, hip=2.1, knee=0.1, arm=1.9)  # sitting, hands to the toes
TRIANGLE = both(pitch=0.2, roll=0.9, hip=0.2, apart=0.5, wide=1.5)
DOG = both(pitch=2.1, hip=1.35, knee=0.15, arm=2.7)  # hips high, hands on the floor
KICK = {**both(pitch=-0.2, arm=0.3, wide=0.5), "hip_l": 1.4, "knee_l": 0.2, "knee_r": 0.2}
SIDE_LUNGE = {**both(pitch=0.3, arm=0.6), "hip_l": 1.2, "knee_l": 1.3, "apart_l": 0.3, "apart_r": 0.8}
STRETCHES = (DOG, CHILD, COBRA, PLANK, ALL_FOURS, FORWARD_FOLD, SUPINE_KNEES, SIDE, FLOOR_CROSSED)
RESTING = (SUPINE, SIDE, SIDE_CURLED, PRONE, FLOOR_CROSSED, FLOOR_LONG, HEELS)


def turned(posture: Posture, left: bool = True, **changes: float) -> Posture:
    """A posture with changes; mirrored where not `left`."""
    out = {**posture, **changes}
    if left:
        return out
    swap = {"l": "r", "r": "l"}
    mirrored = {f"{n[:-1]}{swap[n[-1]]}" if n[-2:] in ("_l", "_r") else n: v for n, v in out.items()}
    return {n: -v if n in ("roll", "twist") else v for n, v in mirrored.items()}


def smooth(u: Array) -> Array:
    """By will: begins and ends gently."""
    return np.asarray(u**3 * (10 - 15 * u + 6 * u * u))


def dropping(power: float) -> Ease:
    """By weight: ever faster until it stops at once."""
    return lambda u: np.asarray(u**power)


def toppling(growth: float) -> Ease:
    """An upturned pendulum: its lean grows by itself (cosh)."""
    return lambda u: np.asarray((np.cosh(growth * u) - 1.0) / (math.cosh(growth) - 1.0))


class Timeline:
    """What one body does. `marks`: what began when, s."""

    def __init__(self, rng: np.random.Generator, start: Posture, spread: float = 0.08) -> None:
        self.rng, self.spread = rng, spread
        self.slower = 1.0  # than the acts say
        self.rows: list[Array] = []
        self.marks: list[tuple[str, float]] = []
        self.now = self._vector(start)

    @property
    def seconds(self) -> float:
        return sum(len(r) for r in self.rows) / HZ

    def begin(self, posture: Posture) -> None:
        """Forget what was done: the story begins in this posture."""
        self.rows, self.now = [], self._vector(posture, self.now)

    def mark(self, name: str) -> None:
        self.marks.append((name, self.seconds))

    def _vector(self, posture: Posture, keep: Array | None = None) -> Array:
        out = np.zeros(len(ANGLES))
        if keep is not None:
            out[INDEX["yaw"]] = keep[INDEX["yaw"]]
        for name, value in posture.items():
            out[INDEX[name]] = value
        limbs = [k for n, k in INDEX.items() if n not in ("yaw", "lift")]
        out[limbs] += self.rng.normal(0.0, self.spread, len(limbs))
        arms = [INDEX[n] for n in ("arm_l", "arm_r", "wide_l", "wide_r", "elbow_l", "elbow_r")]
        out[arms] += self.rng.normal(0.0, 0.2, len(arms))
        for name in ("knee_l", "knee_r", "elbow_l", "elbow_r"):
            out[INDEX[name]] = max(0.0, out[INDEX[name]])
        return out

    def to(self, posture: Posture, seconds: float, ease: Ease = smooth, turn: float = 0.0) -> None:
        """Go to a posture; `turn`: of the whole body on the way, rad."""
        goal = self._vector(posture, self.now)
        goal[INDEX["yaw"]] += turn
        count = max(2, round(seconds * self.slower * HZ))
        u = np.arange(1, count + 1) / count
        share = ease(u)[:, None]
        self.rows.append((1 - share) * self.now + share * goal)
        self.now = goal

    def hold(self, seconds: float, restless: float = 0.03) -> None:
        """Stay as one is, but never quite still."""
        count = max(1, round(seconds * HZ))
        self.rows.append(np.tile(self.now, (count, 1)) + self._wander(count, restless))

    def _wander(self, count: int, amount: float) -> Array:
        knots = max(2, count // 12 + 2)
        limbs = np.ones(len(ANGLES)) * amount
        limbs[INDEX["lift"]] = 0.0
        for name in ("arm_l", "arm_r", "elbow_l", "elbow_r", "nod"):
            limbs[INDEX[name]] *= 3.0
        at = self.rng.normal(0.0, 1.0, (knots, len(ANGLES))) * limbs
        at[0] = at[-1] = 0.0
        x = np.linspace(0, knots - 1, count)
        return np.stack([np.interp(x, np.arange(knots), at[:, k]) for k in range(len(ANGLES))], axis=1)

    def walk(self, seconds: float, pace: float = 1.0, turn: float = 0.0, lean: float = 0.05) -> None:
        """Steps; `pace` 1 is an ordinary walk, 2 running. `turn`: by how much the way bends, rad."""
        self.to(both(**{**STAND, "pitch": lean}), 0.2)
        count = max(3, round(seconds * HZ))
        t = np.arange(count) / HZ
        phase = 2 * math.pi * (0.65 + 0.3 * pace) * t
        swing = (0.22 + 0.16 * pace) * np.minimum(1.0, t / 0.3)
        rows = np.tile(self.now, (count, 1))
        for side, sign in (("l", 1.0), ("r", -1.0)):
            rows[:, INDEX[f"hip_{side}"]] += sign * swing * np.sin(phase)
            rows[:, INDEX[f"knee_{side}"]] += (
                np.maximum(0.0, 1.6 * swing * np.sin(phase + sign * 0.5 * math.pi + 0.3 * sign)) * 1.2
            )
            rows[:, INDEX[f"arm_{side}"]] -= sign * 0.8 * swing * np.sin(phase)
        rows[:, INDEX["yaw"]] += turn * t / max(seconds, 0.1)
        self.rows.append(rows)
        self.now = self.now.copy()
        self.now[INDEX["yaw"]] += turn

    def angles(self) -> Array:
        """Everything done, (n, len(ANGLES)), HZ rows a second, with a body's small unrest."""
        rows = np.concatenate(self.rows)
        return rows + self._wander(len(rows), 0.02)
