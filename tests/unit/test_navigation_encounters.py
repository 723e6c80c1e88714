"""Drives through narrow doors and among people, in the flat world with the real safety chain and gate."""

from __future__ import annotations

import pytest

from bench.encounters import STORIES, ended, play
from bench.worlds.flatland import Trip

QUICK = ("narrow_door", "crossing")


def check(name: str, trip: Trip) -> None:
    assert ended(trip).startswith(STORIES[name][5])
    assert trip.contacts == 0
    assert trip.collisions == 0
    assert trip.inside_moving_s == 0.0
    assert trip.fastest_near_mps <= 0.35  # the guard's 0.3 m/s, and what braking to it takes
    assert trip.jerkiest <= 70.0  # where the guard intervenes; else the profile's
    if trip.outcome is not None and trip.outcome.reached:
        assert trip.off_m <= 0.05
        assert trip.off_rad <= 0.0524


@pytest.mark.parametrize("name", QUICK)
def test_it_gets_there_without_touching_anybody(name: str) -> None:
    check(name, play(name, 3)[0])


@pytest.mark.thorough
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    "name", ["alone", "crossing", "crossing_omni", "oncoming", "in_the_door", "on_goal", "narrow_door"]
)
def test_every_encounter(name: str, seed: int) -> None:
    check(name, play(name, seed)[0])


def test_the_same_seed_is_the_same_drive() -> None:
    first, second = play("narrow_door", 5)[0], play("narrow_door", 5)[0]
    assert first.track == second.track
    assert first.seconds == second.seconds
