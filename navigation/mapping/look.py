"""Looks for a cloud all about a guess: exact correlative search, coarse to fine (Olson 2009; Hess et al. 2016)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kangban.values import Array, Pose2D
from navigation.mapping import branch

CELL_M, BELL_M = 0.05, 0.10
POINTS = 120  # so many of the cloud's are enough to find it
TURN_REACH_M = 8.0  # points no farther than this move by less than two cells from one heading to the next
RIVAL_M, RIVAL_RAD = 0.5, 0.25  # another place that fits lies at least so far off


@dataclass(frozen=True, slots=True)
class Place:
    """`score` 0..1: how near the points lie to the surface. `rival`: the same of the best place elsewhere."""

    pose: Pose2D
    score: float
    rival: float


def look(seen: Array, points: Array, guess: Pose2D, metres: float, radians: float, enough: float) -> Place | None:
    """The best place of points (n, 2) on points seen (m, 2), in a window about the guess; None if none has `enough`.

    A rival below `enough` counts as 0.
    """
    few = points[:: max(1, len(points) // POINTS)]
    step = 2.0 * CELL_M / max(1.0, min(TURN_REACH_M, float(np.percentile(np.hypot(*few.T), 90))))
    turns = guess.yaw + step * np.arange(-math.ceil(radians / step), math.ceil(radians / step) + 1)
    half = math.ceil(metres / CELL_M)
    levels = max(1, min(5, half.bit_length()))
    tables, x, y = _tables(seen, levels, guess, float(np.hypot(*few.T).max()) + metres + 1.0)
    c, s = np.cos(turns)[:, None], np.sin(turns)[:, None]
    px = guess.x + c * few[:, 0] - s * few[:, 1]
    py = guess.y + s * few[:, 0] + c * few[:, 1]
    cells = np.stack([np.floor((px - x) / CELL_M), np.floor((py - y) / CELL_M)], axis=2).astype(np.int64)
    full = 255 * len(few)
    turn, u, v, score = branch.branch_and_bound(tables, cells, half, int(enough * full), 0, 0, 0, 0, 0)
    if turn < 0:
        return None
    _, _, _, rival = branch.branch_and_bound(
        tables, cells, half, max(int(enough * full), int(0.7 * score)),
        round(RIVAL_M / CELL_M), turn, u, v, max(1, round(RIVAL_RAD / step)),
    )  # fmt: skip
    pose = Pose2D(guess.x + u * CELL_M, guess.y + v * CELL_M, float(turns[turn]))
    return Place(pose, score / full, max(0, rival) / full)


def _tables(seen: Array, levels: int, about: Pose2D, reach: float) -> tuple[NDArray[np.uint8], float, float]:
    """Level k holds the best of the 2^k cells on from each, right and up; with the corner of the first cell."""
    near = seen[(np.abs(seen[:, 0] - about.x) < reach) & (np.abs(seen[:, 1] - about.y) < reach)]
    if not len(near):
        near = seen[:1]
    border = 4 * BELL_M + CELL_M * (1 << levels)
    x, y = (float(near[:, k].min()) - border for k in (0, 1))
    columns, rows = (math.ceil((float(near[:, k].max()) + border - low) / CELL_M) for k, low in ((0, x), (1, y)))
    tables = np.zeros((levels, rows, columns), np.uint8)
    tables[0] = branch.stamped(np.ascontiguousarray(near), x, y, rows, columns, CELL_M, BELL_M)
    for k in range(1, levels):
        far, table = 1 << (k - 1), tables[k - 1]
        wide = table.copy()
        cv2.max(wide[:, :-far], table[:, far:], wide[:, :-far])
        tables[k] = wide
        cv2.max(wide[:-far], wide[far:], tables[k][:-far])
    return tables, x, y
