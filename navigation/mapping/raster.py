"""Draws the grid: each beam says that its way was free and its end was not."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numba
import numpy as np
from numpy.typing import NDArray

from kangban.values import Array, GridMap, Pose2D

FREE, OCCUPIED, UNKNOWN = 0, 100, -1
HIT, MISS, LEAST, MOST = 0.85, -0.4, -4.0, 4.0  # log odds
OCCUPIED_FROM, FREE_TO = 0.8, -0.6
BORDER_M = 1.0
FARTHEST_M = 25.0  # what a beam says beyond that is left out


def draw(seen: Iterable[tuple[Pose2D, Array]], resolution: float) -> GridMap:
    """`seen`: the lidar's pose on the map, and its returns on the map (k, 2), m; at least one return in all.

    Raises ValueError where there is none.
    """
    sweeps = [(pose, ends) for pose, ends in seen if len(ends)]
    if not sweeps:
        raise ValueError("no beam met anything: there is nothing to draw")
    ends = np.concatenate([e for _, e in sweeps])
    low = np.minimum(ends.min(axis=0), min((p.x, p.y) for p, _ in sweeps)) - BORDER_M
    high = np.maximum(ends.max(axis=0), max((p.x, p.y) for p, _ in sweeps)) + BORDER_M
    for pose, _ in sweeps:
        low, high = np.minimum(low, (pose.x, pose.y)), np.maximum(high, (pose.x, pose.y))
    low = np.floor(low / resolution) * resolution
    columns, rows = (math.ceil((b - a) / resolution) for a, b in zip(low, high, strict=True))
    odds = np.zeros((rows, columns), np.float32)
    for pose, points in sweeps:
        _trace(odds, (pose.x - low[0]) / resolution, (pose.y - low[1]) / resolution, (points - low) / resolution)
    cells = np.full(odds.shape, UNKNOWN, np.int8)
    cells[odds <= FREE_TO], cells[odds >= OCCUPIED_FROM] = FREE, OCCUPIED
    return GridMap(0.0, resolution, Pose2D(float(low[0]), float(low[1]), 0.0), cells)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _trace(odds: NDArray[np.float32], x: float, y: float, ends: Array) -> None:
    rows, columns = odds.shape
    for n in range(len(ends)):
        dx, dy = ends[n, 0] - x, ends[n, 1] - y
        steps = max(1, int(math.ceil(max(abs(dx), abs(dy)))))
        at_row, at_column = int(ends[n, 1]), int(ends[n, 0])
        for k in range(steps):
            column, row = int(x + dx * k / steps), int(y + dy * k / steps)
            if (row != at_row or column != at_column) and 0 <= row < rows and 0 <= column < columns:
                odds[row, column] = max(LEAST, odds[row, column] + MISS)
        if 0 <= at_row < rows and 0 <= at_column < columns:
            odds[at_row, at_column] = min(MOST, odds[at_row, at_column] + HIT)
