"""Care events in the life of an incident: what they open, what they add, what their end means. Pure.

What is done about which kind is not decided here but in `courses.py`.
"""

from __future__ import annotations

from dataclasses import replace

from behaviors.incidents.courses import course_of
from behaviors.incidents.events import Event
from behaviors.incidents.moves import UNALARMED, Outcome, S, alarm, aloud, anew, log
from behaviors.incidents.record import Record
from kangban.values import AlarmLevel, CareEventKind, SpeechKind


def opened(record: Record, event: Event, now: float) -> Outcome:
    """Call somebody at once, or go and look, or only note it: by the kind's row and what the home says."""
    course = course_of(record.kind)
    if event.level is not AlarmLevel.NONE:
        called, _ = alarm(record, event, now, *_why(event, f"told_{event.level.value}"), code=record.kind)
        return called, aloud(course.opened, SpeechKind.ALARM)
    if course.visits:
        return log(record, event, now, *_why(event), code=record.kind), aloud(course.opened, SpeechKind.INFORM)
    return log(replace(record, state=S.RESOLVED), event, now, *_why(event, "told_none"), code=record.kind), ()


def _why(event: Event, told: str = "") -> tuple[tuple[str, str], ...]:
    """For the log: who was called with it (a code of `texts.py`), and what was seen or heard."""
    assert event.care is not None, "a care event comes with the event"
    what = "text" if event.care.kind is CareEventKind.CRY_FOR_HELP else "evidence"
    return ("told", told), (what, "; ".join(event.care.evidence))


def seen(record: Record, event: Event, now: float) -> Outcome:
    """It still goes on; or another event of the same person joins: noted, and where she had said that she is fine she
    is looked after once more. One that calls somebody at once does so here too."""
    noticed = event.care
    assert noticed is not None, "a care event comes with the event"
    where = replace(record, place_in_map=event.place_in_map or record.place_in_map, room=event.room or record.room)
    if noticed.id in record.event_ids:
        return (where, ()) if noticed.kind.value == record.kind else (record, ())
    where = replace(where, event_ids=(*record.event_ids, noticed.id), person_id=noticed.person_id)
    code = noticed.kind.value
    if record.state in UNALARMED and event.level is not AlarmLevel.NONE:
        return alarm(where, event, now, *_why(event, f"told_{event.level.value}"), code=code)
    noted = log(where, event, now, *_why(event), code=code)
    if record.state is not S.ANSWERED:
        return noted, ()
    return anew(noted, now), aloud(course_of(noticed.kind.value).opened, SpeechKind.INFORM)


def over(record: Record, event: Event, now: float) -> Outcome:
    """What the incident is about has ended. Of itself that closes only what a kind's row says, only before the robot
    has set out (from a robot that drives, who sits still seems to move), and never an alarm."""
    noticed = event.care
    assert noticed is not None, "a care event comes with the event"
    if noticed.id not in record.event_ids or noticed.id in record.over_ids:
        return record, ()
    after = replace(record, over_ids=(*record.over_ids, noticed.id))
    all_over = set(after.event_ids) <= set(after.over_ids) and not record.fall_ids
    if all_over and course_of(record.kind).ends_when_over and record.state is S.OPEN:
        after = replace(after, state=S.RESOLVED)
    return log(after, event, now, code=f"{noticed.kind.value}_over"), ()
