"""The annotated video: readable at any size, says what was seen and why, shows furniture where the view is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from kangban.site import Furniture
from kangban.values import Fall, Falls, FallState, Person, Persons, Pose2D
from perception.annotate import AnnotatedVideo, Annotator, sized
from perception.falls import Stage
from perception.follow import Follower, Scene
from perception.perceive import Perceived
from perception.sources import Picture
from perception.trace import Moment
from perception.zones import draw_zones, outline, project
from tests.unit.perception_bodies import LIMITS, camera, lying, placed, seen, standing

VIEW = camera()
SIZE = (VIEW.width, VIEW.height)
GREY = np.full((480, 640, 3), 120, np.uint8)
BED = Furniture(name="bed", kind="bed", at_m=(3.0, 0.0), yaw_rad=0.3, size_m=(2.0, 0.9, 0.6), rest_height_m=0.5)
FALL = Fall("f", 1, FallState.CONFIRMED, 0.0, 0.9, None, ("shoulders came down 0.8 m in 0.4 s", "stays down"))


def followed(body: str = "standing", frames: int = 12) -> tuple[Annotator, Persons, list[Moment]]:
    """Somebody seen for a while, the annotator that heard of it, and what it heard."""
    follower, annotator, heard = Follower(LIMITS), Annotator(), []

    def hear(moment: Moment) -> None:
        heard.append(moment)
        annotator.hear(moment)

    follower.trace = hear
    joints = placed(lying() if body == "lying" else standing(), 3.0, 0.0)
    for k in range(frames):
        scene = Scene(0.1 * k, SIZE)
        follower.associate([seen(joints, VIEW)], scene)
        persons, _ = follower.decide(scene)
    return annotator, persons, heard


def perceived(persons: Persons, *falls: Fall, why_blind: str = "") -> Perceived:
    return Perceived(persons, Falls(persons.stamp, falls), why_blind)


def differ(a: np.ndarray, b: np.ndarray) -> int:
    """In how many pixels two pictures differ."""
    return int((a != b).any(axis=2).sum())


def test_the_follower_tells_each_known_person_in_each_frame_and_is_silent_otherwise() -> None:
    _, persons, heard = followed()
    assert len(persons.people) == 1
    assert heard[-1].person == persons.people[0].id
    assert heard[-1].stamp == pytest.approx(1.1)
    assert heard[-1].case.stage is Stage.CALM
    assert heard[-1].measure.shoulder == pytest.approx(1.4, abs=0.15)
    assert [m.stamp for m in heard] == sorted({m.stamp for m in heard})
    assert Follower(LIMITS).trace is None


@pytest.mark.parametrize(
    ("size", "written"),
    [((320, 240), (640, 480)), ((160, 120), (640, 480)), ((640, 480), (640, 480)), ((3840, 2160), (1920, 1080)),
     ((270, 480), (540, 960))],
)  # fmt: skip
def test_small_pictures_are_enlarged_and_very_large_ones_made_smaller(
    size: tuple[int, int], written: tuple[int, int]
) -> None:
    out = sized(np.zeros((size[1], size[0], 3), np.uint8))
    assert (out.shape[1], out.shape[0]) == written


@pytest.mark.parametrize("size", [(320, 240), (640, 480), (333, 251), (1280, 720)])
def test_below_the_picture_is_a_strip_and_both_sides_are_even(size: tuple[int, int]) -> None:
    annotator, persons, _ = followed()
    pixels = np.full((size[1], size[0], 3), 120, np.uint8)
    out = annotator.picture(pixels, perceived(persons), Scene(1.1, size))
    assert out.shape[0] % 2 == out.shape[1] % 2 == 0
    assert out.shape[0] > 1.2 * sized(pixels).shape[0]


def test_the_person_the_state_and_the_evidence_are_on_the_picture() -> None:
    annotator, persons, _ = followed()
    calm = annotator.picture(GREY, perceived(persons), Scene(1.1, SIZE))
    fallen = annotator.picture(GREY, perceived(persons, FALL), Scene(1.1, SIZE))
    blind = annotator.picture(GREY, perceived(Persons(1.1, (), True), why_blind="black"), Scene(1.1, SIZE))
    assert differ(calm[:480], GREY) > 1000  # a skeleton and a name
    assert differ(calm[:60], fallen[:60]) > 1000  # the evidence, at the top
    red = (fallen[:480].astype(int) - calm[:480])[..., 0] > 60
    assert red.sum() > 500  # the skeleton's colour
    assert differ(blind[:60], GREY[:60]) > 500


def test_who_fell_and_is_out_of_sight_is_shown_where_she_was_last() -> None:
    annotator, persons, heard = followed()
    gone = Persons(1.2, tuple(_unseen(p) for p in persons.people))
    last = heard[-1]
    annotator.hear(Moment(1.2, last.person, None, last.measure, last.evidence, last.case))
    assert differ(annotator.picture(GREY, perceived(gone, FALL), Scene(1.2, SIZE))[100:480], GREY[100:]) > 1000
    assert differ(annotator.picture(GREY, perceived(gone), Scene(1.2, SIZE))[100:480], GREY[100:]) == 0


def _unseen(person: Person) -> Person:
    return replace(person, seen=False, landmarks_in_image=None, box_in_image=None)


def test_a_video_can_be_read_again_whatever_comes(tmp_path: Path) -> None:
    annotator, persons, _ = followed()
    video = AnnotatedVideo(str(tmp_path / "out.mp4"), annotator)
    for k in range(10):
        pixels = None if k == 3 else GREY[:240, :200] if k == 6 else GREY
        video.write(Picture(1.1 + 0.1 * k, pixels), perceived(persons))
    video.close()
    read = cv2.VideoCapture(str(tmp_path / "out.mp4"))
    assert read.get(cv2.CAP_PROP_FRAME_COUNT) == 10
    assert read.get(cv2.CAP_PROP_FPS) == pytest.approx(10.0, abs=0.1)
    assert read.read()[1].shape == (600, 640, 3)


def test_a_single_picture_is_a_video_too(tmp_path: Path) -> None:
    video = AnnotatedVideo(str(tmp_path / "out.mp4"))
    video.write(Picture(0.0, GREY), perceived(Persons(0.0, ())))
    video.close()
    assert cv2.VideoCapture(str(tmp_path / "out.mp4")).get(cv2.CAP_PROP_FRAME_COUNT) == 1


def test_furniture_is_drawn_only_where_the_view_and_the_place_are_known() -> None:
    here = Pose2D(0.0, 0.0, 0.0)
    for scene, drawn in (
        (Scene(0.0, SIZE, VIEW, None, here), True),
        (Scene(0.0, SIZE, VIEW, None, None), False),
        (Scene(0.0, SIZE, None, None, here), False),
        (Scene(0.0, SIZE, VIEW, None, Pose2D(0.0, 0.0, 3.1)), False),  # the bed is behind the robot
    ):
        out = GREY.copy()
        draw_zones(out, scene, (BED,), 1.0)
        assert (differ(out, GREY) > 200) is drawn


def test_points_are_projected_to_where_the_camera_sees_them() -> None:
    joints = placed(standing(), 3.0, 0.4)
    expected = seen(joints, VIEW).image[:, :2] * SIZE
    assert project(VIEW, joints) == pytest.approx(expected)
    assert np.isnan(project(VIEW, np.array([[-1.0, 0.0, 0.5]]))).all()


def test_the_outline_lies_on_the_furniture_and_turns_with_it() -> None:
    points = outline(BED)
    away = np.hypot(points[:, 0] - 3.0, points[:, 1])
    assert away.max() == pytest.approx(np.hypot(1.0, 0.45))
    assert away.min() == pytest.approx(0.45, abs=0.01)
    assert set(points[:, 2]) == {0.5}
