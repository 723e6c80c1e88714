"""Whole stories through the real tree, desk, store and speaker; only the world around them is a fake."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from pathlib import Path

import py_trees
import pytest

from behaviors.still import Why
from kangban.values import AlarmLevel, FallState, SpeechKind
from tests.unit.behaviors_world import TIMES, World, fall

UP_TO_ALARM = ["fall_confirmed", "set_out", "arrived", "asked", "asked", "wait_over"]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    py_trees.blackboard.Blackboard.clear()
    yield World(tmp_path)
    py_trees.blackboard.Blackboard.clear()


def test_fall_without_an_answer_ends_with_the_nurse(world: World) -> None:
    world.run(2.0)
    world.see(fall())
    took = world.run_until("alarmed")
    assert took <= TIMES.approach_limit_s + TIMES.answer_wait_s
    assert world.log() == UP_TO_ALARM
    world.run(TIMES.repeat_alarm_s + 1)
    assert world.log()[-1] == "alarm_repeated"
    accepted, why = world.desk.acknowledge("fall-a", "Nurse Li", "on my way")
    assert (accepted, why) == (True, "")
    world.run(1.0)
    assert world.companion.doing.phase == "stay"
    world.run_until("resolved")
    assert world.log()[-2:] == ["acknowledged", "resolved_acknowledged"]
    world.run(10.0)
    assert "Nurse Li knows and is on the way. I am staying with you." in world.spoken()
    assert world.companion.doing.name == "idle"
    phases = [phase for name, phase in world.doings if name == "incident"]
    expected = ["approach", "ask", "listen", "ask", "listen", "alarm", "stay"]
    assert [phase for phase, _ in itertools.groupby(phases)] == expected


def test_it_stops_at_talking_distance_and_faces_her(world: World) -> None:
    world.see(fall())
    world.run_until("alarmed")
    pose = world.navigator.pose
    assert pose.distance_to(3.0, 2.2) == pytest.approx(TIMES.approach_distance_m, abs=0.01)
    assert math.atan2(2.2 - pose.y, 3.0 - pose.x) == pytest.approx(pose.yaw, abs=0.02)


@pytest.mark.parametrize(("shift", "goals"), [(0.05, 1), (0.4, 2)])
def test_she_is_seen_better_on_the_way_and_it_goes_to_where_she_lies(world: World, shift: float, goals: int) -> None:
    world.see(fall())
    world.run_until("checking")
    while not world.navigator.driving:
        world.run(0.1)
    world.see(fall(place_in_map=(3.0 + shift, 2.2, 0.2)))
    world.run_until("alarmed")
    assert len(world.navigator.goals) == goals
    assert world.navigator.pose.distance_to(3.0 + shift, 2.2) == pytest.approx(TIMES.approach_distance_m, abs=0.06)


def test_answered_fine_is_recorded_and_nobody_is_alarmed(world: World) -> None:
    world.see(fall())
    world.run_until("checking")
    while "asked" not in world.log():
        world.run(0.1)
    world.run(2.0)
    world.hear("I'm fine, thank you")
    assert world.state() == "answered"
    world.run(0.5)
    assert world.companion.doing.phase == "stay"
    world.run_until("resolved")
    record = world.records()[-1]
    assert record.level is AlarmLevel.NONE
    assert world.log()[-2:] == ["answered_fine", "resolved_answered"]
    assert not world.spoken(SpeechKind.ALARM)
    world.run(30.0)
    assert len(world.records()) == 1, "the same fall, still reported, opens nothing"


def test_an_unclear_answer_counts_as_none(world: World) -> None:
    world.see(fall())
    world.run_until("checking")
    while "asked" not in world.log():
        world.run(0.1)
    world.hear("hm what was that")
    world.run_until("alarmed")
    assert "answer_unclear" in world.log() and world.log().count("asked") == TIMES.asks


@pytest.mark.parametrize("words", ["no", "I'm not fine", "我起不来了"])
def test_an_answer_that_she_is_not_well_alarms_at_once(world: World, words: str) -> None:
    world.see(fall())
    world.run_until("checking")
    while "asked" not in world.log():
        world.run(0.1)
    world.hear(words)
    assert world.state() == "alarmed" and world.log()[-1] == "answered_not_fine"


def test_a_cry_while_it_drives_alarms_at_once_and_it_still_comes(world: World) -> None:
    world.see(fall())
    world.run(1.0)
    assert world.navigator.driving
    world.hear("救命！")
    assert world.state() == "alarmed"
    world.run(30.0)
    assert "arrived" in world.log() and world.companion.doing.phase == "alarm"


def test_a_cry_without_a_fall_opens_an_incident(world: World) -> None:
    world.run(1.0)
    world.hear("help me please")
    record = world.records()[-1]
    assert (record.kind, record.state.value, record.level) == ("cry_for_help", "alarmed", AlarmLevel.NURSE)
    world.run(20.0)
    assert "approach_failed" in world.log(), "nobody knows where she is: it says so and stays"
    world.see(fall(id_="fall-b"))
    assert len(world.records()) == 1, "the fall that is seen then belongs to the cry"


def test_silence_of_the_nurse_reaches_the_family_once(world: World) -> None:
    world.see(fall())
    world.run_until("alarmed")
    world.run(TIMES.escalate_after_s + 60.0)
    assert world.log().count("escalated") == 1
    assert world.records()[-1].level is AlarmLevel.FAMILY
    assert world.state() == "alarmed"


def test_when_the_way_is_blocked_it_tries_other_places_then_asks_from_there(world: World) -> None:
    world.navigator.refuse = ["why_blocked"] * 50
    world.see(fall())
    world.run_until("alarmed")
    assert len(world.navigator.goals) >= 3
    targets = {(round(g.x, 2), round(g.y, 2)) for g in world.navigator.goals}
    assert len(targets) == len(world.navigator.goals), "each place is tried once"
    assert world.log() == ["fall_confirmed", "set_out", "approach_failed", "asked", "asked", "wait_over"]


def test_navigation_away_the_mission_says_why_and_the_alarm_goes_out(world: World) -> None:
    world.navigator.away = True
    world.see(fall())
    world.run(3.0)
    doing = world.companion.doing
    assert (doing.code, dict(doing.params)["why"]) == ("do_approach_waits", "why_no_navigation")
    took = world.run_until("alarmed")
    assert took <= TIMES.approach_limit_s + TIMES.answer_wait_s


def test_navigation_that_comes_back_is_used(world: World) -> None:
    world.navigator.away = True
    world.see(fall())
    world.run(3.0)
    world.navigator.away = False
    world.run_until("alarmed")
    assert world.log() == UP_TO_ALARM


def test_unknown_pose_or_map_does_not_stop_the_alarm(world: World) -> None:
    world.senses.lost, world.senses.grid = True, None
    world.see(fall())
    took = world.run_until("alarmed")
    assert took <= TIMES.approach_limit_s + TIMES.answer_wait_s and not world.navigator.goals[1:]


def test_a_stop_in_the_middle_holds_the_wheels_and_not_the_alarm(world: World) -> None:
    world.see(fall())
    world.run(2.0)
    assert world.navigator.driving
    world.senses.still = Why("why_emergency_stop")
    world.run(4.0)
    assert not world.navigator.driving
    assert world.companion.doing.name == "safety"
    assert "I can not move now: the emergency stop is pressed." in world.spoken()
    goals = len(world.navigator.goals)
    world.run_until("alarmed")
    assert "asked" in world.log(), "it asks from where it stands"
    assert len(world.navigator.goals) == goals
    world.run(40.0)
    assert "alarm_repeated" in world.log()
    world.senses.still = None
    world.run(30.0)
    assert "arrived" in world.log(), "free again, it goes to her"


def test_a_stop_is_said_once_and_again_only_after_a_while(world: World) -> None:
    world.senses.still = Why("why_bumper")
    world.run(25.0)
    assert len(world.spoken()) == 1
    world.run(40.0)
    assert len(world.spoken()) == 3


def test_a_short_restart_of_the_safety_chain_is_not_talked_about(world: World) -> None:
    world.senses.still = Why("why_no_chain", passing=True)
    world.run(3.0)
    world.senses.still = None
    world.run(10.0)
    assert world.spoken() == []


def test_a_moment_without_the_motors_does_not_interrupt_the_drive(world: World) -> None:
    world.see(fall())
    world.run(2.0)
    goals = len(world.navigator.goals)
    world.senses.still = Why("why_not_armed", passing=True)
    world.run(0.5)
    world.senses.still = None
    world.run(0.5)
    assert len(world.navigator.goals) == goals and world.navigator.driving
    assert all(name != "safety" for name, _ in world.doings)


def test_a_long_stop_ends_a_question_put_too_far_away_when_it_passes(world: World) -> None:
    world.see(fall())
    world.run(1.0)
    world.senses.still = Why("why_no_chain", passing=True)
    world.run(3.0)
    assert "asked" not in world.log(), "a stop this short is waited for"
    world.senses.still = None
    world.run_until("alarmed")
    assert world.log() == UP_TO_ALARM


def test_seen_up_again_does_not_take_an_alarm_back(world: World) -> None:
    world.see(fall())
    world.run_until("alarmed")
    world.see(fall(FallState.RECOVERED, since=world.clock.now()))
    world.run(10.0)
    assert world.state() == "alarmed" and "fall_recovered" in world.log()


def test_a_second_person_is_looked_after_before_it_only_stays_with_the_first(world: World) -> None:
    first, second = fall(), fall(id_="fall-b", person_id=2, place_in_map=(5.0, 1.0, 0.1))
    world.see(first)
    world.run_until("alarmed")
    world.see(first, second)
    assert len(world.records()) == 2
    world.run_until("alarmed")  # the newest
    assert world.navigator.pose.distance_to(5.0, 1.0) == pytest.approx(1.2, abs=0.05)
    assert world.log() == UP_TO_ALARM
    world.run(20.0)
    assert 1.0 <= world.navigator.pose.distance_to(3.0, 2.2) <= 1.4, "back to who waits longest, near enough to talk"
    assert {r.state.value for r in world.records()} == {"alarmed"}


def test_a_human_takes_the_first_over_while_it_asks_and_the_second_gets_all_of_it(world: World) -> None:
    world.see(fall(), fall(id_="fall-b", person_id=2, place_in_map=(5.0, 1.0, 0.1)))
    while "asked" not in [entry.code for entry in world.records()[0].log]:
        world.run(0.1)
    world.run(1.0)
    world.desk.acknowledge("fall-a", "Nurse", "")
    world.run_until("alarmed")
    assert world.log() == UP_TO_ALARM, "the second is gone to and asked, not only listened to"


KILLED_AFTER = ["fall_confirmed", "set_out", "arrived", "asked", "wait_over", "alarm_repeated", "escalated"]


@pytest.mark.parametrize("moment", KILLED_AFTER)
def test_killed_after_any_step_it_goes_on_and_ends_the_same(world: World, moment: str) -> None:
    world.see(fall())
    for _ in range(2000):
        if moment in world.log():
            break
        world.run(0.1)
    before, level = world.log(), world.records()[-1].level
    again = world.kill()
    assert again.log() == [*before, "restarted"]
    assert [r.id for r in again.records()] == ["fall-a"]
    assert again.records()[-1].level is level
    if level is AlarmLevel.NONE:
        again.run_until("alarmed", limit_s=TIMES.approach_limit_s + TIMES.answer_wait_s)
    again.run(TIMES.repeat_alarm_s + TIMES.escalate_after_s)
    alarms = [code for code in again.log() if code in ("wait_over", "unattended")]
    assert alarms == ["wait_over"], "alarmed exactly once over both lives"
    assert again.log().count("escalated") == 1
    again.desk.acknowledge("fall-a", "Nurse", "")
    again = again.kill()
    assert again.state() == "acknowledged" and again.records()[-1].acknowledged_by == "Nurse"
    again.run_until("resolved")
    again = again.kill()
    again.run(5.0)
    assert [(r.id, r.state.value) for r in again.records()] == [("fall-a", "resolved")]


def test_killed_while_it_listened_it_asks_again(world: World) -> None:
    world.see(fall())
    while "asked" not in world.log():
        world.run(0.1)
    again = world.kill()
    again.run(2.0)
    assert again.log().count("asked") == 2
    again.hear("没事")
    assert again.state() == "answered"


def test_killed_while_alarmed_it_stays_and_repeats_without_a_new_question(world: World) -> None:
    world.see(fall())
    world.run_until("alarmed")
    again = world.kill()
    again.run(1.0)
    assert again.companion.doing.phase == "alarm"
    assert again.spoken(SpeechKind.ASK) == [] and len(again.spoken(SpeechKind.ALARM)) == 1
    again.run(TIMES.repeat_alarm_s)
    assert again.log()[-1] == "alarm_repeated"


def test_a_clock_that_does_not_run_yet_is_waited_for(world: World) -> None:
    world.see(fall())
    world.run_until("alarmed")
    alarmed_at = world.clock.now()
    world.clock._now = 0.0  # a clock that follows another one, before it has heard from it
    again = world.kill()
    again.see(fall())
    assert again.records() == [] and again.desk.acknowledge("fall-a", "Nurse", "")[0] is False
    again.clock._now = alarmed_at + 3.0
    again.run(0.1)
    record = again.records()[0]
    assert record.alarmed_at == pytest.approx(alarmed_at, abs=0.01) and again.log()[-1] == "restarted"


def test_a_machine_whose_clock_began_anew_goes_on(world: World) -> None:
    world.see(fall())
    world.run_until("alarmed")
    world.clock._now = 3.0  # the machine was restarted: its steady clock too
    again = world.kill()
    again.falls = []
    again.run(TIMES.repeat_alarm_s + 1)
    assert again.state() == "alarmed" and again.log()[-1] == "alarm_repeated"
    again.run(TIMES.escalate_after_s)
    assert again.records()[-1].level is AlarmLevel.FAMILY
