"""Kneeling down on one knee or both, and squatting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sim.person.body import Body
from sim.person.clip import Clip, Situation, mean_yaw
from sim.person.keyed import Key, keyed, waits
from sim.person.low_poses import Low, half_kneel, kneel, squat, upright, varied
from sim.person.motion import Maker, must
from sim.person.rotation import matrix
from sim.person.skeleton import DOF, LINKS

KNEES = ("one", "both")
FEET = ("foot_r", "foot_l")
SHINS = ("shin_r", "shin_l")


@dataclass(frozen=True)
class Kneel:
    """Down on `knees` (`one` or `both`; None: as it happens), and stay there for `hold_s`. Ends kneeling; `getup.Rise`
    leads up again. `seconds` None: 1.0 to 2.6 s."""

    knees: str | None = None
    hold_s: float = 2.0
    seconds: float | None = None

    def steps(self, posture: str) -> Sequence[Maker]:
        must(posture, ("standing",), "kneel down")
        if self.knees is not None and self.knees not in KNEES:
            raise ValueError(f"nobody kneels on {self.knees!r}; possible: {', '.join(KNEES)}")
        return (self._down, self._hold)

    def _down(self, body: Body, now: Situation, rng: np.random.Generator) -> Clip:
        knees = self.knees or str(rng.choice(KNEES))
        seconds = self.seconds or float(rng.uniform(1.0, 2.6))
        keys = kneeling_down(body, now, rng, knees, seconds)
        return Clip(keys[-1].at, keyed(body, now.pose, keys, rng), "kneeling_down", "kneeling")

    def _hold(self, body: Body, now: Situation, rng: np.random.Generator) -> Clip:
        return lingering(body, now, rng, self.hold_s)


def kneeling_down(
    body: Body, now: Situation, rng: np.random.Generator, knees: str, seconds: float, sunk: float | None = None
) -> list[Key]:
    """Keys from standing: one foot goes back, its knee comes down, and, for `both`, the other knee comes beside it."""
    yaw = mean_yaw(body, now.pose)
    side = "r" if rng.random() < 0.6 else "l"
    front = "l" if side == "r" else "r"
    one = varied(half_kneel(body, side), rng)
    bears = (f"foot_{front}",)
    share = 1.0 if knees == "one" else 0.7
    keys = [
        _foot_back(body, side).key(0.35 * share * seconds, yaw, bears),
        one.key(share * seconds, yaw, bears),
    ]
    if knees == "both":
        depth = float(rng.uniform(0.0, 1.0)) if sunk is None else sunk
        keys.append(varied(kneel(body, depth), rng).key(seconds, yaw, (f"shin_{side}",)))
    return keys


def _foot_back(body: Body, side: str) -> Low:
    """Standing on one leg with its knee bent a little, the other foot just off the floor behind."""
    low = squat(body, 0.22)
    angles = low.angles.copy()
    angles[DOF[f"hip_{side}_flex"]] -= 0.45
    angles[DOF[f"knee_{side}"]] += 0.35
    angles[DOF[f"ankle_{side}_flex"]] = -0.1
    return Low(low.pitch, angles)


def lingering(body: Body, now: Situation, rng: np.random.Generator, seconds: float) -> Clip:
    """Stay in a posture on the floor, never quite still."""
    points = body.surface(now.pose.root, matrix(now.pose.turn), now.pose.angles)[..., 2].min(1)
    bears = tuple(name for name, low in zip(LINKS, points, strict=True) if low < points.min() + 0.02)
    key = Key(max(seconds, 0.1), now.pose.turn, now.pose.angles, bears)
    at = keyed(body, now.pose, [key], rng, 0.02)
    return Clip(key.at, at, now.posture, now.posture, now.support_height)


@dataclass(frozen=True)
class Squat:
    """Down on the haunches and up again. None: as it happens, quick (0.5 s down) to slow (1.8 s), half to full depth,
    at the bottom for 0.2 to 2.5 s."""

    seconds: float | None = None
    hold_s: float | None = None
    depth: float | None = None

    def steps(self, posture: str) -> Sequence[Maker]:
        must(posture, ("standing",), "squat")
        return (self._clip,)

    def _clip(self, body: Body, now: Situation, rng: np.random.Generator) -> Clip:
        drawn = float(rng.uniform(0.5, 1.8)), float(rng.uniform(0.2, 2.5)), float(rng.uniform(0.65, 1.0))
        given = self.seconds, self.hold_s, self.depth
        down, hold, depth = (d if g is None else g for d, g in zip(drawn, given, strict=True))
        yaw = mean_yaw(body, now.pose)
        low = varied(squat(body, depth), rng, 0.1)
        keys = waits([low.key(down, yaw, FEET)], hold)
        keys.append(replace(upright(body).key(0.0, yaw, FEET), at=keys[-1].at + 1.15 * down))
        return Clip(keys[-1].at, keyed(body, now.pose, keys, rng), "squatting", "standing")
