"""Turning on the spot to keep something in view: a proportional controller with a dead band. Pure."""

from __future__ import annotations

START_RAD, ENOUGH_RAD = 0.30, 0.08  # begins beyond the first, ends within the second: a person at rest is left in peace
GAIN_PER_S = 1.2
STEP_RADPS = 0.02  # in steps: what the place estimate trembles by does not reach the wheels
FASTEST_RADPS = 0.4  # a calm turn; the camera still follows people in it


def turn_rate(turning: bool, bearing: float | None, fastest: float = FASTEST_RADPS) -> float | None:
    """The rate (rad/s) to turn at towards `bearing` (rad, left positive), or None: stand. `turning`: was it turning?"""
    if bearing is None or abs(bearing) <= (ENOUGH_RAD if turning else START_RAD):
        return None
    rate = STEP_RADPS * round(GAIN_PER_S * bearing / STEP_RADPS)
    return max(-fastest, min(fastest, rate))
