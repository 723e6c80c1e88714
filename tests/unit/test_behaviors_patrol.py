"""A round as a story: what happens in the world, tick by tick, and what the robot does; and that no leaf ever hangs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import py_trees
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from py_trees.common import Status

from behaviors.missions.wish import Ended, Outcome
from behaviors.still import Why
from behaviors.tree.leaf import Leaf
from behaviors.tree.patrol import DRIVE_LIMIT_S, round_wish
from behaviors.tree.ports import Going, Progress
from behaviors.tree.state import IDLE, active, render
from kangban.values import CareEventKind, HomeReading, Person, Persons, Pose2D, Posture, SensorKind
from tests.unit.behaviors_world import SITE, World, care, fall

# The map of these tests is one floor of 6 m x 4.2 m: two rooms side by side on it, and one that lies off it.
ROOMS = ("living_room", "corridor", "study")
PLACES = {"living_room": ((0.0, 0.0), (3.0, 4.2)), "corridor": ((3.0, 0.0), (6.0, 4.2))}
HOME = SITE.model_copy(
    update={
        "rooms": tuple(
            room.model_copy(update=dict(zip(("min_m", "max_m"), PLACES[room.name], strict=True)))
            if room.name in PLACES
            else room
            for room in SITE.rooms
            if room.name != "kitchen"
        )
    }
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    py_trees.blackboard.Blackboard.clear()
    yield World(tmp_path, site=HOME)
    py_trees.blackboard.Blackboard.clear()


@pytest.fixture
def ended(world: World) -> list[Ended]:
    told: list[Ended] = []
    world.missions.on_end("patrol", told.append)
    return told


def go(world: World, *rooms: str, lasts_s: float = 600.0) -> None:
    world.missions.wish(round_wish("round-1", "morning", rooms or ROOMS, 300.0, lasts_s))


def run_to_phase(world: World, phase: str, limit_s: float = 60.0) -> None:
    begun = world.clock.now()
    while world.companion.doing.phase != phase or world.companion.doing.name != "patrol":
        assert world.clock.now() - begun < limit_s, f"never at {phase}: {world.doings}"
        turn(world)


def turn(world: World, seconds: float = 0.1) -> None:
    """Tick, and let the wheels do what they are told."""
    for _ in range(round(seconds / 0.1)):
        before = len(world.wheels.rates)
        world.run(0.1)
        for rate in world.wheels.rates[before:]:
            pose = world.navigator.pose
            world.navigator.pose = Pose2D(pose.x, pose.y, pose.yaw + 0.1 * rate)


def report(world: World) -> dict:
    (path,) = (world.folder / "reports").glob("round-*.json")
    return dict(json.loads(path.read_text()))


def test_a_round_looks_into_each_room_and_ends_with_a_report(world: World, ended: list[Ended]) -> None:
    world.senses.sensors = (HomeReading(1.0, "hob", SensorKind.STOVE, "living_room", True),)
    go(world)
    turn(world, 90.0)
    assert [e.outcome for e in ended] == [Outcome.DONE]
    data = report(world)
    assert {r["room"]: r["looked"] for r in data["rooms"]} == {
        "living_room": True, "corridor": True, "study": False
    }  # fmt: skip
    assert next(r["why"] for r in data["rooms"] if r["room"] == "study") == "why_no_path", "it lies off the map"
    assert [f["code"] for f in data["findings"]] == ["found_stove"]
    assert len(world.pictures.wished) == len(data["pictures"]) >= 3 and all(p["kept"] for p in data["pictures"])
    assert world.companion.doing.name == "idle" and world.wheels.rates[-1] == 0.0


def test_who_is_in_view_is_met_and_the_report_says_where(world: World) -> None:
    place = (3.0, 2.0, 0.9)
    one = Person(1, True, Posture.SITTING, 0.9, None, None, None, np.array([place]), (1.5, 0.0, 0.9), place)
    world.senses.persons = Persons(0.0, (one,))
    go(world, "living_room")
    turn(world, 40.0)
    assert report(world)["people"][0] | {"at": ""} == {"room": "living_room", "at": "", "posture": "sitting"}


def test_a_thing_on_the_floor_is_found(world: World) -> None:
    go(world, "living_room")
    box = np.array([(3.0, 2.0 + 0.05 * k) for k in range(8)])
    for _ in range(400):
        world.senses.scan = (world.clock.now(), box)
        turn(world)
    assert [f["code"] for f in report(world)["findings"]] == ["found_thing"]


def test_a_fall_puts_it_aside_at_once_and_it_goes_on_with_the_rooms_left(world: World, ended: list[Ended]) -> None:
    go(world)
    run_to_phase(world, "look")
    run_to_phase(world, "drive")
    assert world.book.round is not None
    looked = world.book.round.looked
    assert len(looked) == 1 and world.navigator.driving
    world.see(fall())
    world.run(0.1)
    assert world.companion.doing.name == "incident" and world.missions.running() is None
    world.run_until("alarmed")
    goals = len(world.navigator.goals)
    assert not ended and world.book.round.looked == looked
    assert world.desk.acknowledge("fall-a", "Nurse Li", "resolved") == (True, "")
    world.falls = []
    turn(world, 1.0)
    assert world.companion.doing.name == "patrol" and len(world.navigator.goals) == goals + 1
    turn(world, 90.0)
    data = report(world)
    assert [e.outcome for e in ended] == [Outcome.DONE] and sum(r["looked"] for r in data["rooms"]) == 2
    assert len({r["room"] for r in data["rooms"]}) == len(data["rooms"]) == 3, "each room once"


def test_a_suspected_fall_is_watched_with_a_still_camera(world: World) -> None:
    go(world)
    run_to_phase(world, "look")
    turn(world, 0.3)
    rates, world.senses.suspected = len(world.wheels.rates), True
    turn(world, 2.0)
    assert set(world.wheels.rates[rates:]) <= {0.0}
    world.senses.suspected = False
    run_to_phase(world, "drive")
    world.senses.suspected = True
    turn(world, 0.2)
    assert not world.navigator.driving
    world.senses.suspected = False
    turn(world, 0.6)
    assert world.navigator.driving


@pytest.mark.parametrize("cause", ["stop", "battery", "smoke"])
def test_a_stop_a_low_battery_and_a_smoke_alarm_put_it_aside(world: World, cause: str) -> None:
    go(world)
    run_to_phase(world, "drive")
    if cause == "stop":
        world.senses.still = Why("why_bumper")
    elif cause == "battery":
        world.senses.level = 0.1
    else:
        world.desk.take_home(care(CareEventKind.SMOKE, "home-smoke-1", person_id=0))
    world.run(0.2)
    assert world.missions.running() is None and world.missions.stands("round-1")
    assert world.companion.doing.name == {"stop": "safety", "battery": "charge", "smoke": "idle"}[cause]
    if cause == "stop":
        assert not world.navigator.driving


def test_a_way_that_is_blocked_is_tried_once_more_then_reported(world: World) -> None:
    world.navigator.refuse = ["why_blocked"] * 9
    world.navigator.pose = Pose2D(5.0, 1.0, 0.0)
    go(world, "living_room")
    turn(world, 20.0)
    assert report(world)["rooms"] == [{**report(world)["rooms"][0], "room": "living_room", "why": "why_blocked"}]
    assert len([goal for goal in world.navigator.goals if goal.x != 1.0]) == 2


def test_navigation_away_ends_the_room_by_its_limit_with_the_reason(world: World) -> None:
    world.navigator.pose, world.navigator.away = Pose2D(5.0, 1.0, 0.0), True
    go(world, "living_room", lasts_s=1000.0)
    turn(world, 2 * DRIVE_LIMIT_S + 10.0)
    assert [r["why"] for r in report(world)["rooms"]] == ["why_no_navigation"]


def test_without_a_pose_it_says_so_and_gives_up(world: World, ended: list[Ended]) -> None:
    world.senses.lost = True
    go(world)
    world.run(40.0)
    assert [(e.outcome, e.why) for e in ended] == [(Outcome.FAILED, "why_no_pose")]


def test_a_report_that_can_not_be_written_is_a_failure_with_a_reason(world: World, ended: list[Ended]) -> None:
    go(world, "living_room")
    run_to_phase(world, "look")
    folder = world.folder / "reports"
    for path in folder.glob("*"):
        path.unlink()
    folder.rmdir()
    folder.write_text("in the way")
    turn(world, 40.0)
    assert [(e.outcome, e.why) for e in ended] == [(Outcome.FAILED, "why_no_report")]


def test_what_others_want_said_is_said_while_it_makes_its_round(world: World) -> None:
    go(world)
    run_to_phase(world, "drive")
    goals = len(world.navigator.goals)
    world.requests.asked = ["tea"]
    world.run(0.3)
    assert world.requests.said == ["tea"] and len(world.navigator.goals) == goals and world.navigator.driving


def test_taken_back_it_stops_and_the_robot_is_idle(world: World, ended: list[Ended]) -> None:
    go(world)
    run_to_phase(world, "drive")
    world.missions.withdraw("round-1")
    world.run(0.1)
    assert ended[0].outcome is Outcome.WITHDRAWN and world.companion.doing.name != "patrol"


def test_another_round_after_one_begins_anew(world: World, ended: list[Ended]) -> None:
    go(world, "living_room")
    turn(world, 40.0)
    world.missions.wish(round_wish("round-2", "again", ("living_room",), 300.0, 600.0))
    turn(world, 40.0)
    assert [e.wish.id for e in ended] == ["round-1", "round-2"] and set(world.book.reports) == {"round-1", "round-2"}


def test_the_live_tree_shows_what_was_asked_and_what_runs(world: World) -> None:
    go(world)
    run_to_phase(world, "drive")
    lines = world.companion.lines()
    by_name = {line.name: line for line in lines}
    assert by_name["drive to the room"].status == "running" and by_name["patrol"].depth == 3
    assert by_name["drive to the room"].feedback.startswith("on its round: drives to the ")
    assert by_name["watch"].status == IDLE and by_name["can't move?"].status == "failure"
    assert [line.name for line in active(lines)][:2] == ["companion", "one of these"]
    assert "▶ drive to the room   on its round" in render(lines) and "· watch" in render(lines)


NAVIGATING = st.builds(Progress, st.sampled_from(Going), st.sampled_from(["why_blocked", "why_no_path"]))
MOMENTS = st.tuples(
    st.sampled_from([0.1, 0.1, 0.1, 2.0, 30.0, 200.0]),  # s that pass
    NAVIGATING,
    st.sampled_from([None, None, None, Why("why_bumper")]),
    st.sampled_from([0.8, 0.1, None]),  # charge
    st.booleans(),  # lost
    st.sampled_from(["", "", "fall", "cry", "fine", "round", "say", "acknowledge", "smoke"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(MOMENTS, min_size=5, max_size=40))
def test_whatever_happens_no_leaf_runs_beyond_its_limit(
    tmp_path_factory: pytest.TempPathFactory, moments: list
) -> None:
    py_trees.blackboard.Blackboard.clear()
    world = World(tmp_path_factory.mktemp("world"), site=HOME)
    leaves = [node for node in world.companion._root.iterate() if isinstance(node, Leaf)]
    for number, (wait, progress, still, level, lost, event) in enumerate(moments):
        world.clock.advance(wait)
        world.navigator.progress = lambda progress=progress: progress  # type: ignore[method-assign]
        world.senses.still, world.senses.level, world.senses.lost = still, level, lost
        if event in ("cry", "fine"):
            world.hear({"cry": "help!", "fine": "I am fine"}[event])
        elif event == "fall":
            world.see(fall(id_=f"fall-{number}"))
        elif event == "round":
            world.missions.wish(round_wish(f"round-{number}", "x", (), 100.0, 300.0))
        elif event == "smoke":
            world.desk.take_home(care(CareEventKind.SMOKE, f"home-smoke-{number}", person_id=0))
        elif event == "say":
            world.requests.asked.append("tea")
        elif event == "acknowledge" and world.records():
            world.desk.acknowledge(world.records()[-1].id, "Li", "resolved")
        world.run(0.1)
        for leaf in leaves:
            if leaf.status is Status.RUNNING:
                assert leaf.elapsed() < leaf.limit_s, f"{leaf.name} runs for {leaf.elapsed()} s"
        running = world.missions.running()
        for standing in world.missions.standing():
            runs = running is not None and standing.wish.id == running.id
            had = standing.had_s + (world.clock.now() - standing.since if runs else 0.0)
            assert had < standing.wish.lasts_s
    world.ledger.close()
    py_trees.blackboard.Blackboard.clear()
