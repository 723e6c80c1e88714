"""Nobody moves where and when somebody should; or somebody sits motionless for hours. Pure.

The first is a machine for each rule of the site (`hours.movement`), and counts only while the camera stands in one of
its rooms and sees; movement anywhere that is seen is a sign of life and begins it again. The second is a machine for
each person: awake on a seat, for `motionless_after_s`; who was never seen to move may be a picture on the wall, and is
left to the first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from kangban.day import in_words
from kangban.profile import Care
from kangban.site import Movement
from kangban.values import Posture
from perception.events.seen import Seen
from perception.events.telling import Telling, lasted

LONGEST_FRAME_S = 2.0  # what passed between two frames counts up to this
ALIVE_S = 2.5  # moved so lately: alive and moving


@dataclass(frozen=True, slots=True)
class Quiet:
    """`watched`: s without any movement while the camera looked. `last_seen`: somebody, moving or not."""

    watched: float = 0.0
    last: float | None = None
    since: float | None = None  # of the first such second
    telling: Telling | None = None


def step(
    state: Quiet,
    rule: Movement,
    people: Iterable[Seen],
    room: str,
    blind: bool,
    now: float,
    time_of_day: float | None,
) -> Quiet:
    """One rule of the site, a moment later. `room`: where the camera stands, empty: unknown."""
    if time_of_day is None or not rule.holds(time_of_day):
        return Quiet()
    seen = [e for e in people if e.seen]
    if any(_moves(e, now) for e in seen):
        return Quiet(last=now)
    if blind or room not in rule.rooms:
        return replace(state, last=None)
    passed = 0.0 if state.last is None else min(LONGEST_FRAME_S, now - state.last)
    since = now if state.since is None else state.since
    state = replace(state, watched=state.watched + passed, last=now, since=since)
    if state.telling is None and state.watched < rule.within_s:
        return state
    who = seen[0] if seen else None
    words = (
        f"nobody has moved here for {lasted(state.watched)}",
        f"somebody should, from {in_words(rule.begins)} to {in_words(rule.ends)}",
        "somebody is there, motionless" if who else "nobody is seen",
    )
    began = state.telling.began if state.telling else since
    person, place, sure = (who.person, who.place, 0.8) if who else (0, None, 0.6)
    return replace(state, telling=Telling(person, began, sure, words, place, room))


def _moves(e: Seen, now: float) -> bool:
    return e.posture is Posture.WALKING or bool(e.stillness.moves and now - e.stillness.moves[-1] < ALIVE_S)


@dataclass(frozen=True, slots=True)
class Motionless:
    telling: Telling | None = None


def sit_still(state: Motionless, e: Seen, now: float, care: Care) -> Motionless:
    """One person on a seat, a moment later."""
    if not e.seen:
        return state
    still = e.stillness.for_s(now)
    if e.posture is not Posture.SITTING or not e.stillness.ever_moved or still < care.motionless_after_s:
        return Motionless()
    words = (f"sits without moving for {lasted(still)}", "moved before, so it is a person")
    return Motionless(Telling(e.person, now - still, 0.7 * e.confidence, words, e.place, e.room))
