"""Has anybody given a sign of life lately? Pure."""

from __future__ import annotations

from collections.abc import Iterable

from behaviors.patrol.round import Round
from kangban.values import CareEvent, CareEventKind, HomeReading, SensorKind

# What only somebody who is up and about makes. A mattress that is lain on is a sign for as long as it is.
_SIGNS = frozenset({SensorKind.MOTION, SensorKind.DOOR, SensorKind.MATTRESS, SensorKind.BUTTON})
_LASTING = frozenset({SensorKind.MOTION, SensorKind.MATTRESS})


def lasted(seconds: float) -> str:
    """As the evidence of care events writes a duration (kangban/evidence.py)."""
    minutes = int(seconds // 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def not_found(round_: Round, sign: float, now: float, unseen_s: float) -> CareEvent | None:
    """The event that a round without anybody opens, where the last sign of life was so long ago; else None."""
    if round_.met or now - sign < unseen_s:
        return None
    evidence = ("nobody was seen on the round", f"no sign of anybody for {lasted(now - sign)}")
    name = f"unseen-{round_.id}"
    return CareEvent(name, CareEventKind.NOT_FOUND, 0, sign, now, False, 1.0, None, "", evidence)


def last_sign(readings: Iterable[HomeReading], seen_at: float | None, since: float, now: float) -> float:
    """Robot time of the last sign: a person in view, or a sensor. `since`: from when on there was anybody to notice."""
    signs = [since, *([] if seen_at is None else [seen_at])]
    for reading in readings:
        if reading.kind in _SIGNS and reading.active is not None:
            signs.append(now if reading.active and reading.kind in _LASTING else reading.stamp)
    return min(now, max(signs))
