"""What a state machine has to say while something goes on."""

from __future__ import annotations

from dataclasses import dataclass

from kangban.values import Point3


@dataclass(frozen=True, slots=True)
class Telling:
    """`person`: 0 where it is about nobody who was seen. `place` in the map; `words`: the evidence."""

    person: int
    began: float
    confidence: float
    words: tuple[str, ...]
    place: Point3 | None = None
    room: str = ""


def lasted(seconds: float) -> str:
    """A duration as people say it: 40 s, 12 min, 3 h 10 min."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
