"""Acts of a scenario -> motions of a simulated person, in the home at hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from kangban.config import ConfigError
from kangban.site import Furniture, Site
from kangban.values import Pose2D
from sim.person.fall import Fall
from sim.person.motions import (
    AllFours,
    CarerLift,
    Crawl,
    DeepBend,
    DropOnSeat,
    FloorExercise,
    Gesture,
    GetUp,
    Hop,
    Kneel,
    LieDown,
    LieOnFloor,
    Motion,
    PickUp,
    Reach,
    Rise,
    SitDown,
    SitOnFloor,
    Squat,
    StandUp,
    Stay,
    Stir,
    TryToRise,
    TurnTo,
    Walk,
    WaveForHelp,
)
from sim.scenario import Act

EXERCISE_S = (2.2, 3.2)  # one of four
CAREFULLY_S = (8.0, 10.0)  # to lie down on the floor on purpose, as an old person does
STANDS_OFF_M = 0.16  # between the ankles and the front edge of what she will sit on


def motions(acts: Sequence[Act], site: Site, speed: float, rng: np.random.Generator) -> list[Motion | Fall]:
    """Raises ConfigError where an act names furniture that the home does not have."""
    found: list[Motion | Fall] = []
    for act in acts:
        if rng.random() <= act.chance:
            found.extend(_one(act, site, speed, rng))
    return found


def _one(act: Act, site: Site, speed: float, rng: np.random.Generator) -> list[Motion | Fall]:
    if act.stay is not None:
        return [Stay(float(rng.uniform(*act.stay)))]
    if act.walk is not None:
        return [Walk(act.walk, speed)]
    if act.turn_to is not None:
        return [TurnTo(act.turn_to)]
    if act.sit_on is not None:
        return _sit(_furniture(site, act.sit_on), speed)
    if act.lie_on is not None:
        return _lie(_furniture(site, act.lie_on), speed)
    if act.gesture is not None:
        return [Gesture(act.gesture)]
    if act.fall is not None:
        return [Fall(str(rng.choice(act.fall)))]
    if act.drop_on is not None:
        return _sit(_furniture(site, act.drop_on), speed, quickly=True)
    if act.stand_up or act.get_up or act.pick_up:
        return [StandUp() if act.stand_up else GetUp() if act.get_up else PickUp()]
    return [_on_the_floor(act, rng)]


def _on_the_floor(act: Act, rng: np.random.Generator) -> Motion:
    """Acts that need no furniture, most of them near the floor."""
    timed: tuple[tuple[tuple[float, float] | None, Callable[[float], Motion]], ...] = (
        (act.kneel, lambda seconds: Kneel(hold_s=seconds)),
        (act.on_all_fours, AllFours),
        (act.wave_for_help, WaveForHelp),
        (act.stir, Stir),
    )
    for wished, made in timed:
        if wished is not None:
            return made(float(rng.uniform(*wished)))
    if act.exercise is not None:
        return FloorExercise(kind=act.exercise)
    if act.lie_on_floor is not None:
        return LieOnFloor(side=act.lie_on_floor)
    if act.sit_on_floor is not None:
        return SitOnFloor(style=act.sit_on_floor)
    if act.bend is not None:
        return DeepBend(act.bend)
    if act.reach is not None:
        return Reach(act.reach)
    if act.care is not None:
        return CarerLift(act.care)
    if act.crawl is not None:
        return Crawl(act.crawl)
    if act.hop is not None:
        return Hop(act.hop)
    return Squat() if act.squat else TryToRise() if act.try_to_rise else Rise()


def _furniture(site: Site, name: str) -> Furniture:
    for thing in site.furniture:
        if thing.name == name and thing.rest_height_m is not None:
            return thing
    able = ", ".join(f.name for f in site.furniture if f.rest_height_m is not None)
    raise ConfigError(f"site {site.name}: nobody can rest on {name!r}; possible: {able}")


def _sit(seat: Furniture, speed: float, quickly: bool = False) -> list[Motion | Fall]:
    """In front of it, back turned to it, down."""
    centre = Pose2D(*seat.at_m, seat.yaw_rad)
    stand = centre @ Pose2D(seat.size_m[0] / 2 + STANDS_OFF_M, 0.0, 0.0)
    assert seat.rest_height_m is not None
    down = DropOnSeat(seat.rest_height_m) if quickly else SitDown(seat.rest_height_m)
    return [Walk(((stand.x, stand.y),), speed), TurnTo(stand.yaw), down]


def _lie(bed: Furniture, speed: float) -> list[Motion | Fall]:
    """From its left side (seen from the foot end), a little below the middle; the head comes to the head end."""
    centre = Pose2D(*bed.at_m, bed.yaw_rad)
    stand = centre @ Pose2D(0.1, bed.size_m[1] / 2 + STANDS_OFF_M, math.pi / 2)
    hip = centre @ Pose2D(0.1, bed.size_m[1] / 4, 0.0)
    assert bed.rest_height_m is not None
    lie = LieDown(bed.rest_height_m, head_yaw=bed.yaw_rad + math.pi, hip_xy=(hip.x, hip.y))
    return [Walk(((stand.x, stand.y),), speed), TurnTo(stand.yaw), SitDown(bed.rest_height_m), lie]
