"""The other branches of the tree, its shape, and how it is drawn."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import py_trees
import pytest

from behaviors import cli
from behaviors.settling import SETTLED_S
from behaviors.still import Why
from behaviors.tree.leaf import Leaf
from behaviors.tree.root import build
from kangban.values import MapPose, Person, Persons, Pose2D, Posture
from tests.unit.behaviors_world import SITE, TIMES, World, fall


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    py_trees.blackboard.Blackboard.clear()
    yield World(tmp_path)
    py_trees.blackboard.Blackboard.clear()


def person_at(bearing_left_m: float) -> Persons:
    place = (2.0, bearing_left_m, 0.9)
    one = Person(1, True, Posture.STANDING, 0.9, None, None, None, np.array([place]), place, None)
    return Persons(0.0, (one,))


def run_to_phase(world: World, phase: str) -> None:
    for _ in range(300):
        if world.companion.doing.phase == phase:
            return
        world.run(0.1)
    raise AssertionError(f"never {phase}: {world.doings}")


def test_the_order_of_the_branches() -> None:
    root = build(TIMES)
    acts, speak = root.children
    assert [branch.name for branch in acts.children] == ["safety", "incident", "charge", "missions", "idle"]
    assert not acts.memory and speak.name == "speak"


def test_every_leaf_that_takes_time_has_a_limit_and_touches_nothing_before_setup() -> None:
    leaves = [node for node in build(TIMES).iterate() if isinstance(node, Leaf)]
    assert len(leaves) > 20
    for leaf in leaves:
        assert leaf.limit_s > 0 and not hasattr(leaf, "ports")


def test_a_leaf_without_a_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="limit_s must be above 0"):
        Leaf("endless", 0.0)


def test_idle_drives_to_the_watching_place_once(world: World) -> None:
    world.navigator.pose = Pose2D(0.45, 3.6, 0.0)
    world.run(20.0)
    assert [(g.x, g.y) for g in world.navigator.goals] == [(SITE.watch.x_m, SITE.watch.y_m)]
    assert world.doings[0] == ("idle", "drive") and world.doings[-1] == ("idle", "watch")


def test_it_turns_to_keep_a_person_in_view_and_stops_when_it_has_her(world: World) -> None:
    world.run(1.0)
    assert world.wheels.rates == []
    world.senses.persons = person_at(1.5)
    world.run(1.0)
    assert len(world.wheels.rates) == 10 and all(rate > 0 for rate in world.wheels.rates)
    world.senses.persons = person_at(0.05)
    world.run(1.0)
    assert world.wheels.rates[10:] == [0.0]


def test_a_suspected_fall_is_watched_with_a_still_camera(world: World) -> None:
    world.senses.persons, world.senses.suspected = person_at(1.5), True
    world.run(1.0)
    assert world.wheels.rates == []


def test_turning_ends_when_something_else_begins(world: World) -> None:
    world.senses.persons = person_at(-1.5)
    world.run(1.0)
    world.senses.still = Why("why_bumper")
    world.run(0.2)
    assert world.wheels.rates[-1] == 0.0 and world.companion.doing.name == "safety"


def test_alone_for_a_while_it_looks_the_usual_way_again(world: World) -> None:
    watch = SITE.watch
    world.navigator.pose = Pose2D(watch.x_m, watch.y_m, watch.yaw_rad + 1.0)
    world.run(7.0)
    assert world.wheels.rates == []
    world.run(3.0)
    assert world.wheels.rates and all(rate < 0 for rate in world.wheels.rates)


def test_a_low_battery_goes_to_the_dock_and_stays_until_it_has_some(world: World) -> None:
    world.run(1.0)
    world.senses.level = TIMES.low_battery - 0.01
    world.run(10.0)
    assert world.companion.doing.phase == "dock"
    assert (world.navigator.pose.x, world.navigator.pose.y) == (SITE.dock.x_m, SITE.dock.y_m)
    assert "My battery is low. I am going to charge." in world.spoken()
    world.senses.level = TIMES.low_battery + 0.1
    world.run(1.0)
    assert world.companion.doing.phase == "dock", "not off again with the first drop"
    world.senses.level = None
    world.run(1.0)
    assert world.companion.doing.phase == "dock", "unknown is not charged"
    world.senses.level = 0.9
    world.run(1.0)
    assert world.companion.doing.name == "idle"


def test_an_unknown_charge_is_not_low(world: World) -> None:
    world.senses.level = None
    world.run(2.0)
    assert world.companion.doing.name == "idle"


def test_a_dock_out_of_reach_is_said_and_tried_again(world: World) -> None:
    world.navigator.pose = Pose2D(3.0, 2.0, 0.0)
    world.senses.level, world.navigator.away = 0.1, True
    world.run(10.0)
    doing = world.companion.doing
    assert (doing.code, dict(doing.params)["why"]) == ("do_dock_waits", "why_no_navigation")
    assert len(world.navigator.goals) >= 4
    world.navigator.away = False
    world.run(30.0)
    assert world.companion.doing.phase == "dock"


def test_an_incident_comes_before_a_low_battery(world: World) -> None:
    world.senses.level = 0.05
    world.run(3.0)
    world.see(fall())
    world.run(1.0)
    assert world.companion.doing.name == "incident"


def test_requests_are_served_when_idle_and_while_it_stays_or_holds(world: World) -> None:
    world.requests.asked = ["tea"]
    world.run(0.5)
    assert world.requests.said == ["tea"]
    world.senses.still = Why("why_bumper")
    world.requests.asked = ["held"]
    world.run(0.5)
    assert world.requests.said[-1] == "held"
    world.senses.still = None
    world.see(fall())
    world.run_until("checking")
    world.requests.asked = ["may I pass?"]
    world.run(0.3)
    assert world.requests.said[-1] == "may I pass?" and world.navigator.driving, "on the way to her it may ask for room"
    run_to_phase(world, "ask")
    world.requests.asked = ["later"]
    world.run(5.0)
    assert world.requests.said[-1] == "may I pass?", "nothing is said into a question and its answer"
    world.run_until("alarmed")
    world.run(10.0)
    assert world.requests.said[-1] == "later"


def test_mission_says_when_it_is_blind(world: World) -> None:
    world.senses.blind = "why_no_persons"
    world.run(1.0)
    doing = world.companion.doing
    assert (doing.code, doing.params) == ("do_watch_blind", (("why", "why_no_persons"),))


def test_shutdown_cancels_what_was_begun(world: World) -> None:
    world.see(fall())
    world.run(1.0)
    assert world.navigator.driving
    world.companion.shutdown()
    assert not world.navigator.driving


def test_a_body_that_is_seen_moves_the_goal(world: World) -> None:
    world.see(fall())
    world.run(1.0)
    eyes, pose = world.senses.eyes, world.navigator.pose
    eyes.take_pose(MapPose(world.clock.now(), pose, 0.01))
    crawled = pose.inverse().transform(np.array([[4.2, 2.2, 0.1]]))
    one = Person(1, True, Posture.LYING_FLOOR, 0.9, None, None, None, crawled, None, None)
    eyes.take_persons(Persons(world.clock.now(), (one,)))
    eyes.settle(world.clock.now() + SETTLED_S)
    world.run(1.0)
    assert len(world.navigator.goals) == 2
    assert world.navigator.goals[-1].distance_to(4.2, 2.2) == pytest.approx(1.2, abs=0.01)


def show(*words: str) -> int:
    parser = argparse.ArgumentParser()
    cli.register(parser.add_subparsers())
    args = parser.parse_args(["behaviors", "show", *words])
    status: int = args.run(args)
    return status


def test_the_tree_as_text_dot_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert show() == 0
    shown = capsys.readouterr().out
    assert "no answer: alarm" in shown and "drive near" in shown
    assert show("--format", "dot") == 0
    assert capsys.readouterr().out.startswith("digraph")
    assert show("--json") == 0
    assert json.loads(capsys.readouterr().out)["children"][0]["children"][0]["name"] == "safety"


def test_the_tree_as_a_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert show("--format", "png") == 2 and "--out" in capsys.readouterr().err
    if shutil.which("dot") is not None:
        assert show("--out", str(tmp_path / "tree.png")) == 0
        assert (tmp_path / "tree.png").read_bytes().startswith(b"\x89PNG")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert show("--out", str(tmp_path / "other.png")) == 1
    assert "install it" in capsys.readouterr().err


def test_a_file_that_can_not_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show("--out", str(tmp_path / "missing" / "tree.txt")) == 1
    assert "can't be written" in capsys.readouterr().err
