"""Has anybody given a sign of life lately? Pure."""

from __future__ import annotations

from collections.abc import Iterable

from kangban.values import HomeReading, SensorKind

# What only somebody who is up and about makes. A mattress that is lain on is a sign for as long as it is.
_SIGNS = frozenset({SensorKind.MOTION, SensorKind.DOOR, SensorKind.MATTRESS, SensorKind.BUTTON})
_LASTING = frozenset({SensorKind.MOTION, SensorKind.MATTRESS})


def last_sign(readings: Iterable[HomeReading], seen_at: float | None, since: float, now: float) -> float:
    """Robot time of the last sign: a person in view, or a sensor. `since`: from when on there was anybody to notice."""
    signs = [since, *([] if seen_at is None else [seen_at])]
    for reading in readings:
        if reading.kind in _SIGNS and reading.active is not None:
            signs.append(now if reading.active and reading.kind in _LASTING else reading.stamp)
    return min(now, max(signs))
