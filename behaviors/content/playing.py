"""What is told, line after line, with the pause after each. Pure: which story is next, and the lines of a piece."""

from __future__ import annotations

from dataclasses import dataclass

from behaviors.content.breathing import BREATHS, IN_S, OUT_S, READY_S
from behaviors.content.stories import STORIES, code

PAUSE_S = 0.8  # between two lines of a story


@dataclass(frozen=True, slots=True)
class Line:
    """`code` is said; then it waits until that is over and `lasts_s` have passed. `count`: shown large."""

    code: str
    lasts_s: float = PAUSE_S
    count: int | None = None


def story(nth: int) -> tuple[Line, ...]:
    """The stories come round in turn."""
    name = tuple(STORIES)[nth % len(STORIES)]
    return tuple(Line(code(name, k)) for k in range(len(STORIES[name])))


def breathing() -> tuple[Line, ...]:
    rounds = [
        line
        for n in range(BREATHS)
        for line in (Line("breathe_in", IN_S, BREATHS - n), Line("breathe_out", OUT_S, BREATHS - n))
    ]
    return (Line("breathe_begin", READY_S), *rounds, Line("breathe_end"))


def pieces(name: str, nth: int) -> tuple[Line, ...]:
    """The lines of a piece: story, breathe or music (a cue: `speech/tune.py` does the rest)."""
    if name == "story":
        return story(nth)
    return breathing() if name == "breathe" else (Line("say_music"),)
