"""A raised, waving arm that asks for help: standing, sitting or lying; and somebody who lies there and stirs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.person.body import Body
from sim.person.clip import Clip, Situation
from sim.person.keyed import stirring
from sim.person.motion import Maker
from sim.person.pose import Pose
from sim.person.rotation import ease, matrix
from sim.person.skeleton import DOF, LOWER, UPPER


@dataclass(frozen=True)
class WaveForHelp:
    """One raised arm waved to and fro for `seconds` (None: 4 to 10 s) at `hertz` (None: 1.0 to 1.5), from any posture
    in which she stays."""

    seconds: float | None = None
    hertz: float | None = None

    def steps(self, posture: str) -> Sequence[Maker]:
        return (self._clip,)

    def _clip(self, body: Body, now: Situation, rng: np.random.Generator) -> Clip:
        drawn = float(rng.uniform(4.0, 10.0)), float(rng.uniform(1.0, 1.5))
        seconds, hertz = self.seconds or drawn[0], self.hertz or drawn[1]
        side, size = _free_side(now.pose, rng), float(rng.uniform(0.3, 0.5))
        raised = _raised(now.pose, side, rng)
        index = [DOF[name] for name in raised]
        aims = np.array(list(raised.values()))
        swings = [DOF[f"shoulder_{side}_abd"], DOF[f"elbow_{side}"]]
        start = now.pose

        def at(t: float) -> Pose:
            shown = ease(t / 0.7) * (1 - ease((t - seconds + 0.7) / 0.7))
            angles = start.angles.copy()
            angles[index] += shown * (aims - angles[index])
            swing = shown * math.sin(2 * math.pi * hertz * t)
            angles[swings] += swing * np.array([size, 0.5 * size])
            angles[DOF["neck_flex"]] -= 0.1 * shown
            return Pose(start.root, start.turn, np.clip(angles, LOWER, UPPER))

        return Clip(seconds, at, now.posture, now.posture, now.support_height)


def _free_side(pose: Pose, rng: np.random.Generator) -> str:
    """The arm she does not lie on."""
    left_up = float(matrix(pose.turn)[2, 1])
    if abs(left_up) > 0.5:
        return "l" if left_up > 0 else "r"
    return "r" if rng.random() < 0.6 else "l"


def _raised(pose: Pose, side: str, rng: np.random.Generator) -> dict[str, float]:
    """Straight up from the floor as far as the shoulder lets it: beside the ear standing, ahead of the chest lying."""
    turn = matrix(pose.turn)
    upright, on_side = float(turn[2, 2]) > 0.5, abs(float(turn[2, 1])) > 0.5
    flex, abd = (2.35, 0.35) if upright else (0.9, 1.1) if on_side else (1.5, 0.35)
    wanted = {"flex": flex, "abd": abd, "rot": 0.0}
    angles = {f"shoulder_{side}_{name}": value + float(rng.normal(0, 0.08)) for name, value in wanted.items()}
    return {**angles, f"elbow_{side}": float(rng.uniform(0.3, 0.7))}


@dataclass(frozen=True)
class Stir:
    """Stay where she is for `seconds`, moving as people do who lie or sit awake: head, arms, a leg drawn up a little.
    `size` 1 is restless, 0.2 hardly moves."""

    seconds: float
    size: float = 0.5

    def steps(self, posture: str) -> Sequence[Maker]:
        return (self._clip,)

    def _clip(self, body: Body, now: Situation, rng: np.random.Generator) -> Clip:
        start, seconds = now.pose, max(self.seconds, 0.1)
        grid = np.linspace(0.0, seconds, max(math.ceil(10 * seconds), 2) + 1)
        moves = 0.08 * self.size * stirring(rng, grid)
        down = float(body.surface(start.root, matrix(start.turn), start.angles)[..., 2].min())

        def at(t: float) -> Pose:
            place = min(t / seconds, 1.0) * (len(grid) - 1)
            i = min(int(place), len(grid) - 2)
            move = (1 - place + i) * moves[i] + (place - i) * moves[i + 1]
            angles = np.clip(start.angles + move * (1 - ease((t - seconds + 0.8) / 0.8)), LOWER, UPPER)
            low = float(body.surface(start.root, matrix(start.turn), angles)[..., 2].min())
            return Pose(start.root + np.array([0.0, 0.0, max(down - low, 0.0)]), start.turn, angles)

        return Clip(seconds, at, now.posture, now.posture, now.support_height)
