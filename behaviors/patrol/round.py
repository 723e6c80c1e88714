"""How a round stands: which rooms are left, what became of the others, who and what was seen. Pure values and moves."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from behaviors.patrol.findings import Finding
from kangban.values import Posture

TRIES = 2  # a room that can't be reached is tried once more, last
SAME_PERSON_M = 1.0


@dataclass(frozen=True, slots=True)
class Met:
    """Somebody who was seen: in which room (empty: unknown), when (robot time), doing what."""

    room: str
    at: float
    posture: Posture
    place_in_map: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was wished; `why` it was not kept (a code), empty: it was, None: not known yet."""

    name: str
    room: str
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """What became of a room: looked into, or `why` not (a code of texts.py)."""

    room: str
    at: float
    why: str = ""

    @property
    def looked(self) -> bool:
        return not self.why


@dataclass(frozen=True, slots=True)
class Round:
    """`left`: rooms still to be looked into, in driving order; `wall`: when it began, a label."""

    id: str
    name: str
    begun: float
    wall: float
    left: tuple[str, ...]
    visits: tuple[Visit, ...] = ()
    failed: tuple[str, ...] = ()  # rooms that could not be reached once
    met: tuple[Met, ...] = ()
    findings: tuple[Finding, ...] = ()
    pictures: tuple[Picture, ...] = ()
    interrupted: tuple[tuple[float, str], ...] = ()  # when it was put aside, and for what (a code of texts.py)

    @property
    def room(self) -> str | None:
        """The room that is next, or being looked into."""
        return self.left[0] if self.left else None

    @property
    def looked(self) -> tuple[str, ...]:
        return tuple(visit.room for visit in self.visits if visit.looked)


def begin(id_: str, name: str, rooms: tuple[str, ...], no_look: tuple[str, ...], now: float, wall: float) -> Round:
    """A round through these rooms. Those that nobody may look into are left out, and that is noted."""
    private = tuple(Visit(room, now, "why_no_look") for room in rooms if room in no_look)
    return Round(id_, name, now, wall, tuple(room for room in rooms if room not in no_look), private)


def ordered(round_: Round, rooms: tuple[str, ...]) -> Round:
    """The rooms left in that order; those it does not name come last, as they were."""
    named = tuple(room for room in rooms if room in round_.left)
    return replace(round_, left=named + tuple(room for room in round_.left if room not in named))


def looked(round_: Round, now: float) -> Round:
    """The room that was next has been looked into."""
    if round_.room is None:
        return round_
    return replace(round_, left=round_.left[1:], visits=(*round_.visits, Visit(round_.room, now)))


def missed(round_: Round, why: str, now: float) -> Round:
    """The room that was next can't be looked into now. It is tried again last, then given up."""
    room = round_.room
    if room is None:
        return round_
    rest = round_.left[1:]
    if round_.failed.count(room) + 1 < TRIES:
        return replace(round_, left=(*rest, room), failed=(*round_.failed, room))
    return replace(round_, left=rest, visits=(*round_.visits, Visit(room, now, why)))


def given_up(round_: Round, why: str, now: float) -> Round:
    """The round ends with what it has; for the rooms left the reason is noted."""
    rest = tuple(Visit(room, now, why) for room in round_.left)
    return replace(round_, left=(), visits=(*round_.visits, *rest))


def met(round_: Round, someone: Met) -> Round:
    """Somebody was seen. Seen again at the same place it is the same one: the later look counts."""
    same = [
        m for m in round_.met
        if m.room == someone.room and math.dist(m.place_in_map, someone.place_in_map) <= SAME_PERSON_M
    ]  # fmt: skip
    kept = tuple(m for m in round_.met if m not in same)
    return replace(round_, met=(*kept, someone))


def found(round_: Round, findings: tuple[Finding, ...]) -> Round:
    """Something was found. The same thing found again replaces what was known of it."""
    keys = {finding.key for finding in findings}
    return replace(round_, findings=(*(f for f in round_.findings if f.key not in keys), *findings))


def wished(round_: Round, picture: Picture) -> Round:
    return replace(round_, pictures=(*round_.pictures, picture))


def answered(round_: Round, name: str, why: str) -> Round:
    """What became of a picture. Nothing changes where that is known, or where it is another round's."""
    return replace(round_, pictures=tuple(
        replace(p, why=why) if p.name == name and p.why is None else p for p in round_.pictures
    ))  # fmt: skip


def put_aside(round_: Round, why: str, now: float) -> Round:
    return replace(round_, interrupted=(*round_.interrupted, (now, why)))
