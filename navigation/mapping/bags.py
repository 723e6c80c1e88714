"""Recordings of ROS 2: MCAP files, and rosbag2 folders of MCAP or SQLite files; a scan and an odometry topic in them."""

from __future__ import annotations

import math
import sqlite3
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from mcap.exceptions import McapError
from mcap.reader import make_reader
from mcap_ros2._dynamic import generate_dynamic
from mcap_ros2.decoder import DecoderFactory

from kangban.values import Pose2D, wrap_angle
from navigation.mapping.carmen import RecordingError
from navigation.mapping.sweep import Sweep

SCAN, ODOMETRY = "sensor_msgs/msg/LaserScan", "nav_msgs/msg/Odometry"
HELD_S = 2.0  # odometry kept, to know where the robot was when a scan was taken
LASER_SCAN = """\
std_msgs/Header header
float32 angle_min
float32 angle_max
float32 angle_increment
float32 time_increment
float32 scan_time
float32 range_min
float32 range_max
float32[] ranges
float32[] intensities
================================================================================
MSG: std_msgs/Header
builtin_interfaces/Time stamp
string frame_id
================================================================================
MSG: builtin_interfaces/Time
int32 sec
uint32 nanosec
"""
ODOMETRY_DEFINITION = """\
std_msgs/Header header
string child_frame_id
geometry_msgs/PoseWithCovariance pose
geometry_msgs/TwistWithCovariance twist
================================================================================
MSG: std_msgs/Header
builtin_interfaces/Time stamp
string frame_id
================================================================================
MSG: builtin_interfaces/Time
int32 sec
uint32 nanosec
================================================================================
MSG: geometry_msgs/PoseWithCovariance
geometry_msgs/Pose pose
float64[36] covariance
================================================================================
MSG: geometry_msgs/Pose
geometry_msgs/Point position
geometry_msgs/Quaternion orientation
================================================================================
MSG: geometry_msgs/Point
float64 x
float64 y
float64 z
================================================================================
MSG: geometry_msgs/Quaternion
float64 x
float64 y
float64 z
float64 w
================================================================================
MSG: geometry_msgs/TwistWithCovariance
geometry_msgs/Twist twist
float64[36] covariance
================================================================================
MSG: geometry_msgs/Twist
geometry_msgs/Vector3 linear
geometry_msgs/Vector3 angular
================================================================================
MSG: geometry_msgs/Vector3
float64 x
float64 y
float64 z
"""


def files_of(path: Path) -> list[Path]:
    """The files of a recording. Raises RecordingError where it is none of ours."""
    if path.is_dir():
        found = sorted([*path.glob("*.mcap"), *path.glob("*.db3")])
        if not found:
            raise RecordingError(f"{path}: a folder without .mcap or .db3 files; name a recording")
        return found
    return [path]


def read(path: Path, scan: str | None, odometry: str | None, mount: Pose2D, notes: list[str]) -> Iterator[Sweep]:
    """The sweeps, each with the odometry at its stamp. `mount`: the lidar in the base. Topics that are not named must be
    the only ones of their kind. Raises RecordingError.
    """
    joiner = _Joiner(mount)
    for file in files_of(path):
        messages = _sqlite(file, scan, odometry) if file.suffix == ".db3" else _mcap(file, scan, odometry, notes)
        for kind, message in messages:
            yield from joiner.take(kind, message)
    if joiner.without:
        notes.append(f"{joiner.without} scans have no odometry around them and were left out")
    if joiner.backwards:
        notes.append(f"{joiner.backwards} messages go back in time and were left out")


class _Joiner:
    """Holds a scan until the odometry has caught up with it."""

    def __init__(self, mount: Pose2D) -> None:
        self._mount = mount
        self._odometry: deque[tuple[float, Pose2D]] = deque()
        self._waiting: deque[tuple[float, Any]] = deque()
        self._newest = -math.inf
        self.without = self.backwards = 0

    def take(self, kind: str, message: Any) -> Iterator[Sweep]:
        stamp = message.header.stamp.sec + 1e-9 * message.header.stamp.nanosec
        if kind == SCAN:
            if self._waiting and stamp <= self._waiting[-1][0]:
                self.backwards += 1
            else:
                self._waiting.append((stamp, message))
        elif stamp <= self._newest:
            self.backwards += 1
        else:
            self._newest = stamp
            self._odometry.append((stamp, _pose(message.pose.pose)))
            while self._odometry[0][0] < stamp - HELD_S:
                self._odometry.popleft()
        while self._waiting and self._waiting[0][0] <= self._newest:
            at, scan = self._waiting.popleft()
            pose = self._pose_at(at)
            if pose is None:
                self.without += 1
                continue
            ranges = np.asarray(scan.ranges, float)
            angles = scan.angle_min + scan.angle_increment * np.arange(len(ranges))
            ranges[ranges < scan.range_min] = np.nan
            yield Sweep(at, pose, self._mount, angles, ranges, 0.999 * float(scan.range_max))

    def _pose_at(self, stamp: float) -> Pose2D | None:
        later = next((k for k, (at, _) in enumerate(self._odometry) if at >= stamp), None)
        if later is None or (later == 0 and self._odometry[0][0] > stamp):
            return None
        (t1, b), (t0, a) = self._odometry[later], self._odometry[max(0, later - 1)]
        share = 1.0 if t1 == t0 else (stamp - t0) / (t1 - t0)
        turn = wrap_angle(b.yaw - a.yaw)
        return Pose2D(a.x + share * (b.x - a.x), a.y + share * (b.y - a.y), wrap_angle(a.yaw + share * turn))


def _pose(pose: Any) -> Pose2D:
    q = pose.orientation
    yaw = math.atan2(2.0 * (q.w * q.z + q.x * q.y), 1.0 - 2.0 * (q.y * q.y + q.z * q.z))
    return Pose2D(pose.position.x, pose.position.y, yaw)


def _mcap(path: Path, scan: str | None, odometry: str | None, notes: list[str]) -> Iterator[tuple[str, Any]]:
    try:
        with path.open("rb") as file:
            reader = make_reader(file, decoder_factories=[DecoderFactory()])
            summary = reader.get_summary()
            if summary is None:
                raise RecordingError(f"{path}: its end is missing (cut short?); `mcap recover` can mend it")
            kinds = {c.topic: summary.schemas[c.schema_id].name for c in summary.channels.values() if c.schema_id}
            wanted = _topics(path, kinds, scan, odometry)
            try:
                for _, channel, _, message in reader.iter_decoded_messages(topics=list(wanted)):
                    yield wanted[channel.topic], message
            except (McapError, EOFError, ValueError) as error:
                notes.append(f"{path}: damaged ({error}); what came before is used")
    except (McapError, EOFError) as error:
        raise RecordingError(f"{path}: not a readable MCAP file ({error})") from error


def _sqlite(path: Path, scan: str | None, odometry: str | None) -> Iterator[tuple[str, Any]]:
    decoders = {
        SCAN: generate_dynamic(SCAN, LASER_SCAN)[SCAN],
        ODOMETRY: generate_dynamic(ODOMETRY, ODOMETRY_DEFINITION)[ODOMETRY],
    }
    try:
        store = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        topics = {name: (number, kind) for number, name, kind in store.execute("select id, name, type from topics")}
        wanted = _topics(path, {name: kind for name, (_, kind) in topics.items()}, scan, odometry)
        kind_of = {topics[name][0]: kind for name, kind in wanted.items()}
        rows = store.execute("select topic_id, data from messages order by timestamp")
        for number, data in rows:
            if number in kind_of:
                yield kind_of[number], decoders[kind_of[number]](bytes(data))
    except sqlite3.Error as error:
        raise RecordingError(f"{path}: not a readable rosbag2 file ({error})") from error


def _topics(path: Path, kinds: dict[str, str], scan: str | None, odometry: str | None) -> dict[str, str]:
    """The topic of each kind. Raises RecordingError where there is none, or a choice to be made."""
    found = {}
    for kind, named, option in ((SCAN, scan, "--scan"), (ODOMETRY, odometry, "--odom")):
        of_kind = sorted(topic for topic, name in kinds.items() if name == kind)
        if named is not None and named not in of_kind:
            raise RecordingError(f"{path}: no topic {named} of {kind}; there are: {', '.join(sorted(kinds)) or 'none'}")
        if named is None and not of_kind:
            raise RecordingError(f"{path}: no topic of {kind}; there are: {', '.join(sorted(kinds)) or 'none'}")
        if named is None and len(of_kind) > 1:
            raise RecordingError(f"{path}: {len(of_kind)} topics of {kind}; say which with {option}: {', '.join(of_kind)}")
        found[of_kind[0] if named is None else named] = kind
    return found
