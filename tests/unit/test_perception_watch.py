"""`kangban watch` from its arguments to its lines, with the real pose model where it is installed."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from kangban.models import ModelError, pose_model_path
from kangban.values import Fall, Falls, FallState, Person, Persons, Posture
from perception.command import in_words, run_watch
from perception.perceive import Perceived
from perception.watch import Teller

try:
    pose_model_path()
    MISSING = ""
except ModelError as error:
    MISSING = str(error)
with_model = pytest.mark.skipif(bool(MISSING), reason=MISSING)


def video(path: Path, frames: list[np.ndarray], rate: float = 10.0) -> Path:
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), rate, (width, height))
    for frame in frames:
        writer.write(frame)
    writer.release()
    return path


def watched(capsys: pytest.CaptureFixture[str], source: Path, **more: Any) -> tuple[int, list[dict[str, Any]], str]:
    given = {
        "source": str(source),
        "json": True,
        "annotate": None,
        "rate": 10.0,
        "profile": "companion",
        "record": None,
        **more,
    }
    status = run_watch(argparse.Namespace(**given))
    out, err = capsys.readouterr()
    return status, [json.loads(line) for line in out.splitlines()], err


def room(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(2)
    plain = np.full((240, 320, 3), 120, np.uint8)
    cv2.rectangle(plain, (40, 30), (110, 100), (220, 220, 220), -1)
    cv2.rectangle(plain, (200, 40), (260, 200), (40, 40, 40), -1)
    return [np.asarray(plain + rng.integers(-9, 10, plain.shape), dtype=np.uint8) for _ in range(count)]


@with_model
def test_an_empty_room_gives_its_summary_and_an_annotated_video(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "seen.mp4"
    status, lines, _ = watched(capsys, video(tmp_path / "a.mp4", room(12)), annotate=str(out))
    assert status == 0
    assert [e["event"] for e in lines] == ["summary"]
    assert lines[0]["frames"] == 12
    assert {"decode", "pose", "follow"} <= set(lines[0]["ms"])
    assert 0 < lines[0]["fps"] <= lines[0]["pose_fps"]
    assert cv2.VideoCapture(str(out)).get(cv2.CAP_PROP_FRAME_COUNT) == 12


@with_model
def test_a_covered_lens_is_told_and_raises_no_alarm(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frames = room(4) + [np.zeros((240, 320, 3), np.uint8)] * 20 + room(3)
    _, lines, _ = watched(capsys, video(tmp_path / "a.mp4", frames))
    told = [(e["blind"], e["t"]) for e in lines if e["event"] == "blind"]
    assert [blind for blind, _ in told] == [True, False]
    assert told[0][1] <= 0.4 + 2.0
    assert not any(e["event"] == "fall" for e in lines)


@with_model
def test_a_broken_video_ends_with_an_error_and_a_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no video" * 99)
    status, lines, err = watched(capsys, tmp_path / "a.mp4")
    assert status == 1
    assert "not a video" in err
    assert lines[-1]["event"] == "summary"
    assert lines[-1]["frames"] == 0


@with_model
def test_what_cannot_be_written_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = watched(capsys, video(tmp_path / "a.mp4", room(4)), annotate=str(tmp_path / "none" / "a.mp4"))
    assert status == 1
    assert "can't write a video there" in err


def person(number: int, posture: Posture, seen: bool = True) -> Person:
    return Person(number, seen, posture, 0.9, None, None, None, None, None, None)


def tell(*frames: tuple[tuple[Person, ...], tuple[Fall, ...]]) -> list[tuple[float, str]]:
    teller = Teller()
    out = []
    for k, (people, falls) in enumerate(frames):
        seen = Perceived(Persons(0.1 * k, people), Falls(0.1 * k, falls), "")
        out += [(e["t"], e["event"]) for e in teller.events(0.1 * k, seen) if in_words(e)]
    return out


def test_a_posture_is_told_once_it_lasts() -> None:
    stand, sit = (person(1, Posture.STANDING),), (person(1, Posture.SITTING),)
    flicker = [(stand, ())] * 3 + [(sit, ())] * 2 + [(stand, ())] * 3
    assert tell(*flicker) == [(0.0, "person")]
    assert tell((stand, ()), *[(sit, ())] * 6) == [(0.0, "person"), (0.5, "posture")]


def test_each_change_of_a_fall_is_told_once_and_a_dropped_suspicion_too() -> None:
    def fall(state: FallState) -> tuple[Fall, ...]:
        return (Fall("a", 1, state, 0.0, 0.9, None, ("why",)),)

    frames = [((), f) for f in (fall(FallState.SUSPECTED), fall(FallState.SUSPECTED), fall(FallState.CONFIRMED),
                                fall(FallState.CONFIRMED), fall(FallState.RECOVERED), ())]  # fmt: skip
    assert [name for _, name in tell(*frames)] == ["suspected", "fall", "recovered"]
    assert [name for _, name in tell(((), fall(FallState.SUSPECTED)), ((), ()))] == ["suspected", "dismissed"]
