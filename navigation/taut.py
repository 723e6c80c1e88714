"""String pulling: straight lines in place of the stairs of a grid, compiled by numba and cached on disk.

A grid is a float64 array of weights: a metre through a cell costs 1 + weight; inf is blocked. Cells are rows, columns;
lengths are in cells.
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np


@nb.njit("f8(f8[:,::1], f8, f8, f8, f8)", cache=True, _nrt=False)
def line_cost(weight, row0, column0, row1, column1):  # type: ignore[no-untyped-def]
    """The cost of a straight line between two points in cell units (a cell's middle is at +0.5); inf if blocked.

    Visits every cell that the line crosses (Amanatides and Woo 1987), with the length within each.
    """
    rows, columns = weight.shape
    dr, dc = row1 - row0, column1 - column0
    length = math.hypot(dr, dc)
    r, c = math.floor(row0), math.floor(column0)
    if r < 0 or c < 0 or r >= rows or c >= columns or math.isinf(weight[r, c]):
        return np.inf
    if length == 0.0:
        return 0.0
    step_r, step_c = (1 if dr > 0 else -1), (1 if dc > 0 else -1)
    every_r = abs(1.0 / dr) if dr != 0.0 else np.inf
    every_c = abs(1.0 / dc) if dc != 0.0 else np.inf
    next_r = ((r + 1 - row0) if dr > 0 else (row0 - r)) * every_r if dr != 0.0 else np.inf
    next_c = ((c + 1 - column0) if dc > 0 else (column0 - c)) * every_c if dc != 0.0 else np.inf
    at, total = 0.0, 0.0
    while True:
        to = min(next_r, next_c, 1.0)
        total += (to - at) * length * (1.0 + weight[r, c])
        at = to
        if at >= 1.0 - 1e-12:
            return total
        cross_r, cross_c = next_r <= to + 1e-12, next_c <= to + 1e-12
        if cross_r and cross_c:  # through a corner: both cells beside it must be free
            if r + step_r < 0 or r + step_r >= rows or c + step_c < 0 or c + step_c >= columns:
                return np.inf
            if math.isinf(weight[r + step_r, c]) or math.isinf(weight[r, c + step_c]):
                return np.inf
        if cross_r:
            r += step_r
            next_r += every_r
        if cross_c:
            c += step_c
            next_c += every_c
        if r < 0 or c < 0 or r >= rows or c >= columns or math.isinf(weight[r, c]):
            return np.inf


@nb.njit(_nrt=False)
def _line(weight, a, b):  # type: ignore[no-untyped-def]
    """`line_cost` between the middles of two cells, given as flat indices."""
    columns = weight.shape[1]
    row, to_row = a // columns, b // columns
    return line_cost(weight, row + 0.5, a - row * columns + 0.5, to_row + 0.5, b - to_row * columns + 0.5)


@nb.njit("Tuple((f8, i8))(f8[:,::1], i8[::1], f8[::1], i8[::1], i8)", cache=True, _nrt=False)
def _pull(weight, path, along, kept, towards):  # type: ignore[no-untyped-def]
    """One pass from an end, `towards` 1 or -1: its cost, and how many of `path` it has written to `kept`.

    From each kept cell on, past its straight stretch, twice as far is tried as long as a line is free and no dearer,
    then nearer again by halves: a dozen lines in place of hundreds.
    """
    last = len(path) - 1
    i = 0 if towards > 0 else last
    kept[0] = i
    n, total = 1, 0.0
    while 0 <= i + towards <= last:
        best, step = i + towards, 2
        while 0 <= best + towards <= last and path[best + towards] - path[best] == path[best] - path[best - towards]:
            best += towards
        cost = abs(along[best] - along[i])
        growing = True
        while step > 0:
            j = best + towards * step
            free = False
            if 0 <= j <= last:
                line = _line(weight, path[i], path[j])
                if line <= abs(along[j] - along[i]) + 1e-9:
                    best, cost, free = j, line, True
            growing = growing and free
            step = 2 * step if growing else step // 2
        kept[n] = best
        n += 1
        total += cost
        i = best
    return total, n


@nb.njit("i8[:](f8[:,::1], i8[::1])", cache=True)
def pull(weight, path):  # type: ignore[no-untyped-def]
    """String pulling: the indices into `path` (flat cells) that remain when straight lines replace what they may.

    A line replaces a stretch only where it is free and costs no more than that stretch, so clearance is not traded
    for length. Pulled from either end, the cheaper is taken: a search that goes diagonally first bends early.
    """
    columns = weight.shape[1]
    count = len(path)
    along = np.zeros(count)
    row = path[0] // columns
    column = path[0] - row * columns
    for i in range(1, count):
        r = path[i] // columns
        c = path[i] - r * columns
        length = math.sqrt((r - row) ** 2 + (c - column) ** 2)
        along[i] = along[i - 1] + length * (1.0 + 0.5 * (weight[row, column] + weight[r, c]))
        row, column = r, c
    forward, backward = np.empty(count, np.int64), np.empty(count, np.int64)
    cost, n = _pull(weight, path, along, forward, 1)
    cost_back, n_back = _pull(weight, path, along, backward, -1)
    if cost_back < cost - 1e-9:
        return backward[:n_back][::-1].copy()
    return forward[:n].copy()
