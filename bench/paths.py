"""Judges a planner's paths by the rules alone, in whole numbers: no code of the planner is used here."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Cells = NDArray[np.int64]  # (n, 2): row, column


def steps_cost(blocked: Mask, cells: Cells) -> float | None:
    """The length of an 8-connected path; None where a step is none, or is blocked or cuts a corner."""
    steps = np.abs(np.diff(cells, axis=0))
    before, after = cells[:-1], cells[1:]
    if blocked[cells[:, 0], cells[:, 1]].any() or (steps.max(axis=1) != 1).any():
        return None
    if blocked[before[:, 0], after[:, 1]].any() or blocked[after[:, 0], before[:, 1]].any():
        return None
    slanted = int((steps.sum(axis=1) == 2).sum())
    return float((len(steps) - slanted) + slanted * np.sqrt(2.0))


def is_free(blocked: Mask, corners: Cells) -> bool:
    """Whether straight lines from cell middle to cell middle touch no blocked cell, not even at its corner."""
    return not blocked[corners[:, 0], corners[:, 1]].any() and all(
        _leg_is_free(blocked, a, b) and _leg_is_free(blocked.T, a[::-1], b[::-1])
        for a, b in itertools.pairwise(corners)
    )


def length(corners: Cells) -> float:
    return float(np.hypot(*np.diff(corners, axis=0).T).sum())


def _leg_is_free(blocked: Mask, a: Cells, b: Cells) -> bool:
    """The cells on both sides of every boundary between columns that it crosses; all four where it meets a corner.

    From middle to middle it crosses the i-th of n boundaries (2 i + 1) / (2 n) of the way on: rows in parts of
    1 / (2 n).
    """
    count = abs(int(b[1] - a[1]))
    if count == 0:
        return True
    i = np.arange(count)
    rows = (2 * i + 1) * int(b[0] - a[0]) + count * (2 * int(a[0]) + 1)
    towards = np.sign(b[1] - a[1])
    left = a[1] + i * towards
    row, corner = rows // (2 * count), rows % (2 * count) == 0
    touched = blocked[row, left] | blocked[row, left + towards]
    above = np.where(corner, row - 1, row)
    touched |= blocked[above, left] | blocked[above, left + towards]
    return not touched.any()
