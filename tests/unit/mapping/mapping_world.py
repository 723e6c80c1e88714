"""A small home with exact walls, drives through it, and recordings of them, for the tests of mapping."""

from __future__ import annotations

import itertools
import math
from functools import cache

import numpy as np

from bench.worlds.mapdrive import Drive, Lidar, cast
from kangban.values import Array, Pose2D, Scan
from navigation.mapping.mapper import Mapper, Reading
from navigation.mapping.surfaces import Cloud

LIDAR = Lidar(180, math.tau, 8.0, 0.01, 5.0)
MIDDLE = Pose2D(0.0, 0.0, 0.0)
SPEED = 0.4


def box(x: float, y: float, wide: float, high: float) -> list[tuple[float, float, float, float]]:
    return [
        (x, y, x + wide, y),
        (x + wide, y, x + wide, y + high),
        (x + wide, y + high, x, y + high),
        (x, y + high, x, y),
    ]


# A room of 6 x 4 m around a block that the robot drives round. A cupboard and a table leg make its ends unlike.
HOME = np.array(box(0, 0, 6, 4) + box(2, 1.5, 2, 1) + box(0.0, 3.2, 0.9, 0.8) + box(5.4, 0.4, 0.1, 0.1))
ROUND = np.array([[1.0, 0.8], [5.0, 0.8], [5.0, 3.2], [1.2, 3.0], [1.0, 0.8]])


def look(segments: Array, pose: Pose2D, seed: int = 0, discs: Array | None = None, lidar: Lidar = LIDAR) -> Array:
    """Ranges of one scan from a pose."""
    rng = np.random.default_rng((seed, 3))
    glass = np.zeros(len(segments), bool)
    none = np.empty((0, 3)) if discs is None else discs
    ranges = cast(segments, glass, pose.x, pose.y, angles(lidar) + pose.yaw, lidar.reach, none, rng.random(lidar.beams))
    return np.asarray(ranges + rng.normal(0.0, lidar.noise, lidar.beams))


def angles(lidar: Lidar = LIDAR) -> Array:
    return -lidar.fov / 2.0 + (np.arange(lidar.beams) + 0.5) * lidar.fov / lidar.beams


def scan(segments: Array, pose: Pose2D, stamp: float = 0.0, seed: int = 0) -> Scan:
    a = angles()
    return Scan(stamp, float(a[0]), float(a[1] - a[0]), 0.05, LIDAR.reach, look(segments, pose, seed))


def cloud(segments: Array, pose: Pose2D, seed: int = 0) -> Cloud:
    return Cloud.of(scan(segments, pose, seed=seed), MIDDLE)


def along(way: Array, turns: float = 1.0) -> Array:
    """Poses (n, 3), one a scan: to each corner, turning there."""
    out: list[tuple[float, float, float]] = []
    corners = np.vstack([way] + [way[1:]] * math.ceil(turns - 1.0)) if turns > 1.0 else way
    yaw = math.atan2(*(corners[1] - corners[0])[::-1])
    step, turn = SPEED / LIDAR.rate, 0.15
    for a, b in itertools.pairwise(corners):
        towards = math.atan2(b[1] - a[1], b[0] - a[0])
        while abs(math.remainder(towards - yaw, math.tau)) > turn:
            yaw += math.copysign(turn, math.remainder(towards - yaw, math.tau))
            out.append((float(a[0]), float(a[1]), yaw))
        yaw = towards
        for share in np.arange(0.0, 1.0, step / float(np.hypot(*(b - a)))):
            out.append((float(a[0] + share * (b[0] - a[0])), float(a[1] + share * (b[1] - a[1])), yaw))
    return np.array(out)


def driven(segments: Array, truth: Array, slip: float = 0.05, seed: int = 0) -> Drive:
    """Wheels that slip by a share of way and turn."""
    rng = np.random.default_rng((seed, 4))
    odometry, pose, before = [], Pose2D(0.3, -0.2, 0.4), Pose2D(*truth[0])
    for row in truth:
        here = Pose2D(*(float(v) for v in row))
        step = before.inverse() @ here
        a, b = 1.0 + slip + rng.normal(0.0, 0.4 * slip, 2)
        pose, before = pose @ Pose2D(step.x * float(a), step.y * float(a), step.yaw * float(b)), here
        odometry.append([pose.x, pose.y, pose.yaw])
    stamps = 100.0 + np.arange(len(truth)) / LIDAR.rate
    ranges = np.array([look(segments, Pose2D(*row), k) for k, row in enumerate(truth)])
    return Drive(LIDAR, angles(), stamps, truth, np.array(odometry), ranges)


@cache
def home_drive() -> Drive:
    """Once round the block and half of it again."""
    truth = along(ROUND, 2.0)
    return driven(HOME, truth[: int(0.8 * len(truth))])


def readings(drive: Drive) -> list[Reading]:
    step = float(drive.angles[1] - drive.angles[0])
    return [
        Reading(Scan(float(t), float(drive.angles[0]), step, 0.05, drive.lidar.reach, r), Pose2D(*map(float, o)))
        for t, r, o in zip(drive.stamps, drive.ranges, drive.odometry, strict=True)
    ]


@cache
def mapped() -> Mapper:
    mapper = Mapper(MIDDLE)
    for reading in readings(home_drive()):
        mapper.add(reading)
    return mapper


def from_first(poses: Array) -> Array:
    first = Pose2D(*map(float, poses[0])).inverse()
    moved = [first @ Pose2D(*map(float, row)) for row in poses]
    return np.array([[p.x, p.y, p.yaw] for p in moved])
