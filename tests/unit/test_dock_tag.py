"""The dock's tag in pictures with noise: where it is, and everything that must not pass for it."""

from __future__ import annotations

import numpy as np
import pytest

from kangban.site import Dock, Station
from kangban.values import Pose2D, wrap_angle
from perception.dock_tag import TagReader, dock_from_corners
from perception.dock_watch import DockWatch
from tests.unit.dock_world import CONTACTS, STATION, picture, pixels, view

READER = TagReader(STATION)


def robot_at(x: float, y: float, yaw: float) -> Pose2D:
    """The dock in the base of a robot that stands there in the dock's frame."""
    return Pose2D(x, y, yaw).inverse()


@pytest.mark.parametrize(
    ("x", "y", "yaw"), [(-0.45, 0.0, 0.0), (-0.85, 0.1, -0.2), (-0.85, -0.15, 0.25), (-1.1, 0.0, 0.0)]
)
def test_the_dock_is_found_to_a_centimetre_from_where_it_looks(x: float, y: float, yaw: float) -> None:
    truth = robot_at(x, y, yaw)
    seen = READER.find(picture(truth, np.random.default_rng(3)), view(), 7.0)
    assert seen is not None and seen.stamp == 7.0
    off = truth.inverse() @ seen.dock_in_base
    assert abs(off.x) < 0.015 and abs(off.y) < 0.015 and abs(off.yaw) < 0.05


def test_errors_stay_within_what_the_covariance_says() -> None:
    rng, off = np.random.default_rng(5), []
    for _ in range(16):
        truth = robot_at(rng.uniform(-1.6, -0.5), rng.uniform(-0.2, 0.2), rng.uniform(-0.2, 0.2))
        seen = dock_from_corners(pixels(truth, STATION) + rng.normal(0.0, 0.4, (4, 2)), view(), STATION, 0.0)
        if seen is not None:
            error, std = truth.inverse() @ seen.dock_in_base, seen.covariance.yaw_yaw**0.5
            off.append(abs(error.yaw) / std)
    assert len(off) >= 11
    assert np.median(off) < 1.5 and max(off) < 5.0


def test_far_away_it_is_unknown_rather_than_guessed() -> None:
    small = pixels(robot_at(-9.0, 0.0, 0.0), STATION)
    assert dock_from_corners(small, view(), STATION, 0.0) is None


def test_another_tag_is_not_the_dock() -> None:
    assert READER.find(picture(robot_at(-0.8, 0, 0), np.random.default_rng(1), tag=8), view(), 0.0) is None


def test_a_copy_of_the_tag_leaves_it_unknown() -> None:
    rng = np.random.default_rng(1)
    left, right = (picture(robot_at(-1.3, y, 0.0), rng) for y in (-0.3, 0.3))
    both = np.concatenate([left[:, :320], right[:, 320:]], axis=1)
    assert all(READER.corners(one) is not None for one in (left, right))
    assert READER.corners(both) is None and READER.find(both, view(), 0.0) is None


def test_a_tag_at_another_height_is_not_this_dock() -> None:
    truth = robot_at(-0.8, 0.0, 0.0)
    higher = Station(tag=7, tag_size_m=0.16, tag_height_m=1.12 + 0.12)
    assert dock_from_corners(pixels(truth, STATION), view(), STATION, 0.0) is not None
    assert dock_from_corners(pixels(truth, higher), view(), STATION, 0.0) is None


def test_corners_that_no_square_has_are_refused() -> None:
    corners = pixels(robot_at(-0.8, 0.0, 0.0), STATION)
    corners[1] += [0.0, 12.0]
    assert dock_from_corners(corners, view(), STATION, 0.0) is None


def test_of_two_headings_that_fit_alike_neither_is_told() -> None:
    """A small tag seen with noise: both answers of the square explain it; the true one is not always the better."""
    rng, told, wrong = np.random.default_rng(2), 0, 0
    for _ in range(30):
        truth = robot_at(-2.3, 0.9, -0.45)
        seen = dock_from_corners(pixels(truth, STATION) + rng.normal(0.0, 0.5, (4, 2)), view(), STATION, 0.0)
        if seen is not None:
            told += 1
            wrong += abs(wrap_angle((truth.inverse() @ seen.dock_in_base).yaw)) > 0.6
    assert wrong <= 1
    assert told < 30


def test_it_looks_only_where_the_tag_may_be() -> None:
    dock = Dock(x_m=0.56, y_m=3.3, yaw_rad=3.1416, station=STATION)
    watch = DockWatch(dock, STATION, CONTACTS)
    assert watch.worth_it(view(), Pose2D(1.3, 3.3, 3.1))
    assert not watch.worth_it(view(), Pose2D(1.3, 3.3, 0.0)), "it looks the other way"
    assert not watch.worth_it(view(), Pose2D(6.0, 3.3, 3.1)), "too far"
    assert not watch.worth_it(view(), Pose2D(0.56, 3.31, 3.1)), "it stands in it"


def test_lost_it_looks_now_and_then() -> None:
    watch = DockWatch(Dock(x_m=0.56, y_m=3.3, yaw_rad=3.1416, station=STATION), STATION, CONTACTS)
    shown = picture(robot_at(-0.8, 0.0, 0.0), np.random.default_rng(1))
    seen = [watch.look(shown, view(), None, float(k)) is not None for k in range(10)]
    assert sum(seen) == 2
