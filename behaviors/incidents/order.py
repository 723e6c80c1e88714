"""Which open incident the robot attends to, and how a record becomes what is published. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from behaviors.incidents.record import Record
from behaviors.texts import log_lines
from kangban.values import Incident, IncidentState

# Whom nobody has looked after comes before one for whom help was called; who is being asked is asked to the end.
_RANK = {
    IncidentState.CHECKING: 0,
    IncidentState.OPEN: 1,
    IncidentState.ALARMED: 2,
    IncidentState.ANSWERED: 3,
    IncidentState.ACKNOWLEDGED: 4,
}


def most_urgent(records: Iterable[Record]) -> Record | None:
    waiting = [record for record in records if record.is_open]
    return min(waiting, key=lambda r: (_RANK[r.state], r.opened, r.id), default=None)


def as_value(record: Record, language: str) -> Incident:
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
        log=log_lines(record.log, language),
        acknowledged_by=record.acknowledged_by,
        fall_ids=record.fall_ids,
    )
