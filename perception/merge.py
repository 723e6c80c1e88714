"""Several cameras, one home: falls and care events of all of them as one list, each told once. Pure.

A fall that two cameras see at one place at one time is one fall. It keeps the name under which it was first told for as
long as any camera sees it, and is over only when none of them says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from kangban.values import CareEvent, Fall, FallState, Point3

SAME_PLACE_M = 1.5  # a lying body is up to 1.8 m long and its middle is placed to some decimetres
SAME_TIME_S = 20.0
ORDER = (FallState.RECOVERED, FallState.SUSPECTED, FallState.CONFIRMED)  # of two words on one fall the later one counts


@dataclass(frozen=True)
class Merged:
    """`names`: what a camera calls a fall or an event -> what it is told as."""

    names: Mapping[str, str] = field(default_factory=dict)
    falls: tuple[Fall, ...] = ()
    care: tuple[CareEvent, ...] = ()


def merge(before: Merged, falls: Sequence[Sequence[Fall]], care: Sequence[Sequence[CareEvent]]) -> Merged:
    """One list of what each camera says now (the robot's own first)."""
    names: dict[str, str] = {}
    one: list[Fall] = []
    for camera in falls:
        told: list[Fall] = []
        for fall in camera:
            name = before.names.get(fall.id) or _told_as(fall, [*one, *before.falls], camera, before)
            names[fall.id] = name
            told.append(replace(fall, id=name))
        one = _joined(one, told)
    events: list[CareEvent] = []
    for theirs in care:
        fresh: list[CareEvent] = []
        for event in theirs:
            name = before.names.get(event.id) or next(
                (e.id for e in events if e.kind is event.kind and _same(e.place_in_map, event.place_in_map)), event.id
            )
            names[event.id] = name
            if name not in {e.id for e in events}:
                fresh.append(replace(event, id=name))
        events += fresh
    return Merged(names, tuple(one), tuple(events))


def _told_as(fall: Fall, told: Sequence[Fall], camera: Sequence[Fall], before: Merged) -> str:
    """The name under which another camera's word on the same fall was told; her own where there is none."""
    its_own = {before.names.get(other.id, other.id) for other in camera}  # one camera tells its falls apart itself
    return next((f.id for f in told if f.id not in its_own and _is_one(f, fall)), fall.id)


def _is_one(a: Fall, b: Fall) -> bool:
    return _same(a.place_in_map, b.place_in_map) and abs(a.since - b.since) <= SAME_TIME_S


def _joined(one: list[Fall], more: list[Fall]) -> list[Fall]:
    by_name = {fall.id: fall for fall in one}
    for fall in more:
        known = by_name.get(fall.id)
        by_name[fall.id] = fall if known is None else _surer(known, fall)
    return list(by_name.values())


def _surer(a: Fall, b: Fall) -> Fall:
    first, second = (a, b) if ORDER.index(a.state) >= ORDER.index(b.state) else (b, a)
    return replace(first, place_in_map=first.place_in_map or second.place_in_map)


def _same(a: Point3 | None, b: Point3 | None) -> bool:
    return a is not None and b is not None and math.dist(a[:2], b[:2]) <= SAME_PLACE_M
