"""Blindness, pairing of image and depth, the robot's pose at a frame, and what leaves the room."""

from __future__ import annotations

import math
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from kangban.values import Depth, Image, MapPose, Pose2D
from perception.blind import Sight, is_blind, watch_sight
from perception.deidentify import TILES, deidentified, write_picture
from perception.frames import NewestFrame, pose_at
from tests.unit import perception_bodies as b

RNG = np.random.default_rng(5)


def room(light: float = 1.0, noise: int = 3) -> np.ndarray:
    """A few things with edges, and a sensor's noise."""
    picture = np.full((120, 160, 3), 110.0)
    picture[15:50, 20:60], picture[20:100, 100:130], picture[75:82, 45:90] = 220.0, 50.0, 160.0
    return np.clip(light * picture + RNG.integers(-noise, noise + 1, picture.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("picture", "word"),
    [(np.zeros((120, 160, 3), np.uint8), "black"), (np.full((120, 160, 3), 255, np.uint8), "white"),
     (np.full((120, 160, 3), 90, np.uint8), "nothing"), (room(), "stands still")],
)  # fmt: skip
def test_a_bad_picture_blinds_after_a_while_and_a_good_one_ends_it(picture: np.ndarray, word: str) -> None:
    sight = Sight()
    for k in range(20):
        sight = watch_sight(sight, picture, 0.1 * k)
        assert not is_blind(sight, 0.1 * k, 1.0) or k >= 10
    assert is_blind(sight, 1.9, 1.0)
    assert word in sight.why
    for k in range(6):  # a camera that stopped must move for some pictures to be believed again
        sight = watch_sight(sight, room(), 2.0 + 0.1 * k)
    assert not is_blind(sight, 2.5, 1.0)


def test_a_dim_noisy_room_is_not_blind() -> None:
    sight = Sight()
    for k in range(30):
        sight = watch_sight(sight, room(0.15, 6), 0.1 * k)
        assert not is_blind(sight, 0.1 * k, 1.0)


def map_pose(stamp: float, x: float, yaw: float) -> MapPose:
    return MapPose(stamp, Pose2D(x, 0.0, yaw), 0.02)


def test_the_pose_of_a_frame_lies_between_its_neighbours_also_across_half_a_turn() -> None:
    poses = (map_pose(1.0, 0.0, math.pi - 0.1), map_pose(1.2, 0.2, -math.pi + 0.1))
    found = pose_at(poses, 1.05)
    assert found is not None
    assert found.x == pytest.approx(0.05)
    assert found.yaw == pytest.approx(math.pi - 0.05)
    late = pose_at(poses, 1.3)
    assert late is not None
    assert late.x == pytest.approx(0.2)


@pytest.mark.parametrize("stamp", [0.5, 1.6])
def test_no_pose_near_a_frame_is_no_pose(stamp: float) -> None:
    assert pose_at((map_pose(1.0, 0.0, 0.0), map_pose(1.2, 0.2, 0.0)), stamp) is None
    assert pose_at((), stamp) is None
    assert pose_at((map_pose(0.0, 0.0, 0.0), map_pose(9.0, 0.2, 0.0)), stamp) is None


def image(stamp: float) -> Image:
    return Image(stamp, np.zeros((48, 64, 3), np.uint8))


def test_image_and_depth_of_one_stamp_are_paired() -> None:
    frames = NewestFrame()
    frames.put_depth(Depth(0.9, np.zeros((48, 64), np.uint16)))
    frames.put_depth(Depth(1.0, np.ones((48, 64), np.uint16)))
    frames.put_image(image(1.0))
    frames.put_pose(map_pose(1.0, 3.0, 0.0))
    taken = frames.take()
    assert taken is not None
    assert taken[0].stamp == 1.0
    assert taken[1] is not None
    assert taken[1].stamp == 1.0
    assert taken[2] == Pose2D(3.0, 0.0, 0.0)


def test_without_its_depth_a_frame_goes_on_alone_and_only_the_newest_counts() -> None:
    frames = NewestFrame()
    frames.put_image(image(1.0))
    frames.put_image(image(1.1))
    taken = frames.take()
    assert taken is not None
    assert (taken[0].stamp, taken[1], taken[2]) == (1.1, None, None)
    assert frames.dropped == 1


def test_depth_that_comes_a_little_later_is_waited_for() -> None:
    frames = NewestFrame()
    frames.put_image(image(1.0))
    taken: list[object] = []
    worker = threading.Thread(target=lambda: taken.append(frames.take()))
    worker.start()
    frames.put_depth(Depth(1.0, np.ones((48, 64), np.uint16)))
    worker.join(timeout=5.0)
    assert taken[0] is not None
    assert taken[0][1] is not None  # type: ignore[index]


def test_closing_ends_the_wait() -> None:
    frames = NewestFrame()
    taken: list[object] = []
    worker = threading.Thread(target=lambda: taken.append(frames.take()))
    worker.start()
    frames.close()
    worker.join(timeout=5.0)
    assert taken == [None]


def test_a_deidentified_picture_keeps_no_detail_but_the_skeleton(tmp_path: Path) -> None:
    view = b.camera()
    fallen = b.seen(b.placed(b.lying(), 3.0, 0.0, 1.4), view).image
    stripes = np.zeros((480, 640, 3), np.uint8)
    stripes[:, ::4] = 255  # detail as fine as a face
    plain = deidentified(stripes, None)
    assert plain.shape == stripes.shape
    assert plain.std() < 6
    drawn = deidentified(stripes, fallen)
    assert 0.0005 < (drawn != plain).any(axis=2).mean() < 0.05
    # A face is 0.15 m: at 3 m, less than one tile of the mosaic.
    assert 0.15 * view.fx / 3.0 <= 640 / TILES
    write_picture(tmp_path / "new" / "a.png", drawn)
    assert np.array_equal(cv2.imread(str(tmp_path / "new" / "a.png"))[:, :, ::-1], drawn)
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["a.png"]
