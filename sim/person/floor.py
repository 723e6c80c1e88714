"""Sitting down and lying down on the floor on purpose: slowly, as people are taught, or quickly, as children do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.person.body import Body
from sim.person.clip import Clip, Situation, mean_yaw
from sim.person.getup import lie_ahead
from sim.person.keyed import Key, keyed
from sim.person.kneel import FEET, SHINS, kneeling_down, lingering
from sim.person.low_poses import (
    Low,
    all_fours,
    floor_sit,
    heading_of,
    kneel,
    leaning_on,
    on_back,
    on_belly,
    on_side,
    squat,
    varied,
)
from sim.person.motion import Maker, must
from sim.person.skeleton import DOF

STYLES = ("bent", "stretched", "crossed", "side")
HANDS = ("", "r", "l", "rl")
WAYS = ("squat", "kneel")
SIDES = ("back", "side", "belly")
SEAT = ("pelvis",)
TRUNK = ("pelvis", "chest")


@dataclass(frozen=True)
class SitOnFloor:
    """Sit down on the floor and stay for `hold_s`. None: as it happens.

    `seconds` on the way down: 0.8 is quick, 4 is careful; `style` of the legs is one of `STYLES`; `hands` she leans
    back on are one of `HANDS`; `way` is straight down from a squat or over the knees.
    """

    seconds: float | None = None
    style: str | None = None
    hands: str | None = None
    way: str | None = None
    hold_s: float = 2.0

    def steps(self, posture: str) -> Sequence[Maker]:
        must(posture, ("standing", "kneeling"), "sit down on the floor")
        asked = (self.style, STYLES, "sits"), (self.hands, HANDS, "leans on"), (self.way, WAYS, "goes by")
        for given, allowed, what in asked:
            if given is not None and given not in allowed:
                raise ValueError(f"nobody {what} {given!r} on the floor; possible: {', '.join(map(repr, allowed))}")
        return (self._down, lambda body, now, rng: lingering(body, now, rng, self.hold_s))

    def _down(self, body: Body, now: Situation, rng: np.random.Generator) -> Clip:
        style = self.style or str(rng.choice(STYLES[:3]))
        hands = str(rng.choice(HANDS)) if self.hands is None else self.hands
        way = self.way or str(rng.choice(WAYS, p=[0.7, 0.3]))
        quick = float(rng.uniform(0.8, 1.5)) if rng.random() < 0.4 else float(rng.uniform(1.5, 3.5))
        seconds = self.seconds or (quick if way == "squat" else quick + 1.2)
        keys = sitting_keys(body, now, rng, way, style, hands, seconds)
        return Clip(keys[-1].at, keyed(body, now.pose, keys, rng), "sitting_down", "sitting_on_floor")


def sitting_keys(
    body: Body, now: Situation, rng: np.random.Generator, way: str, style: str, hands: str, seconds: float
) -> list[Key]:
    """From standing or kneeling to sitting on the floor with legs of that style."""
    yaw = heading_of(now.pose) if now.posture == "kneeling" else mean_yaw(body, now.pose)
    low = varied(floor_sit(body, style), rng)
    final = leaning_on(body, low, hands) if hands and style != "side" else low
    if now.posture == "kneeling" or way == "kneel":
        keys = [] if now.posture == "kneeling" else kneeling_down(body, now, rng, "both", 0.55 * seconds, 0.8)
        side = varied(leaning_on(body, floor_sit(body, "side"), "r"), rng, 0.03)
        keys.append(side.key(0.8 * seconds, yaw, SEAT))
        return [*keys, final.key(seconds, yaw, SEAT)]
    behind = hands or ("r" if rng.random() < 0.5 else "l")
    landed = leaning_on(body, floor_sit(body, "bent"), behind) if seconds > 1.2 else floor_sit(body, "bent")
    keys = [squat(body, 0.95).key(0.5 * seconds, yaw, FEET), landed.key(0.78 * seconds, yaw, FEET)]
    return [*keys, final.key(seconds, yaw, SEAT)]


@dataclass(frozen=True)
class LieOnFloor:
    """Lie down on the floor on purpose, on `side` (one of `SIDES`), and stay for `hold_s`. None: as it happens.

    `seconds`: 1.5 is quick, 5 careful. To the belly she goes over hands and knees, else over sitting.
    """

    seconds: float | None = None
    side: str | None = None
    hold_s: float = 2.0

    def steps(self, posture: str) -> Sequence[Maker]:
        must(posture, ("standing", "kneeling", "sitting_on_floor", "on_all_fours"), "lie down on the floor")
        if self.side is not None and self.side not in SIDES:
            raise ValueError(f"nobody lies on the {self.side!r}; possible: {', '.join(SIDES)}")
        return (self._down, lambda body, now, rng: lingering(body, now, rng, self.hold_s))

    def _down(self, body: Body, now: Situation, rng: np.random.Generator) -> Clip:
        side = self.side or str(rng.choice(SIDES, p=[0.6, 0.25, 0.15]))
        seconds = self.seconds or float(rng.uniform(1.5, 5.0))
        if side == "belly" or now.posture == "on_all_fours":
            keys = _over_hands_and_knees(body, now, rng, seconds)
            after = "lying_prone"
        else:
            keys = _over_sitting(body, now, rng, side, seconds)
            after = "lying" if side == "back" else "lying_side"
        return Clip(keys[-1].at, keyed(body, now.pose, keys, rng), "lying_down", after)


def _over_sitting(body: Body, now: Situation, rng: np.random.Generator, side: str, seconds: float) -> list[Key]:
    on = "r" if rng.random() < 0.5 else "l"
    if now.posture == "sitting_on_floor":
        yaw, keys, sat = heading_of(now.pose), [], 0.0
    else:
        sat = 0.6 * seconds
        way = "squat" if now.posture == "standing" and (seconds < 3.0 or rng.random() < 0.5) else "kneel"
        keys = sitting_keys(body, now, rng, way, "bent", "", sat)
        yaw = heading_of(now.pose) if now.posture == "kneeling" else mean_yaw(body, now.pose)
    rest = seconds - sat
    if side == "side":
        propped = on_side(on, rng)
        return [*keys, propped.key(seconds, yaw, ("pelvis", f"thigh_{on}"))]
    knees_up = Low(on_back().pitch, on_back(rng).angles)
    for leg in "rl":
        _knee_up(knees_up, leg, 0.9)
    stretched = on_back(rng)
    return [*keys, knees_up.key(sat + 0.65 * rest, yaw, SEAT), stretched.key(seconds, yaw, TRUNK)]


def _knee_up(low: Low, side: str, bend: float) -> None:
    low.angles[DOF[f"hip_{side}_flex"]] = bend
    low.angles[DOF[f"knee_{side}"]] = 1.75 * bend
    low.angles[DOF[f"ankle_{side}_flex"]] = -0.2


def _over_hands_and_knees(body: Body, now: Situation, rng: np.random.Generator, seconds: float) -> list[Key]:
    if now.posture == "on_all_fours":
        yaw, keys, begin = lie_ahead(now.pose.turn), [], 0.0
    else:
        yaw = heading_of(now.pose) if now.posture != "standing" else mean_yaw(body, now.pose)
        keys = [] if now.posture == "kneeling" else kneeling_down(body, now, rng, "both", 0.4 * seconds, 0.2)
        begin = keys[-1].at if keys else 0.0
    rest = seconds - begin
    if now.posture == "sitting_on_floor":
        keys.append(kneel(body, 0.5).key(0.3 * seconds, yaw, SHINS))
    if now.posture != "on_all_fours":
        keys.append(all_fours(body).key(begin + 0.45 * rest, yaw, SHINS))
    return [*keys, on_belly(rng).key(seconds, yaw, SHINS)]
