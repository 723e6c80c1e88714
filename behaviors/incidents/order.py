"""Which open incident the robot attends to, and how a record becomes what is published. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from behaviors.incidents.courses import course_of
from behaviors.incidents.record import FALL, Record
from behaviors.texts import log_lines
from kangban.evidence import Language
from kangban.values import Incident, IncidentState

# Whom nobody has looked after comes before one for whom help was called; who is being asked is asked to the end.
_RANK = {
    IncidentState.CHECKING: 0,
    IncidentState.OPEN: 1,
    IncidentState.ALARMED: 2,
    IncidentState.ANSWERED: 3,
    IncidentState.ACKNOWLEDGED: 4,
}


_UNSEEN = (IncidentState.CHECKING, IncidentState.OPEN)


def most_urgent(records: Iterable[Record]) -> Record | None:
    """The incident that the robot goes to, of those it goes to at all. A fall nobody has looked after comes first; then
    what is as urgent as a fall, by how far it got; then what can wait until those are in human hands."""
    waiting = [record for record in records if record.is_open and course_of(record.kind).visits]
    return min(waiting, key=lambda r: (_urgency(r), _RANK[r.state], r.opened, r.id), default=None)


def _urgency(record: Record) -> int:
    kind = FALL if record.fall_ids else record.kind  # a fall that joined a cry or a wave counts as the fall it is
    own = course_of(kind).urgency
    return own if record.state in _UNSEEN else max(1, own)


def as_value(record: Record, language: Language, names: Mapping[str, str] | None = None) -> Incident:
    return Incident(
        id=record.id,
        kind=record.kind,
        state=record.state,
        level=record.level,
        opened=record.opened,
        opened_wall=record.opened_wall,
        changed=record.changed,
        person_id=record.person_id,
        place_in_map=record.place_in_map,
        room=record.room,
        evidence=record.evidence,
        log=log_lines(record.log, language, names),
        acknowledged_by=record.acknowledged_by,
        fall_ids=record.fall_ids,
    )
