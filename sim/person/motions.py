"""What a person can be asked to do, as data. `Motion.steps` splits it into clips that play one after the other.

Falls are in `fall.py`: they are physics, not clips.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.person import bed, seat
from sim.person.bend import DeepBend
from sim.person.body import Body
from sim.person.clip import Clip, Situation, ankles_middle, held, mean_yaw
from sim.person.crawl import AllFours, Crawl
from sim.person.drop import DropOnSeat
from sim.person.exercise import FloorExercise
from sim.person.floor import LieOnFloor, SitOnFloor
from sim.person.gait import Gait
from sim.person.gesture import GESTURES, gesture
from sim.person.getup import Rise, TryToRise
from sim.person.kneel import Kneel, Squat
from sim.person.lift import CarerLift
from sim.person.motion import Maker, Motion, must
from sim.person.pick import pick_up
from sim.person.reach import Hop, Reach
from sim.person.wave import Stir, WaveForHelp
from sim.person.way import Way, along, turning

__all__ = [
    "AllFours", "CarerLift", "Crawl", "DeepBend", "DropOnSeat", "FloorExercise", "Gesture", "GetUp", "Hop", "Kneel",
    "LieDown", "LieOnFloor", "Maker", "Motion", "PickUp", "Reach", "Rise", "SitDown", "SitOnFloor", "Squat", "StandUp",
    "Stay", "Stir", "TryToRise", "TurnTo", "Walk", "WaveForHelp",
]  # fmt: skip


@dataclass(frozen=True)
class Stay:
    """Stay as she is for some seconds."""

    seconds: float

    def steps(self, posture: str) -> Sequence[Maker]:
        return (lambda body, now, rng: held(now.pose, self.seconds, now.posture, now.support_height),)


@dataclass(frozen=True)
class Walk:
    """Along `path` ((x, y), ...) in metres at `speed` m/s, turning at corners."""

    path: tuple[tuple[float, float], ...]
    speed: float = 0.7

    def steps(self, posture: str) -> Sequence[Maker]:
        must(posture, ("standing",), "walk")

        def make(body: Body, now: Situation, rng: np.random.Generator) -> Clip:
            x, y = ankles_middle(body, now.pose)
            way = along((float(x), float(y), mean_yaw(body, now.pose)), np.array(self.path), self.speed)
            return _walked(body, now, way, step_time(self.speed), rng, "walking")

        return (make,)


@dataclass(frozen=True)
class TurnTo:
    """Turn on the spot, in small steps, to heading `yaw` rad."""

    yaw: float

    def steps(self, posture: str) -> Sequence[Maker]:
        must(posture, ("standing",), "turn")

        def make(body: Body, now: Situation, rng: np.random.Generator) -> Clip:
            x, y = ankles_middle(body, now.pose)
            heading = mean_yaw(body, now.pose)
            if abs(math.remainder(self.yaw - heading, math.tau)) < 0.03:
                return held(now.pose, 0.1, "standing", 0.0)
            return _walked(body, now, turning((float(x), float(y), heading), self.yaw), 0.6, rng, "turning")

        return (make,)


@dataclass(frozen=True)
class SitDown:
    """On a seat right behind her. The pelvis comes to rest over `hip_xy`, else as far back as her thighs reach."""

    seat_height: float
    hip_xy: tuple[float, float] | None = None
    seconds: float = 2.4

    def steps(self, posture: str) -> Sequence[Maker]:
        must(posture, ("standing",), "sit down")
        return (lambda body, now, rng: seat.sit_down(body, now, self.seat_height, self.hip_xy, self.seconds),)


@dataclass(frozen=True)
class StandUp:
    """From a seat."""

    seconds: float = 2.6

    def steps(self, posture: str) -> Sequence[Maker]:
        must(posture, ("sitting",), "stand up")
        return (lambda body, now, rng: seat.stand_up(body, now, self.seconds),)


@dataclass(frozen=True)
class LieDown:
    """On a bed she sits or stands at with her back to it; the pelvis comes to `hip_xy` (m), else 0.35 m further in."""

    surface_height: float
    head_yaw: float
    hip_xy: tuple[float, float] | None = None
    seconds: float = 4.2

    def steps(self, posture: str) -> Sequence[Maker]:
        must(posture, ("standing", "sitting"), "lie down")

        def lie(body: Body, now: Situation, rng: np.random.Generator) -> Clip:
            return bed.lie_down(body, now, self.surface_height, self.head_yaw, self.hip_xy, self.seconds)

        return (lie,) if posture == "sitting" else (*SitDown(self.surface_height).steps(posture), lie)


@dataclass(frozen=True)
class GetUp:
    """To standing: from a bed over its edge towards `exit_yaw` rad (None: to her left), or from the floor."""

    exit_yaw: float | None = None
    seconds: float = 4.5

    def steps(self, posture: str) -> Sequence[Maker]:
        must(posture, ("lying", "lying_side", "lying_prone", "sitting", "fallen"), "get up")
        if posture == "sitting":
            return StandUp().steps(posture)
        if posture == "fallen":
            return (lambda body, now, rng: bed.rise_from_floor(body, now, 2.2 * self.seconds),)
        return (lambda body, now, rng: bed.sit_up(body, now, self.exit_yaw, self.seconds), *StandUp().steps("sitting"))


@dataclass(frozen=True)
class PickUp:
    """Bend to the floor in front of her with one hand and rise again."""

    seconds: float = 4.6

    def steps(self, posture: str) -> Sequence[Maker]:
        must(posture, ("standing",), "pick something up")
        return (lambda body, now, rng: pick_up(body, now, rng, self.seconds),)


@dataclass(frozen=True)
class Gesture:
    """`wave`, `nod`, `shake_head` or `turn_page`, standing, sitting or lying."""

    kind: str

    def steps(self, posture: str) -> Sequence[Maker]:
        if self.kind not in GESTURES:
            raise ValueError(f"no gesture {self.kind!r}; there are: {', '.join(GESTURES)}")
        return (lambda body, now, rng: gesture(now, self.kind),)


def step_time(speed: float) -> float:
    """Seconds a step takes at a walking speed: length and cadence both grow with speed (Hollman et al. 2011)."""
    return float(min(max(0.50 / max(speed, 0.05) ** 0.35, 0.45), 0.8))


def _walked(body: Body, now: Situation, way: Way, period: float, rng: np.random.Generator, during: str) -> Clip:
    swing = way.at(min(1.0, way.duration))[2] - way.at(0.0)[2]
    first = int(rng.integers(2)) if abs(swing) < 0.15 else (1 if swing > 0 else 0)
    gait = Gait(body, now.pose, way, period, first)
    return Clip(gait.duration, gait.at, during, "standing", 0.0)
