"""Which incident a fall belongs to. Pure.

Perception names a fall once and repeats it; when perception is restarted, the same person on the same floor gets a new
name. That must not become a second alarm.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from behaviors.incidents.record import Record
from kangban.values import Fall, Falls, Point3

SAME_FALL_S = 60.0
SAME_PLACE_M = 1.5  # a lying body is up to 1.8 m long and its middle is placed to some decimetres


def incident_of(fall: Fall, falls: Falls, records: Iterable[Record]) -> Record | None:
    """The incident that this fall is part of, or None where it is a new one.

    `falls` is the whole message: an incident whose own fall is still in it is another person's, however near she lies.
    """
    known = list(records)
    by_name = [r for r in known if fall.id in r.fall_ids]
    if by_name:
        return max(by_name, key=lambda r: r.opened)
    still_named = {f.id for f in falls.falls}
    orphans = [r for r in known if r.is_open and not still_named & set(r.fall_ids)]
    near = [r for r in orphans if _same_place(r, fall)]
    return min(near, key=lambda r: _distance(r.place_in_map, fall.place_in_map), default=None)


def just_resolved(fall: Fall, falls: Falls, records: Iterable[Record]) -> Record | None:
    """A finished incident whose person still lies there under a new name: perception was restarted, nothing happened.

    Only shortly after the end, only where she was not seen up since, and only where her own fall is named no more.
    """
    still_named = {f.id for f in falls.falls}
    for record in records:
        recent = not record.is_open and falls.stamp - record.changed <= SAME_FALL_S
        if recent and not record.recovered and not still_named & set(record.fall_ids) and _same_place(record, fall):
            return record
    return None


def is_new_fall(fall: Fall, record: Record) -> bool:
    """Perception used a finished incident's name for something that began after that incident was resolved."""
    return not record.is_open and fall.since > record.changed


def _same_place(record: Record, fall: Fall) -> bool:
    if record.place_in_map is None or fall.place_in_map is None:
        return record.person_id == fall.person_id or not record.fall_ids  # a cry whose place nobody knew
    return _distance(record.place_in_map, fall.place_in_map) <= SAME_PLACE_M


def _distance(a: Point3 | None, b: Point3 | None) -> float:
    return math.inf if a is None or b is None else math.hypot(a[0] - b[0], a[1] - b[1])
