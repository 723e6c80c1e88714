"""What may be wished of the robot, in which order it counts, and how a wish ends. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Rank(IntEnum):
    """Who goes first: the lower number. The first three are claimed, the next three wished; IDLE is the rest."""

    SAFETY = 0  # it can't or must not move
    INCIDENT = 1
    CHARGE = 2  # a low battery wins over everything but an incident
    REQUEST = 3  # what a person or a nurse asks for: follow, accompany, go there
    REMINDER = 4
    PATROL = 5
    IDLE = 6


CLAIMED = (Rank.SAFETY, Rank.INCIDENT, Rank.CHARGE)
WISHED = (Rank.REQUEST, Rank.REMINDER, Rank.PATROL)


@dataclass(frozen=True, slots=True)
class Wish:
    """One mission that somebody wants.

    `id` is its own; `name` says which branch of the tree does it (`tree/missions.py`); `detail` is for that branch.
    `waits_s`: dropped when it was without a turn for so long at a stretch. `lasts_s`: dropped when it has had the turn
    for so long in all.
    """

    id: str
    name: str
    rank: Rank
    waits_s: float
    lasts_s: float
    detail: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.rank not in WISHED:
            raise ValueError(f"wish {self.id!r}: rank {self.rank.name} can't be wished")
        if not (self.waits_s > 0 and self.lasts_s > 0):
            raise ValueError(f"wish {self.id!r}: waits_s and lasts_s must be above 0")


class Outcome(StrEnum):
    DONE = "done"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"  # whoever wished it took it back
    DROPPED = "dropped"  # it waited too long, took too long, or there were too many


@dataclass(frozen=True, slots=True)
class Ended:
    """How a wish ended; `why` is a code of `texts.py`, empty where it is done."""

    wish: Wish
    outcome: Outcome
    why: str = ""
