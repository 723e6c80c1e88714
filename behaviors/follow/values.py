"""What following works with: who is seen, what is remembered, what is ordered."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from behaviors.follow.trail import Place, Trail
from kangban.values import Pose2D


class Phase(StrEnum):
    FIND = "find"  # nobody to follow has been seen yet
    GO = "go"
    STAND = "stand"  # near enough
    ASIDE = "aside"  # she comes towards it: makes room
    SEEK = "seek"  # out of sight: on the way to where she was last seen
    LOOK = "look"  # there: looks around
    OUTSIDE = "outside"  # waits before a room that it may not look into
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Limits:
    behind_m: float
    lost_after_s: float
    give_up_after_s: float
    wait_for_me_m: float
    outside_s: float


@dataclass(frozen=True, slots=True)
class Sighting:
    """Somebody who is in the picture now, and where on the map."""

    id: int
    place: Place


def anywhere(place: Place) -> bool:
    return True


def nowhere(place: Place) -> bool:
    return False


def in_sight(eye: Place, place: Place) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Inputs:
    """`free`: does the robot fit there? `private`: may it not look there? `failed`: the last goal was not reached.

    `sees`: is there no wall between the first place and the second?
    """

    pose: Pose2D | None
    people: tuple[Sighting, ...] = ()
    free: Callable[[Place], bool] = anywhere
    private: Callable[[Place], bool] = nowhere
    failed: bool = False
    sees: Callable[[Place, Place], bool] = in_sight


@dataclass(frozen=True, slots=True)
class State:
    """`who`: her name now (0: whoever is nearest); `recent`: where she just was.

    `others`: the names of those seen beside her, when and where last.
    """

    who: int
    since: float
    phase: Phase = Phase.FIND
    others: tuple[tuple[int, tuple[float, Place]], ...] = ()
    trail: Trail = ()
    recent: tuple[tuple[float, Place], ...] = ()
    seen_at: float | None = None
    goal: Pose2D | None = None
    goal_at: float = -math.inf
    failed_at: float = -math.inf
    look_way: float = 0.0  # which way round it looks for her; left positive
    asked_at: float = -math.inf
    waited_at: float = -math.inf


@dataclass(frozen=True, slots=True)
class Orders:
    """`goal`: drive there, without a stop in between; None with `stand` False: go on. `face`: turn by so much
    (rad); with `look_around` that way round.

    `say` and `over` are codes of `texts.py`; `over`: why it ends.
    """

    goal: Pose2D | None = None
    stand: bool = False
    face: float | None = None
    look_around: bool = False
    say: str | None = None
    over: str | None = None
