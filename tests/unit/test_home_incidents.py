"""What the home's sensors and a round without anybody open, who is called, and what the robot does about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import py_trees
import pytest

from behaviors.home.alarms import Alarms
from behaviors.patrol.round import begin
from behaviors.patrol.unseen import not_found
from kangban.values import AlarmLevel, CareEvent, HomeReading, HomeReadings, IncidentState, SensorKind
from tests.unit.behaviors_world import SITE, TIMES, World, fall


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    py_trees.blackboard.Blackboard.clear()
    yield World(tmp_path)
    py_trees.blackboard.Blackboard.clear()


def say(world: World, alarms: Alarms, kind: SensorKind, active: bool | None, room: str = "kitchen") -> list[CareEvent]:
    reading = HomeReading(world.clock.now(), f"{room}_{kind.value}", kind, room, active)
    events = alarms.take(HomeReadings(world.clock.now(), True, (reading,)))
    for event in events:
        world.desk.take_home(event)
    return list(events)


@pytest.mark.parametrize(
    ("kind", "level", "words"),
    [
        (SensorKind.SMOKE, AlarmLevel.FAMILY, "Smoke alarm! Please leave at once"),
        (SensorKind.GAS, AlarmLevel.FAMILY, "No lights and no flame"),
        (SensorKind.WATER, AlarmLevel.NURSE, "There is water on the floor"),
        (SensorKind.BUTTON, AlarmLevel.NURSE, "I have called the nurse"),
    ],
)
def test_who_is_called_at_once_and_what_is_said(world: World, kind: SensorKind, level: AlarmLevel, words: str) -> None:
    say(world, Alarms(SITE), kind, True)
    (record,) = world.records()
    assert (record.state, record.level, record.room) == (IncidentState.ALARMED, level, "kitchen")
    world.run(3.0)
    assert any(words in said for said in world.spoken())


def test_a_smoke_alarm_is_repeated_aloud_and_the_robot_keeps_out_of_the_way(world: World) -> None:
    alarms = Alarms(SITE)
    say(world, alarms, SensorKind.SMOKE, True)
    goals = len(world.navigator.goals)
    world.run(TIMES.repeat_alarm_s * 2 + 2.0)
    assert sum("Smoke alarm!" in said for said in world.spoken()) == 3
    assert world.companion.doing.name == "idle" and len(world.navigator.goals) <= goals + 1
    say(world, alarms, SensorKind.SMOKE, False)
    (record,) = world.records()
    assert record.state is IncidentState.ALARMED, "only a human ends an alarm"
    assert world.log()[-1] == "smoke_over"


def test_water_that_nobody_sees_to_reaches_the_family(world: World) -> None:
    say(world, Alarms(SITE), SensorKind.WATER, True)
    world.run(TIMES.escalate_after_s + 1.0)
    assert world.records()[0].level is AlarmLevel.FAMILY


def test_to_who_presses_the_button_the_robot_goes_and_stays(world: World) -> None:
    say(world, Alarms(SITE), SensorKind.BUTTON, True, room="living_room")
    world.run(12.0)
    assert world.companion.doing.name == "incident" and world.companion.doing.phase == "alarm"
    assert "arrived" in world.log()


def test_a_press_while_she_is_being_asked_calls_the_nurse_in_that_incident(world: World) -> None:
    world.see(fall())
    world.run(1.0)
    say(world, Alarms(SITE), SensorKind.BUTTON, True)
    (record,) = world.records()
    assert record.kind == "fall" and record.state is IncidentState.ALARMED and "emergency_call" in world.log()


def test_a_press_when_the_nurse_was_called_for_another_is_somebody_elses(world: World) -> None:
    world.see(fall())
    world.run_until("alarmed")
    say(world, Alarms(SITE), SensorKind.BUTTON, True)
    assert {r.kind: r.state for r in world.records()} == {
        "fall": IncidentState.ALARMED, "emergency_call": IncidentState.ALARMED
    }  # fmt: skip


def test_two_presses_are_one_incident_while_it_is_open(world: World) -> None:
    alarms = Alarms(SITE)
    say(world, alarms, SensorKind.BUTTON, True)
    world.run(5.0)
    say(world, alarms, SensorKind.BUTTON, True)
    assert len(world.records()) == 1


def test_smoke_in_two_rooms_is_two_incidents(world: World) -> None:
    say(world, Alarms(SITE), SensorKind.SMOKE, True, "kitchen")
    say(world, Alarms(SITE), SensorKind.SMOKE, True, "bedroom")
    assert sorted(r.room for r in world.records()) == ["bedroom", "kitchen"]


def test_after_a_restart_the_same_alarm_is_the_same_incident(world: World) -> None:
    (event,) = say(world, Alarms(SITE), SensorKind.SMOKE, True)
    again = world.kill()
    again.run(1.0)
    again.desk.take_home(event)
    again.desk.take_home(replace(event, id="home-kitchen_smoke-999"))  # the sensors' process was restarted too
    assert len(again.records()) == 1


def unseen(world: World) -> CareEvent:
    round_ = begin("round-1", "morning", ("kitchen",), (), 0.0, 0.0)
    event = not_found(round_, world.clock.now() - 7300.0, world.clock.now(), 7200.0)
    assert event is not None
    return event


def test_nobody_seen_for_long_is_asked_after_and_silence_calls_the_nurse(world: World) -> None:
    world.desk.take_home(unseen(world))
    world.run(2.0)
    assert world.records()[0].level is AlarmLevel.NONE, "first it asks"
    assert any("I would like to know how you are" in said for said in world.spoken())
    world.run_until("alarmed", 40.0)
    assert any("Are you all right?" in said for said in world.spoken())
    assert world.records()[0].level is AlarmLevel.NURSE


def test_she_answers_and_nobody_is_called(world: World) -> None:
    world.desk.take_home(unseen(world))
    world.run_until("checking")
    world.run(8.0)
    world.hear("I am fine")
    assert world.state() == "answered"


def test_seen_again_before_it_has_set_out_closes_it_with_a_record(world: World) -> None:
    event = unseen(world)
    world.desk.take_home(event)
    world.desk.take_home(replace(event, over=True))
    assert world.state() == "resolved" and world.log()[-1] == "not_found_over"


def test_the_end_of_what_nobody_knew_opens_nothing(world: World) -> None:
    world.desk.take_home(replace(unseen(world), over=True))
    assert world.records() == []
