"""The three messages of a ROS 2 recording that a map is made from, read from their bytes (CDR); needs no ROS."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

import numpy as np

from kangban.values import Array, Pose2D, Scan

LASER_SCAN, ODOMETRY, TRANSFORMS = "sensor_msgs/msg/LaserScan", "nav_msgs/msg/Odometry", "tf2_msgs/msg/TFMessage"
MOST = 1_000_000  # of anything: more is damage


class CdrError(ValueError):
    """The bytes are no such message."""


@dataclass(frozen=True, slots=True)
class Header:
    time: str  # seconds with nine decimals, exact
    frame: str


class _Bytes:
    """Takes values from the front, aligned as CDR aligns them: each to its own size, counted after the first four."""

    def __init__(self, data: bytes) -> None:
        if len(data) < 4 or data[0] != 0 or data[1] > 1:
            raise CdrError("no CDR header")
        self.data, self.at = data, 4
        self.little = data[1] == 1

    def numbers(self, kind: str, count: int) -> Array:
        size = struct.calcsize(kind)
        self.at += -(self.at - 4) % size if count else 0
        end = self.at + size * count
        if count > MOST or end > len(self.data):
            raise CdrError("cut off")
        values = np.frombuffer(self.data, np.dtype(f"{'<' if self.little else '>'}{kind}"), count, self.at)
        self.at = end
        return values.astype(float)

    def count(self) -> int:
        return int(self.numbers("I", 1)[0])

    def text(self) -> str:
        length = self.count()
        end = self.at + length
        if length > MOST or end > len(self.data):
            raise CdrError("cut off")
        value = self.data[self.at : max(self.at, end - 1)].decode("utf-8", "replace")
        self.at = end
        return value

    def header(self) -> Header:
        seconds, nanoseconds = int(self.numbers("i", 1)[0]), self.count()
        return Header(f"{seconds}.{nanoseconds:09d}", self.text())


def laser_scan(data: bytes) -> tuple[Header, Scan, float]:
    """The scan and the time between two beams, s. Infinite stays: nothing. What is below range_min is no reading."""
    reader = _Bytes(data)
    header = reader.header()
    low, _high, step, between, _turn, least, most = (float(v) for v in reader.numbers("f", 7))
    ranges = reader.numbers("f", reader.count())
    if not (math.isfinite(low) and math.isfinite(step) and step != 0.0 and most > 0.0):
        raise CdrError(f"angle_min {low}, angle_increment {step}, range_max {most} are no lidar's")
    ranges = np.where(ranges < max(least, 1e-3), np.nan, np.where(ranges >= most, np.inf, ranges))
    scan = Scan(float(header.time), low, step, max(0.0, least), most, ranges)
    return header, scan, max(0.0, between) if math.isfinite(between) else 0.0


def odometry(data: bytes) -> tuple[Header, str, Pose2D]:
    """With the robot's own frame and its pose on the floor."""
    reader = _Bytes(data)
    header, child = reader.header(), reader.text()
    return header, child, _flat(reader.numbers("d", 7))


def transforms(data: bytes) -> list[tuple[str, str, Pose2D, float]]:
    """Parent, child, pose on the floor, and +1; or -1 where the child hangs upside down."""
    reader = _Bytes(data)
    found = []
    for _ in range(reader.count()):
        header, child = reader.header(), reader.text()
        values = reader.numbers("d", 7)
        found.append((header.frame, child, _flat(values), _up(values[3:])))
    return found


def _flat(values: Array) -> Pose2D:
    x, y, z, w = (float(v) for v in values[3:])
    return Pose2D(float(values[0]), float(values[1]), math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z)))


def _up(q: Array) -> float:
    return 1.0 if 1.0 - 2.0 * (q[0] ** 2 + q[1] ** 2) >= 0.0 else -1.0
