"""Somebody who walks by closely is let pass; who stands, or walks far off or away, does not hold the robot."""

from __future__ import annotations

import numpy as np
import pytest

from bench.encounters import play
from kangban.config import load_profile
from kangban.values import STILL, Pose2D, Twist2D
from navigation.control.courtesy import WITHIN_S, let_pass
from navigation.control.limits import ControlLimits

LIMITS = ControlLimits.of(load_profile("companion"))
HERE = Pose2D(2.0, 1.0, 0.5)
DRIVES, TURNS = Twist2D(0.3, 0.0, 0.2), Twist2D(0.0, 0.0, 0.6)
REACH = 0.25
NEAR = LIMITS.person_stop + REACH


def body(x: float, y: float, vx: float = 0.0, vy: float = 0.0) -> np.ndarray:
    return np.array([[HERE.x + x, HERE.y + y, vx, vy, 0.1, REACH]])


@pytest.mark.parametrize(
    "who",
    [body(-0.3, 0.4, 0.6, 0.0), body(NEAR + 0.9 * 0.6 * WITHIN_S, 0.0, -0.6, 0.0), body(0.8, NEAR - 0.1, -0.9, 0.0)],
    ids=["beside it", "coming up to it", "about to pass"],
)
def test_the_robot_stands_while_somebody_walks_by(who: np.ndarray) -> None:
    assert let_pass(DRIVES, HERE, who, LIMITS) == STILL
    assert let_pass(TURNS, HERE, who, LIMITS) == TURNS  # on the spot it may turn


@pytest.mark.parametrize(
    "who",
    [
        np.empty((0, 6)),
        body(0.3, 0.4),
        body(NEAR + 0.2, 0.0, 0.6, 0.0),
        body(NEAR + 1.2 * 0.6 * WITHIN_S, 0.0, -0.6, 0.0),
        body(-0.8, NEAR + 0.1, 0.9, 0.0),
    ],
    ids=["nobody", "stands", "walks away", "still far", "passes at a distance"],
)
def test_it_drives_on_past_everybody_else(who: np.ndarray) -> None:
    assert let_pass(DRIVES, HERE, who, LIMITS) == DRIVES


@pytest.mark.parametrize(("story", "seed"), [("narrow_crossing", 6), ("overtaken", 1)])
def test_it_stands_instead_of_driving_beside_her_and_then_gets_there(story: str, seed: int) -> None:
    """Neither comes into the camera's picture in time: only the lidar sees her."""
    trip, _ = play(story, seed)
    assert trip.inside_moving_s == 0.0
    assert trip.outcome is not None and trip.outcome.reached
