"""What an incident may become. Pure: `step(incident, event, now) -> incident, what to say aloud`.

The rules a nurse may rely on: an alarm is never taken back by the robot (only a human ends it), the level of alarm
never falls, an acknowledgement comes from a human only, and a resolved incident stays as it is. An event that means
nothing in a state leaves the very same record. Nobody decides here *when* something happens: `due.py` and the tree do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from behaviors.incidents import care
from behaviors.incidents.courses import course_of
from behaviors.incidents.events import Announcement, Event, What
from behaviors.incidents.moves import UNALARMED, Outcome, S, Said, alarm, aloud, anew, log
from behaviors.incidents.record import CRY_FOR_HELP, FALL, Approach, Record
from kangban.values import AlarmLevel, SpeechKind

OPENS = (What.FALL_CONFIRMED, What.CRY_FOR_HELP, What.CARE_SEEN)


def step(record: Record | None, event: Event, now: float) -> tuple[Record | None, Said]:
    """`record` None: there is no such incident yet; only a confirmed fall, a cry or a care event opens one."""
    if record is None:
        return _open(event, now) if event.what in OPENS else (None, ())
    if record.state is S.RESOLVED:
        return record, ()
    return _RULES[event.what](record, event, now)


def _open(event: Event, now: float) -> Outcome:
    fall, noticed = event.fall, event.care
    seen = fall or noticed
    record = Record(
        id=event.id,
        kind=FALL if fall else noticed.kind.value if noticed else CRY_FOR_HELP,
        state=S.OPEN,
        level=AlarmLevel.NONE,
        opened=now,
        opened_wall=event.wall,
        changed=now,
        attention_since=now,
        person_id=seen.person_id if seen else event.person_id,
        place_in_map=event.place_in_map,
        room=event.room,
        evidence=seen.evidence if seen else (),
        fall_ids=(fall.id,) if fall else (),
        event_ids=(noticed.id,) if noticed else (),
    )
    if noticed is not None:
        return care.opened(record, event, now)
    if fall is None:
        return alarm(record, event, now, ("text", event.text))
    return log(record, event, now), aloud(course_of(FALL).opened, SpeechKind.INFORM)


def _nothing(record: Record, event: Event, now: float) -> Outcome:
    return record, ()


def _confirmed(record: Record, event: Event, now: float) -> Outcome:
    fall = event.fall
    assert fall is not None, "a confirmed fall comes with the fall"
    known = fall.id in record.fall_ids
    again = record.recovered or not known
    where = replace(
        record,
        place_in_map=event.place_in_map or record.place_in_map,
        room=event.room or record.room,
        evidence=fall.evidence or record.evidence,
        person_id=fall.person_id,
    )
    if not again:
        return where, ()
    where = replace(where, fall_ids=where.fall_ids if known else (*where.fall_ids, fall.id), recovered=False)
    where = log(where, event, now, code="fall_seen_again" if record.fall_ids else "")
    if record.state is not S.ANSWERED:
        return where, ()
    # She said she was fine, and is down once more: look after her from the beginning.
    return anew(where, now), aloud(course_of(FALL).opened, SpeechKind.INFORM)


def _recovered(record: Record, event: Event, now: float) -> Outcome:
    """She is up again. That alone ends nothing: a fall that was confirmed is asked about, an alarm stays an alarm."""
    if record.recovered or event.fall is None or event.fall.id not in record.fall_ids:
        return record, ()
    return log(replace(record, recovered=True), event, now), ()


def _cry(record: Record, event: Event, now: float) -> Outcome:
    if record.state in UNALARMED:
        return alarm(record, event, now, ("text", event.text))
    return log(record, event, now, ("text", event.text)), ()


def _set_out(record: Record, event: Event, now: float) -> Outcome:
    if record.state is not S.OPEN:
        return record, ()
    return log(replace(record, state=S.CHECKING), event, now), ()


def _arrived(record: Record, event: Event, now: float) -> Outcome:
    if record.approach is Approach.ARRIVED or record.state is S.OPEN:
        return record, ()
    return log(replace(record, approach=Approach.ARRIVED), event, now), ()


def _approach_failed(record: Record, event: Event, now: float) -> Outcome:
    if record.approach is Approach.FAILED or record.state is S.OPEN:
        return record, ()
    return log(replace(record, approach=Approach.FAILED), event, now, ("reason", event.text)), ()


def _asked(record: Record, event: Event, now: float) -> Outcome:
    if record.state is not S.CHECKING:
        return record, ()
    return log(replace(record, asked=record.asked + 1), event, now), (Announcement("say_ask", SpeechKind.ASK),)


def _fine(record: Record, event: Event, now: float) -> Outcome:
    heard = ("text", event.text)
    if record.state is S.CHECKING and record.asked:
        answered = replace(record, state=S.ANSWERED, answered_at=now)
        return log(answered, event, now, heard), (Announcement("say_answered", SpeechKind.INFORM),)
    if record.state is S.ALARMED:  # for the nurse to read; the alarm stays
        return log(record, event, now, heard), ()
    return record, ()


def _not_fine(record: Record, event: Event, now: float) -> Outcome:
    heard = ("text", event.text)
    if record.state is S.ANSWERED or (record.state is S.CHECKING and record.asked):
        return alarm(record, event, now, heard)
    if record.state in (S.ALARMED, S.ACKNOWLEDGED):
        return log(record, event, now, heard), ()
    return record, ()


def _unclear(record: Record, event: Event, now: float) -> Outcome:
    if record.state is S.CHECKING and record.asked:
        return log(record, event, now, ("text", event.text)), ()
    return record, ()


def _unanswered(record: Record, event: Event, now: float) -> Outcome:
    return alarm(record, event, now) if record.state in (S.OPEN, S.CHECKING) else (record, ())


def _repeated(record: Record, event: Event, now: float) -> Outcome:
    if record.state is not S.ALARMED:
        return record, ()
    return log(replace(record, told_at=now), event, now), aloud(course_of(record.kind).repeat, SpeechKind.ALARM)


def _escalated(record: Record, event: Event, now: float) -> Outcome:
    if record.state is not S.ALARMED or record.level is not AlarmLevel.NURSE:
        return record, ()
    raised = replace(record, level=AlarmLevel.FAMILY, told_at=now)
    return log(raised, event, now), aloud(course_of(record.kind).escalated, SpeechKind.ALARM)


def _acknowledged(record: Record, event: Event, now: float) -> Outcome:
    who = (("who", event.who), ("note", event.text))
    if record.state is S.ACKNOWLEDGED:  # a second human: noted; the first stays responsible
        return log(record, event, now, *who), ()
    taken = replace(record, state=S.ACKNOWLEDGED, acknowledged_at=now, acknowledged_by=event.who)
    return log(taken, event, now, *who), aloud(course_of(record.kind).acknowledged, SpeechKind.INFORM, who[0])


def _marked_resolved(record: Record, event: Event, now: float) -> Outcome:
    ended = replace(record, state=S.RESOLVED, acknowledged_by=record.acknowledged_by or event.who)
    return log(ended, event, now, ("who", event.who), ("note", event.text)), ()


def _time_passed(record: Record, event: Event, now: float) -> Outcome:
    if record.state not in (S.ANSWERED, S.ACKNOWLEDGED):
        return record, ()
    code = "resolved_answered" if record.state is S.ANSWERED else "resolved_acknowledged"
    return log(replace(record, state=S.RESOLVED), event, now, code=code), ()


def _restarted(record: Record, event: Event, now: float) -> Outcome:
    """Nothing is lost or raised twice. A question whose answer may have been missed is put again by the tree."""
    back = log(record, event, now)
    if record.state is S.ALARMED:
        return replace(back, told_at=now), aloud(course_of(record.kind).repeat, SpeechKind.ALARM)
    return back, ()


_RULES: dict[What, Callable[[Record, Event, float], Outcome]] = {
    What.FALL_SUSPECTED: _nothing,  # a suspicion is perception's to confirm or drop
    What.FALL_CONFIRMED: _confirmed,
    What.FALL_RECOVERED: _recovered,
    What.CRY_FOR_HELP: _cry,
    What.CARE_SEEN: care.seen,
    What.CARE_OVER: care.over,
    What.SET_OUT: _set_out,
    What.ARRIVED: _arrived,
    What.APPROACH_FAILED: _approach_failed,
    What.ASKED: _asked,
    What.ANSWERED_FINE: _fine,
    What.ANSWERED_NOT_FINE: _not_fine,
    What.ANSWER_UNCLEAR: _unclear,
    What.WAIT_OVER: _unanswered,
    What.UNATTENDED: _unanswered,
    What.ALARM_REPEATED: _repeated,
    What.ESCALATED: _escalated,
    What.ACKNOWLEDGED: _acknowledged,
    What.MARKED_RESOLVED: _marked_resolved,
    What.TIME_PASSED: _time_passed,
    What.RESTARTED: _restarted,
}
