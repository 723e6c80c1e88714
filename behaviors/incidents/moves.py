"""The moves that the rules of an incident share: a line for its log, a call, something said, beginning anew. Pure."""

from __future__ import annotations

import math
from dataclasses import replace

from behaviors.incidents.courses import course_of
from behaviors.incidents.events import Announcement, Event
from behaviors.incidents.record import Approach, Entry, Record
from kangban.values import AlarmLevel, IncidentState, SpeechKind

Said = tuple[Announcement, ...]
Outcome = tuple[Record, Said]
S = IncidentState
MOVED_M = 0.3  # a place that moved less than this is not written again
UNALARMED = (S.OPEN, S.CHECKING, S.ANSWERED)


def log(record: Record, event: Event, now: float, *params: tuple[str, str], code: str = "") -> Record:
    entry = Entry(now, event.wall, code or event.what.value, params)
    return replace(record, changed=now, log=(*record.log, entry))


def aloud(code: str | None, kind: SpeechKind, *params: tuple[str, str]) -> Said:
    return () if code is None else (Announcement(code, kind, params),)


def alarm(record: Record, event: Event, now: float, *params: tuple[str, str], code: str = "") -> Outcome:
    level = AlarmLevel.NURSE if event.level is AlarmLevel.NONE else event.level
    record = replace(record, state=S.ALARMED, level=level, alarmed_at=now, told_at=now)
    return log(record, event, now, *params, code=code), aloud(course_of(record.kind).alarm, SpeechKind.ALARM)


def anew(record: Record, now: float) -> Record:
    return replace(record, state=S.OPEN, approach=Approach.NONE, asked=0, answered_at=None, attention_since=now)


def moved(before: Record, after: Record) -> bool:
    a, b = before.place_in_map, after.place_in_map
    if a is None or b is None:
        return a is not b
    return math.hypot(a[0] - b[0], a[1] - b[1]) >= MOVED_M
