"""What the lidar sees about the robot now, as a fine distance field: the very points that the guard judges."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kangban.values import Array, Pose2D

HALF_M = 2.0  # the window reaches so far from the robot: farther than it can drive within the horizon
CELL_M = 0.02


@dataclass(frozen=True, slots=True)
class Near:
    """`distance` (n, n): m from a cell's middle to the nearest return; (x, y): the corner of cell (0, 0) on the map."""

    distance: NDArray[np.float32]
    x: float
    y: float
    resolution: float = CELL_M

    @property
    def frame(self) -> Array:
        return np.array([self.x, self.y, self.resolution])

    def at(self, x: float, y: float) -> float:
        """m to the nearest return; the window's half beyond it."""
        column, row = int((x - self.x) / self.resolution), int((y - self.y) / self.resolution)
        inside = 0 <= row < self.distance.shape[0] and 0 <= column < self.distance.shape[1]
        return float(self.distance[row, column]) if inside else HALF_M


def near(points_in_map: Array, about: Pose2D) -> Near:
    """The field of returns (n, 2), m, in a window about the robot."""
    size = round(2.0 * HALF_M / CELL_M)
    x, y = about.x - HALF_M, about.y - HALF_M
    free = np.ones((size, size), np.uint8)
    cells = np.floor((points_in_map - [x, y]) / CELL_M).astype(np.int64)
    cells = cells[((cells >= 0) & (cells < size)).all(axis=1)]
    free[cells[:, 1], cells[:, 0]] = 0
    if not len(cells):
        return Near(np.full((size, size), HALF_M, np.float32), x, y)
    distance = cv2.distanceTransform(free, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return Near(np.asarray(distance * CELL_M, np.float32), x, y)
