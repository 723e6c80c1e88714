"""A key held down is a hand that is there: terminals tell no release, so what counts is that the key repeats. Pure.

One press does nothing. The terminal repeats a held key after about half a second, then some thirty times a second; so
motion is allowed from the second press of the same key on, and no longer than RELEASED_AFTER_S after the last.
"""

from __future__ import annotations

from dataclasses import dataclass

FIRST_REPEAT_S = 0.8  # the longest that a keyboard waits before it repeats
RELEASED_AFTER_S = 0.15  # a key that did not come again so long has been let go


@dataclass(frozen=True, slots=True)
class DeadMan:
    """`key` is the one that was pressed last, at `at` (s, steady); `held`: it has repeated since."""

    key: str = ""
    at: float = 0.0
    held: bool = False


def pressed(state: DeadMan, key: str, now: float) -> DeadMan:
    """A key came. Another key than before, or one after too long, begins anew."""
    if key != state.key:
        return DeadMan(key, now)
    return DeadMan(key, now, held=now - state.at <= (RELEASED_AFTER_S if state.held else FIRST_REPEAT_S))


def came(state: DeadMan, keys: str, now: float) -> DeadMan:
    """What was pressed since the last look. Keys that come all at once are one press: a line or a program that stalled
    hands over at once what was pressed long ago."""
    return pressed(state, keys[-1], now) if keys else state


def held_key(state: DeadMan, now: float) -> str:
    """The key under the hand; empty: none."""
    return state.key if state.held and 0.0 <= now - state.at <= RELEASED_AFTER_S else ""


def let_go(state: DeadMan, now: float) -> DeadMan:
    """Time has passed: a key that was held and did not come again is forgotten, so that it must be held anew."""
    return DeadMan() if state.held and now - state.at > RELEASED_AFTER_S else state
