"""Down onto hands and knees, and crawling: a hand and the other side's knee at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.person.body import Body
from sim.person.clip import Clip, Situation, mean_yaw
from sim.person.getup import lie_ahead
from sim.person.keyed import Key, keyed
from sim.person.kneel import SHINS, kneeling_down, lingering
from sim.person.low_poses import Low, all_fours, clipped, heading_of, varied
from sim.person.motion import Maker, must
from sim.person.skeleton import DOF

_SWING = 0.28
"""How far thigh and arm swing to each side of upright, rad."""


@dataclass(frozen=True)
class AllFours:
    """Down onto hands and knees, and stay for `hold_s`. `seconds` None: 1.5 to 3.5 s."""

    hold_s: float = 1.0
    seconds: float | None = None

    def steps(self, posture: str) -> Sequence[Maker]:
        must(posture, ("standing", "kneeling"), "go down on hands and knees")
        return (self._down, lambda body, now, rng: lingering(body, now, rng, self.hold_s))

    def _down(self, body: Body, now: Situation, rng: np.random.Generator) -> Clip:
        seconds = self.seconds or float(rng.uniform(1.5, 3.5))
        keys: list[Key] = []
        yaw = heading_of(now.pose)
        if now.posture == "standing":
            yaw = mean_yaw(body, now.pose)
            keys = kneeling_down(body, now, rng, "both", 0.65 * seconds, 0.2)
        keys.append(varied(all_fours(body), rng, 0.03).key(seconds, yaw, SHINS))
        return Clip(seconds, keyed(body, now.pose, keys, rng), "kneeling_down", "on_all_fours")


@dataclass(frozen=True)
class Crawl:
    """So many `steps_count` on hands and knees, the way she faces. `step_s` None: 0.4 to 0.9 s each."""

    steps_count: int = 6
    step_s: float | None = None

    def steps(self, posture: str) -> Sequence[Maker]:
        must(posture, ("on_all_fours",), "crawl")
        return (self._clip,)

    def _clip(self, body: Body, now: Situation, rng: np.random.Generator) -> Clip:
        step = self.step_s or float(rng.uniform(0.4, 0.9))
        yaw = lie_ahead(now.pose.turn)
        keys = []
        first = int(rng.integers(2))
        for number in range(self.steps_count):
            stands = "rl"[(first + number) % 2]
            size = _SWING if number < self.steps_count - 1 else 0.0
            keys.append(_stride(body, stands, size).key((number + 1) * step, yaw, (f"shin_{stands}",)))
        return Clip(keys[-1].at, keyed(body, now.pose, keys, rng), "crawling", "on_all_fours")


def _stride(body: Body, stands: str, size: float) -> Low:
    """The knee of side `stands` is behind, the other ahead; hands the other way round."""
    low = all_fours(body)
    angles = low.angles.copy()
    for side in "rl":
        back = size if side == stands else -size
        angles[DOF[f"hip_{side}_flex"]] -= back
        angles[DOF[f"knee_{side}"]] -= 0.9 * back
        angles[DOF[f"shoulder_{side}_flex"]] += 0.8 * back
    angles[DOF["spine_side"]] += 0.25 * size * (1 if stands == "r" else -1)
    return clipped(Low(low.pitch, angles, lean=0.15 * size * (1 if stands == "r" else -1)))
