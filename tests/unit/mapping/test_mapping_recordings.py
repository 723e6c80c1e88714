"""CARMEN logs, MCAP and rosbag2: what is read from them, and the sentence for each thing that can be wrong with one."""

from __future__ import annotations

import math
import sqlite3
import struct
from pathlib import Path

import numpy as np
import pytest

from bench.worlds import maplog
from bench.worlds.mapdrive import Drive
from kangban.values import Pose2D
from navigation.mapping import bags, carmen
from navigation.mapping.bags import Wanted
from navigation.mapping.build import Options, load
from navigation.mapping.recording import RecordingError
from tests.unit.mapping.mapping_world import home_drive

TAIL = "nohost 0.5"


def few(count: int = 12) -> Drive:
    d = home_drive()
    return Drive(d.lidar, d.angles, d.stamps[:count], d.truth[:count], d.odometry[:count], d.ranges[:count])


def flaser(k: int, ranges: str = "1.0 2.0 3.0", laser: str | None = None, stamp: str | None = None) -> str:
    pose = f"{0.1 * k:.3f} 0 0"
    return f"FLASER 3 {ranges} {laser or pose} {pose} {stamp or f'{100 + k}.250000'} {TAIL}"


def log(tmp_path: Path, lines: list[str]) -> Path:
    path = tmp_path / "a.log"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_flaser_log_is_read_as_it_was_written(tmp_path: Path) -> None:
    drive = few()
    maplog.carmen(tmp_path / "a.log", drive)
    recording = load(tmp_path / "a.log", Options())
    assert recording.frame == "laser" and recording.notes == []
    assert recording.mount.distance_to(0.0, 0.0) < 1e-9
    shot, pose = recording.shots[3], drive.odometry[3]
    assert shot.time == f"{drive.stamps[3]:.6f}"
    assert shot.odometry is not None
    assert (shot.odometry.x, shot.odometry.y) == pytest.approx(pose[:2], abs=1e-6)
    assert shot.scan.ranges == pytest.approx(np.where(drive.ranges[3] >= 8.0, np.inf, drive.ranges[3]), abs=0.006)
    assert math.degrees(shot.scan.angle_increment) == pytest.approx(1.0)
    assert math.degrees(shot.scan.angle_min) == pytest.approx(-89.5)


def test_a_robotlaser_log_tells_its_own_angles_and_where_the_lidar_sits(tmp_path: Path) -> None:
    drive = few()
    maplog.carmen(tmp_path / "a.log", drive, robotlaser=True)
    shots = load(tmp_path / "a.log", Options()).shots
    assert shots[0].scan.angle_min == pytest.approx(drive.angles[0], abs=1e-5)
    assert shots[0].scan.angle_increment == pytest.approx(drive.angles[1] - drive.angles[0], abs=1e-6)
    lines = [
        f"ROBOTLASER1 0 -1.57 3.14 0.0 8.0 0.01 0 3 1 2 8.0 1 0 {k}.2 0 0 {k} 0 0 0 0 0 0 0 {k}.5 h 1" for k in range(9)
    ]
    recording = carmen.read(log(tmp_path, lines))
    assert (recording.mount.x, recording.mount.y) == pytest.approx((0.2, 0.0))
    assert recording.shots[2].odometry == Pose2D(2.0, 0.0, 0.0)
    assert recording.shots[2].scan.angle_increment == pytest.approx(1.57)  # no resolution told: from the field of view
    assert recording.shots[2].scan.ranges[2] == math.inf


@pytest.mark.parametrize(("n", "degrees"), [(180, 1.0), (181, 1.0), (360, 0.5), (361, 0.5), (401, 0.25)])
def test_old_logs_do_not_tell_angles(tmp_path: Path, n: int, degrees: float) -> None:
    ranges = " ".join(["2.0"] * n)
    lines = [f"FLASER {n} {ranges} {k} 0 0 {k} 0 0 {k}.0 {TAIL}" for k in range(3)]
    scan = carmen.read(log(tmp_path, lines)).shots[0].scan
    assert math.degrees(scan.angle_increment) == pytest.approx(degrees)
    assert scan.angle_min == pytest.approx(-0.5 * (n - 1) * scan.angle_increment)


def test_where_many_readings_stop_is_nothing(tmp_path: Path) -> None:
    many = [flaser(k, "1.0 31.90 31.90") for k in range(60)]
    assert carmen.read(log(tmp_path, many)).shots[0].scan.ranges.tolist() == [1.0, math.inf, math.inf]
    told = ["PARAM robot_front_laser_max 12.0 h 0", *(flaser(k, "1.0 11.0 12.0") for k in range(5))]
    assert carmen.read(log(tmp_path, told)).shots[0].scan.ranges.tolist() == [1.0, 11.0, math.inf]
    sick = [flaser(k, "1.0 81.83 0.0") for k in range(5)]
    ranges = carmen.read(log(tmp_path, sick)).shots[0].scan.ranges
    assert ranges[1] == math.inf and math.isnan(ranges[2])


def test_the_time_keeps_its_digits_and_may_be_the_loggers(tmp_path: Path) -> None:
    lines = [flaser(k, stamp=f"97605285{k}.3414501") for k in range(6)]
    assert carmen.read(log(tmp_path, lines)).shots[2].time == "976052852.3414501"
    lines = [f"FLASER 3 1 2 3 {k} 0 0 {k} 0 0 5.0 nohost {k}.75" for k in range(6)]
    assert [shot.time for shot in carmen.read(log(tmp_path, lines), logger_time=True).shots] == [
        f"{k}.75" for k in range(6)
    ]


def test_swapped_neighbours_are_sorted(tmp_path: Path) -> None:
    lines = [flaser(k) for k in (0, 2, 1, 3, 4, 5)]
    recording = carmen.read(log(tmp_path, lines))
    assert [shot.time for shot in recording.shots] == [f"{100 + k}.250000" for k in range(6)]
    assert any("sorted" in note for note in recording.notes)


def test_corrected_poses_are_not_used(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    lines = [flaser(k, laser=f"{rng.uniform(0, 5)} {rng.uniform(0, 5)} 1.0") for k in range(20)]
    recording = carmen.read(log(tmp_path, lines))
    assert recording.mount == Pose2D(0.0, 0.0, 0.0)
    assert any("corrected" in note for note in recording.notes)
    assert recording.shots[10].odometry == Pose2D(1.0, 0.0, 0.0)


def test_odometry_of_its_own_lines_serves_where_the_scans_have_none(tmp_path: Path) -> None:
    lines = []
    for k in range(20):
        lines.append(f"ODOM {0.2 * k} 0 0 0 0 0 {k}.0 h 0")
        lines.append(f"FLASER 3 1 2 3 0 0 0 0 0 0 {k}.5 h 0")
    recording = carmen.read(log(tmp_path, lines))
    assert recording.shots[4].odometry is not None
    assert recording.shots[4].odometry.x == pytest.approx(0.9)


def test_other_lidars_are_left_out_and_said(tmp_path: Path) -> None:
    lines = ["REARLASER 3 1 2 3 0 0 0 0 0 0 1 h 1", "ROBOTLASER2 x", *(flaser(k) for k in range(5)), "FLASER 3 1 2"]
    notes = " | ".join(carmen.read(log(tmp_path, lines)).notes)
    assert "1 lines REARLASER left out" in notes and "1 lines ROBOTLASER2" in notes and "line 8 left out" in notes


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([f"FLASER 9 1 2 3 0 0 0 0 0 0 {k} {TAIL}" for k in range(9)], "line 1: FLASER can't be read"),
        (["ODOM 0 0 0 0 0 0 1 h 1"], "without a FLASER or ROBOTLASER1 line"),
        ([flaser(k % 6, stamp=f"{k % 6}.0") for k in range(12)], "the clock goes back by 5.000 s after scan 6"),
        ([flaser(k, "nan nan nan") for k in range(6)], "no scan has a single reading"),
        (
            [flaser(k).replace("0.000 0 0", "nan 0 0").replace("FLASER 3", "FLASER 3") for k in range(1)],
            "have no odometry",
        ),
        ([f"FLASER 3 1 2 3 0 0 0 0 0 0 nan {TAIL}" for _ in range(5)], "scan 0 has no time"),
    ],
)
def test_a_bad_log_says_what_is_wrong(tmp_path: Path, lines: list[str], says: str) -> None:
    with pytest.raises(RecordingError, match=says):
        carmen.read(log(tmp_path, lines))


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("none.log", None, "no such file"),
        ("a.log", b"", "is empty"),
        ("a.jpg", b"\xff\xd8\xff\xe0\0\0\0", "not a recording that can be read; allowed"),
        ("a.txt", b"hello\nworld\n", "not a recording"),
        ("a.mcap", b"hello", "damaged or cut off"),
        ("a.db3", b"hello world, this is no database at all", "damaged or cut off"),
    ],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, name: str, data: bytes | None, says: str) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(RecordingError, match=says):
        load(tmp_path / name, Options())


def bag(tmp_path: Path, told: list[tuple[float, str, bytes]] | None = None) -> Path:
    path = tmp_path / "a.mcap"
    maplog.mcap(path, maplog.messages(few()) if told is None else told)
    return path


def test_an_mcap_is_read_as_it_was_written(tmp_path: Path) -> None:
    drive, recording = few(), load(bag(tmp_path), Options())
    assert recording.frame == "base"
    assert [shot.time for shot in recording.shots] == [f"{t:.9f}" for t in drive.stamps]
    shot = recording.shots[5]
    assert shot.scan.ranges == pytest.approx(np.where(drive.ranges[5] >= 8.0, np.inf, drive.ranges[5]), abs=1e-4)
    assert shot.odometry is not None
    assert (shot.odometry.x, shot.odometry.y) == pytest.approx(drive.odometry[5, :2])
    assert math.remainder(shot.odometry.yaw - drive.odometry[5, 2], math.tau) == pytest.approx(0.0, abs=1e-6)


def database(path: Path, told: list[tuple[float, str, bytes]]) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE topics (id INTEGER PRIMARY KEY, name TEXT, type TEXT, serialization_format TEXT)")
        db.execute("CREATE TABLE messages (id INTEGER PRIMARY KEY, topic_id INT, timestamp INT, data BLOB)")
        for k, (topic, kind) in enumerate(maplog.SCHEMAS.items()):
            db.execute("INSERT INTO topics VALUES (?, ?, ?, 'cdr')", (k, topic, kind))
        for stamp, topic, data in told:
            at = list(maplog.SCHEMAS).index(topic)
            db.execute(
                "INSERT INTO messages (topic_id, timestamp, data) VALUES (?, ?, ?)", (at, int(stamp * 1e9), data)
            )


def test_a_rosbag2_folder_of_two_files_is_one_recording(tmp_path: Path) -> None:
    told = maplog.messages(few())
    for n, part in enumerate((told[:12], told[12:])):
        database(tmp_path / f"a_{n}.db3", part)
    about = "rosbag2_bagfile_information: {relative_file_paths: [a_0.db3, a_1.db3]}\n"
    (tmp_path / "metadata.yaml").write_text(about, encoding="utf-8")
    assert len(load(tmp_path, Options()).shots) == 12
    (tmp_path / "a_1.db3").unlink()
    with pytest.raises(RecordingError, match=r"names a_1\.db3, which is not there"):
        load(tmp_path, Options())
    (tmp_path / "metadata.yaml").write_text("nothing: 1\n", encoding="utf-8")
    with pytest.raises(RecordingError, match="can't be read as a rosbag2's metadata"):
        load(tmp_path, Options())


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"no \.mcap or \.db3 file"):
        load(tmp_path, Options())


def test_topics_are_found_chosen_and_missed(tmp_path: Path) -> None:
    told = maplog.messages(few())
    named = [(t, topic if topic == "/odom" else "/front/scan", data) for t, topic, data in told]
    maplog.SCHEMAS.update({"/front/scan": maplog.SCHEMAS["/scan"], "/rear/scan": maplog.SCHEMAS["/scan"]})
    assert len(load(bag(tmp_path, named), Options()).shots) == 12
    both = [*named, *((t, "/rear/scan", data) for t, topic, data in told if topic == "/scan")]
    with pytest.raises(RecordingError, match="several scan topics; choose with --scan-topic: /front/scan, /rear/scan"):
        load(bag(tmp_path, both), Options())
    assert len(load(bag(tmp_path, both), Options(wanted=Wanted(scan="rear/scan"))).shots) == 12
    with pytest.raises(RecordingError, match="no topic /scan of type sensor_msgs/LaserScan; there are: /front/scan"):
        load(bag(tmp_path, both), Options(wanted=Wanted(scan="/scan")))
    with pytest.raises(RecordingError, match=r"no scan topic .* it holds: /odom"):
        load(bag(tmp_path, [row for row in told if row[1] == "/odom"]), Options())
    with pytest.raises(RecordingError, match=r"no odom topic"):
        load(bag(tmp_path, [row for row in told if row[1] == "/scan"]), Options())


def test_a_cut_off_mcap_says_so(tmp_path: Path) -> None:
    path = bag(tmp_path)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(RecordingError, match="damaged or cut off"):
        load(path, Options())


def test_scans_without_odometry_near_are_left_out_or_refused(tmp_path: Path) -> None:
    told = maplog.messages(few())
    late = [row for k, row in enumerate(told) if row[1] == "/scan" or k > 6]
    recording = load(bag(tmp_path, late), Options())
    assert len(recording.shots) == 10 and any("2 scans left out" in note for note in recording.notes)
    apart = [(t, topic, data) for t, topic, data in told if topic == "/scan"]
    apart += [(5.0, "/odom", maplog.odometry(5.0 + k, 0.0, 0.0, 0.0)) for k in range(9)]
    with pytest.raises(RecordingError, match=r"12 of 12 scans have no odometry within 0\.5 s"):
        load(bag(tmp_path, apart), Options())


def test_an_odometry_clock_that_goes_back_is_refused(tmp_path: Path) -> None:
    told = [row for row in maplog.messages(few()) if row[1] == "/scan"]
    told += [(0.0, "/odom", maplog.odometry(100.0 + k % 60, 0.0, 0.0, 0.0)) for k in range(120)]
    with pytest.raises(RecordingError, match="the odometry's clock goes back by 59"):
        load(bag(tmp_path, told), Options())


def test_damaged_messages_are_named(tmp_path: Path) -> None:
    told = maplog.messages(few())
    told[5] = (told[5][0], told[5][1], told[5][2][:40])
    with pytest.raises(RecordingError, match="message 6 on /scan: cut off"):
        load(bag(tmp_path, told), Options())


def static(parent: str, child: str, x: float, y: float, quaternion: tuple[float, ...]) -> bytes:
    cdr = maplog._Cdr()
    cdr.put("I", 1)
    cdr.header(1.0, parent)
    cdr.text(child)
    cdr.put("d", x, y, 0.2, *quaternion)
    return bytes(cdr.data)


def test_the_lidar_sits_where_tf_static_says(tmp_path: Path) -> None:
    maplog.SCHEMAS["/tf_static"] = "tf2_msgs/msg/TFMessage"
    drive, told = few(), []
    for k, t in enumerate(drive.stamps):
        told.append((float(t), "/odom", maplog.odometry(float(t), *map(float, drive.odometry[k]))))
        told.append((float(t), "/scan", maplog.laser_scan(float(t), drive.angles, 8.0, drive.ranges[k], "lidar")))
    assert any("--mount" in note for note in load(bag(tmp_path, told), Options()).notes)
    half = math.sqrt(0.5)
    tree = [(1.0, "/tf_static", static("base_link", "mast", 0.1, 0.0, (0.0, 0.0, half, half))),
            (1.0, "/tf_static", static("mast", "lidar", 0.05, 0.0, (0.0, 0.0, 0.0, 1.0)))]  # fmt: skip
    mount = load(bag(tmp_path, told + tree), Options()).mount
    assert (mount.x, mount.y, mount.yaw) == pytest.approx((0.1, 0.05, math.pi / 2))
    hanging = [tree[0], (1.0, "/tf_static", static("mast", "lidar", 0.05, 0.0, (1.0, 0.0, 0.0, 0.0)))]
    turned = load(bag(tmp_path, told + hanging), Options())
    assert turned.shots[0].scan.angle_increment < 0.0
    given = load(bag(tmp_path, told + tree), Options(wanted=Wanted(mount=Pose2D(0.3, 0.0, 0.0))))
    assert given.mount.x == 0.3


def test_big_endian_and_odd_messages() -> None:
    data = b"\0\0\0\0" + struct.pack(">iI", 7, 500_000_000) + struct.pack(">I", 2) + b"a\0"
    from navigation.mapping.cdr import CdrError, _Bytes, laser_scan

    assert _Bytes(data).header().time == "7.500000000"
    for bad in (b"", b"\0\7\0\0", data):
        with pytest.raises(CdrError):
            laser_scan(bad)
    assert bags.ENDINGS == (".mcap", ".db3")
