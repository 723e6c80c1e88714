"""Which streams carry pixels and who reads them; which pictures are kept; and that the search for them finds them."""

from __future__ import annotations

import ast
import dataclasses
import os
import typing
from pathlib import Path

import cv2
import numpy as np
import pytest

from kangban import streams
from kangban.config import ConfigError, load_site
from kangban.values import Pose2D
from kangban.zone import Zone
from perception.deidentify import deidentified
from perception.privacy import DAY_S, Keep, delete_old, picture_of_fall
from tests import pixels as px

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "perception",
    "navigation",
    "behaviors",
    "teleop",
    "observe",
    "safety",
    "firmware_bridge",
    "sim",
    "kangban",
    "bench",
)
RNG = np.random.default_rng(1)
LIVING, BATHROOM = Pose2D(2.0, 2.0, 0.0), Pose2D(1.0, 5.5, 0.0)


def carries_pixels(kind: object) -> bool:
    """Is there an array of bytes or of depths anywhere in this type?"""
    if dataclasses.is_dataclass(kind):
        return any(carries_pixels(hint) for hint in typing.get_type_hints(kind).values())
    if "uint8" in str(kind) or "uint16" in str(kind) or kind is bytes:
        return True
    return any(carries_pixels(inner) for inner in typing.get_args(kind))


def test_the_streams_with_pixels_are_a_closed_list() -> None:
    assert {s.name for s in streams.ALL if carries_pixels(s.value)} == set(streams.PIXELS)


def test_only_the_named_processes_read_a_stream_with_pixels() -> None:
    """By every use of such a stream's name in the source, as a constant or as plain text."""
    constants = {name for name, value in vars(streams).items()
                 if isinstance(value, streams.Stream) and value.name in streams.PIXELS}  # fmt: skip
    readers: dict[str, set[str]] = {}
    for path in (p for room in ROOMS for p in (ROOT / room).rglob("*.py")):
        for call in (n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)):
            written = isinstance(call.func, ast.Attribute) and call.func.attr in ("output",)
            for part in call.args:
                named = isinstance(part, ast.Attribute) and part.attr in constants
                as_text = isinstance(part, ast.Constant) and part.value in streams.PIXELS
                if (named or as_text) and not written:
                    readers.setdefault(str(path.relative_to(ROOT)), set()).add(ast.unparse(part))
    readers.pop("kangban/streams.py", None)
    assert set(readers) == {"perception/node.py"}


@pytest.mark.parametrize(
    ("raw", "no_look", "robot", "place", "kept"),
    [
        ("never", "[bathroom]", LIVING, (3.0, 2.0, 0.1), Keep.DEIDENTIFIED),
        ("never", "[bathroom]", BATHROOM, None, Keep.NOTHING),
        ("never", "[bathroom]", LIVING, (1.0, 5.5, 0.1), Keep.NOTHING),  # seen through the open door
        ("never", "[bathroom]", None, None, Keep.UNKNOWN),  # nobody knows where the camera stands
        ("never", "[]", None, None, Keep.DEIDENTIFIED),
        ("incident", "[bathroom]", LIVING, None, Keep.RAW),
        ("incident", "[bathroom]", BATHROOM, None, Keep.NOTHING),
        ("session", "[bathroom]", LIVING, None, Keep.DEIDENTIFIED),
    ],
)
def test_which_picture_of_a_fall_is_kept(
    raw: str, no_look: str, robot: Pose2D | None, place: tuple[float, float, float] | None, kept: Keep
) -> None:
    home = load_site("demo_flat", [f"privacy.raw_pictures={raw}", f"privacy.no_look={no_look}"])
    assert picture_of_fall(home, robot, place) is kept


@pytest.mark.parametrize(
    ("robot", "place", "kept"),
    [
        (LIVING, (3.5, 2.0, 0.0), Keep.DEIDENTIFIED),
        (LIVING, (4.5, 1.0, 0.0), Keep.NOTHING),  # she lies in the zone
        (Pose2D(4.5, 1.0, 0.0), (3.5, 2.0, 0.0), Keep.NOTHING),  # the robot stands in it
        (None, (3.5, 2.0, 0.0), Keep.UNKNOWN),
    ],
)
def test_of_a_zone_that_nobody_may_look_at_no_picture_is_kept(
    robot: Pose2D | None, place: tuple[float, float, float], kept: Keep
) -> None:
    zone = Zone(name="corner", kind="no_look", min_m=(4.0, 0.0), max_m=(5.5, 1.5))
    home = load_site("demo_flat", ["privacy.no_look=[]"]).model_copy(update={"zones": (zone,)})
    assert picture_of_fall(home, robot, place) is kept


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("privacy.raw_pictures=always", "never"),
        ("privacy.no_look=[garage]", "no room of this home"),
        ("privacy.kept_days=0", "above 0"),
        ("privacy={kept_days: 3, no_look: []}", "missing; it has no default"),
    ],
)
def test_a_policy_that_is_none_is_refused(override: str, words: str) -> None:
    with pytest.raises(ConfigError, match="privacy") as caught:
        load_site("demo_flat", [override])
    assert words in str(caught.value)


def test_what_is_older_than_the_home_wants_is_deleted(tmp_path: Path) -> None:
    for name, days in (("old", 8), ("new", 6)):
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (1e9 - days * DAY_S,) * 2)
    assert delete_old(tmp_path, 7, 1e9) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["new"]
    assert delete_old(tmp_path / "none", 7, 1e9) == 0


FRAME = np.kron(RNG.integers(0, 256, (60, 80, 3)), np.ones((8, 8, 1))).astype(np.uint8)


def packed(kind: str, folder: Path) -> bytes:
    path = folder / f"a.{kind}"
    match kind:
        case "png" | "jpg":
            cv2.imwrite(str(path), FRAME[:, :, ::-1])
        case "embedded":
            path.write_bytes(b"message" * 50 + cv2.imencode(".jpg", cv2.resize(FRAME, (320, 240)))[1].tobytes())
        case "npz":
            np.savez_compressed(path, frames=FRAME[None])
        case _:
            path.write_bytes(b"head" + FRAME.tobytes())
    return path.read_bytes()


@pytest.mark.parametrize("kind", ["png", "jpg", "embedded", "npz", "raw"])
def test_the_search_finds_a_picture_however_it_is_packed(tmp_path: Path, kind: str) -> None:
    assert px.shows(packed(kind, tmp_path), [FRAME]) is not None
    assert len(px.leaks([tmp_path], [FRAME])) == 1


def test_a_deidentified_picture_is_not_taken_for_a_raw_one() -> None:
    assert px.likeness(deidentified(FRAME, None), FRAME) < px.LIKE / 2
    assert px.likeness(FRAME, FRAME) == pytest.approx(1.0)
