"""Somebody walks about at night: longer than a trip takes, or again and again. One machine for the home. Pure.

Only who is seen on her feet, alone, outside the rooms that the site allows at night counts; a carer beside her means
that somebody is there. A trip ends when she is seen to rest, or once nobody has been seen for as long as a trip takes:
so the minutes in a bathroom that the robot does not look into are part of one trip and not the end of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from kangban.day import in_words
from kangban.profile import Care
from kangban.site import Night
from kangban.values import Posture
from perception.events.seen import Seen
from perception.events.telling import Telling, lasted

BEGUN_S = 2.0  # on her feet for so long: a trip has begun
SHORT_GAP_S = 10.0  # so long out of sight still counts as on her feet
REST_S = 5.0  # lying for so long, or ...
SEATED_S = 60.0  # ... sitting for so long, ends a trip
RESTS = {Posture.LYING_FURNITURE: REST_S, Posture.SITTING: SEATED_S}


@dataclass(frozen=True, slots=True)
class Wander:
    """`began`: on this trip since then; None: on none. `up_s`: on her feet in it. `trips`: when trips began lately."""

    began: float | None = None
    up_s: float = 0.0
    last_up: float | None = None
    rest_since: float | None = None
    last_rest: float = 0.0
    trips: tuple[float, ...] = ()
    rooms: tuple[str, ...] = ()
    telling: Telling | None = None


def step(
    state: Wander, people: Iterable[Seen], now: float, time_of_day: float | None, night: Night, care: Care
) -> Wander:
    """The state a moment later. `time_of_day`: None where it is unknown, and then nothing is told."""
    if time_of_day is None or not night.holds(time_of_day):
        return Wander()
    seen = [e for e in people if e.seen]
    up = [e for e in seen if e.upright]
    about = [e for e in up if e.room and e.room not in night.rooms]
    state = replace(state, trips=tuple(t for t in state.trips if t > now - care.wandering_within_s))
    if not about:
        return _rests(state, seen, now) if not up else state
    if len(up) > 1:
        return replace(state, last_up=now, rest_since=None)  # she is not alone
    return _walks(state, about[0], now, time_of_day, care)


def _walks(state: Wander, e: Seen, now: float, time_of_day: float, care: Care) -> Wander:
    gap = now - state.last_up if state.last_up is not None else 0.0
    if state.began is not None and gap > care.wandering_after_s:
        state = _ended(state)
        gap = 0.0
    began = now if state.began is None else state.began
    up_s = state.up_s + (gap if gap <= SHORT_GAP_S else 0.0)
    rooms = state.rooms if e.room in state.rooms else (*state.rooms, e.room)
    trips = state.trips
    if up_s >= BEGUN_S and began not in trips:
        trips = (*trips, began)
    state = replace(state, began=began, up_s=up_s, last_up=now, rest_since=None, rooms=rooms, trips=trips)
    long, often = up_s >= care.wandering_after_s, len(trips) >= care.wandering_trips
    if not (long or often):
        return state
    since = state.telling.began if state.telling is not None else began
    words: tuple[str, ...] = (f"on her feet at {in_words(time_of_day)}, at night", f"walks about for {lasted(up_s)}")
    if often:
        words = (*words, f"up {len(trips)} times within {lasted(now - trips[0])}")
    return replace(state, telling=Telling(e.person, since, e.confidence, words, e.place, e.room))


def _rests(state: Wander, seen: list[Seen], now: float) -> Wander:
    """Nobody is on her feet: is the trip over?"""
    resting = [RESTS[e.posture] for e in seen if e.posture in RESTS]
    if not resting:
        return state
    fresh = state.rest_since is None or now - state.last_rest > SHORT_GAP_S
    since = now if fresh or state.rest_since is None else state.rest_since
    state = replace(state, rest_since=since, last_rest=now)
    return _ended(state) if now - since >= min(resting) and state.began is not None else state


def _ended(state: Wander) -> Wander:
    return Wander(trips=state.trips, rest_since=state.rest_since, last_rest=state.last_rest)
