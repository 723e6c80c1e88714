"""The companion's branches of the tree as stories: she is visited and asked, followed, told and exercised with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import py_trees
import pytest

from behaviors.company import Company
from behaviors.follow.values import Phase
from behaviors.missions.wish import Ended, Outcome, Rank, Wish
from behaviors.reminders.course import Follows
from behaviors.reminders.values import Kind, Reminder
from behaviors.speech.tune import Tune, made
from kangban.values import Persons, Posture
from tests.unit.behaviors_world import World, fall
from tests.unit.test_exercise import person as exercising
from tests.unit.test_exercise import swing

PILLS = Reminder("pills", Kind.MEDICINE, "two white tablets", "en", "2026-01-05T10:02", True)  # 10:01:40 at the start


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    py_trees.blackboard.Blackboard.clear()
    yield World(tmp_path)
    py_trees.blackboard.Blackboard.clear()


@pytest.fixture
def ended(world: World) -> list[Ended]:
    told: list[Ended] = []
    for name in ("follow", "reminder", "story", "exercise", "come"):
        world.missions.on_end(name, told.append)
    return told


def stands(world: World, x: float, y: float, id_: int = 1) -> None:
    import numpy as np

    from kangban.values import Person

    place, pose = (x, y, 0.9), world.navigator.pose
    bx, by = (float(c) for c in pose.inverse().transform(np.array([[x, y]]))[0])
    one = Person(id_, True, Posture.STANDING, 0.9, None, None, None, np.array([[bx, by, 0.9]]), (bx, by, 0.9), place)
    world.senses.persons = Persons(world.clock.now(), (one,))


def remind(world: World, reminder: Reminder = PILLS) -> None:
    accepted, _, why = world.reminders.put(reminder, False)
    assert accepted, why


def run_until_asked(world: World, limit_s: float = 90.0) -> None:
    begun = world.clock.now()
    while world.company.talk.state.question is None:
        assert world.clock.now() - begun < limit_s, f"never asked: {world.doings}"
        world.run(0.1)


def test_it_goes_to_her_asks_and_her_yes_is_on_disk_before_it_thanks(world: World, ended: list[Ended]) -> None:
    stands(world, 4.0, 2.0)
    remind(world)
    run_until_asked(world)
    assert world.navigator.pose.distance_to(4.0, 2.0) == pytest.approx(1.2, abs=0.25), "politely, at talking distance"
    assert world.spoken() == ["It is time for your medicine: two white tablets. Have you taken it?"]
    assert ("reminder", "approach") in world.doings
    world.company.talk.heard("yes I took them", False)
    world.run(15.0)
    assert [e.outcome for e in ended] == [Outcome.DONE]
    assert world.spoken()[-1] == "Good. I have made a note of it."
    assert world.told == [] and world.kill().reminders.list()[0][1].by == "yes I took them"


def test_a_button_is_an_answer_too(world: World, ended: list[Ended]) -> None:
    stands(world, 4.0, 2.0)
    remind(world)
    run_until_asked(world)
    world.company.talk.chosen("later")
    world.run(15.0)
    assert world.spoken()[-1] == "All right, I will remind you again in a while."
    assert [e.outcome for e in ended] == [Outcome.DONE]


def test_a_fall_in_the_middle_of_the_question_comes_first_and_it_is_asked_again_later(world: World) -> None:
    stands(world, 4.0, 2.0)
    remind(world)
    run_until_asked(world)
    world.see(fall())
    world.run_until("checking")
    assert world.company.talk.state.question is None, "only one question at a time"
    world.hear("help")
    world.desk.acknowledge("fall-a", "Ann", "resolved")
    world.falls = []
    world.run(30.0)
    assert world.missions.running() is None, "it was asked once: the second asking waits"
    world.run(320.0)
    assert any("asking once more" in words for words in world.spoken())


def test_nobody_known_or_no_way_it_asks_from_where_it_stands(world: World) -> None:
    remind(world)
    run_until_asked(world)
    assert world.navigator.goals[-1:] == [] or not world.navigator.driving


def test_no_answer_twice_is_told(world: World) -> None:
    stands(world, 4.0, 2.0)
    remind(world)
    world.run(500.0)
    assert [told.follows for told in world.told] == [Follows.TELL_CONTACT]
    assert world.spoken()[-1] == "I heard no answer. I will let those who look after you know."


def test_following_sends_goals_behind_her_and_shows_it(world: World) -> None:
    world.company.talk.heard("Kangban, come with me", False)
    for k in range(60):
        stands(world, min(1.8 + 0.04 * k, 4.4), 2.2)
        world.run(0.1)
    assert world.companion.doing.name == "follow" and world.navigator.goals
    assert world.company.activity is not None and world.company.activity.title == "page_follow"
    assert world.company.followed[0]
    world.company.talk.heard("stop", False)
    world.run(0.3)
    assert world.missions.running() is None and world.company.activity is None and not world.navigator.driving


def test_to_the_bathroom_it_lights_her_way(world: World) -> None:
    world.company.talk.heard("I need the bathroom", True)
    stands(world, 3.0, 2.2)
    world.run(1.0)
    assert world.company.activity is not None and world.company.activity.name == "light"
    assert world.spoken()[0].startswith("I am coming with you, with my light on")


def test_who_is_lost_ends_it_with_the_reason(world: World, ended: list[Ended]) -> None:
    world.company.wish("follow", (("person", "1"),))
    stands(world, 3.0, 2.2)
    world.run(1.0)
    world.senses.persons = Persons(world.clock.now(), ())
    world.run(70.0)
    assert [(e.outcome, e.why) for e in ended] == [(Outcome.FAILED, "why_lost_her")]
    assert ("follow", Phase.LOOK.value) in world.doings and world.wheels.rates[-1] == 0.0


def test_a_fall_is_seen_standing_still(world: World) -> None:
    world.company.wish("follow", (("person", "0"),))
    stands(world, 4.2, 2.2)
    world.run(1.0)
    assert world.navigator.driving
    world.senses.suspected = True
    world.run(0.3)
    assert not world.navigator.driving


def test_come_here(world: World, ended: list[Ended]) -> None:
    stands(world, 4.0, 2.0)
    world.company.talk.heard("Kangban, come here", False)
    world.run(40.0)
    assert [e.outcome for e in ended] == [Outcome.DONE]
    assert world.navigator.goals[0].distance_to(4.0, 2.0) == pytest.approx(1.2, abs=0.25)


def test_exercise_counts_what_it_sees_on_the_page(world: World, ended: list[Ended]) -> None:
    world.company.wish("exercise", (("exercise", "arm_raise"), ("nth", "0")))
    frames = [angle for _ in range(9) for angle in swing(165.0)]
    counts = []
    for k in range(900):
        angle = frames[max(0, k - 200) % len(frames)] if k >= 200 else 15.0
        world.senses.persons = Persons(world.clock.now(), (exercising(angle),))
        world.run(0.1)
        if world.company.activity is not None:
            counts.append(world.company.activity.count)
        if ended:
            break
    assert [e.outcome for e in ended] == [Outcome.DONE] and max(c for c in counts if c is not None) == 8
    assert any("You did 8" in words for words in world.spoken())


def test_the_breathing_exercise_takes_its_time(world: World) -> None:
    world.company.talk.heard("let us breathe", True)
    world.run(20.0)
    begun = world.clock.now()
    activity = world.company.activity
    assert activity is not None and activity.count is not None and world.spoken()[0].startswith("Let us breathe")
    world.run(60.0)
    assert world.company.activity is None and world.spoken().count("Breathe in.") == 6
    assert world.clock.now() - begun >= 45.0


def test_a_music_cue_is_passed_on(world: World) -> None:
    world.company.talk.heard("play some music", True)
    world.run(5.0)
    assert world.cues == ["music"] and world.spoken() == ["Here is some music for you."]


def test_without_a_sound_device_a_cue_is_told_and_harmless(tmp_path: Path) -> None:
    told: list[str] = []
    tune = Tune(tmp_path, None, told.append, devices=tmp_path)
    tune.play("music")
    tune.stop()
    assert "nothing is heard" in told[0]
    assert made(tmp_path / "tune.wav").stat().st_size > 100_000


def test_what_waits_too_long_is_told_to_her(world: World) -> None:
    world.senses.level = 0.05  # charging has the turn
    world.company.talk.heard("Kangban, come with me", False)
    world.run(130.0)
    assert world.spoken()[-1] == "Not now, please: I am busy with something else."


def test_a_new_wish_takes_the_place_of_the_one_before(world: World, ended: list[Ended]) -> None:
    world.company.talk.heard("tell me a story", True)
    world.run(2.0)
    world.company.talk.heard("do some exercise", True)
    world.run(1.0)
    running = world.missions.running()
    assert running is not None and running.name == "exercise"
    assert [(e.wish.name, e.outcome) for e in ended] == [("story", Outcome.WITHDRAWN)]


def test_a_reminder_waits_for_a_walk_together(world: World) -> None:
    """What she asks for goes before a reminder, which is asked right after it."""
    stands(world, 3.0, 2.2)
    world.missions.wish(Wish("f", "follow", Rank.REQUEST, 60.0, 3600.0))
    remind(world)
    world.run(40.0)
    running = world.missions.running()
    assert running is not None and running.name == "follow"
    world.company.talk.heard("Kangban, stop", False)
    run_until_asked(world)


def test_the_company_is_the_stage(world: World) -> None:
    assert isinstance(world.company, Company)
