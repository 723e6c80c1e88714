"""What the robot shows to the person at home, and what it tells others of her day. Rooms import it from `values.py`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Screen:
    """One page of the large-print screen. `id` names it in a choice; `choices`: what can be pressed, id and label.

    `count`: a number to be shown large (of an exercise); None: there is none.
    """

    stamp: float
    id: str
    language: str  # "zh" or "en"
    title: str
    text: str
    choices: tuple[tuple[str, str], ...] = ()
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """News for the family that is no alarm. `id`: the same note told again has the same; `words`: hers, as heard."""

    stamp: float
    id: str
    kind: str  # all_well
    words: str
