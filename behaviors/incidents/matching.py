"""Which incident a fall, or a care event, belongs to. Pure.

Perception names a fall once and repeats it; when perception is restarted, the same person on the same floor gets a new
name. That must not become a second alarm. Nor must a care event of a person whom an open incident is already about.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from behaviors.incidents.courses import course_of
from behaviors.incidents.record import Record
from kangban.values import CareEvent, CareEventKind, Fall, Falls, Point3

SAME_FALL_S = 60.0
# Kinds that join an open incident about the same person: they say no more than that she still needs somebody.
_JOINING = frozenset(
    {CareEventKind.LONG_LIE, CareEventKind.HELP_GESTURE, CareEventKind.INACTIVITY, CareEventKind.CRY_FOR_HELP}
)
SAME_PLACE_M = 1.5  # a lying body is up to 1.8 m long and its middle is placed to some decimetres


def incident_of(
    fall: Fall, falls: Falls, records: Iterable[Record], care_named: Mapping[str, int] | None = None
) -> Record | None:
    """The incident that this fall is part of, or None where it is a new one.

    `falls` is the whole message: an incident whose own fall is still in it is another person's, however near she lies;
    so is one whose care event is in `care_named` (event -> person) for somebody else.
    """
    known = list(records)
    by_name = [r for r in known if fall.id in r.fall_ids]
    if by_name:
        return max(by_name, key=lambda r: r.opened)
    still_named = {f.id for f in falls.falls}
    takers = [r for r in known if r.is_open and course_of(r.kind).takes_falls]
    orphans = [r for r in takers if not still_named & set(r.fall_ids) and not _of_another(fall, r, care_named or {})]
    near = [r for r in orphans if _same_place(r, fall)]
    return min(near, key=lambda r: _distance(r.place_in_map, fall.place_in_map), default=None)


def just_resolved(fall: Fall, falls: Falls, records: Iterable[Record]) -> Record | None:
    """A finished incident whose person still lies there under a new name: perception was restarted, nothing happened.

    Only shortly after the end, only where she was not seen up since, and only where her own fall is named no more.
    """
    still_named = {f.id for f in falls.falls}
    for record in records:
        if not (record.fall_ids or record.kind == CareEventKind.LONG_LIE) or record.over_ids:
            continue  # she was not down, or is up again: a fall at that place is a new one
        recent = not record.is_open and falls.stamp - record.changed <= SAME_FALL_S
        if recent and not record.recovered and not still_named & set(record.fall_ids) and _same_place(record, fall):
            return record
    return None


def is_new_fall(fall: Fall, record: Record) -> bool:
    """Perception used a finished incident's name for something that began after that incident was resolved."""
    return not record.is_open and fall.since > record.changed


def incident_of_care(event: CareEvent, named: Mapping[str, int], records: Iterable[Record]) -> Record | None:
    """The incident that a care event is part of, or None where it is a new one.

    `named`: every fall and care event that perception names now -> its person. An incident that perception still names
    for somebody else is that person's, however near she is.
    """
    known = list(records)
    by_name = [r for r in known if event.id in r.event_ids]
    if by_name:
        return max(by_name, key=lambda r: r.opened)
    able = [r for r in known if r.is_open and _may_join(event, r) and not _of_another(event, r, named)]
    same = [r for r in able if (event.person_id and event.person_id == r.person_id) or _same_place(r, event)]
    return min(same, key=lambda r: (event.person_id != r.person_id, _distance(r.place_in_map, event.place_in_map)),
               default=None)  # fmt: skip


def just_closed(event: CareEvent, named: Mapping[str, int], records: Iterable[Record], now: float) -> Record | None:
    """A finished incident of the same kind whose event goes on under a new name: perception was restarted."""
    for record in records:
        recent = not record.is_open and now - record.changed <= SAME_FALL_S and record.kind == event.kind
        ours = set(record.event_ids)
        if recent and not ours & (set(named) | set(record.over_ids)) and _same_place(record, event):
            return record
    return None


def _may_join(event: CareEvent, record: Record) -> bool:
    return record.kind == event.kind or (event.kind in _JOINING and course_of(record.kind).visits)


def _of_another(event: Fall | CareEvent, record: Record, named: Mapping[str, int]) -> bool:
    """Does perception still name this incident's fall or event, and a person for it who is not this one?"""
    ours = [named[name] for name in (*record.fall_ids, *record.event_ids) if name in named]
    return bool(ours) and event.person_id not in ours


def _same_place(record: Record, fall: Fall | CareEvent) -> bool:
    if record.place_in_map is None or fall.place_in_map is None:
        of_nobody = not record.fall_ids and not record.event_ids  # a cry whose place nobody knew
        return record.person_id == fall.person_id or of_nobody
    return _distance(record.place_in_map, fall.place_in_map) <= SAME_PLACE_M


def _distance(a: Point3 | None, b: Point3 | None) -> float:
    return math.inf if a is None or b is None else math.hypot(a[0] - b[0], a[1] - b[1])
