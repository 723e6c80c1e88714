"""Care events as incidents: each kind's course, every state of each, what joins what, and who comes first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import py_trees
import pytest

from behaviors.incidents.courses import COURSES
from behaviors.incidents.desk import REMEMBERED_S
from behaviors.incidents.due import due
from behaviors.incidents.events import Event, What
from behaviors.incidents.machine import step
from behaviors.incidents.record import Record
from behaviors.texts import log_lines
from kangban.config import load_site
from kangban.values import AlarmLevel, CareEvent, CareEventKind, FallState, IncidentState, SpeechKind
from tests.unit.behaviors_world import LIVING_ROOM, TIMES, World, care, fall

K, S = CareEventKind, IncidentState
NEXT_TO_HER = (LIVING_ROOM[0] + 1.0, LIVING_ROOM[1], 0.0)
FAR_AWAY = (LIVING_ROOM[0] + 2.5, LIVING_ROOM[1] - 1.5, 0.0)
BEFORE_ASKING = (K.LONG_LIE, K.HELP_GESTURE, K.INACTIVITY)
KEEPS_AWAY = (K.LEFT_HOME, K.NIGHT_WANDERING, K.BED_EXIT)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    py_trees.blackboard.Blackboard.clear()
    yield World(tmp_path)
    py_trees.blackboard.Blackboard.clear()


# The course of each kind


def test_every_kind_has_a_row() -> None:
    assert set(COURSES) == {"fall", *CareEventKind}


@pytest.mark.parametrize(
    ("kind", "state", "level", "says"),
    [
        (K.LONG_LIE, "open", "none", "I see you lying on the floor. I am coming to you."),
        (K.HELP_GESTURE, "open", "none", "I see you waving. I am coming to you."),
        (K.INACTIVITY, "open", "none", None),  # whoever only rests is not startled from afar
        (K.CRY_FOR_HELP, "alarmed", "nurse", "I have called the nurse."),
        (K.LEFT_HOME, "alarmed", "family", "Please take care out there."),
        (K.NIGHT_WANDERING, "alarmed", "nurse", "It is night. Shall we go slowly back to your bed?"),
        (K.BED_EXIT, "resolved", "none", None),
    ],
)
def test_how_each_kind_begins(world: World, kind: K, state: str, level: str, says: str | None) -> None:
    world.notice(care(kind))
    record = world.records()[-1]
    assert (record.kind, record.state.value, record.level.value) == (kind, state, level)
    assert (record.evidence, record.event_ids, record.fall_ids) == (("seen for 20 s",), ("care-a",), ())
    assert world.log() == [kind.value], "one line says what it is"
    world.run(1.0)
    assert [words[: len(says or "")] for words in world.spoken()[:1]] == ([says] if says else [])


@pytest.mark.parametrize("told", ["nurse", "family", "none"])
@pytest.mark.parametrize("kind", [*KEEPS_AWAY, K.INACTIVITY])
def test_the_home_says_who_is_told_at_once(tmp_path: Path, kind: K, told: str) -> None:
    site = load_site("demo_flat", [f"told={{{kind.value}: {told}}}"])
    world = World(tmp_path, site=site)
    world.notice(care(kind))
    record = world.records()[-1]
    quiet = "open" if kind is K.INACTIVITY else "resolved"
    assert (record.state.value, record.level.value) == ((quiet, "none") if told == "none" else ("alarmed", told))
    line = log_lines(record.log, "en")[0]
    if kind in KEEPS_AWAY:
        assert {"none": "only noted", "nurse": "the nurse was", "family": "nurse and family were"}[told] in line


# Every state of each kind meets its own event again, another one of the same person, and its end


def event(what: What, kind: K, id_: str = "care-a") -> Event:
    level = COURSES[kind].at_once
    return Event(what, 1000.0, "an-id", person_id=1, who="Li", text="words", care=care(kind, id_), level=level)


def history(kind: K, *whats: What) -> Record:
    record: Record | None = None
    for at, what in enumerate((What.CARE_SEEN, *whats)):
        record, _ = step(record, event(what, kind), float(at))
    assert record is not None
    return record


ASKED = (What.SET_OUT, What.ARRIVED, What.ASKED)
STATES: dict[str, tuple[What, ...]] = {
    "open": (),
    "driving": (What.SET_OUT,),
    "asking": ASKED,
    "answered": (*ASKED, What.ANSWERED_FINE),
    "nurse": (*ASKED, What.WAIT_OVER),
    "family": (*ASKED, What.WAIT_OVER, What.ESCALATED),
    "taken": (*ASKED, What.WAIT_OVER, What.ACKNOWLEDGED),
    "resolved": (What.MARKED_RESOLVED,),
}
# As in test_incident_machine.py: the state after, `.` nothing happens, `=` noted and the state stays.
SAME, WAVES, CRIES, OVER = "the same again", "she waves too", "she cries too", "it is over"
TABLE = {
    K.LONG_LIE: {
        SAME: ". . . . . . . .",
        WAVES: "= = = open = = = .",
        CRIES: "alarmed alarmed alarmed alarmed = = = .",
        OVER: "= = = = = = = .",
    },
    K.INACTIVITY: {
        SAME: ". . . . . . . .",
        WAVES: "= = = open = = = .",
        CRIES: "alarmed alarmed alarmed alarmed = = = .",
        OVER: "resolved = = = = = = .",
    },
}
TABLE[K.HELP_GESTURE] = TABLE[K.LONG_LIE]
CELLS = [
    (kind, name, what, after)
    for kind, rows in TABLE.items()
    for what, row in rows.items()
    for name, after in zip(STATES, row.split(), strict=True)
]
MET = {
    SAME: lambda kind: event(What.CARE_SEEN, kind),
    WAVES: lambda kind: event(What.CARE_SEEN, K.HELP_GESTURE, "care-b"),
    CRIES: lambda kind: event(What.CARE_SEEN, K.CRY_FOR_HELP, "care-c"),
    OVER: lambda kind: event(What.CARE_OVER, kind),
}


@pytest.mark.parametrize(("kind", "name", "what", "after"), CELLS)
def test_every_state_of_a_kind_meets_every_care_event(kind: K, name: str, what: str, after: str) -> None:
    before = history(kind, *STATES[name])
    result, said = step(before, MET[what](kind), 100.0)
    if after == ".":
        assert result == before and said == ()
        return
    assert result is not None and len(result.log) == len(before.log) + 1 and result.changed == 100.0
    assert result.state.value == (before.state.value if after == "=" else after)
    again, _ = step(result, MET[what](kind), 101.0)
    assert again == result, "the same, repeated each second, changes nothing more"


@pytest.mark.parametrize("kind", [*KEEPS_AWAY, K.CRY_FOR_HELP])
def test_who_was_called_at_once_stays_called_when_it_is_over(kind: K) -> None:
    told, _ = step(None, Event(What.CARE_SEEN, 1.0, "i", care=care(kind), level=AlarmLevel.NURSE), 0.0)
    assert told is not None and told.state is S.ALARMED
    after, said = step(told, event(What.CARE_OVER, kind), 5.0)
    assert after is not None and after.state is S.ALARMED and said == ()
    assert after.log[-1].code == f"{kind.value}_over"


@pytest.mark.parametrize(
    ("kind", "repeats", "escalates"),
    [
        (K.LONG_LIE, True, True),
        (K.CRY_FOR_HELP, True, True),
        (K.NIGHT_WANDERING, False, True),
        (K.BED_EXIT, False, False),
    ],
)
def test_what_time_brings_to_an_alarm(kind: K, repeats: bool, escalates: bool) -> None:
    told, _ = step(None, Event(What.CARE_SEEN, 1.0, "i", care=care(kind), level=AlarmLevel.NURSE), 0.0)
    assert told is not None
    assert due(told, TIMES, TIMES.repeat_alarm_s) is (What.ALARM_REPEATED if repeats else None)
    assert due(told, TIMES, TIMES.escalate_after_s) is (What.ESCALATED if escalates else None)


# What joins what


@pytest.mark.parametrize("kind", [*BEFORE_ASKING, K.CRY_FOR_HELP])
def test_what_says_that_the_fallen_still_needs_somebody_joins_her_fall(world: World, kind: K) -> None:
    world.see(fall())
    world.notice(care(kind))
    assert [r.id for r in world.records()] == ["fall-a"]
    assert world.records()[0].event_ids == ("care-a",) and world.log()[-1] == kind.value
    world.notice(care(kind))
    assert world.log().count(kind.value) == 1


def test_the_same_person_who_crawled_on_joins_her_fall_where_she_is_now(world: World) -> None:
    world.see(fall())
    world.notice(care(K.HELP_GESTURE, place_in_map=FAR_AWAY))
    assert [r.place_in_map for r in world.records()] == [FAR_AWAY]


@pytest.mark.parametrize("kind", KEEPS_AWAY)
def test_what_is_about_a_walker_never_joins_a_fall(world: World, kind: K) -> None:
    world.see(fall())
    world.notice(care(kind))
    assert {r.kind for r in world.records()} == {"fall", kind.value}


def test_the_long_lie_of_another_is_an_incident_of_its_own(world: World) -> None:
    world.see(fall())
    world.notice(care(person_id=2, place_in_map=NEXT_TO_HER))
    assert len(world.records()) == 2


def test_the_fall_of_another_beside_one_who_lies_there_is_an_incident_of_its_own(world: World) -> None:
    world.notice(care())
    world.see(fall(person_id=2, place_in_map=NEXT_TO_HER))
    assert [r.kind for r in world.records()] == ["long_lie", "fall"]


def test_a_fall_seen_after_all_of_one_who_lies_there_is_the_same_incident(world: World) -> None:
    world.notice(care())
    world.see(fall())
    assert len(world.records()) == 1 and world.log() == ["long_lie", "fall_confirmed"]
    assert world.records()[0].fall_ids == ("fall-a",)


@pytest.mark.parametrize("kind", [*KEEPS_AWAY, K.INACTIVITY])
def test_a_fall_is_never_swallowed_by_what_came_before_it(world: World, kind: K) -> None:
    """Out of bed at night, and then down beside it: the noted or finished incident takes no fall."""
    world.notice(care(kind))
    world.run(3.0)
    world.notice(care(kind, over=True))
    world.see(fall(since=world.clock.now(), place_in_map=NEXT_TO_HER))
    record = world.records()[-1]
    assert (record.kind, record.state) == ("fall", S.OPEN)
    world.run(1.0)
    current = world.desk.current()
    assert current is not None and current.id == record.id


def test_a_fall_after_she_got_up_from_a_long_lie_that_a_human_ended_is_new(world: World) -> None:
    world.notice(care())
    world.notice(care(over=True))
    world.desk.acknowledge("care-a", "Li", "resolved")
    world.run(1.0)
    world.see(fall(since=world.clock.now()))
    assert [r.kind for r in world.records()] == ["long_lie", "fall"]


def test_a_cry_heard_and_told_as_an_event_is_one_incident(world: World) -> None:
    world.hear("help me!")
    world.notice(care(K.CRY_FOR_HELP, place_in_map=None, person_id=0, room=""))
    assert len(world.records()) == 1 and world.state() == "alarmed"


def test_a_cry_from_nowhere_is_hers_whom_the_robot_looks_after(world: World) -> None:
    world.see(fall())
    world.notice(care(K.CRY_FOR_HELP, place_in_map=None, person_id=0, room=""))
    assert len(world.records()) == 1 and world.state() == "alarmed"


def test_two_events_about_nobody_who_was_seen_are_not_about_the_same_person(world: World) -> None:
    world.notice(care(K.INACTIVITY, person_id=0))
    world.notice(care(K.INACTIVITY, person_id=0), care(K.HELP_GESTURE, "b", person_id=0, place_in_map=FAR_AWAY))
    assert len(world.records()) == 2


@pytest.mark.parametrize("kind", [K.LONG_LIE, K.NIGHT_WANDERING, K.LEFT_HOME])
def test_a_new_name_after_a_restart_of_perception_is_the_same_incident(world: World, kind: K) -> None:
    world.notice(care(kind))
    world.notice(care(kind, "care-z", person_id=9, place_in_map=NEXT_TO_HER))
    assert len(world.records()) == 1
    world.desk.acknowledge("care-a", "Li", "resolved")
    world.run(1.0)
    world.notice(care(kind, "care-y", person_id=11))
    assert len(world.records()) == 1, "nor does it begin anew just after a human ended it"


def test_the_same_kind_elsewhere_is_another_incident(world: World) -> None:
    world.notice(care())
    world.notice(care(), care(id_="care-b", person_id=2, place_in_map=FAR_AWAY))
    assert len(world.records()) == 2


@pytest.mark.parametrize("kind", CareEventKind)
def test_after_a_kill_a_known_event_opens_nothing(world: World, kind: K) -> None:
    world.notice(care(kind))
    world.desk.acknowledge("care-a", "Li", "resolved")
    again = world.kill()
    again.run(0.2)
    again.notice(care(kind))
    again.notice(care(kind, over=True))
    assert len(again.records()) == 1 and again.state() == "resolved"


def test_an_event_forgotten_in_memory_is_still_known_on_disk(world: World) -> None:
    world.notice(care(K.BED_EXIT))
    world.events = []
    world.clock.advance(REMEMBERED_S + 1)
    world.run(0.2)
    assert world.records() == []
    world.notice(care(K.BED_EXIT))
    assert world.records() == []


def test_what_is_over_before_it_is_heard_of(world: World) -> None:
    world.notice(care(K.INACTIVITY, over=True))
    assert world.records() == [], "she moves again: there is nothing to look after"
    world.notice(care(K.HELP_GESTURE, over=True))
    assert world.state() == "open", "she waved, and may still need help"


# Who comes first


@pytest.mark.parametrize("first", [*BEFORE_ASKING, K.CRY_FOR_HELP])
def test_an_open_fall_wins_over_everything(world: World, first: K) -> None:
    world.notice(care(first, place_in_map=FAR_AWAY, person_id=2))
    world.run(1.5)
    assert world.desk.current() == world.records()[0]
    world.see(fall())
    current = world.desk.current()
    assert current is not None and current.kind == "fall"


def test_she_who_fell_is_not_left_alone_for_one_who_only_sits_still(world: World) -> None:
    world.see(fall())
    world.run_until("alarmed")
    world.notice(care(K.INACTIVITY, place_in_map=FAR_AWAY, person_id=2))
    current = world.desk.current()
    assert current is not None and current.kind == "fall"
    world.notice(
        care(K.INACTIVITY, place_in_map=FAR_AWAY, person_id=2),
        care(K.LONG_LIE, "b", person_id=3, place_in_map=FAR_AWAY),
    )
    current = world.desk.current()
    assert current is not None and current.kind == "long_lie", "but for one whom nobody has looked after"


# Stories


def test_who_lies_on_the_floor_is_looked_after_like_one_who_fell(world: World) -> None:
    world.run(2.0)
    world.notice(care())
    took = world.run_until("alarmed")
    assert took <= TIMES.approach_limit_s + TIMES.answer_wait_s
    assert world.log() == ["long_lie", "set_out", "arrived", "asked", "asked", "wait_over"]


def test_who_waved_and_is_fine_is_left_with_a_record(world: World) -> None:
    world.notice(care(K.HELP_GESTURE))
    while "asked" not in world.log():
        world.run(0.1)
    world.notice(care(K.HELP_GESTURE, over=True))
    assert world.state() == "checking", "the arm is down; she is asked to the end"
    world.hear("I'm fine, thank you")
    world.run_until("resolved")
    assert world.records()[-1].level is AlarmLevel.NONE and not world.spoken(SpeechKind.ALARM)


def test_who_moves_again_while_the_robot_is_elsewhere_is_left_in_peace(world: World) -> None:
    world.see(fall())
    world.run(1.0)
    sits = care(K.INACTIVITY, person_id=2, place_in_map=FAR_AWAY)
    world.notice(sits)
    world.run(2.0)
    world.notice(replace(sits, over=True))
    assert world.state() == "resolved" and world.log() == ["inactivity", "inactivity_over"]


def test_who_only_seems_to_move_because_the_robot_does_is_asked(world: World) -> None:
    world.notice(care(K.INACTIVITY))
    world.run(2.0)
    assert world.navigator.driving and world.spoken() == []
    world.notice(care(K.INACTIVITY, over=True))
    world.run_until("alarmed")
    assert world.log() == ["inactivity", "set_out", "inactivity_over", "arrived", "asked", "asked", "wait_over"]


@pytest.mark.parametrize("kind", KEEPS_AWAY)
def test_who_walks_about_is_never_approached(tmp_path: Path, kind: K) -> None:
    site = load_site("demo_flat", [f"told={{{kind.value}: nurse}}"])
    world = World(tmp_path, site=site).run(1.0)
    goals = list(world.navigator.goals)
    world.notice(care(kind))
    world.run(TIMES.escalate_after_s + 5.0)
    assert world.navigator.goals == goals and {name for name, _ in world.doings} == {"idle"}
    assert not world.spoken(SpeechKind.ASK), "what nobody listens to is not asked"
    assert len(world.spoken(SpeechKind.ALARM)) == (1 if kind is K.BED_EXIT else 2), "she is not talked at all night"
    accepted, _ = world.desk.acknowledge("care-a", "Nurse Li", "")
    assert accepted
    world.run(1.0)
    assert world.spoken()[-1] == "Nurse Li knows and will come to you."
    world.run_until("resolved")


def test_a_fall_on_the_way_at_night_is_looked_after(world: World) -> None:
    world.notice(care(K.NIGHT_WANDERING))
    world.run(2.0)
    world.see(fall())
    world.run(3.0)
    assert world.companion.doing.name == "incident"
    assert [r.kind for r in world.records()] == ["night_wandering", "fall"]
    assert world.records()[1].state is S.CHECKING


def test_while_she_wanders_only_a_cry_is_an_answer(world: World) -> None:
    world.notice(care(K.NIGHT_WANDERING))
    world.hear("yes, I am fine")
    assert world.state() == "alarmed" and world.log() == ["night_wandering"]
    world.hear("help!")
    assert [r.kind for r in world.records()] == ["night_wandering", "cry_for_help"]


def test_up_again_is_written_into_the_fall_it_joined(world: World) -> None:
    joined: CareEvent = care()
    world.see(fall())
    world.notice(joined)
    world.see(fall(FallState.RECOVERED))
    world.notice(care(over=True))
    assert world.log()[-2:] == ["fall_recovered", "long_lie_over"] and world.state() == "open"
