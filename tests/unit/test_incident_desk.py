"""The desk: which fall belongs to which incident, who may acknowledge, and what is published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import py_trees
import pytest

from behaviors.incidents.desk import REMEMBERED_S
from behaviors.incidents.matching import SAME_FALL_S, incident_of
from behaviors.incidents.order import most_urgent
from kangban.values import Falls, FallState, IncidentState
from tests.unit.behaviors_world import LIVING_ROOM, World, fall
from tests.unit.test_incident_machine import STATES


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    py_trees.blackboard.Blackboard.clear()
    yield World(tmp_path)
    py_trees.blackboard.Blackboard.clear()


def test_the_same_fall_published_again_is_the_same_incident(world: World) -> None:
    for _ in range(5):
        world.see(fall())
    assert len(world.records()) == 1 and world.log() == ["fall_confirmed"]
    incident = world.desk.snapshot().incidents[0]
    assert (incident.id, incident.room, incident.place_in_map) == ("fall-a", "living_room", LIVING_ROOM)
    assert incident.evidence == ("went down in 0.6 s",) and incident.opened_wall == world.wall()


def test_a_suspicion_or_a_recovery_alone_opens_nothing(world: World) -> None:
    world.see(fall(FallState.SUSPECTED))
    world.see(fall(FallState.RECOVERED))
    assert world.records() == []


@pytest.mark.parametrize(
    ("place", "person", "joins"),
    [
        (LIVING_ROOM, 7, True),
        ((LIVING_ROOM[0] + 1.0, LIVING_ROOM[1], 0.0), 7, True),
        ((LIVING_ROOM[0] + 2.0, LIVING_ROOM[1], 0.0), 7, False),
        (None, 1, True),
        (None, 7, False),
    ],
)
def test_a_new_name_after_a_restart_of_perception(world: World, place: object, person: int, joins: bool) -> None:
    world.see(fall())
    world.see(fall(id_="fall-z", place_in_map=place, person_id=person))
    assert (len(world.records()) == 1) is joins
    if joins:
        assert world.records()[0].fall_ids == ("fall-a", "fall-z")
        world.see(fall(FallState.RECOVERED, id_="fall-z"))
        assert world.records()[0].recovered


def test_two_people_down_side_by_side_are_two_incidents(world: World) -> None:
    world.see(fall(), fall(id_="fall-b", person_id=2))
    assert len(world.records()) == 2


def test_a_finished_incident_is_not_joined_and_its_fall_opens_nothing(world: World) -> None:
    world.see(fall(since=world.clock.now()))
    world.desk.acknowledge("fall-a", "Nurse", "resolved")
    assert world.state() == "resolved"
    world.run(5.0)
    assert len(world.records()) == 1
    world.falls = []
    world.run(SAME_FALL_S)
    world.see(fall(id_="fall-c"))
    assert [r.id for r in world.records()] == ["fall-a", "fall-c"], "a new fall at the same place is a new incident"


def test_a_new_name_for_who_still_lies_there_just_after_the_end_opens_nothing(world: World) -> None:
    world.see(fall(since=world.clock.now()))
    world.desk.acknowledge("fall-a", "Nurse", "resolved")
    world.run(5.0)
    world.see(fall(id_="fall-c", person_id=9))
    world.run(2 * SAME_FALL_S)
    assert [r.fall_ids for r in world.records()] == [("fall-a", "fall-c")]
    again = world.kill()
    again.see(fall(id_="fall-c", person_id=9))
    assert len(again.records()) == 1 and again.state() == "resolved"


def test_who_was_seen_up_and_falls_again_just_after_the_end_is_a_new_incident(world: World) -> None:
    world.see(fall(since=world.clock.now()))
    world.see(fall(FallState.RECOVERED))
    world.desk.acknowledge("fall-a", "Nurse", "resolved")
    world.see(fall(id_="fall-c"))
    assert [r.id for r in world.records()] == ["fall-a", "fall-c"]


def test_a_fall_forgotten_in_memory_is_still_known_on_disk(world: World) -> None:
    world.see(fall(since=world.clock.now()))
    world.desk.acknowledge("fall-a", "Nurse", "resolved")
    world.falls = []
    world.clock.advance(REMEMBERED_S + 1)
    world.run(0.2)
    assert world.records() == []
    world.see(fall(since=100.0))
    assert world.records() == []


def test_a_finished_name_used_for_a_later_fall_is_a_new_incident(world: World) -> None:
    world.see(fall(since=world.clock.now()))
    world.desk.acknowledge("fall-a", "Nurse", "resolved")
    world.run(10.0)
    world.see(fall(since=world.clock.now()))
    assert [r.id for r in world.records()] == ["fall-a", "fall-a-2"]
    world.see(fall(since=world.clock.now()))
    assert len(world.records()) == 2


def test_an_id_is_always_a_plain_name(world: World) -> None:
    world.see(fall(id_="../../etc/passwd"))
    world.see(fall(id_="跌倒", place_in_map=(5.0, 1.0, 0.0), person_id=4))
    assert [r.id for r in world.records()] == ["etc-passwd", "fall"]


def test_the_place_follows_the_person_and_small_moves_are_not_written(world: World) -> None:
    world.see(fall())
    before = world.desk.revision
    world.see(fall(place_in_map=(3.1, 2.2, 0.1)))
    assert world.desk.revision == before
    world.see(fall(place_in_map=(3.6, 2.2, 0.1)))
    assert world.desk.revision == before + 1 and world.records()[0].place_in_map == (3.6, 2.2, 0.1)
    world.see(fall(place_in_map=None))
    assert world.records()[0].place_in_map == (3.6, 2.2, 0.1), "unknown does not erase what was known"


def test_who_may_acknowledge_and_what_is_answered(world: World) -> None:
    world.see(fall())
    assert world.desk.acknowledge("nothing", "Li", "") == (False, "no open incident is called 'nothing'")
    assert world.desk.acknowledge("fall-a", "  ", "") == (False, "say who takes the incident over")
    assert world.desk.acknowledge("fall-a", "Li", "coming") == (True, "")
    assert world.desk.acknowledge("fall-a", "Wang", "me too") == (True, "")
    assert world.records()[0].acknowledged_by == "Li"
    assert world.desk.acknowledge("fall-a", "Wang", "Resolved") == (True, "")
    assert world.state() == "resolved"
    assert world.desk.acknowledge("fall-a", "Li", "") == (False, "the incident is already resolved")


def test_words_without_an_incident_mean_nothing_but_a_cry(world: World) -> None:
    for words in ("I'm fine", "no", "what a day"):
        world.hear(words)
    assert world.records() == []
    world.hear("救命")
    assert world.records()[0].kind == "cry_for_help"


def test_a_cry_during_an_incident_is_that_incident(world: World) -> None:
    world.see(fall())
    world.hear("help!")
    assert len(world.records()) == 1 and world.state() == "alarmed"


def test_a_resolved_incident_is_published_for_an_hour(world: World) -> None:
    world.see(fall())
    world.desk.acknowledge("fall-a", "Nurse", "resolved")
    world.falls = []
    world.clock.advance(REMEMBERED_S - 10.0)
    world.run(1.0)
    assert world.state() == "resolved"
    world.clock.advance(10.0)
    world.run(1.0)
    assert world.records() == []


def test_who_comes_first() -> None:
    records = [replace(r, id=name) for name, r in STATES.items() if r is not None]
    order = []
    while (first := most_urgent(records)) is not None:
        order.append(first.state)
        records.remove(first)
    assert order == [
        IncidentState.CHECKING, IncidentState.CHECKING, IncidentState.OPEN, IncidentState.ALARMED,
        IncidentState.ALARMED, IncidentState.ANSWERED, IncidentState.ACKNOWLEDGED,
    ]  # fmt: skip


def test_the_nearest_of_two_incidents_is_joined() -> None:
    near, far = STATES["nurse"], STATES["family"]
    assert near is not None and far is not None
    near = replace(near, id="near", fall_ids=("n",), place_in_map=(3.2, 2.2, 0.0))
    far = replace(far, id="far", fall_ids=("f",), place_in_map=(4.2, 2.2, 0.0))
    seen = fall(id_="new")
    assert incident_of(seen, Falls(0.0, (seen,)), [far, near]) is near
