"""Exercises on the floor: leg raises, sit-ups, the bridge, arm circles, reaching for the toes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.person.body import Body
from sim.person.clip import Clip, Situation
from sim.person.keyed import Key, keyed
from sim.person.low_poses import QUARTER, Low, clipped, floor_sit, heading_of, on_back, planted_leg, set_leg, upper
from sim.person.motion import Maker, must

LYING = ("leg_raise", "sit_up", "bridge", "arm_circles")
SITTING = ("toe_reach",)
KINDS = LYING + SITTING
_PELVIS, _BACK, _SHOULDERS = ("pelvis",), ("pelvis", "chest"), ("chest", "foot_r", "foot_l")


@dataclass(frozen=True)
class FloorExercise:
    """One of `KINDS`, lying on the back or sitting on the floor, so many `repeats`, or as many as `lasts_s` has room
    for; one takes `seconds` (None: 1.4 to 4 s). None: as it happens."""

    lasts_s: float | None = None
    kind: str | None = None
    repeats: int | None = None
    seconds: float | None = None

    def steps(self, posture: str) -> Sequence[Maker]:
        must(posture, ("lying", "sitting_on_floor"), "exercise on the floor")
        able = LYING if posture == "lying" else SITTING
        if self.kind is not None and self.kind not in able:
            raise ValueError(f"no exercise {self.kind!r} while {posture}; there are: {', '.join(able)}")
        return (self._clip,)

    def _clip(self, body: Body, now: Situation, rng: np.random.Generator) -> Clip:
        kind = self.kind or str(rng.choice(LYING if now.posture == "lying" else SITTING))
        drawn = int(rng.integers(2, 6)), float(rng.uniform(1.4, 4.0))
        seconds = self.seconds or drawn[1]
        wished = drawn[0] if self.lasts_s is None else max(round((self.lasts_s - 1.6) / seconds), 1)
        repeats = self.repeats or wished
        yaw = heading_of(now.pose)
        keys: list[Key] = []
        for number in range(repeats):
            begin = 0.8 + number * seconds
            for share, low, bears in _course(kind, body, number):
                keys.append(low.key(begin + share * seconds, yaw, bears))
        end = on_back(rng) if now.posture == "lying" else floor_sit(body, "stretched")
        keys.append(end.key(keys[-1].at + 0.8, yaw, _PELVIS))
        return Clip(keys[-1].at, keyed(body, now.pose, keys, rng, 0.02), "exercising", now.posture, now.support_height)


def _course(kind: str, body: Body, number: int) -> list[tuple[float, Low, tuple[str, ...]]]:
    """One repeat: shares of its time, postures, and what bears."""
    if kind == "leg_raise":
        side = "rl"[number % 2]
        up = on_back()
        set_leg(up.angles, side, -QUARTER, -QUARTER - 1.25, -QUARTER - 1.15)
        return [(0.5, clipped(up), _BACK), (1.0, on_back(), _BACK)]
    if kind == "sit_up":
        up = _knees_up(body, -0.35, 0.75)
        upper(up.angles, shoulder_flex=1.2, elbow=0.3)
        down = _knees_up(body, -QUARTER, 0.1)
        return [(0.15, down, _PELVIS), (0.5, clipped(up), _PELVIS), (0.65, clipped(up), _PELVIS), (1.0, down, _PELVIS)]
    if kind == "bridge":
        down = _knees_up(body, -QUARTER, 0.0)
        high = Low(-QUARTER - 0.5, down.angles.copy())
        for side in "rl":
            planted_leg(body, high.angles, side, high.pitch, 0.34, -0.02)
        upper(high.angles, neck_flex=0.6)
        return [(0.5, clipped(high), _SHOULDERS), (0.65, clipped(high), _SHOULDERS), (1.0, down, _BACK)]
    if kind == "arm_circles":
        ways = ((0.25, 1.5, 0.2), (0.5, 2.7, 0.5), (0.75, 1.2, 1.3), (1.0, 0.1, 0.3))
        found: list[tuple[float, Low, tuple[str, ...]]] = []
        for share, flex, abd in ways:
            low = on_back()
            upper(low.angles, shoulder_flex=flex, shoulder_abd=abd, elbow=0.1)
            found.append((share, clipped(low), _BACK))
        return found
    low = floor_sit(body, "stretched")
    far = Low(low.pitch + 0.45, low.angles.copy())
    for side in "rl":
        set_leg(far.angles, side, far.pitch, -QUARTER - 0.08, -QUARTER + 0.1)
    upper(far.angles, spine_flex=1.05, neck_flex=0.2, shoulder_flex=1.7, elbow=0.05)
    return [(0.45, clipped(far), _PELVIS), (0.65, clipped(far), _PELVIS), (1.0, low, _PELVIS)]


def _knees_up(body: Body, pitch: float, curl: float) -> Low:
    low = Low(pitch, on_back().angles.copy())
    for side in "rl":
        planted_leg(body, low.angles, side, pitch, 0.10, -0.5)
    upper(low.angles, spine_flex=curl, neck_flex=min(0.1 + curl, 0.6), shoulder_flex=0.3 * math.ceil(curl))
    return clipped(low)
