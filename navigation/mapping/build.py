"""A recording into a folder: map.yaml and map.pgm, map.png with the way, and trajectory.tum."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from kangban.values import GridMap, Pose2D
from navigation.mapping import bags, carmen, map_file, raster
from navigation.mapping.carmen import RecordingError
from navigation.mapping.mapper import Mapper
from navigation.mapping.sweep import Sweep

FEWEST = 10  # sweeps
WAY_BGR = (60, 60, 230)
Told = Callable[[int, float, Mapper], None]  # sweeps so far, seconds of the recording so far


def sweeps_of(path: Path, scan: str | None, odometry: str | None, mount: Pose2D, notes: list[str]) -> Iterator[Sweep]:
    """Whatever kind of recording it is. Raises RecordingError."""
    if not path.exists():
        raise RecordingError(f"{path}: no such file or folder")
    if path.is_file() and path.suffix not in (".mcap", ".db3"):
        if not carmen.is_carmen(path):
            raise RecordingError(f"{path}: not a recording that can be read: MCAP, a rosbag2 folder or a CARMEN log")
        return _in_order(carmen.read(path, notes))
    return bags.read(path, scan, odometry, mount, notes)


def _in_order(sweeps: Iterable[Sweep]) -> Iterator[Sweep]:
    """CARMEN logs have neighbours swapped now and then; they are small enough to be sorted. Of one stamp only one."""
    last = None
    for sweep in sorted(sweeps, key=lambda s: s.stamp):
        if sweep.stamp != last:
            yield sweep
        last = sweep.stamp


def build(sweeps: Iterable[Sweep], out: Path, resolution: float, frame: str, notes: list[str], told: Told) -> dict[str, Any]:
    """Map a recording and write the folder; returns the figures. Raises RecordingError and OSError."""
    began, mapper, first, count, stamp = time.monotonic(), Mapper(), None, 0, 0.0
    for sweep in sweeps:
        first = sweep.stamp if first is None else first
        stamp, count = sweep.stamp, count + 1
        mapper.add(sweep)
        told(count, stamp - first, mapper)
    if first is None or count < FEWEST:
        told_why = "; ".join(notes) or "it may be of other topics, or cut short"
        raise RecordingError(f"only {count} scans with odometry were found, {FEWEST} are needed: {told_why}")
    mapper.finish()
    grid = raster.draw(_seen(mapper), resolution)
    wall_s, seconds = time.monotonic() - began, stamp - first
    out.mkdir(parents=True, exist_ok=True)
    way = mapper.trajectory()
    map_file.write(out, grid)
    mount = mapper.keys[0].sweep.mount if frame == "laser" else Pose2D(0.0, 0.0, 0.0)
    (out / "trajectory.tum").write_text("".join(_tum(t, pose @ mount) for t, pose in way), encoding="ascii")
    cv2.imwrite(str(out / "map.png"), _picture(grid, way))
    rows, columns = grid.cells.shape
    return {
        "scans": count, "seconds": round(seconds, 1), "wall_s": round(wall_s, 1),
        "times_real_time": round(seconds / max(wall_s, 1e-9), 1), "way_m": round(mapper.keys[-1].way, 1),
        "key_scans": len(mapper.keys), "placed_by_wheels_alone": mapper.unmatched,
        "loops": mapper.loops.accepted, "loops_refused": mapper.loops.refused,
        "map_m": [round(columns * resolution, 2), round(rows * resolution, 2)], "notes": notes, "out": str(out),
    }  # fmt: skip


def _seen(mapper: Mapper) -> Iterator[tuple[Pose2D, np.ndarray]]:
    for pose, key in zip(mapper.poses, mapper.keys, strict=True):
        points, lidar = key.sweep.points_in_base(), pose @ key.sweep.mount
        near = np.hypot(points[:, 0], points[:, 1]) < raster.FARTHEST_M
        yield lidar, pose.transform(points[near])


def _tum(stamp: float, pose: Pose2D) -> str:
    return f"{stamp:.6f} {pose.x:.6f} {pose.y:.6f} 0 0 0 {np.sin(pose.yaw / 2):.9f} {np.cos(pose.yaw / 2):.9f}\n"


def _picture(grid: GridMap, way: list[tuple[float, Pose2D]]) -> np.ndarray:
    shades = np.full(grid.cells.shape, 205, np.uint8)
    shades[grid.cells == raster.FREE], shades[grid.cells == raster.OCCUPIED] = 255, 0
    picture = cv2.cvtColor(shades[::-1].copy(), cv2.COLOR_GRAY2BGR)
    origin, rows = grid.origin_in_map, grid.cells.shape[0]
    at = [((p.x - origin.x) / grid.resolution, rows - (p.y - origin.y) / grid.resolution) for _, p in way]
    cv2.polylines(picture, [np.array(at).astype(np.int32)], False, WAY_BGR, 1, cv2.LINE_AA)
    return picture
