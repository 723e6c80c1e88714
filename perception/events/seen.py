"""One person at one moment, as far as the events need to know."""

from __future__ import annotations

from dataclasses import dataclass

from kangban.values import Point3, Posture
from perception.events.arms import Arms
from perception.events.stillness import Stillness

RESTING = frozenset({Posture.LYING_FURNITURE, Posture.SITTING})
UPRIGHT = frozenset({Posture.STANDING, Posture.WALKING})


@dataclass(frozen=True, slots=True)
class Seen:
    """`seen`: in this frame; else everything is as it was last. `room`: its name, empty where it is unknown.

    `measured`: heights come from distances. `rests_on`: the furniture under her.
    `in_fall`: a fall of hers is being told.
    """

    person: int
    seen: bool
    first_seen: float
    last_seen: float
    posture: Posture
    confidence: float
    measured: bool
    place: Point3 | None
    room: str
    rests_on: str | None
    stillness: Stillness
    arms: Arms | None
    in_fall: bool

    @property
    def upright(self) -> bool:
        return self.posture in UPRIGHT
