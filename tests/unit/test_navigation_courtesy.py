"""Somebody who walks by closely is let pass; who stands, or walks far off or away, does not hold the robot."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from bench.encounters import play
from kangban.config import Config, load, load_profile
from kangban.values import STILL, Odometry, Pose2D, Twist2D
from navigation.control.courtesy import WITHIN_S, let_pass
from navigation.control.limits import ControlLimits
from navigation.docking.pier import Pier
from navigation.drive import DriveLimits, Maps, Situation

LIMITS = ControlLimits.of(load_profile("companion"))
DRIVE = DriveLimits(LIMITS, 15.0)
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


def test_backing_out_of_the_dock_it_lets_her_pass_behind_it_and_then_goes_on() -> None:
    pier = Pier(config_with_dock())
    docked = pier._docked_in_map
    assert pier.begin(False, docked, None, 0.0) is None  # it stands in the dock: first out of it
    passer = docked.transform(np.array([[-0.9, 0.3]]))[0]
    somebody = np.array([[passer[0], passer[1], 0.0, -0.6, 0.1, REACH]])

    def wished(bodies: np.ndarray, beats: range) -> float:
        for beat in beats:
            now = 0.05 * beat
            about = Maps(*[lambda: None] * 2, None, lambda: SimpleNamespace(bodies=bodies))  # type: ignore[arg-type]
            step = pier.step(
                None, Odometry(now, HERE, STILL), None, Situation(docked, None, STILL, None), about, DRIVE, now
            )
            assert step is not None
        return step[1].vx

    assert wished(np.empty((0, 6)), range(1, 20)) < -0.05
    assert wished(somebody, range(20, 30)) == 0.0
    assert wished(np.empty((0, 6)), range(30, 34)) < 0.0


def config_with_dock() -> Config:
    station = (
        "site.dock={x_m: 0.56, y_m: 3.3, yaw_rad: 3.1416, station: {tag: 7, tag_size_m: 0.16, tag_height_m: 1.12}}"
    )
    return load("companion", "demo_flat", Path(), Path(), [station])


@pytest.mark.parametrize(("story", "seed"), [("narrow_crossing", 6), ("overtaken", 1)])
def test_it_stands_instead_of_driving_beside_her_and_then_gets_there(story: str, seed: int) -> None:
    """Neither comes into the camera's picture in time: only the lidar sees her."""
    trip, _ = play(story, seed)
    assert trip.inside_moving_s == 0.0
    assert trip.outcome is not None and trip.outcome.reached
