"""Reads ROS 2 recordings: an .mcap or .db3 file, or a rosbag2 folder of them; topics of scans and odometry."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from mcap.exceptions import McapError
from mcap.reader import make_reader

from kangban.values import Pose2D, Scan
from navigation.mapping import cdr
from navigation.mapping.recording import Recording, RecordingError, Shot, checked

DAMAGED = (McapError, OSError, ValueError, EOFError, struct.error, ArithmeticError, LookupError, RuntimeError)
ENDINGS = (".mcap", ".db3")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Topics to take, None: the one of its type; `mount`: where the lidar sits, None: as /tf_static says."""

    scan: str | None = None
    odometry: str | None = None
    mount: Pose2D | None = None


def read(path: Path, wanted: Wanted) -> Recording:
    """Raises RecordingError."""
    files = _files(path)
    topics: dict[str, str] = {}
    for file in files:
        try:
            topics |= _topics(file)
        except (*DAMAGED, sqlite3.Error) as error:
            raise _damaged(file, error) from error
    scan = _choose(path, topics, cdr.LASER_SCAN, wanted.scan, "scan")
    odometry = _choose(path, topics, cdr.ODOMETRY, wanted.odometry, "odom")
    static = [name for name, kind in topics.items() if kind == cdr.TRANSFORMS and name.endswith("tf_static")]
    shots: list[Shot] = []
    moved: list[tuple[float, float, float, float]] = []
    frames = ["", ""]
    tree: dict[str, tuple[str, Pose2D, float]] = {}
    for file in files:
        for topic, data in _messages(file, [scan, odometry, *static]):
            try:
                if topic == scan:
                    header, taken, between = cdr.laser_scan(data)
                    shots.append(Shot(taken, header.time, None, between * max(0, len(taken.ranges) - 1)))
                    frames[0] = header.frame
                elif topic == odometry:
                    header, frames[1], pose = cdr.odometry(data)
                    moved.append((float(header.time), pose.x, pose.y, pose.yaw))
                else:
                    tree |= {child: (parent, pose, up) for parent, child, pose, up in cdr.transforms(data)}
            except cdr.CdrError as error:
                raise RecordingError(f"{file}: message {len(shots) + len(moved) + 1} on {topic}: {error}") from error
    rows = np.array(moved).reshape(-1, 4)
    recording = Recording(path, shots, Pose2D(0.0, 0.0, 0.0), "base", odometry=(rows[:, 0], rows[:, 1:]))
    _mount(recording, wanted.mount, frames, tree)
    return checked(recording)


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    about = path / "metadata.yaml"
    if about.is_file():
        try:
            told = yaml.safe_load(about.read_text(encoding="utf-8"))["rosbag2_bagfile_information"]
            names = [str(name) for name in told["relative_file_paths"]]
        except (OSError, yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError) as error:
            raise RecordingError(f"{about}: can't be read as a rosbag2's metadata ({error!r})") from error
        files = [path / name for name in names]
        missing = [file.name for file in files if not file.is_file()]
        if missing:
            raise RecordingError(f"{path}: metadata.yaml names {missing[0]}, which is not there; copy the whole folder")
    else:
        files = sorted(file for file in path.iterdir() if file.suffix in ENDINGS)
    if not files:
        raise RecordingError(f"{path}: no .mcap or .db3 file in this folder")
    for file in files:
        if file.suffix not in ENDINGS:
            raise RecordingError(f"{file}: allowed: .mcap or .db3; a compressed one must be unpacked (zstd -d) first")
    return files


def _damaged(file: Path, error: Exception) -> RecordingError:
    return RecordingError(
        f"{file}: damaged or cut off ({str(error) or type(error).__name__}); copy it again, or mend it with "
        "`mcap recover` (rosbag2: `ros2 bag reindex`)"
    )


def _topics(file: Path) -> dict[str, str]:
    if file.suffix == ".db3":
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
            rows = database.execute("SELECT name, type, serialization_format FROM topics").fetchall()
        return {name: kind for name, kind, form in rows if form == "cdr"}
    with file.open("rb") as stream:
        summary = make_reader(stream).get_summary()
        if summary is None or not summary.statistics:
            raise ValueError("its summary is missing")
        return {
            channel.topic: summary.schemas[channel.schema_id].name
            for channel in summary.channels.values()
            if channel.message_encoding == "cdr" and channel.schema_id in summary.schemas
        }


def _messages(file: Path, topics: list[str]) -> Iterator[tuple[str, bytes]]:
    """In the order of recording."""
    try:
        if file.suffix == ".db3":
            marks = ",".join("?" * len(topics))
            with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
                yield from database.execute(
                    "SELECT topics.name, messages.data FROM messages JOIN topics ON topics.id = messages.topic_id "
                    f"WHERE topics.name IN ({marks}) ORDER BY messages.timestamp, messages.id",
                    topics,
                )
            return
        with file.open("rb") as stream:
            for _schema, channel, message in make_reader(stream).iter_messages(topics=topics):
                yield channel.topic, message.data
    except RecordingError:
        raise
    except (*DAMAGED, sqlite3.Error) as error:
        raise _damaged(file, error) from error


def _choose(path: Path, topics: dict[str, str], kind: str, asked: str | None, usual: str) -> str:
    """The topic asked for, or the only one of the type, or the one named as usual."""
    there = sorted(name for name, its in topics.items() if its == kind)
    short = kind.replace("/msg/", "/")
    if asked is not None:
        if asked in there or f"/{asked}" in there:
            return asked if asked in there else f"/{asked}"
        raise RecordingError(f"{path}: no topic {asked} of type {short}; there are: {', '.join(there) or 'none'}")
    if not there:
        others = ", ".join(sorted(topics)[:12]) or "none"
        raise RecordingError(f"{path}: no {usual} topic ({short}) in it; it holds: {others}. Record scan and odom")
    named = [name for name in there if name.rsplit("/", 1)[-1] == usual]
    if len(there) > 1 and len(named) != 1:
        raise RecordingError(f"{path}: several {usual} topics; choose with --{usual}-topic: {', '.join(there)}")
    return named[0] if len(named) == 1 else there[0]


def _mount(
    recording: Recording, given: Pose2D | None, frames: list[str], tree: dict[str, tuple[str, Pose2D, float]]
) -> None:
    """Where the lidar sits on the robot: given, or by the static transforms between their frames."""
    if given is not None:
        recording.mount = given
        return
    lidar, base = (frame.lstrip("/") for frame in frames)
    pose, up, frame = Pose2D(0.0, 0.0, 0.0), 1.0, lidar
    known = {child.lstrip("/"): (parent.lstrip("/"), its, way) for child, (parent, its, way) in tree.items()}
    for _ in range(len(known) + 1):
        if frame == base:
            recording.mount = pose
            if up < 0.0:
                _upside_down(recording)
            return
        if frame not in known:
            break
        frame, its, way = known[frame]
        pose = its @ pose
        up *= way
    if lidar != base:
        recording.notes.append(
            f"no /tf_static from {base or 'the base'} to {lidar or 'the lidar'}: the lidar is taken to sit at the "
            "robot's middle and look ahead; say where it sits with --mount X Y YAW"
        )


def _upside_down(recording: Recording) -> None:
    """A lidar that hangs head down turns the other way round."""
    for shot in recording.shots:
        s = shot.scan
        shot.scan = Scan(s.stamp, -s.angle_min, -s.angle_increment, s.range_min, s.range_max, s.ranges)
    recording.notes.append("the lidar hangs upside down: its beams are mirrored")
