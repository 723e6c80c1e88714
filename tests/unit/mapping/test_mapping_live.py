"""A map while the robot is driven: the same as from a recording, whatever comes late, twice, or not at all."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kangban.cli import main
from kangban.values import STILL, Odometry, Pose2D
from navigation.mapping.build import Options
from navigation.mapping.live import WAITING, Live
from navigation.mapping.recording import RecordingError
from tests.unit.mapping.mapping_world import MIDDLE, from_first, home_drive, readings


def odometry(stamp: float, pose: Pose2D) -> Odometry:
    return Odometry(stamp, pose, STILL)


def driven(live: Live, until: int | None = None, late: bool = False, times: int = 1) -> Live:
    """Scans in between odometries at 20 Hz, and before them where they are `late`; each of them so many times."""
    shots = readings(home_drive())[:until]
    events: list[tuple[float, int, Any]] = []
    for a, b in itertools.pairwise(shots):
        for share in (0.0, 0.5):
            at = a.scan.stamp + share * (b.scan.stamp - a.scan.stamp)
            x, y = (p + share * (q - p) for p, q in ((a.odometry.x, b.odometry.x), (a.odometry.y, b.odometry.y)))
            turn = np.remainder(b.odometry.yaw - a.odometry.yaw + np.pi, 2 * np.pi) - np.pi
            events.append((at + (0.15 if late else 0.0), 1, odometry(at, Pose2D(x, y, a.odometry.yaw + share * turn))))
        events.append((a.scan.stamp, 0, a.scan))
    for _, kind, value in sorted(events, key=lambda event: event[:2]):
        for _again in range(times):
            (live.odometry if kind else live.scan)(value)
    return live


@pytest.mark.parametrize("late", [False, True], ids=["in time", "odometry late"])
def test_the_way_is_that_of_the_drive(late: bool) -> None:
    live = driven(Live(MIDDLE), late=late)
    drive = home_drive()
    poses = from_first(live.mapper.trajectory()[1])
    truth = from_first(drive.truth)[: len(poses)]
    assert live.scans >= len(drive.stamps) - 3
    assert np.hypot(*(poses - truth)[:, :2].T).max() < 0.06
    assert len(live.mapper.graph.closures) > 0


def test_there_is_a_map_at_any_time_and_the_whole_of_it_at_the_end(tmp_path: Path) -> None:
    live = Live(MIDDLE)
    assert live.grid(0.05) is None
    driven(live, 120)
    early = live.grid(0.05)
    assert early is not None
    assert (early.cells == 100).sum() > 50
    figures = live.finish(tmp_path / "map", Options(), lambda what, share: None)
    assert {path.name for path in (tmp_path / "map").iterdir()} == {
        "map.yaml", "map.pgm", "map.png", "trajectory.tum", "start.txt",
    }  # fmt: skip
    assert figures["scans"] == live.scans
    assert figures["notes"] == []


def test_what_comes_twice_or_late_is_used_once() -> None:
    live, once = driven(Live(MIDDLE), 30, times=2), driven(Live(MIDDLE), 30)
    assert live.scans == once.scans
    live.scan(readings(home_drive())[10].scan)
    live.odometry(odometry(readings(home_drive())[29].scan.stamp, MIDDLE))
    assert live.scans <= once.scans + 1
    assert np.array_equal(live.mapper.trajectory()[1][: once.scans], once.mapper.trajectory()[1])


def test_scans_without_odometry_are_left_out_and_counted() -> None:
    live = driven(Live(MIDDLE), 30)
    before, last = live.scans, readings(home_drive())[29].scan
    for k in range(WAITING + 5):
        live.scan(type(last)(last.stamp + 1.0 + 0.1 * k, *(getattr(last, f) for f in last.__slots__[1:])))
    assert live.left_out == 5
    live.odometry(odometry(last.stamp + 60.0, Pose2D(9.0, 0.0, 0.0)))  # too far from all of them
    assert (live.scans, live.left_out) == (before, 5 + WAITING)


def test_a_clock_that_goes_back_ends_it_with_what_there_is(tmp_path: Path) -> None:
    live = driven(Live(MIDDLE), 60)
    with pytest.raises(RecordingError, match=r"clock went back by .* begin again"):
        live.odometry(odometry(3.0, MIDDLE))
    assert live.finish(tmp_path, Options(), lambda what, share: None)["scans"] == live.scans


def test_without_a_robot_it_says_so_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = ["--out", str(tmp_path / "map"), "--wait", "0.2", "--domain", "101"]
    assert main(["map", "drive", *wanted]) == 1
    assert "is the robot up?" in capsys.readouterr().err
    assert main(["record", "--out", str(tmp_path / "a.mcap"), "--wait", "0.2", "--domain", "101"]) == 1
    assert "is the robot up?" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_recording_refuses_what_it_must_not_and_never_writes_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.mcap").write_bytes(b"mine")
    for wanted, says in (
        (["--out", str(tmp_path / "a.mcap")], "exists already"),
        (["--out", str(tmp_path / "a.bag")], "must end in .mcap"),
        (["--out", str(tmp_path / "b.mcap"), "--streams", "camera/image"], "pictures never are"),
    ):
        assert main(["record", *wanted, "--domain", "101"]) == 2
        assert says in capsys.readouterr().err
    assert (tmp_path / "a.mcap").read_bytes() == b"mine"
    assert [path.name for path in tmp_path.iterdir()] == ["a.mcap"]
