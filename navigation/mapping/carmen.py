"""Reads CARMEN logs: FLASER or ROBOTLASER1 lines with odometry, PARAM and ODOM lines; one message a line.

    FLASER n r1..rn  x y theta  odom_x odom_y odom_theta  ipc_timestamp host logger_timestamp
    ROBOTLASER1 type start fov resolution max accuracy remission n r1..rn k m1..mk
                laser x y theta  robot x y theta  tv rv safety safety axis  ipc_timestamp host logger_timestamp

The lidar's place on the robot is what its pose is to the robot's, where that is the same all along. Where it is not,
the poses of the lidar have been corrected by somebody's mapping: they are not used.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from kangban.values import Array, Pose2D, Scan, wrap_angle
from navigation.mapping.recording import Recording, RecordingError, Shot, checked

KNOWN = ("FLASER", "ROBOTLASER1")
OTHERS = ("RLASER", "REARLASER", "ROBOTLASER2", "RAWLASER1", "RAWLASER2", "RAWLASER3", "RAWLASER4")
WORDS = (*KNOWN, *OTHERS, "ODOM", "PARAM", "SYNC", "TRUEPOS", "BUMPER", "SONAR", "GPSGGA", "#")
BROKEN = 0.02  # share of lines that may be unreadable
FARTHEST_M = 81.0  # readings from here on are a SICK's way to say that nothing was there
SAME_M, SAME_RAD = 0.02, 0.01  # a lidar that is screwed on does not move
LEAST_M = 0.02


@dataclass
class _Lines:
    """What the lines said so far."""

    shots: dict[str, list[tuple[Shot, Pose2D]]] = field(default_factory=lambda: {word: [] for word in KNOWN})
    odometry: list[tuple[float, float, float, float]] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)
    others: Counter[str] = field(default_factory=Counter)
    broken: list[tuple[int, str]] = field(default_factory=list)
    count: int = 0


def is_carmen(path: Path) -> bool:
    """Whether a file begins like a CARMEN log."""
    with path.open("rb") as file:
        head = file.read(65536)
    if b"\0" in head:
        return False
    words = [line.split(maxsplit=1)[0].decode("ascii", "replace") for line in head.splitlines() if line.strip()]
    return any(word in WORDS and word != "#" for word in words)


def read(path: Path, logger_time: bool = False) -> Recording:
    """`logger_time`: the last column as the time, not the message's own. Raises RecordingError."""
    lines = _Lines()
    with path.open("r", encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            _take(lines, number, line.split(), logger_time)
    if len(lines.broken) > max(1, BROKEN * lines.count):
        number, why = lines.broken[0]
        raise RecordingError(
            f"{path}: line {number}: {why}; {len(lines.broken)} lines are like that. Is it damaged? copy it again"
        )
    word = max(KNOWN, key=lambda w: len(lines.shots[w]))
    pairs = lines.shots[word]
    if not pairs:
        raise RecordingError(f"{path}: a CARMEN log without a FLASER or ROBOTLASER1 line; nothing to map from")
    shots = [shot for shot, _ in pairs]
    recording = Recording(path, shots, Pose2D(0.0, 0.0, 0.0), "laser")
    _note(recording, lines, word)
    _bound(recording, lines.parameters)
    _odometry(recording, lines, pairs)
    return checked(recording)


def _take(lines: _Lines, number: int, words: list[str], logger_time: bool) -> None:
    if not words or words[0].startswith("#"):
        return
    lines.count += 1
    kind = words[0]
    try:
        if kind == "FLASER":
            lines.shots[kind].append(_flaser(words, logger_time))
        elif kind == "ROBOTLASER1":
            lines.shots[kind].append(_robotlaser(words, logger_time))
        elif kind == "ODOM":
            x, y, yaw = (float(w) for w in words[1:4])
            lines.odometry.append((float(words[-1] if logger_time else words[7]), x, y, yaw))
        elif kind == "PARAM" and len(words) > 2:
            lines.parameters[words[1]] = words[2]
        elif kind in OTHERS:
            lines.others[kind] += 1
    except (ValueError, IndexError) as error:
        lines.broken.append((number, f"{kind} can't be read ({error})"))


def _flaser(words: list[str], logger_time: bool) -> tuple[Shot, Pose2D]:
    n = _count(words[1])
    rest = words[2 + n :]
    if len(rest) < 7:
        raise ValueError(f"it says {n} readings, and has {max(0, len(words) - 9)}")
    step = _step(n)
    start = -0.5 * (n - 1) * step
    return _shot(words[2 : 2 + n], start, step, math.inf, rest[6:], logger_time, rest[0:3], rest[3:6])


def _step(n: int) -> float:
    """Between the beams of an old log, which does not tell: 180 and 181 are one degree apart, 360 and 361 half."""
    if n in (401, 400):
        return math.radians(0.25)
    return math.pi / (180 * round(n / 180)) if n % 180 in (0, 1) and n > 1 else math.pi / max(1, n - 1)


def _robotlaser(words: list[str], logger_time: bool) -> tuple[Shot, Pose2D]:
    start, fov, step, most = (float(w) for w in words[2:6])
    n = _count(words[8])
    remissions = int(words[9 + n])
    rest = words[10 + n + remissions :]
    if len(rest) < 12:
        raise ValueError(f"it says {n} readings and {remissions} remissions, and is shorter")
    if not 0.0 < step < 1.0:
        step = fov / max(1, n - 1)
    return _shot(words[9 : 9 + n], start, step, most, rest[11:], logger_time, rest[0:3], rest[3:6])


def _count(word: str) -> int:
    n = int(word)
    if not 1 <= n <= 20000:
        raise ValueError(f"{n} readings")
    return n


def _shot(
    told: list[str], start: float, step: float, most: float, end: list[str], logger_time: bool, laser: list[str],
    robot: list[str],
) -> tuple[Shot, Pose2D]:  # fmt: skip
    ranges = np.array(told, dtype=float)
    time = end[-1] if logger_time else end[0]
    top = most if most > 0.0 else math.inf
    scan = Scan(float(time), start, step, LEAST_M, top, ranges)
    return Shot(scan, time, _pose(robot)), _pose(laser)


def _pose(words: list[str]) -> Pose2D:
    x, y, yaw = (float(w) for w in words)
    return Pose2D(x, y, wrap_angle(yaw))


def _note(recording: Recording, lines: _Lines, word: str) -> None:
    for other, count in sorted(lines.others.items()):
        recording.notes.append(f"{count} lines {other} left out: only {word} is used")
    for other in KNOWN:
        if other != word and lines.shots[other]:
            recording.notes.append(f"{len(lines.shots[other])} lines {other} left out: {word} has more")
    for number, why in lines.broken:
        recording.notes.append(f"line {number} left out: {why}")


def _bound(recording: Recording, parameters: dict[str, str]) -> None:
    """Readings at the farthest are nothing: infinite. The farthest is told, or the one value at which many stop."""
    told = parameters.get("robot_front_laser_max") or parameters.get("laser_front_laser_max")
    try:
        most = float(told) if told is not None else FARTHEST_M
    except ValueError:
        most = FARTHEST_M
    values = np.concatenate([shot.scan.ranges for shot in recording.shots])
    values = values[np.isfinite(values)]
    if len(values):
        top = float(values.max())
        if (values > top - 0.005).sum() > max(50, 0.002 * len(values)) and top > 3.0:
            most = min(most, top)
    for shot in recording.shots:
        limit = min(most, shot.scan.range_max)
        ranges = np.where(shot.scan.ranges >= limit - 0.005, np.inf, shot.scan.ranges)
        ranges[ranges < LEAST_M] = np.nan
        s = shot.scan
        shot.scan = Scan(s.stamp, s.angle_min, s.angle_increment, LEAST_M, limit, ranges)


def _odometry(recording: Recording, lines: _Lines, pairs: list[tuple[Shot, Pose2D]]) -> None:
    """Where the lidar sits, and odometry from lines of its own where the scans bring none."""
    stands = np.array([[s.odometry.x, s.odometry.y, s.odometry.yaw] for s, _ in pairs if s.odometry is not None])
    if len(stands) > 1 and not np.abs(stands - stands[0]).max() and lines.odometry:
        told = np.array(sorted(lines.odometry))
        recording.odometry = (told[:, 0], told[:, 1:])
        recording.notes.append("odometry taken from ODOM lines: the scans' own never changes")
        return
    beside = np.array([[p.x, p.y, p.yaw] for p in (s.odometry.inverse() @ laser for s, laser in pairs if s.odometry)])
    middle = np.median(beside, axis=0)
    apart = np.abs(_turned(beside - middle))
    if np.quantile(apart[:, :2], 0.95) < SAME_M and np.quantile(apart[:, 2], 0.95) < SAME_RAD:
        recording.mount = Pose2D(*(float(v) for v in middle))
        return
    offset = lines.parameters.get("robot_frontlaser_offset", "0")
    recording.mount = Pose2D(float(offset), 0.0, 0.0)
    recording.notes.append("the lidar's poses in the log have been corrected by a mapping before: not used")


def _turned(rows: Array) -> Array:
    rows = rows.copy()
    rows[:, 2] = np.remainder(rows[:, 2] + math.pi, math.tau) - math.pi
    return rows
