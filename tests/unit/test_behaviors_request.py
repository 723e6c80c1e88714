"""Speaking for others beside everything else: no drive ends because something is said; nothing is said into talk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import py_trees
import pytest

from kangban.values import Pose2D
from tests.unit.behaviors_world import World, fall
from tests.unit.test_behaviors_company import remind, run_until_asked, stands

PASS = "may I pass?"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    py_trees.blackboard.Blackboard.clear()
    yield World(tmp_path)
    py_trees.blackboard.Blackboard.clear()


def begin(world: World, drive: str) -> None:
    if drive == "charge":
        world.senses.level = 0.05
    elif drive == "incident":
        world.see(fall())
    elif drive == "reminder":
        remind(world)
    elif drive != "idle":
        world.company.wish(drive, ())


@pytest.mark.parametrize("drive", ["idle", "charge", "come", "follow", "reminder", "incident"])
def test_a_drive_that_asks_to_be_let_past_goes_on(world: World, drive: str) -> None:
    """What navigation asks for aloud must not end the very drive that asked."""
    world.navigator.pose = Pose2D(5.0, 1.0, 3.0)
    if drive != "idle":
        stands(world, 1.5, 3.2)
    begin(world, drive)
    for _ in range(900):
        if world.companion.doing.name == drive and world.navigator.driving:
            break
        world.run(0.1)
    world.run(0.3)
    goals = len(world.navigator.goals)
    world.requests.asked, world.requests.lasts = [PASS], 10
    world.run(0.5)
    assert world.requests.begun == [PASS] and world.requests.said == [], "it is being said"
    assert world.navigator.driving and len(world.navigator.goals) == goals
    assert world.companion.doing.name == drive
    world.run(1.0)
    assert world.requests.said == [PASS] and world.navigator.driving and len(world.navigator.goals) == goals


@pytest.mark.parametrize("mission", ["story", "exercise", "reminder"])
def test_nothing_is_said_into_what_it_does_with_her(world: World, mission: str) -> None:
    stands(world, 2.0, 3.0)
    begin(world, mission)
    if mission == "reminder":
        run_until_asked(world)
    world.run(1.0)
    world.requests.asked = ["tea"]
    world.run(3.0)
    assert world.companion.doing.name == mission and world.requests.begun == []
