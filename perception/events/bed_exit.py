"""Somebody leaves a bed in the hours in which the site wants to know. One machine for each bed. Pure.

Told by the bed, not by the person: who lies under a blanket is often not recognised, and gets a new number when she
sits up. A carer who stands beside the bed is somebody else, who was already there while the bed was in use.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from kangban.day import Span, in_words
from kangban.profile import Care
from kangban.site import Furniture
from kangban.values import Posture
from perception.events.seen import Seen
from perception.events.telling import Telling, lasted

IN_BED_S = 2.0  # lay or sat on it for so long: it is in use
BESIDE_M = 1.6  # from the bed's edge
APPEARED_S = 3.0  # somebody seen for no longer than this, beside a bed in use, came out of it
ALL_NIGHT_S = 12 * 3600.0  # so long a bed counts as in use, though nobody under the blanket is recognised
FLICKER_S = 0.5
ON_BED = frozenset({Posture.LYING_FURNITURE, Posture.SITTING, Posture.GETTING_UP, Posture.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Bed:
    """`used`: in use since then; None: nobody is known in it. `out`: upright beside it since then, and who."""

    used: float | None = None
    last_used: float = 0.0
    occupant: int = 0
    used_for: float = 0.0  # s of use that were seen
    out: float | None = None
    last_out: float = 0.0
    who: int = 0
    telling: Telling | None = None


def step(
    state: Bed, bed: Furniture, people: Iterable[Seen], now: float, time_of_day: float | None, hours: Span, care: Care
) -> Bed:
    """The state a moment later. `time_of_day`: None where it is unknown, and then nothing is told."""
    seen = [e for e in people if e.seen]
    in_it = next((e for e in seen if e.rests_on == bed.name and e.posture in ON_BED), None)
    asked = time_of_day is not None and hours.holds(time_of_day)
    if state.telling is not None and not asked:
        state = Bed()  # morning: it is over
    if in_it is not None:
        return _in_use(state, in_it, now)
    if state.telling is not None:
        return state
    used = state.used
    if used is None or time_of_day is None or not asked or state.used_for < IN_BED_S:
        return state
    if now - state.last_used > ALL_NIGHT_S:
        return Bed()
    leaver = next((e for e in seen if _may_have_left(state, e, bed, now)), None)
    if leaver is None:
        ended = state.out is not None and now - state.last_out > FLICKER_S
        return replace(state, out=None, who=0) if ended else state
    out = now if state.out is None else state.out
    state = replace(state, out=out, last_out=now, who=leaver.person)
    if now - out < care.bed_exit_after_s:
        return state
    words = (
        f"left the bed at {in_words(time_of_day)}",
        f"was in it for {lasted(state.last_used - used)}",
        f"on her feet for {now - out:.1f} s",
    )
    sure = leaver.confidence * (1.0 if leaver.person == state.occupant else 0.8)
    return replace(state, telling=Telling(leaver.person, out, sure, words, leaver.place, leaver.room))


def _in_use(state: Bed, e: Seen, now: float) -> Bed:
    """Somebody is in it; that ends what was told of it, once it is more than a touch in passing."""
    back = state.telling is not None and state.out is not None
    if state.used is None or back or now - state.last_used > ALL_NIGHT_S:
        return Bed(used=now, last_used=now, occupant=e.person, telling=state.telling)
    used_for = state.used_for + min(0.5, now - state.last_used)
    return Bed(state.used, now, e.person, used_for, telling=None if used_for >= IN_BED_S else state.telling)


def _may_have_left(state: Bed, e: Seen, bed: Furniture, now: float) -> bool:
    """The occupant on her feet, wherever; or who appeared beside the bed just now, as out of a blanket."""
    if not e.upright:
        return False
    if e.person in (state.occupant, state.who):
        return True
    appeared = e.first_seen >= state.last_used - APPEARED_S and now - e.first_seen <= APPEARED_S
    return appeared and e.place is not None and from_edge(bed, e.place[0], e.place[1]) <= BESIDE_M


def from_edge(thing: Furniture, x: float, y: float) -> float:
    """Distance of a place from the edge of a piece of furniture, m; 0 on it."""
    dx, dy = x - thing.at_m[0], y - thing.at_m[1]
    c, s = math.cos(thing.yaw_rad), math.sin(thing.yaw_rad)
    along, across = abs(c * dx + s * dy) - thing.size_m[0] / 2, abs(c * dy - s * dx) - thing.size_m[1] / 2
    return math.hypot(max(0.0, along), max(0.0, across))
