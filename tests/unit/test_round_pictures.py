"""Pictures for a round: never raw, never of a room that nobody may look into, and each wish is answered."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from kangban.config import load_site
from kangban.values import Person, Persons, PictureKept, PictureWish, Pose2D, Posture
from perception.privacy import Keep, looks_into_private, picture_of_round
from perception.round_pictures import RoundPictures
from tests import pixels as px

RNG = np.random.default_rng(2)
FRAME = RNG.integers(0, 255, (48, 64, 3), dtype=np.uint8).repeat(8, axis=0).repeat(8, axis=1)
VIEW = 1.3
AWAY, INTO = Pose2D(1.6, 3.4, -1.57), Pose2D(1.4, 3.0, 1.57)  # the bathroom's door is north of both
SITE = load_site("demo_flat", ["privacy.no_look=[bathroom]"])


def person_at(x: float, y: float) -> Person:
    return Person(1, True, Posture.STANDING, 0.9, None, None, None, None, None, (x, y, 0.9))


class Stage:
    def __init__(self, folder: Path, site: object = SITE) -> None:
        self.folder, self.said = folder, []
        self.pictures = RoundPictures(site, folder, VIEW, self.said.append)  # type: ignore[arg-type]

    def shoot(self, pose: Pose2D | None, at: float = 10.2, *people: Person, blind: bool = False) -> list[PictureKept]:
        self.pictures.wish(PictureWish(10.0, "round-1-00"))
        self.pictures.step(FRAME, Persons(at, people, blind), pose, at + 0.1)
        return self.said


@pytest.mark.parametrize(
    ("pose", "people", "keep"),
    [
        (AWAY, [], Keep.DEIDENTIFIED),
        (INTO, [], Keep.NOTHING),  # through the open door
        (Pose2D(1.0, 5.5, 0.0), [], Keep.NOTHING),  # from within
        (AWAY, [(1.0, 5.5, 0.9)], Keep.NOTHING),
        (AWAY, [(3.0, 1.0, 0.9)], Keep.DEIDENTIFIED),
        (None, [], Keep.UNKNOWN),
    ],
)
def test_what_may_be_kept_of_a_look(pose: Pose2D | None, people: list, keep: Keep) -> None:
    assert picture_of_round(SITE, pose, people, VIEW) is keep


def test_a_wall_hides_a_room_and_a_door_does_not() -> None:
    assert not looks_into_private(SITE, Pose2D(0.4, 3.0, 1.57), 0.3)  # straight at the wall beside the door
    assert looks_into_private(SITE, Pose2D(1.4, 3.0, 1.57), 0.3)
    assert not looks_into_private(SITE, Pose2D(1.4, 3.0, -1.57), 0.3)


def test_raw_pictures_are_never_kept_for_a_round_whatever_the_home_allows() -> None:
    raw = load_site("demo_flat", ["privacy.raw_pictures=incident", "privacy.no_look=[]"])
    assert picture_of_round(raw, None, [], VIEW) is Keep.DEIDENTIFIED


def test_a_picture_is_kept_without_anybodys_looks_and_that_is_said(tmp_path: Path) -> None:
    (kept,) = Stage(tmp_path).shoot(AWAY)
    assert (kept.name, kept.why) == ("round-1-00", "")
    picture = cv2.imread(str(tmp_path / "round-1-00.png"))[:, :, ::-1]
    assert px.likeness(np.ascontiguousarray(picture), FRAME) < px.LIKE / 2


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ((INTO,), "no_look"), ((None,), "unknown_place"), ((AWAY, 10.2, person_at(1.0, 5.5)), "no_look"),
        ((AWAY, 12.5), "blind"),
    ],
)  # fmt: skip
def test_why_a_picture_is_not_kept_is_said_and_nothing_is_written(tmp_path: Path, given: tuple, why: str) -> None:
    (kept,) = Stage(tmp_path).shoot(*given)
    assert kept.why == why and list(tmp_path.iterdir()) == []


def test_a_blind_camera_and_a_full_disk(tmp_path: Path) -> None:
    assert Stage(tmp_path).shoot(AWAY, blind=True)[0].why == "blind"
    (tmp_path / "file").write_text("in the way")
    assert Stage(tmp_path / "file").shoot(AWAY)[0].why == "disk"


@pytest.mark.parametrize("name", ["../../etc/passwd", "/tmp/x", "", "A", "a" * 200, "a\x00b", "a/b"])
def test_a_name_that_could_lead_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    stage = Stage(tmp_path / "pictures")
    stage.pictures.wish(PictureWish(10.0, name))
    stage.pictures.step(FRAME, Persons(10.2, ()), AWAY, 10.3)
    assert [kept.why for kept in stage.said] == ["name"] and list(tmp_path.iterdir()) == []


def test_a_picture_from_before_the_wish_is_not_taken(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    assert stage.shoot(AWAY, at=9.9) == []
    stage.pictures.step(FRAME, Persons(10.1, ()), AWAY, 10.2)
    assert [kept.why for kept in stage.said] == [""]
