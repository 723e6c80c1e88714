"""Which words are the robot's own, heard back while it spoke. Pure.

A recogniser garbles what it hears across a room, so not every word must agree; and only what was said at that time
counts, so that an answer may repeat the question's words.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from behaviors.speech.hear import plain

LATE_S = 1.0  # sound card and room: the last word is heard so long after it was reckoned to be over
OWN_SHARE = 0.6  # of the words heard, in their order; "yes, taken" answers "have you taken it?"
KEPT_S = 60.0


@dataclass(frozen=True, slots=True)
class Said:
    """What the robot said from `began` to `ended`, s."""

    text: str
    began: float
    ended: float


def remember(said: tuple[Said, ...], newest: Said) -> tuple[Said, ...]:
    """With the newest; a sentence before it was cut short where it began."""
    kept = (s for s in said if newest.began - s.ended < KEPT_S)
    return (*(Said(s.text, s.began, min(s.ended, newest.began)) for s in kept), newest)


def is_own(words: str, began: float, ended: float, said: tuple[Said, ...]) -> bool:
    """Are words that were heard from `began` to `ended` what the robot said then?"""
    heard = plain(words).split()
    then = [s for s in said if s.began < ended and began < s.ended + LATE_S]
    spoken = [word for s in then for word in plain(s.text).split()]
    matches = SequenceMatcher(None, heard, spoken, autojunk=False).get_matching_blocks()
    return bool(heard) and sum(match.size for match in matches) >= OWN_SHARE * len(heard)
