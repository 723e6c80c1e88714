"""Somebody goes out of an exit in the hours in which the site wants to know. One machine for each exit. Pure.

She is gone when she was last seen within a step of the door, on her way out or beyond it, while the camera looked
there, and has not been seen again. Who is seen again inside was only at the door.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from kangban.day import Span, in_words
from kangban.profile import Care
from kangban.site import Exit
from perception.events.seen import Seen
from perception.events.telling import Telling

INSIDE_M = 1.0  # so far before the door its zone begins
BESIDE_M = 0.4  # and so far beside its frame
STEP_M = 0.7  # last seen so near to the door, or beyond it: a step more and she is out
OUTWARD_MPS = 0.1
ZONE_S = 4.0  # of her way in the zone is remembered
BACK_M = 1.6  # who appears so near to the exit came in through it
APPEARED_S = 3.0


@dataclass(frozen=True, slots=True)
class At:
    """Somebody in the zone: `outside` m beyond the door (negative: inside), and how fast that grows, m/s."""

    person: int
    stamp: float
    outside: float
    outward: float
    confidence: float
    room: str


@dataclass(frozen=True, slots=True)
class Way:
    """`at`: who was last seen in the zone, until she is seen elsewhere. `gone`: out since then."""

    at: At | None = None
    looked: float = 0.0  # the camera last looked at the door
    gone: float | None = None
    who: int = 0
    telling: Telling | None = None


def step(
    state: Way,
    door: Exit,
    people: Iterable[Seen],
    looks: bool,
    now: float,
    time_of_day: float | None,
    hours: Span,
    care: Care,
) -> Way:
    """The state a moment later. `looks`: the camera looks at the door. `time_of_day`: None where it is unknown."""
    if time_of_day is None or not hours.holds(time_of_day):
        return Way()
    seen = [e for e in people if e.seen and e.place is not None]
    if state.telling is not None:
        return Way() if any(_came_back(state, e, door, now) for e in seen) else state
    state = replace(state, looked=now if looks else state.looked)
    at = next((a for a in (_in_zone(state.at, e, door, now) for e in seen) if a is not None), None)
    if at is not None:
        return replace(state, at=at, gone=None)
    if state.at is None or any(e.person == state.at.person for e in seen):
        return replace(state, at=None, gone=None)
    was = state.at
    left = was.outside > 0.0 or (was.outside > -STEP_M and was.outward > OUTWARD_MPS)
    if not left or (state.gone is None and not looks):
        return replace(state, at=None, gone=None) if now - was.stamp > ZONE_S else state
    if now - was.stamp < care.gone_after_s:
        return replace(state, gone=was.stamp, who=was.person)
    if any(_came_back(state, e, door, now) for e in seen):
        return replace(state, at=None, gone=None)
    words: tuple[str, ...] = (
        f"walked to the {door.label.get('en', door.name)} at {in_words((time_of_day - (now - was.stamp)) % 86400)}",
        "was last seen beyond it" if was.outside > 0.0 else "was last seen on the way out of it",
        f"has not come back for {now - was.stamp:.0f} s",
    )
    if seen:
        words = (*words, "somebody else is at home")
    sure = min(0.9, 0.5 + (0.3 if was.outside > 0.0 else 0.1) + 0.1 * was.confidence)
    place = (door.at_m[0], door.at_m[1], 0.0)
    return replace(state, telling=Telling(was.person, was.stamp, sure, words, place, was.room))


def _in_zone(before: At | None, e: Seen, door: Exit, now: float) -> At | None:
    if e.place is None:
        return None
    outside, beside = door.from_door(e.place[0], e.place[1])
    if outside < -INSIDE_M or beside > door.width_m / 2 + BESIDE_M:
        return None
    outward, room = 0.0, e.room
    if before is not None and before.person == e.person:
        room = room or before.room  # beyond the door there is none
    if before is not None and before.person == e.person and 0.0 < now - before.stamp < 1.0:
        fresh = (outside - before.outside) / (now - before.stamp)
        outward = before.outward + min(1.0, (now - before.stamp) / 0.4) * (fresh - before.outward)
    return At(e.person, now, outside, outward, e.confidence, room)


def _came_back(state: Way, e: Seen, door: Exit, now: float) -> bool:
    if e.place is None:
        return False
    outside, beside = door.from_door(e.place[0], e.place[1])
    appeared = now - e.first_seen <= APPEARED_S and outside > -BACK_M and beside < door.width_m / 2 + BACK_M
    return e.person == state.who or appeared
