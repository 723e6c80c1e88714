"""CARMEN logs: lines of text, one message each. FLASER, ROBOTLASER1 and the parameters that say where the lidar sits."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from kangban.values import Pose2D
from navigation.mapping.sweep import Sweep

KINDS = ("FLASER", "ROBOTLASER1")
OTHERS = frozenset({"PARAM", "ODOM", "RLASER", "REARLASER", "TRUEPOS", "SYNC", "MARKER", "MESSAGE", "GPS", "NMEAGGA"})
RANGE_MAX_M = 80.0  # where the log says nothing; a beam of its lidar's longest range met nothing
NOTHING_FROM = 0.98  # of the longest range


class RecordingError(ValueError):
    """A recording can't be used; says which, where and what to do."""


def is_carmen(path: Path) -> bool:
    """Does it look like one? Only its beginning is read."""
    try:
        with path.open("rb") as file:
            head = file.read(65536).decode("ascii", errors="replace")
    except OSError:
        return False
    words = {line.split(None, 1)[0] for line in head.splitlines() if line.strip()}
    return bool(words & {*KINDS, "PARAM", "ODOM"})


def read(path: Path, notes: list[str]) -> Iterator[Sweep]:
    """The sweeps in the order of the file. Broken lines are left out; `notes` takes a line about what was.

    Raises OSError where the file can't be read.
    """
    longest, mounted, broken, other = RANGE_MAX_M, 0.0, 0, 0
    with path.open(encoding="ascii", errors="replace") as file:
        for line in file:
            words = line.split()
            kind = words[0] if words else "#"
            try:
                if kind == "PARAM" and len(words) > 2:
                    if words[1] in ("robot_front_laser_max", "laser_front_laser_max"):
                        longest = float(words[2])
                    elif words[1] == "robot_frontlaser_offset":
                        mounted = float(words[2])
                elif kind == "FLASER":
                    yield _flaser(words, longest, mounted)
                elif kind == "ROBOTLASER1":
                    yield _robotlaser(words)
                elif kind not in OTHERS and not kind.startswith("#"):
                    other += 1
            except (ValueError, IndexError):
                broken += 1
    if broken:
        notes.append(f"{broken} lines are broken and were left out")
    if other:
        notes.append(f"{other} lines are of other kinds and were left out")


def _flaser(words: list[str], longest: float, mounted: float) -> Sweep:
    """FLASER n r1..rn x y theta odom_x odom_y odom_theta stamp host logged"""
    count = int(words[1])
    ranges = np.array([float(w) for w in words[2 : 2 + count]])
    x, y, yaw, stamp = (float(w) for w in words[5 + count : 9 + count])
    if len(ranges) != count or count < 2:
        raise ValueError(count)
    # Half a circle in steps of a degree, a half or a quarter. An even number of beams leaves one end out: the middle
    # of each step is taken, which is where the published relations of such logs have them.
    step = math.pi / count if count % 2 == 0 else math.pi / (count - 1)
    first = -math.pi / 2.0 + (step / 2.0 if count % 2 == 0 else 0.0)
    return _sweep(stamp, (x, y, yaw), Pose2D(mounted, 0.0, 0.0), first + step * np.arange(count), ranges, longest)


def _robotlaser(words: list[str]) -> Sweep:
    """ROBOTLASER1 type start fov step max accuracy remission_mode n r1..rn m e1..em laser robot tv rv .. stamp host t"""
    first, _, step, longest = (float(w) for w in words[2:6])
    count = int(words[8])
    ranges = np.array([float(w) for w in words[9 : 9 + count]])
    rest = 10 + count + int(words[9 + count])
    numbers = [float(w) for w in words[rest : rest + 12]]
    laser, robot = Pose2D(*numbers[0:3]), Pose2D(*numbers[3:6])
    if len(ranges) != count or len(numbers) < 12:
        raise ValueError(count)
    angles = first + step * np.arange(count)
    return _sweep(numbers[11], (robot.x, robot.y, robot.yaw), robot.inverse() @ laser, angles, ranges, longest)


def _sweep(
    stamp: float, odometry: tuple[float, float, float], mount: Pose2D, angles: np.ndarray, ranges: np.ndarray, most: float
) -> Sweep:
    if not all(math.isfinite(v) for v in (stamp, *odometry)):
        raise ValueError(stamp)
    return Sweep(stamp, Pose2D(*odometry), mount, angles, ranges, NOTHING_FROM * most)
