"""What a built map leaves in its folder: map.yaml and map.pgm, map.png with the way, trajectory.tum, start.txt."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from kangban.values import Array, GridMap
from navigation.grid import FREE, OCCUPIED
from navigation.mapping import map_file
from navigation.mapping.recording import RecordingError

WAY_BGR, BEGIN_BGR, END_BGR = (200, 120, 30), (60, 160, 60), (60, 60, 220)
LEAST_PIXELS = 800  # the picture's longer side; a small map is drawn larger
DECIMALS = 6


def write(folder: Path, grid: GridMap, times: list[str], lidar_or_base: Array, base: Array) -> None:
    """`times`: as they stand in the recording; poses (n, 3) of the frame asked for, and of the robot."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        map_file.write(folder, grid)
        (folder / "trajectory.tum").write_text("".join(tum(times, lidar_or_base)), encoding="ascii")
        (folder / "start.txt").write_text(" ".join(f"{v:.4f}" for v in base[0]) + "\n", encoding="ascii")
        if not cv2.imwrite(str(folder / "map.png"), picture(grid, base)):
            raise RecordingError(f"{folder / 'map.png'}: can't be written")
    except OSError as error:
        raise RecordingError(
            f"{error.filename or folder}: can't be written: {error.strerror}; give another --out"
        ) from error


def tum(times: Iterable[str], poses: Array) -> Iterable[str]:
    """Lines `t x y z qx qy qz qw`; a time keeps every digit it had, and has at least six decimals."""
    for time, (x, y, yaw) in zip(times, poses, strict=True):
        yield f"{stamp(time)} {x:.6f} {y:.6f} 0 0 0 {math.sin(yaw / 2.0):.9f} {math.cos(yaw / 2.0):.9f}\n"


def stamp(time: str) -> str:
    if not all(c.isdigit() or c in ".-" for c in time):
        return f"{float(time):.{DECIMALS}f}"
    whole, _, decimals = time.partition(".")
    return f"{whole}.{decimals:0<{DECIMALS}}"


def picture(grid: GridMap, way: Array) -> np.ndarray:
    """The map as people draw it, north up, with the robot's way from green to red."""
    grey = np.full(grid.cells.shape, 205, np.uint8)
    grey[grid.cells == FREE], grey[grid.cells == OCCUPIED] = 255, 0
    larger = max(1, math.ceil(LEAST_PIXELS / max(grey.shape)))
    drawn = cv2.cvtColor(np.ascontiguousarray(grey[::-1]), cv2.COLOR_GRAY2BGR)
    drawn = cv2.resize(drawn, None, fx=larger, fy=larger, interpolation=cv2.INTER_NEAREST)
    at = (way[:, :2] - (grid.origin_in_map.x, grid.origin_in_map.y)) * (larger / grid.resolution)
    at[:, 1] = len(drawn) - at[:, 1]
    pixels = np.round(at).astype(np.int32)
    cv2.polylines(drawn, [pixels], False, WAY_BGR, 1, cv2.LINE_AA)
    for point, colour in ((pixels[0], BEGIN_BGR), (pixels[-1], END_BGR)):
        cv2.circle(drawn, (int(point[0]), int(point[1])), 5, colour, -1, cv2.LINE_AA)
    return np.asarray(drawn)
