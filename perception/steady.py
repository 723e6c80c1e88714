"""Postures that do not flicker: a posture is taken over once it has lasted, and getting up is told from its movement.

Pure: `step` and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from kangban.values import Posture

LASTS_S = 0.3
UNKNOWN_LASTS_S = 0.8  # what was known a moment ago is still the best guess for so long
FADING = 0.6  # of confidence, while that is so
AT_ONCE = frozenset({Posture.FALLING})
RISING_MPS = 0.15
RISEN_S = 0.3  # rising for so long: getting up, not just a shrug
RISING_ENDS_S = 0.6
WAS_LOW_S = 2.0
# Who straightens up from bending has not got up.
LOW = frozenset({Posture.LYING_FLOOR, Posture.LYING_FURNITURE, Posture.SITTING, Posture.KNEELING})
UPRIGHT = frozenset({Posture.STANDING, Posture.WALKING})


@dataclass(frozen=True, slots=True)
class Steady:
    """`coming`: another posture that has been seen since `coming_since`. `last_low`: she was last low then."""

    posture: Posture = Posture.UNKNOWN
    confidence: float = 0.0
    coming: Posture | None = None
    coming_since: float = 0.0
    last_low: float | None = None
    rising_since: float | None = None
    last_rising: float | None = None


def step(state: Steady, posture: Posture, confidence: float, rising_mps: float, now: float) -> Steady:
    """The posture to tell a moment later. `rising_mps`: of the shoulders; negative: sinking."""
    state = _rises(state, rising_mps, now)
    if _gets_up(state, posture, now):
        posture = Posture.GETTING_UP
    if state.posture in LOW:
        state = replace(state, last_low=now)
    if posture is state.posture:
        return replace(state, confidence=confidence, coming=None)
    since = state.coming_since if state.coming is posture else now
    lasts = UNKNOWN_LASTS_S if posture is Posture.UNKNOWN else LASTS_S
    if posture in AT_ONCE or now - since >= lasts or (state.posture is Posture.UNKNOWN and state.confidence == 0.0):
        return replace(state, posture=posture, confidence=confidence, coming=None)
    held = min(state.confidence, max(confidence, FADING * state.confidence))
    return replace(state, coming=posture, coming_since=since, confidence=held)


def _rises(state: Steady, rising_mps: float, now: float) -> Steady:
    if rising_mps >= RISING_MPS:
        since = now if state.rising_since is None else state.rising_since
        return replace(state, rising_since=since, last_rising=now)
    if state.last_rising is not None and now - state.last_rising > RISING_ENDS_S:
        return replace(state, rising_since=None, last_rising=None)
    return state


def _gets_up(state: Steady, posture: Posture, now: float) -> bool:
    if posture in UPRIGHT or posture is Posture.FALLING:
        return False
    was_low = state.last_low is not None and now - state.last_low < WAS_LOW_S
    low_now = state.posture in LOW or (state.posture is Posture.GETTING_UP and state.rising_since is not None)
    if state.rising_since is None or state.last_rising is None:
        return False
    rising = state.last_rising - state.rising_since >= RISEN_S - 1e-6
    return rising and (was_low or low_now)
