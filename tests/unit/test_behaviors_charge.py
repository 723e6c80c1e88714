"""A low battery and a dock that charges by its contacts: in, charged, out again; pushed out of it; can't get in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from behaviors.missions.wish import Rank, Wish
from behaviors.texts import text
from behaviors.tree import charge
from behaviors.tree.charge import UNFED_S
from kangban.config import load_site
from kangban.values import Pose2D
from tests.unit.behaviors_world import TIMES, World, fall

STATION = "dock={x_m: 0.56, y_m: 3.3, yaw_rad: 3.1416, station: {tag: 7, tag_size_m: 0.16, tag_height_m: 1.12}}"
SITE = load_site("demo_flat", [STATION])
LOW = TIMES.low_battery - 0.02


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield World(tmp_path, site=SITE)


def docked(world: World) -> World:
    """It has gone to its dock and is fed."""
    world.navigator.pose = Pose2D(2.0, 3.3, 0.0)
    world.senses.level, world.senses.fed = LOW, False
    world.run(8.0)
    world.senses.fed = True
    return world.run(1.0)


def test_low_it_docks_by_its_own_action_and_charges(world: World) -> None:
    docked(world)
    assert world.navigator.docked == 1
    assert world.spoken().count("My battery is low. I am going to charge.") == 1
    assert (world.companion.doing.name, world.companion.doing.phase) == ("charge", "dock")
    world.senses.level = 0.9
    world.run(1.0)
    assert world.companion.doing.name == "idle" and world.navigator.goals[-1].x == SITE.watch.x_m


def test_a_home_without_a_dock_is_driven_to_as_before(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.senses.level, world.senses.fed = LOW, False
    world.run(15.0)
    assert world.navigator.docked == 0 and world.companion.doing.phase == "dock", "somebody plugs it in there"
    world.run(UNFED_S + 5.0)
    assert world.companion.doing.phase == "dock"


def test_standing_in_its_dock_it_only_stays(world: World) -> None:
    world.senses.level, world.senses.fed = LOW, True
    world.run(3.0)
    assert world.navigator.docked == 0 and world.companion.doing.phase == "dock"
    assert "My battery is low. I am going to charge." not in world.spoken()


def test_pushed_out_of_its_dock_it_docks_anew(world: World) -> None:
    docked(world)
    world.senses.fed = False
    world.run(UNFED_S - 1.0)
    assert world.navigator.docked == 1, "a moment without contact is none"
    world.run(3.0)
    assert world.navigator.docked == 2


def test_unknown_is_not_unfed(world: World) -> None:
    docked(world)
    world.senses.fed = None
    world.run(UNFED_S + 5.0)
    assert world.navigator.docked == 1 and world.companion.doing.phase == "dock"


@pytest.mark.parametrize("why", ["why_no_dock", "why_not_sure", "why_no_contact", "why_blocked"])
def test_why_it_cannot_dock_is_said(world: World, why: str) -> None:
    world.navigator.pose = Pose2D(2.0, 3.3, 0.0)
    world.navigator.refuse = [why] * 3
    world.senses.level, world.senses.fed = LOW, False
    world.run(12.0)
    words = text("say_cannot_dock", "en", (("why", why),))
    assert world.spoken().count(words) == 1 and text(why, "en") in words
    assert (world.companion.doing.phase, world.companion.doing.code) == ("cannot", "do_dock_waits")


def test_it_tries_again_later_and_does_not_repeat_itself_each_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charge, "AGAIN_S", 10.0)
    monkeypatch.setattr(charge, "SAY_AGAIN_S", 35.0)
    world.navigator.refuse = ["why_no_dock"] * 30
    world.senses.level, world.senses.fed = LOW, False
    words = text("say_cannot_dock", "en", (("why", "why_no_dock"),))
    world.run(9.0)
    assert world.navigator.docked == 1
    world.run(15.0)
    assert world.navigator.docked == 3 and world.spoken().count(words) == 1
    world.run(20.0)
    assert world.spoken().count(words) == 2


def test_the_words_are_there_in_both_languages() -> None:
    for code in ("say_cannot_dock", "do_dock_in", "why_no_dock", "why_not_sure", "why_no_contact"):
        english, chinese = (text(code, language, (("why", "why_no_dock"),)) for language in ("en", "zh"))
        assert english and chinese and english != chinese


def test_a_low_battery_takes_the_turn_from_every_mission(world: World) -> None:
    for rank in (Rank.REQUEST, Rank.REMINDER, Rank.PATROL):
        world.missions.wish(Wish(f"w{rank}", "patrol", rank, 600.0, 600.0))
    world.senses.level, world.senses.fed = LOW, False
    world.run(1.0)
    assert world.missions.turn() is Rank.CHARGE and world.companion.doing.name == "charge"


def test_an_incident_takes_it_out_of_its_dock(world: World) -> None:
    docked(world)
    goals = len(world.navigator.goals)
    world.see(fall())
    world.run(2.0)
    assert world.companion.doing.name == "incident"
    assert len(world.navigator.goals) > goals, "it drives to her: navigation backs out of the dock first"
