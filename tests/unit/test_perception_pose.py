"""What surrounds the pose model: turned crops, doubles, and when it looks for more people. The model itself is faked
by what it returns; its detection rate is a bench."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from perception.landmarks import Pose, pixels_per_metre
from perception.pose import SCAN_EVERY_FRAMES, PoseModel, moved_into, turned, turned_back
from perception.second_look import CREDIT_A_FRAME, MISSED_COSTS, MOST_CREDIT, SecondLook
from perception.tracks import Track
from tests.unit import perception_bodies as b

VIEW = b.camera(fov=1.4)
PICTURE = np.zeros((480, 640, 3), np.uint8)


def at(y: float) -> Pose:
    return b.seen(b.placed(b.standing(), 2.5, y), VIEW)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_pose_found_in_a_turned_picture_lies_where_it_is(turns: int) -> None:
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[10, 50] = 255
    rows, columns = np.nonzero(turned(picture, turns)[:, :, 0])
    height, width = turned(picture, turns).shape[:2]
    image = np.tile([(columns[0] + 0.5) / width, (rows[0] + 0.5) / height, 0.0, 1.0, 1.0], (33, 1))
    back = turned_back(Pose(image, np.zeros((33, 3))), turns)
    assert back.image[0, 0] * 64 == pytest.approx(50.5)
    assert back.image[0, 1] * 48 == pytest.approx(10.5)


def test_turning_a_body_turns_its_axes_too() -> None:
    pose = at(0.0)
    sideways = Pose(
        pose.image[:, [1, 0, 2, 3, 4]] * [1, -1, 1, 1, 1] + [0, 1, 0, 0, 0], pose.body[:, [1, 0, 2]] * [1, -1, 1]
    )
    assert np.allclose(turned_back(sideways, 1).image, pose.image)
    assert np.allclose(turned_back(sideways, 1).body, pose.body)


def test_a_pose_of_a_crop_is_moved_into_the_whole() -> None:
    moved = moved_into(at(0.0), (0.5, 0.25, 1.0, 0.75))
    assert np.allclose(moved.image[:, 0], 0.5 + 0.5 * at(0.0).image[:, 0])
    assert np.allclose(moved.image[:, 1], 0.25 + 0.5 * at(0.0).image[:, 1])


@pytest.mark.parametrize("x", [1.8, 2.5, 4.0])
def test_the_size_of_a_body_tells_the_metre(x: float) -> None:
    view = b.camera(pitch=0.0, fov=1.4)
    assert pixels_per_metre(b.seen(b.placed(b.standing(), x, 0.0), view), 640, 480) == pytest.approx(
        view.fx / x, rel=0.08
    )


def point(x: float, y: float, z: float, visibility: float, presence: float) -> SimpleNamespace:
    return SimpleNamespace(x=x, y=y, z=z, visibility=visibility, presence=presence)


class Faked(PoseModel):
    """The scheduling of the real class over scripted landmarkers; `people` is who stands before the camera."""

    def __init__(self, people: list[Pose], most: int = 3) -> None:
        self.people, self.used = people, []  # type: ignore[var-annotated]
        self._videos, self._single = {}, None
        self._modes = SimpleNamespace(VIDEO="video", IMAGE="image")
        self._max, self._last_ms = most, -1
        self._people = self._fewest = 1
        self._full_since = None
        self._frames_to_scan, self._next_scan = 0, float("-inf")

    def _wrap(self, pixels: Any) -> Any:
        return pixels

    def _make(self, mode: Any, people: int) -> Any:
        def detect(*_: object) -> Any:
            self.used.append((mode, people))
            shown = self.people[:people]
            return SimpleNamespace(
                pose_landmarks=[[point(*row) for row in p.image] for p in shown],
                pose_world_landmarks=[[point(*row, 1.0, 1.0) for row in p.body] for p in shown],
            )

        return SimpleNamespace(detect=detect, detect_for_video=detect)


def play(model: Faked, frames: int, start: float = 0.0) -> list[int]:
    seen = []
    for k in range(frames):
        stamp = start + k / 15.0
        seen.append(len(model.track(PICTURE, stamp)))
        model.scan(PICTURE, stamp)
    return seen


def test_one_person_costs_one_landmarker_and_a_rare_scan() -> None:
    model = Faked([at(0.0)])
    assert play(model, 121) == [1] * 121
    assert model.used.count(("video", 1)) == 121
    assert model.used.count(("image", 3)) == 1 + 120 // SCAN_EVERY_FRAMES


def test_a_second_person_is_found_by_the_scan_and_followed() -> None:
    model = Faked([at(0.6)])
    play(model, 10)
    model.people = [at(0.6), at(-0.6)]
    seen = play(model, 60, start=1.0)
    assert seen[-1] == 2
    assert model.used[-1] == ("video", 2)


def test_who_has_left_is_no_longer_searched_for() -> None:
    model = Faked([at(0.6), at(-0.6)])
    play(model, 60)
    model.people = [at(0.6)]
    play(model, 30, start=10.0)
    assert model.used[-1][1] == 1


def test_one_person_followed_twice_is_one() -> None:
    model = Faked([at(0.0), at(0.01), at(0.9)])
    model.follow_always(3)
    assert len(model.track(PICTURE, 0.0)) == 2


def lost(number: int) -> Track:
    return Track(number, 0.0, 1.0, np.array([320.0, 240.0]), 150.0)


class Source:
    def __init__(self) -> None:
        self.corners: list[int] = []

    def look(self, pixels: Any) -> list[Pose]:
        self.corners.append(int(pixels[0, 0, 0]))
        return []


def test_second_looks_are_rationed_and_shared_between_the_lost() -> None:
    source = Source()
    second = SecondLook(source)  # type: ignore[arg-type]
    people = [lost(1), lost(2)]
    shaded = np.tile(np.linspace(0, 200, 640).astype(np.uint8)[None, :, None], (480, 1, 3))
    looked = [found[0].id for _ in range(200) if (found := second.look(shaded, people)) is not None]
    assert len(looked) <= (MOST_CREDIT + 200 * CREDIT_A_FRAME) / MISSED_COSTS
    assert abs(looked.count(1) - looked.count(2)) <= 1
    assert len(set(source.corners)) > 1  # turned as well as upright


def test_nobody_wanted_costs_nothing_and_the_edge_of_the_picture_is_no_crop() -> None:
    source = Source()
    second = SecondLook(source)  # type: ignore[arg-type]
    assert second.look(PICTURE, []) is None
    outside = lost(1)
    outside.hips = np.array([900.0, 240.0])
    assert second.look(PICTURE, [outside]) is None
    assert source.corners == []


class Found(Source):
    """Finds somebody in the looks (counted from 0) that it is told."""

    def __init__(self, *in_looks: int) -> None:
        super().__init__()
        self.in_looks = in_looks

    def look(self, pixels: Any) -> list[Pose]:
        super().look(pixels)
        return [at(0.0)] if len(self.corners) - 1 in self.in_looks else []


def turns_of(source: Source, frames: int, track: Track, empty: bool = True) -> list[int]:
    """How the pictures looked at were turned: each corner of the picture has its own brightness."""
    picture = np.zeros((480, 640, 3), np.uint8)
    picture[:240, :320], picture[:240, 320:], picture[240:, :320], picture[240:, 320:] = 90, 120, 150, 180
    second = SecondLook(source)  # type: ignore[arg-type]
    for _ in range(frames):
        found = second.look(picture, [track], empty)
        if found is not None:
            second.judged(track, bool(found[1]))
    return [{90: 0, 120: 1, 180: 2, 150: 3}[corner] for corner in source.corners]


def lying_towards(turn: int) -> Track:
    """Lost with her head up, right, down or left in the picture (0..3)."""
    track = lost(1)
    upright = b.seen(b.placed(b.standing(), 2.5, 0.0), b.camera(pitch=0.0))
    track.last_pose = turned_back(upright, turn)
    return track


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_the_first_second_look_puts_her_head_up(turn: int) -> None:
    turns = turns_of(Source(), 60, lying_towards(turn))
    assert turns[0] == turn
    assert set(turns[:4]) == {0, 1, 2, 3}


def test_the_turn_that_found_her_is_kept_until_it_fails() -> None:
    turns = turns_of(Found(2, 3, 4), 100, lying_towards(0))
    assert turns[3:6] == [turns[2]] * 3
    assert len(set(turns[6:10])) > 1


def test_an_empty_frame_leaves_more_to_spend_than_a_full_one() -> None:
    searching = len(turns_of(Source(), 300, lost(1), empty=True))
    following = len(turns_of(Source(), 300, lost(1), empty=False))
    assert searching > 1.5 * following
    found = len(turns_of(Found(*range(300)), 300, lost(1), empty=False))
    assert found <= MOST_CREDIT + 300 * CREDIT_A_FRAME  # a look that finds somebody is the dear one
