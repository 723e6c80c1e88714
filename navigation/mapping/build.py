"""A recording into a map: reads it, drives through it, settles the graph, draws, writes, and counts."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from kangban.values import Array, GridMap, Pose2D, Scan
from navigation.mapping import bags, carmen, output, raster
from navigation.mapping.mapper import Mapper, Reading
from navigation.mapping.recording import Recording, RecordingError

FEWEST = 5  # scans
Tell = Callable[[str, float], None]  # what is being done, share done 0..1


@dataclass(frozen=True, slots=True)
class Options:
    """`frame`: laser, base, or None for what the recording's users mean. `turn`: lay most walls along x and y."""

    resolution: float = 0.05
    frame: str | None = None
    turn: bool = True
    logger_time: bool = False
    wanted: bags.Wanted = field(default_factory=bags.Wanted)


def load(path: Path, options: Options) -> Recording:
    """Whatever kind of recording it is. Raises RecordingError."""
    if not path.exists():
        raise RecordingError(f"{path}: no such file or folder")
    try:
        if path.is_dir() or path.suffix in bags.ENDINGS:
            return bags.read(path, options.wanted)
        if path.stat().st_size == 0:
            raise RecordingError(f"{path}: is empty; record scan and odom while the robot is driven")
        if carmen.is_carmen(path):
            recording = carmen.read(path, options.logger_time)
            if options.wanted.mount is not None:
                recording.mount = options.wanted.mount
            return recording
    except OSError as error:
        raise RecordingError(f"{path}: can't be read: {error.strerror}") from error
    raise RecordingError(
        f"{path}: not a recording that can be read; allowed: an .mcap or .db3 file, a rosbag2 folder, "
        "or a CARMEN log (FLASER or ROBOTLASER1 lines)"
    )


def build(path: Path, out: Path, options: Options, tell: Tell) -> dict[str, Any]:
    """Writes the folder `out` and gives back the figures. Raises RecordingError."""
    tell("reading", 0.0)
    recording = load(path, options)
    shots = recording.shots
    if len(shots) < FEWEST:
        raise RecordingError(f"{path}: only {len(shots)} scans with odometry; {FEWEST} are needed, and a drive")
    warm_up(recording)
    begun = time.monotonic()
    mapper, slowest = Mapper(recording.mount), 0.0
    for k, shot in enumerate(shots):
        assert shot.odometry is not None  # `checked` left out the others
        at = time.monotonic()
        mapper.add(Reading(shot.scan, shot.odometry, shot.sweep_s))
        slowest = max(slowest, time.monotonic() - at)
        if k % 50 == 0:
            tell("mapping", k / len(shots))
    return settled(recording, mapper, options, out, tell, begun, slowest)


def settled(
    recording: Recording,
    mapper: Mapper,
    options: Options,
    out: Path,
    tell: Tell,
    begun: float,
    slowest: float,
) -> dict[str, Any]:
    """After the last scan: settle the graph, draw, write, count. `begun`: monotonic s; `slowest`: s of one scan."""
    shots = recording.shots
    mapper.finish(lambda share: tell("settling", share))
    poses = mapper.trajectory()[1]
    if options.turn:
        poses = turned(poses, -lie_of_walls(mapper))
    tell("drawing", 0.0)
    grid = raster.draw([shot.scan for shot in shots], poses, recording.mount, options.resolution)
    wall = time.monotonic() - begun
    frame = options.frame or recording.frame
    told = in_frame(poses, recording.mount) if frame == "laser" else poses
    output.write(out, grid, [shot.time for shot in shots], told, poses)
    tell("done", 1.0)
    return _figures(recording, mapper, grid, poses, wall, slowest, frame, out)


def _figures(
    recording: Recording,
    mapper: Mapper,
    grid: GridMap,
    poses: Array,
    wall: float,
    slowest: float,
    frame: str,
    out: Path,
) -> dict[str, Any]:
    rows, columns = grid.cells.shape
    way = float(np.hypot(*np.diff(poses[:, :2], axis=0).T).sum())
    mount = recording.mount
    return {
        "recording": str(recording.path), "out": str(out), "scans": len(poses), "seconds": round(recording.seconds, 3),
        "wall_s": round(wall, 3), "times_real_time": round(recording.seconds / max(wall, 1e-6), 1),
        "slowest_scan_ms": round(1e3 * slowest, 1), "way_m": round(way, 2), "keyframes": len(mapper.graph),
        "closures": len(mapper.graph.closures), "closures_found": mapper.found,
        "closures_refused": dict(sorted(mapper.closures.refused.items())), "closures_dropped": mapper.dropped,
        "placed_by_odometry_alone": mapper.unmatched, "frame": frame,
        "lidar_on_base": [round(mount.x, 4), round(mount.y, 4), round(mount.yaw, 5)],
        "odometry_scale": [round(mapper.wheels.scale, 4), round(mapper.wheels.turn_scale, 4)],
        "resolution_m": grid.resolution, "map_cells": [columns, rows],
        "map_m": [round(columns * grid.resolution, 2), round(rows * grid.resolution, 2)], "notes": recording.notes,
    }  # fmt: skip


def warm_up(recording: Recording) -> None:
    """Has numba compile, or load what it compiled before: seconds that are not the map's."""
    mapper = Mapper(recording.mount)
    x = np.linspace(-math.pi, math.pi, 180, endpoint=False)
    scan = Scan(0.0, -math.pi, math.tau / 180, 0.05, 20.0, 3.0 + np.sin(3.0 * x))
    for k in range(3):
        mapper.add(Reading(scan, Pose2D(0.7 * k, 0.0, 0.0)))


def lie_of_walls(mapper: Mapper) -> float:
    """By how much most walls are turned from x and y, rad, from -45 to 45 degrees."""
    graph, sums = mapper.graph, 0.0 + 0.0j
    for key, cloud in enumerate(mapper.clouds):
        good = (cloud.normals != 0.0).any(axis=1)
        angles = np.arctan2(cloud.normals[good, 1], cloud.normals[good, 0]) + graph.pose(key).yaw
        sums += complex(np.exp(4j * angles).sum())
    return math.atan2(sums.imag, sums.real) / 4.0 if sums else 0.0


def turned(poses: Array, yaw: float) -> Array:
    """Poses (n, 3) turned about the origin."""
    c, s = math.cos(yaw), math.sin(yaw)
    return np.stack(
        [c * poses[:, 0] - s * poses[:, 1], s * poses[:, 0] + c * poses[:, 1], _wrapped(poses[:, 2] + yaw)], axis=1
    )


def in_frame(poses: Array, mount: Pose2D) -> Array:
    """Poses (n, 3) of what is mounted so."""
    c, s = np.cos(poses[:, 2]), np.sin(poses[:, 2])
    x, y = poses[:, 0] + c * mount.x - s * mount.y, poses[:, 1] + s * mount.x + c * mount.y
    return np.stack([x, y, _wrapped(poses[:, 2] + mount.yaw)], axis=1)


def _wrapped(angles: Array) -> Array:
    return np.asarray(np.remainder(angles + math.pi, math.tau) - math.pi)
