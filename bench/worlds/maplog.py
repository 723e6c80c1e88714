"""A simulated drive as recordings: a CARMEN log, and an MCAP file of ROS 2 messages."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np
from mcap.writer import Writer

from bench.worlds.mapdrive import Drive

NOTHING_M = 81.83  # what a SICK says where nothing was


def carmen(path: Path, drive: Drive, robotlaser: bool = False) -> None:
    """FLASER lines (ROBOTLASER1: with the lidar's own angles), the time as seconds with six decimals."""
    top = NOTHING_M if drive.lidar.reach > 20.0 else drive.lidar.reach
    lines = ["# message_name [message contents] ipc_timestamp ipc_hostname logger_timestamp"]
    lines.append(f"PARAM robot_front_laser_max {top} nohost 0")
    step = drive.lidar.fov / drive.lidar.beams
    for k, stamp in enumerate(drive.stamps):
        ranges = " ".join(f"{r:.2f}" for r in np.where(np.isfinite(drive.ranges[k]), drive.ranges[k], top))
        pose = " ".join(f"{v:.6f}" for v in drive.odometry[k])
        end = f"{stamp:.6f} nohost {stamp - drive.stamps[0]:.6f}"
        lines.append(f"ODOM {pose} 0 0 0 {end}")
        if robotlaser:
            about = f"0 {drive.angles[0]:.6f} {drive.lidar.fov:.6f} {step:.8f} {top:.2f} 0.01 0"
            lines.append(f"ROBOTLASER1 {about} {len(drive.angles)} {ranges} 0 {pose} {pose} 0 0 0 0 0 {end}")
        else:
            lines.append(f"FLASER {len(drive.angles)} {ranges} {pose} {pose} {end}")
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


def messages(drive: Drive) -> list[tuple[float, str, bytes]]:
    """(stamp, topic, bytes) of /scan and /odom, in order."""
    out = []
    for k, stamp in enumerate(drive.stamps):
        out.append((float(stamp), "/odom", odometry(float(stamp), *map(float, drive.odometry[k]))))
        out.append((float(stamp), "/scan", laser_scan(float(stamp), drive.angles, drive.lidar.reach, drive.ranges[k])))
    return out


SCHEMAS = {"/scan": "sensor_msgs/msg/LaserScan", "/odom": "nav_msgs/msg/Odometry"}


def mcap(path: Path, told: list[tuple[float, str, bytes]]) -> None:
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start(profile="ros2")
        channels = {}
        for topic in sorted({t for _, t, _ in told}):
            schema = writer.register_schema(name=SCHEMAS[topic], encoding="ros2msg", data=b"")
            channels[topic] = writer.register_channel(topic=topic, message_encoding="cdr", schema_id=schema)
        for stamp, topic, data in told:
            ns = round(stamp * 1e9)
            writer.add_message(channel_id=channels[topic], log_time=ns, publish_time=ns, data=data)
        writer.finish()  # type: ignore[no-untyped-call]


class _Cdr:
    def __init__(self) -> None:
        self.data = bytearray(b"\0\1\0\0")

    def put(self, kind: str, *values: float) -> None:
        size = struct.calcsize(kind)
        self.data += b"\0" * (-(len(self.data) - 4) % size) + struct.pack(f"<{len(values)}{kind}", *values)

    def text(self, value: str) -> None:
        self.put("I", len(value) + 1)
        self.data += value.encode() + b"\0"

    def header(self, stamp: float, frame: str) -> None:
        seconds = math.floor(stamp)
        self.put("i", seconds)
        self.put("I", round((stamp - seconds) * 1e9))
        self.text(frame)


def laser_scan(stamp: float, angles: np.ndarray, reach: float, ranges: np.ndarray, frame: str = "base_link") -> bytes:
    cdr = _Cdr()
    cdr.header(stamp, frame)
    cdr.put("f", float(angles[0]), float(angles[-1]), float(angles[1] - angles[0]), 0.0, 0.0, 0.05, reach)
    cdr.put("I", len(ranges))
    cdr.put("f", *map(float, ranges))
    cdr.put("I", 0)
    return bytes(cdr.data)


def odometry(stamp: float, x: float, y: float, yaw: float) -> bytes:
    cdr = _Cdr()
    cdr.header(stamp, "odom")
    cdr.text("base_link")
    cdr.put("d", x, y, 0.0, 0.0, 0.0, math.sin(yaw / 2.0), math.cos(yaw / 2.0), *([0.0] * 78))
    return bytes(cdr.data)
