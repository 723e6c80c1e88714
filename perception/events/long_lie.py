"""Somebody lies on the floor though no fall was seen. Pure.

Where heights are measured she is believed to lie on the floor sooner than where they are read off the picture. Who
moves a lot may be exercising or playing; but who has fallen and can't get up moves too, so that only makes it take
longer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from kangban.profile import Care
from kangban.values import Posture
from perception.events.seen import Seen
from perception.events.telling import Telling, lasted

SURE, SURE_UNMEASURED = 0.4, 0.55  # of the posture
UP_S = 2.0  # not lying for longer: she sat up or rose
LATELY_S = 15.0
SETTLED_S = 1.5
ACTIVE_MOVES = 5  # within LATELY_S: she exercises, plays or struggles
ACTIVE_LONGER = 12.0
DOUBTED_S = 5.0  # lying, but not surely on the floor, for longer: begin again


@dataclass(frozen=True, slots=True)
class Lie:
    """`since`: on the floor since then; None: she is not. `counted`: s of it that count, less while she moves a lot."""

    since: float | None = None
    last: float = 0.0  # when she was last seen lying there
    counted: float = 0.0
    active: bool = False
    telling: Telling | None = None


def step(state: Lie, e: Seen, now: float, care: Care) -> Lie:
    """The state a moment later."""
    if not e.seen:
        return state  # unseen, she neither lies longer nor gets up; her track's end ends it
    sure = SURE if e.measured else SURE_UNMEASURED
    lies = e.posture is Posture.LYING_FLOOR and e.confidence >= sure and e.rests_on is None
    if not lies:
        patience = DOUBTED_S if e.posture is Posture.UNKNOWN else UP_S
        return Lie() if state.since is None or now - state.last > patience else state
    passed = min(1.0, now - state.last) if state.since is not None else 0.0
    since = now if state.since is None else state.since
    lately = min(LATELY_S, max(0.0, now - since - SETTLED_S))  # lying down is a movement, but none of an exercise
    active = e.stillness.moved_within(lately, now) >= ACTIVE_MOVES
    counted = state.counted + (passed / ACTIVE_LONGER if active else passed)
    state = replace(state, since=since, last=now, counted=counted, active=active)
    needed = care.long_lie_after_s if e.measured else care.long_lie_unmeasured_after_s
    if state.telling is None and (counted < needed or e.in_fall):
        return state
    return replace(state, telling=_telling(state, e, now, since))


def _telling(state: Lie, e: Seen, now: float, since: float) -> Telling:
    quiet = min(now - since, e.stillness.for_s(now))
    words = (
        f"lies on the floor for {lasted(now - since)}",
        "the fall itself was not seen",
        "moves arms and legs, but does not get up" if state.active else f"has not moved for {lasted(quiet)}",
        "no bed or sofa there" if e.measured else "the height is judged from the picture only",
    )
    return Telling(e.person, since, e.confidence, words, e.place, e.room)
