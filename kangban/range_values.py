"""What a sensor of one distance gives. Beside `values.py`, which is full."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Range:
    """One distance along a sensor's axis, m. Infinite: nothing within range_max. NaN: no reading (unknown)."""

    stamp: float
    range_max: float
    range_m: float
