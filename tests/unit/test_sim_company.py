"""What a scenario measures of the companion: gaps in seeing her, distances, and reminders as they are on disk."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from behaviors.reminders.store import ReminderStore
from behaviors.reminders.values import Kind, Reminder, Stage, Time
from kangban.values import Person, Persons, Posture
from sim import judge
from sim.company import Accompanied, reminded
from sim.scenario import Expect, load_scenario

HER = (2.0, 1.0)


def persons(stamp: float, *places: tuple[float, float], seen: bool = True) -> Persons:
    return Persons(
        stamp,
        tuple(
            Person(k, seen, Posture.WALKING, 0.9, None, None, None, None, None, (x, y, 0.9))
            for k, (x, y) in enumerate(places)
        ),
    )


def test_the_longest_gap_counts_and_a_visitor_does_not_fill_it() -> None:
    with_her = Accompanied()
    with_her.mission("follow", "go", 10.0)
    for k in range(60):
        now = 10.0 + 0.1 * k
        if not 20 <= k < 45:
            with_her.seen(persons(now, (2.1, 1.2)), HER)
        else:
            with_her.seen(persons(now, (4.0, 1.0)), HER)
            with_her.seen(persons(now, HER, seen=False), HER)
        with_her.step(1.5, now)
    assert with_her.figures()["follow_lost_s"] == pytest.approx(2.5, abs=0.11)


def test_before_her_door_and_beside_following_nothing_counts() -> None:
    with_her = Accompanied()
    with_her.step(9.0, 1.0)
    assert with_her.figures() == {}
    with_her.mission("follow", "outside", 10.0)
    for k in range(50):
        with_her.seen(persons(10.0 + 0.1 * k), HER)
        with_her.step(1.0 + 0.02 * k, 10.0 + 0.1 * k)
    figures = with_her.figures()
    assert figures["follow_lost_s"] < 0.2 and figures["follow_distance_least_m"] == 1.0
    assert 1.4 < figures["follow_distance_m"] < 1.6 < figures["follow_distance_p90_m"]


def test_what_became_of_reminders_is_read_from_the_disk(tmp_path: Path) -> None:
    assert reminded(tmp_path) == {}
    store, due = ReminderStore(tmp_path), datetime(2026, 1, 5, 9, 0)
    store.put(Reminder("pills", Kind.MEDICINE, "two", "en", "0 9 * * *", True), due)
    store.write(Time("pills", due, Stage.CONFIRMED))
    store.close()
    assert reminded(tmp_path) == {"reminders_confirmed": 1}


def test_a_lowest_value_is_judged() -> None:
    expect = Expect(outcome="quiet", at_least={"reminders_confirmed": 1})
    assert judge.missed(expect, "quiet", (), {"reminders_confirmed": 1}) == []
    for metrics in ({}, {"reminders_confirmed": 0}):
        assert len(judge.missed(expect, "quiet", (), metrics)) == 1


@pytest.mark.parametrize("name", ["follow", "visitor", "reminder", "reminder_silent", "morning", "accompany"])
def test_the_stories_of_company_load(name: str) -> None:
    assert load_scenario(name).name == name
