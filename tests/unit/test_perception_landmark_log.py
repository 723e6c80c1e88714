"""The robot's own recording: a ring within its limit, whole after a crash, and a full disk that stops nothing."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from kangban.values import Person, Persons, Posture
from perception import landmark_log
from perception.landmark_log import FILES, RETRY_S, LandmarkLog
from perception.recorder import CHUNK_BYTES
from perception.recording_mcap import read_mcap

RNG = np.random.default_rng(2)
Usage = namedtuple("Usage", "total used free")
LIMIT = 10e6
SIZE = (640, 480)


def persons(stamp: float) -> Persons:
    """Four people whose landmarks do not compress."""
    people = tuple(
        Person(
            k,
            True,
            Posture.STANDING,
            0.9,
            (0.0, 0.0, 1.0, 1.0),
            RNG.random((33, 5)),
            RNG.random((33, 3)),
            None,
            None,
            None,
        )
        for k in range(4)
    )
    return Persons(stamp, people)


def test_the_oldest_goes_first_and_the_folder_stays_within_its_limit(tmp_path: Path) -> None:
    log = LandmarkLog(tmp_path / "landmarks", LIMIT)
    for k in range(4500):
        log.write(persons(0.1 * k), SIZE)
    log.close()
    files = sorted((tmp_path / "landmarks").iterdir())
    assert log.fault is None
    assert len(files) <= FILES
    assert 0.7 * LIMIT < sum(f.stat().st_size for f in files) <= LIMIT
    assert files[0].name > "00000001.mcap"
    assert next(read_mcap(files[0])).stamp > 0.0
    assert list(read_mcap(files[-1]))[-1].stamp == pytest.approx(449.9)


def test_what_was_written_before_a_crash_is_read_and_the_next_run_goes_on_beside_it(tmp_path: Path) -> None:
    log = LandmarkLog(tmp_path, LIMIT)
    count = 5 * CHUNK_BYTES // (2 * 4 * 33 * 8 * 4)  # two and a half pieces
    for k in range(count):
        log.write(persons(0.1 * k), SIZE)
    crashed = (tmp_path / "00000001.mcap").read_bytes()
    (tmp_path / "copy.mcap").write_bytes(crashed)
    seen = []
    with pytest.raises(Exception, match="events before it are valid"):
        for frame in read_mcap(tmp_path / "copy.mcap"):
            seen.append(frame)
    assert len(seen) >= count / 2
    assert seen[0].size == SIZE
    again = LandmarkLog(tmp_path, LIMIT)
    again.write(persons(1.0), SIZE)
    again.close()
    assert (tmp_path / "00000002.mcap").exists()


def test_a_full_disk_is_reported_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = {"bytes": 1_000.0}
    monkeypatch.setattr(landmark_log.shutil, "disk_usage", lambda _: Usage(1e12, 1e12, free["bytes"]))
    log = LandmarkLog(tmp_path, LIMIT)
    log.write(persons(0.0), SIZE)
    assert log.fault is not None
    assert "MB are free" in log.fault
    free["bytes"] = 1e12
    log.write(persons(1.0), SIZE)
    assert log.fault is not None  # not at every frame
    log.write(persons(RETRY_S + 1.0), SIZE)
    assert log.fault is None
    log.close()
    assert [f.stamp for f in read_mcap(tmp_path / "00000001.mcap")] == [RETRY_S + 1.0]


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "landmarks").write_text("a file, not a folder")
    log = LandmarkLog(tmp_path / "landmarks", LIMIT)
    log.write(persons(0.0), SIZE)
    assert log.fault is not None
    log.close()


def test_a_folder_that_is_taken_away_while_recording_stops_nothing(tmp_path: Path) -> None:
    log = LandmarkLog(tmp_path / "landmarks", LIMIT)
    log.write(persons(0.0), SIZE)
    shutil.rmtree(tmp_path / "landmarks")
    for k in range(800):
        log.write(persons(0.1 * k + 0.1), SIZE)
    log.close()
    assert list((tmp_path / "landmarks").glob("*.mcap")) != []
