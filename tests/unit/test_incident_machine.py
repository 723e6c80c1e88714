"""The incident machine: every state meets every event, and what a nurse may rely on holds for any history."""

from __future__ import annotations

from dataclasses import replace
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from behaviors.incidents.due import due
from behaviors.incidents.events import BY_HUMAN, Event, What
from behaviors.incidents.machine import step
from behaviors.incidents.record import Approach, Record, shifted
from behaviors.texts import ALL, log_lines, text
from kangban.config import load_profile
from kangban.values import AlarmLevel, FallState, IncidentState
from tests.unit.behaviors_world import care, fall

S = IncidentState
TIMES = load_profile("companion").behaviors


def event(what: What, **changes: object) -> Event:
    states = {What.FALL_RECOVERED: FallState.RECOVERED, What.FALL_SUSPECTED: FallState.SUSPECTED}
    of_fall = what in (What.FALL_CONFIRMED, What.FALL_RECOVERED, What.FALL_SUSPECTED)
    seen = fall(states.get(what, FallState.CONFIRMED)) if of_fall else None
    noticed = care() if what in (What.CARE_SEEN, What.CARE_OVER) else None
    made = Event(what, 1000.0, "fall-a", seen, who="Nurse Li" if what in BY_HUMAN else "", care=noticed, text="words")
    return replace(made, **changes)  # type: ignore[arg-type]


def history(*whats: What) -> Record:
    record: Record | None = None
    for at, what in enumerate(whats):
        record, _ = step(record, event(what), float(at))
    assert record is not None
    return record


STATES: dict[str, Record | None] = {
    "none": None,
    "open": history(What.FALL_CONFIRMED),
    "driving": history(What.FALL_CONFIRMED, What.SET_OUT),
    "asking": history(What.FALL_CONFIRMED, What.SET_OUT, What.ARRIVED, What.ASKED),
    "answered": history(What.FALL_CONFIRMED, What.SET_OUT, What.ARRIVED, What.ASKED, What.ANSWERED_FINE),
    "nurse": history(What.FALL_CONFIRMED, What.SET_OUT, What.WAIT_OVER),
    "family": history(What.FALL_CONFIRMED, What.SET_OUT, What.WAIT_OVER, What.ESCALATED),
    "taken": history(What.FALL_CONFIRMED, What.SET_OUT, What.WAIT_OVER, What.ACKNOWLEDGED),
    "resolved": history(What.FALL_CONFIRMED, What.MARKED_RESOLVED),
}
# event -> for each state above, in that order: the state after, or
#   .  nothing happens (the very same record)     =  noted in the log, the state stays
TABLE = {
    What.FALL_SUSPECTED: ". . . . . . . . .",
    What.FALL_CONFIRMED: "open . . . . . . . .",
    What.FALL_RECOVERED: ". = = = = = = = .",
    What.CRY_FOR_HELP: "alarmed alarmed alarmed alarmed alarmed = = = .",
    What.CARE_SEEN: "open = = = open = = = .",
    What.CARE_OVER: ". . . . . . . . .",
    What.SET_OUT: ". checking . . . . . . .",
    What.ARRIVED: ". . = . . = = = .",
    What.APPROACH_FAILED: ". . = = = = = = .",
    What.ASKED: ". . = = . . . . .",
    What.ANSWERED_FINE: ". . . answered . = = . .",
    What.ANSWERED_NOT_FINE: ". . . alarmed alarmed = = = .",
    What.ANSWER_UNCLEAR: ". . . = . . . . .",
    What.WAIT_OVER: ". alarmed alarmed alarmed . . . . .",
    What.UNATTENDED: ". alarmed alarmed alarmed . . . . .",
    What.ALARM_REPEATED: ". . . . . = = . .",
    What.ESCALATED: ". . . . . = . . .",
    What.ACKNOWLEDGED: ". acknowledged acknowledged acknowledged acknowledged acknowledged acknowledged = .",
    What.MARKED_RESOLVED: ". resolved resolved resolved resolved resolved resolved resolved .",
    What.TIME_PASSED: ". . . . resolved . . resolved .",
    What.RESTARTED: ". = = = = = = = .",
}
CELLS = [(what, name, after) for what, row in TABLE.items() for name, after in zip(STATES, row.split(), strict=True)]


def test_the_table_is_complete() -> None:
    assert set(TABLE) == set(What)


@pytest.mark.parametrize(("what", "name", "after"), CELLS, ids=lambda cell: str(getattr(cell, "value", cell)))
def test_every_state_meets_every_event(what: What, name: str, after: str) -> None:
    before = STATES[name]
    result, said = step(before, event(what), 100.0)
    if after == ".":
        assert result == before and said == ()
        return
    assert result is not None and result.changed == 100.0
    lines = len(before.log) if before else 0
    assert len(result.log) == lines + 1 and result.log[:lines] == (before.log if before else ())
    assert result.state.value == (before.state.value if after == "=" and before else after)


def test_what_opens_an_incident_and_what_is_kept() -> None:
    record = STATES["open"]
    assert record is not None
    assert (record.kind, record.fall_ids, record.person_id, record.level) == ("fall", ("fall-a",), 1, AlarmLevel.NONE)
    cry, said = step(None, event(What.CRY_FOR_HELP, id="cry-1"), 5.0)
    assert cry is not None
    assert (cry.id, cry.kind, cry.level, cry.alarmed_at) == ("cry-1", "cry_for_help", AlarmLevel.NURSE, 5.0)
    assert [a.code for a in said] == ["say_alarm"]


def test_a_second_fall_after_the_answer_begins_anew() -> None:
    again, _ = step(STATES["answered"], event(What.FALL_CONFIRMED, fall=fall(id_="fall-b")), 50.0)
    assert again is not None
    assert (again.state, again.asked, again.approach, again.attention_since) == (S.OPEN, 0, Approach.NONE, 50.0)
    assert again.fall_ids == ("fall-a", "fall-b") and again.id == "fall-a"


def test_down_again_under_the_same_name_is_noted() -> None:
    up, _ = step(STATES["nurse"], event(What.FALL_RECOVERED), 20.0)
    down, _ = step(up, event(What.FALL_CONFIRMED), 30.0)
    assert down is not None and not down.recovered
    assert [e.code for e in down.log[-2:]] == ["fall_recovered", "fall_seen_again"]


def test_time_makes_due_what_the_profile_says() -> None:
    nurse = STATES["nurse"]
    assert nurse is not None and nurse.alarmed_at == 2.0
    assert due(nurse, TIMES, 2.0 + TIMES.repeat_alarm_s - 0.01) is None
    assert due(nurse, TIMES, 2.0 + TIMES.repeat_alarm_s) is What.ALARM_REPEATED
    assert due(nurse, TIMES, 2.0 + TIMES.escalate_after_s) is What.ESCALATED
    family = STATES["family"]
    assert family is not None and due(family, TIMES, 3.0 + TIMES.escalate_after_s) is What.ALARM_REPEATED
    patience = TIMES.approach_limit_s + TIMES.answer_wait_s
    assert due(STATES["open"], TIMES, patience - 0.3) is None  # type: ignore[arg-type]
    assert due(STATES["open"], TIMES, patience) is What.UNATTENDED  # type: ignore[arg-type]
    assert due(STATES["asking"], TIMES, patience) is What.WAIT_OVER  # type: ignore[arg-type]
    assert due(STATES["resolved"], TIMES, 1e9) is None  # type: ignore[arg-type]


@given(st.lists(st.tuples(st.sampled_from(list(What)), st.sampled_from(["fall-a", "fall-b"]), st.floats(0, 50))))
def test_what_a_nurse_may_rely_on(events: list[tuple[What, str, float]]) -> None:
    record: Record | None = None
    now = 0.0
    order = list(AlarmLevel)
    for what, fall_id, wait in events:
        now += wait
        made = event(what)
        if made.fall is not None:
            made = replace(made, fall=replace(made.fall, id=fall_id))
        after, _ = step(record, made, now)
        if record is not None:
            assert after is not None, "an incident is never dropped"
            assert (after.id, after.kind, after.opened) == (record.id, record.kind, record.opened)
            assert order.index(after.level) >= order.index(record.level), "the level of alarm never falls"
            assert after.log[: len(record.log)] == record.log, "the log only grows"
            assert after.changed >= record.changed
            if after.state is not record.state or after.level is not record.level:
                assert len(after.log) == len(record.log) + 1, "every change is written down"
            if record.state is S.ALARMED and after.state is not S.ALARMED:
                assert what in BY_HUMAN, "only a human takes an alarm over"
            if after.acknowledged_by != record.acknowledged_by:
                assert what in BY_HUMAN and not record.acknowledged_by
            if record.state is S.RESOLVED:
                assert after == record, "what is resolved stays as it is"
        elif after is not None:
            assert what in (What.FALL_CONFIRMED, What.CRY_FOR_HELP, What.CARE_SEEN)
        if after is not None and after.state is S.ALARMED:
            assert after.level is not AlarmLevel.NONE and after.alarmed_at is not None and after.told_at is not None
        record = after


def test_every_code_has_words_in_both_languages_and_every_event_a_line() -> None:
    silent = {What.FALL_SUSPECTED, What.TIME_PASSED, What.CARE_SEEN, What.CARE_OVER}
    assert {what.value for what in What} - {what.value for what in silent} <= set(ALL)
    for code, words in ALL.items():
        assert set(words) == {"zh", "en"} and all(words.values()), code
        fields = {language: sorted(part[1] for part in Formatter().parse(line) if part[1])
                  for language, line in words.items()}  # fmt: skip
        assert fields["zh"] == fields["en"], code


def test_the_log_reads_as_plain_lines_and_repeats_are_counted() -> None:
    record = history(What.FALL_CONFIRMED, What.SET_OUT, What.APPROACH_FAILED, What.WAIT_OVER,
                     What.ALARM_REPEATED, What.ALARM_REPEATED, What.ACKNOWLEDGED)  # fmt: skip
    lines = [line.split(" ", 1)[1] for line in log_lines(record.log, "en")]
    assert lines[0] == "A fall was seen"
    assert lines[2] == "The robot can not come near: words"
    assert lines[4].startswith("The robot said again that help is coming (2 times, last ")
    assert lines[-1] == "Nurse Li has taken over: words"
    assert log_lines(record.log, "zh")[-1].endswith("Nurse Li已接手: words")
    assert text("do_still", "zh", (("why", "why_bumper"),)) == "站住不动：碰撞条被压住"


def test_moving_to_a_new_clock_moves_every_time() -> None:
    record = STATES["taken"]
    assert record is not None
    moved = shifted(record, 10.0)
    assert (moved.opened, moved.alarmed_at, moved.acknowledged_at) == (10.0, 12.0, 13.0)
    assert moved.answered_at is None and [e.at for e in moved.log] == [10.0, 11.0, 12.0, 13.0]
