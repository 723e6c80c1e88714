"""How a drive is measured by the truth: distances from the robot's edge, speed near people, the way, where it ends."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kangban.site import Place
from kangban.values import STILL, Plan, Pose2D, Twist2D
from sim.drives import Drives
from tests.unit.navigation_world import CONFIG

GOAL = Place(x_m=1.0, y_m=0.0, yaw_rad=0.0)
RADIUS = CONFIG.profile.base.footprint_radius_m
STOP = CONFIG.profile.safety.guard.person_stop_m
FAST = Twist2D(0.4)


# from the robot's middle to each person, velocity -> inside, inside while moving, fastest near her
@pytest.mark.parametrize(
    ("people", "velocity", "inside", "moving", "fastest"),
    [
        ([], FAST, 0.0, 0.0, 0.0),
        ([3.0], FAST, 0.0, 0.0, 0.0),
        ([3.0, 1.0], FAST, 0.0, 0.0, 0.4),
        ([RADIUS + STOP + 0.01], FAST, 0.0, 0.0, 0.4),
        ([RADIUS + STOP - 0.01], FAST, 0.5, 0.5, 0.4),
        ([RADIUS + STOP - 0.01], STILL, 0.5, 0.0, 0.0),
    ],
)
def test_time_too_near_and_speed_near_people(
    people: list[float], velocity: Twist2D, inside: float, moving: float, fastest: float
) -> None:
    drives = Drives.of(CONFIG.profile)
    drives.step(Pose2D(0.0, 0.0, 0.0), velocity, people, 0.5)
    figures = drives.figures(Pose2D(0.0, 0.0, 0.0), GOAL)
    assert figures["nearest_edge_m"] == (pytest.approx(min(people) - RADIUS, abs=1e-3) if people else None)
    assert (figures["inside_person_stop_s"], figures["inside_person_stop_moving_s"]) == (inside, moving)
    assert figures["fastest_near_person_mps"] == fastest


def test_the_way_is_compared_with_the_plan_it_began_with() -> None:
    drives = Drives.of(CONFIG.profile)
    for way, begun in (([[0, 0], [9, 0]], False), ([[0, 0], [0, 1], [2, 1]], False), ([[0, 0], [5, 0]], True)):
        drives.plan(Plan(1.0, np.array(way, float)), begun)
    drives.plan(Plan(2.0, np.empty((0, 2))), True)
    for x in (0.0, 1.0, 2.0, 3.3):
        drives.step(Pose2D(x, 0.0, 0.0), FAST, [], 0.5)
    figures = drives.figures(Pose2D(1.03, 0.04, math.tau - 0.05), GOAL)
    assert (figures["driven_m"], figures["planned_m"], figures["path_ratio"]) == (3.3, 3.0, 1.1)
    assert (figures["goal_off_m"], figures["goal_off_rad"]) == (0.05, 0.05)


def test_without_a_plan_there_is_no_ratio() -> None:
    assert Drives.of(CONFIG.profile).figures(Pose2D(0.0, 0.0, 0.0), GOAL)["path_ratio"] is None
