"""Where a sweep fits best around a guess: every pose of a window is tried on a blurred picture of the reference.

The window may be large (a loop is being closed) and the guess poor; `match.py` makes it exact afterwards. After
E. Olson, "Real-time correlative scan matching", ICRA 2009.
"""

from __future__ import annotations

import math

import cv2
import numba
import numpy as np

from kangban.values import Array, Pose2D

CELL_M = 0.05
BLUR_M = 0.12
STEP_M, STEP_RAD = 0.10, 0.03
MOST_POINTS = 120


class Picture:
    """How near each cell is to a point of the reference: 1 on it, falling to 0."""

    def __init__(self, points: Array) -> None:
        self._low = points.min(axis=0) - 1.0
        size = np.ceil((points.max(axis=0) + 1.0 - self._low) / CELL_M).astype(int)
        empty = np.full((size[1], size[0]), 255, np.uint8)
        cells = ((points - self._low) / CELL_M).astype(int)
        empty[cells[:, 1], cells[:, 0]] = 0
        apart = cv2.distanceTransform(empty, cv2.DIST_L2, 3) * CELL_M
        self._near = np.exp(-((apart / BLUR_M) ** 2)).astype(np.float32)

    def best(self, points: Array, guess: Pose2D, reach_m: float, reach_rad: float) -> tuple[Pose2D, float]:
        """The best pose within reach of the guess, and its score, 0..1."""
        some = points[:: max(1, math.ceil(len(points) / MOST_POINTS))]
        turns = np.arange(-reach_rad, reach_rad + 1e-9, STEP_RAD)
        moves = np.arange(-reach_m, reach_m + 1e-9, STEP_M)
        k, i, j, score = _search(self._near, some - 0.0, guess.x - self._low[0], guess.y - self._low[1], guess.yaw,
                                 turns, moves, CELL_M)  # fmt: skip
        return Pose2D(guess.x + moves[i], guess.y + moves[j], guess.yaw + turns[k]), float(score)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _search(near, points, x, y, yaw, turns, moves, cell):  # type: ignore[no-untyped-def]
    rows, columns = near.shape
    best, at = -1.0, (0, 0, 0)
    for k in range(len(turns)):
        c, s = math.cos(yaw + turns[k]), math.sin(yaw + turns[k])
        px = c * points[:, 0] - s * points[:, 1] + x
        py = s * points[:, 0] + c * points[:, 1] + y
        for i in range(len(moves)):
            for j in range(len(moves)):
                total = 0.0
                for n in range(len(points)):
                    column = int((px[n] + moves[i]) / cell)
                    row = int((py[n] + moves[j]) / cell)
                    if 0 <= row < rows and 0 <= column < columns:
                        total += near[row, column]
                if total > best:
                    best, at = total, (k, i, j)
    return at[0], at[1], at[2], best / max(1, len(points))
