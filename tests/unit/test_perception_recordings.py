"""Landmark recordings: what is read, what is refused, and that a replay decides as the live run did."""

from __future__ import annotations

import argparse
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mcap.writer import Writer

from kangban.values import Array
from perception.command import run_watch
from perception.landmarks import Pose
from perception.persons_cdr import DEFINITION, PERSON, PERSONS
from perception.recording import Landmarks, read_recording, write_recording
from perception.recording_mcap import read_mcap
from perception.sources import SourceError
from tests.unit import perception_bodies as b

VIEW = b.camera()
MESSAGES = Path(__file__).resolve().parents[2] / "ros_ws" / "src" / "kangban_msgs" / "msg"


def pose(joints: Array, x: float = 3.0, y: float = 0.0) -> Pose:
    return b.seen(b.placed(joints, x, y), VIEW)


def a_fall(rate: float = 15.0) -> Iterator[tuple[float, Pose]]:
    """2 s standing, half a second on the way, 4 s on the floor."""
    up, down = b.placed(b.standing(), 3.0, 0.0), b.placed(b.lying(), 3.0, 0.0, 1.4)
    for k in range(int(6.5 * rate)):
        t = k / rate
        share = min(1.0, max(0.0, (t - 2.0) / 0.5))
        yield t, b.seen(b.between(up, down, share * share), VIEW)


def archive(path: Path, **change: Any) -> Path:
    """A fall as the page on recordings describes it: one person, no size."""
    frames = list(a_fall())
    arrays: dict[str, Any] = {
        "t": np.array([t for t, _ in frames]),
        "lm": np.array([p.image for _, p in frames]),
        "world": np.array([p.body for _, p in frames]),
        **change,
    }
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    return path


def watched(capsys: pytest.CaptureFixture[str], source: Path, **more: Any) -> tuple[int, list[dict[str, Any]], str]:
    given = {"source": str(source), "json": True, "annotate": None, "record": None, "rate": 10.0,
             "profile": "companion", "site": None, **more}  # fmt: skip
    status = run_watch(argparse.Namespace(**given))
    out, err = capsys.readouterr()
    return status, [json.loads(line) for line in out.splitlines()], err


def decisions(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines without what is new in each run: ids and times taken."""
    return [{k: v for k, v in line.items() if k != "id"} for line in lines if line["event"] != "summary"]


def test_a_fall_of_one_person_is_found_in_an_archive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, lines, _ = watched(capsys, archive(tmp_path / "a.npz"))
    falls = [line for line in lines if line["event"] == "fall"]
    assert status == 0
    assert len(falls) == 1
    assert 2.0 < falls[0]["t"] < 4.5
    assert lines[-1]["frames"] == 97


def test_float32_gives_the_same_decisions_as_float64(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, lines, _ = watched(capsys, archive(tmp_path / "a.npz"))
    with np.load(tmp_path / "a.npz") as held:
        np.savez_compressed(
            tmp_path / "b.npz", t=held["t"], lm=held["lm"].astype("<f4"), world=held["world"].astype("<f4")
        )
    _, again, _ = watched(capsys, tmp_path / "b.npz")
    assert decisions(lines) == decisions(again)


def test_nobody_is_in_frames_of_nan(tmp_path: Path) -> None:
    with np.load(archive(tmp_path / "a.npz")) as held:
        lm, world = held["lm"].copy(), held["world"].copy()
    lm[3:6] = np.nan
    world[7, 20, 1] = np.nan  # one figure missing: not wholly known
    archive(tmp_path / "a.npz", lm=lm, world=world)
    empty = [k for k, frame in enumerate(read_recording(tmp_path / "a.npz")) if not frame.poses]
    assert empty == [3, 4, 5, 7]


def test_late_repeated_and_missing_times_are_skipped(tmp_path: Path) -> None:
    times = np.array([0.0, 0.1, 0.1, 0.3, 0.2, np.nan, np.inf, 0.4])
    zeros = np.zeros((8, 33, 5)), np.zeros((8, 33, 3))
    np.savez(tmp_path / "a.npz", t=times, lm=zeros[0], world=zeros[1], size=[640, 480])
    assert [f.stamp for f in read_recording(tmp_path / "a.npz")] == [0.0, 0.1, 0.3, 0.4]


def test_where_time_goes_back_another_recording_begins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody jumps from one to the other, and both falls are found, with people of their own."""
    with np.load(archive(tmp_path / "a.npz")) as held:
        twice = {name: np.concatenate([held[name], held[name]]) for name in held.files}
    np.savez(tmp_path / "b.npz", **twice)
    _, lines, _ = watched(capsys, tmp_path / "b.npz")
    falls = [line for line in lines if line["event"] == "fall"]
    assert len(falls) == 2
    assert falls[0]["t"] == falls[1]["t"]
    assert falls[0]["person"] != falls[1]["person"]


@pytest.mark.parametrize("size", [(640, 480), (1280, 720), (480, 480), (480, 640)])
def test_the_shape_of_the_picture_is_found_where_it_is_not_told(tmp_path: Path, size: tuple[int, int]) -> None:
    view = b.camera(width=size[0], rows=size[1])
    rng = np.random.default_rng(4)
    poses = [b.seen(b.placed(b.standing(), 3.0, 0.0, yaw), view) for yaw in rng.uniform(-3, 3, 40)]
    np.savez(tmp_path / "a.npz", t=np.arange(40.0), lm=[p.image for p in poses], world=[p.body for p in poses])
    width, height = next(read_recording(tmp_path / "a.npz")).size
    assert width / height == pytest.approx(size[0] / size[1], abs=0.01)


def test_arrays_by_column_are_read_too(tmp_path: Path) -> None:
    plain = list(read_recording(archive(tmp_path / "a.npz")))
    with np.load(tmp_path / "a.npz") as held:
        np.savez(tmp_path / "b.npz", **{name: np.asfortranarray(held[name]) for name in held.files})
    other = list(read_recording(tmp_path / "b.npz"))
    assert len(plain) == len(other)
    assert np.array_equal(plain[50].poses[0].image, other[50].poses[0].image)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"world": None}, "holds no 'world'"),
        ({"t": np.arange(5.0)}, "do not fit"),
        ({"lm": np.zeros((97, 17, 3))}, "do not fit"),
        ({"t": np.zeros((97, 2))}, "t has the shape"),
        ({"t": np.array(["a"] * 97)}, "not numbers"),
        ({"t": np.array([None] * 97, dtype=object)}, "not numbers"),
        ({"size": np.array([0, 480])}, "size is"),
    ],
)
def test_what_does_not_fit_is_one_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, Any], words: str
) -> None:
    status, lines, err = watched(capsys, archive(tmp_path / "a.npz", **change))
    assert status == 1
    assert err.count("\n") == 1
    assert words in err
    assert [line["event"] for line in lines] in ([], ["summary"])


@pytest.mark.parametrize("kind", [".npz", ".mcap"])
@pytest.mark.parametrize("fault", ["empty", "text", "cut", "damaged"])
def test_a_file_that_is_none_is_one_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, fault: str
) -> None:
    whole = archive(tmp_path / "whole.npz")
    if kind == ".mcap":
        watched(capsys, whole, record=str(tmp_path / "whole.mcap"))
        whole = tmp_path / "whole.mcap"
    data = whole.read_bytes()
    middle = len(data) // 2
    broken = {
        "empty": b"",
        "text": b"hello" * 99,
        "cut": data[: middle // 3],
        "damaged": data[:middle] + bytes(255 - v for v in data[middle : middle + 400]) + data[middle + 400 :],
    }[fault]
    (tmp_path / f"a{kind}").write_bytes(broken)
    status, lines, err = watched(capsys, tmp_path / f"a{kind}")
    assert status == 1
    assert err.startswith(f"kangban watch: {tmp_path / f'a{kind}'}: ")
    assert err.count("\n") == 1
    assert not any(line["event"] == "fall" for line in lines) or fault == "damaged"


@pytest.mark.parametrize("kind", [".npz", ".mcap"])
def test_the_same_decisions_come_out_of_a_recording(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    """Watched, recorded, watched again: two people of whom one falls, with a gap in which one is not seen."""
    frames = []
    other = pose(b.sitting(), 3.5, -1.0)
    for k, (t, falling) in enumerate(a_fall()):
        frames.append(Landmarks(t, (falling,) if 20 < k < 30 else (falling, other), (640, 480)))
    write_recording(tmp_path / "live.npz", frames)
    out = tmp_path / f"kept{kind}"
    status, live, _ = watched(capsys, tmp_path / "live.npz", record=str(out))
    assert status == 0
    assert sum(line["event"] == "fall" for line in live) == 1
    _, again, _ = watched(capsys, out)
    assert decisions(again) == decisions(live)
    assert again[-1]["frames"] == live[-1]["frames"]
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_a_recording_names_its_size_and_when_the_camera_was_blind(tmp_path: Path) -> None:
    from kangban.values import Persons
    from perception.recorder import McapRecorder

    recorder = McapRecorder(tmp_path / "a.mcap")
    for k in range(4):
        recorder.write(Persons(0.1 * k, (), blind=k == 2), (1280, 720))
    recorder.close()
    frames = list(read_mcap(tmp_path / "a.mcap"))
    assert [f.blind for f in frames] == [False, False, True, False]
    assert {f.size for f in frames} == {(1280, 720)}
    assert [f.stamp for f in frames] == pytest.approx([0.0, 0.1, 0.2, 0.3], abs=1e-9)


def test_an_mcap_of_something_else_says_what_it_holds(tmp_path: Path) -> None:
    with (tmp_path / "a.mcap").open("wb") as file:
        writer = Writer(file)
        writer.start()
        schema = writer.register_schema("std_msgs/msg/String", "ros2msg", b"string data\n")
        channel = writer.register_channel("/persons", "cdr", schema)
        writer.add_message(channel, 0, b"\x00\x01\x00\x00\x02\x00\x00\x00a\x00", 0)
        writer.finish()
    with pytest.raises(SourceError, match=r"kangban_msgs/msg/Persons; it holds /persons \(std_msgs/msg/String\)"):
        list(read_mcap(tmp_path / "a.mcap"))


def test_any_topic_that_ends_in_persons_will_do_and_the_first_by_name_is_read(tmp_path: Path) -> None:
    from kangban.values import Persons
    from perception.persons_cdr import PERSONS_TYPE, encode

    with (tmp_path / "a.mcap").open("wb") as file:
        writer = Writer(file)
        writer.start()
        schema = writer.register_schema(PERSONS_TYPE, "ros2msg", DEFINITION.encode())
        second, first = (writer.register_channel(topic, "cdr", schema) for topic in ("/r/b/persons", "/r/a/persons"))
        for k in range(3):
            writer.add_message(second, k, encode(Persons(10.0 + k, ())), k)
            writer.add_message(first, k, encode(Persons(1.0 + k, ())), k)
        writer.finish()
    assert [f.stamp for f in read_mcap(tmp_path / "a.mcap")] == [1.0, 2.0, 3.0]


def test_the_written_message_is_the_one_of_the_workspace() -> None:
    def fields(text: str) -> list[str]:
        lines = (re.sub(r"#.*", "", line).strip() for line in text.splitlines())
        return [" ".join(line.split()) for line in lines if line]

    assert fields((MESSAGES / "Persons.msg").read_text()) == fields(PERSONS)
    assert fields((MESSAGES / "Person.msg").read_text()) == fields(PERSON)


def test_an_unknown_ending_and_a_place_that_is_not_there_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = archive(tmp_path / "a.npz")
    for out, words in ((tmp_path / "b.txt", ".npz or .mcap"), (tmp_path / "none" / "b.mcap", "can't write")):
        status, _, err = watched(capsys, source, record=str(out))
        assert status == 1
        assert words in err


def test_long_recordings_are_read_in_little_memory(tmp_path: Path) -> None:
    """Four times the rows, no more rows at once: read a piece at a time."""
    import tracemalloc

    peaks = []
    for count in (10_000, 40_000):
        np.savez_compressed(tmp_path / "a.npz", t=np.arange(count) / 30.0, lm=np.zeros((count, 33, 5), "f4"),
                            world=np.zeros((count, 33, 3), "f4"), size=[640, 480])  # fmt: skip
        tracemalloc.start()
        assert sum(1 for _ in read_recording(tmp_path / "a.npz")) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0] + 1e6
    assert math.isfinite(peaks[0])
