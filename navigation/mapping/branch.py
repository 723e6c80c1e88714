"""The inner loops of the correlative search, compiled by numba and cached on disk."""

from __future__ import annotations

import math

import numba as nb
import numpy as np


@nb.njit(cache=True)
def stamped(points, x0, y0, rows, columns, size, std):  # type: ignore[no-untyped-def]
    """A table (rows, columns), uint8: how near to any point a cell lies, 255 on it, as a bell of `std`."""
    table = np.zeros((rows, columns), dtype=np.uint8)
    reach = int(2.5 * std / size + 0.5)
    bell = np.empty((2 * reach + 1, 2 * reach + 1), dtype=np.uint8)
    for v in range(-reach, reach + 1):
        for u in range(-reach, reach + 1):
            bell[v + reach, u + reach] = int(255.0 * math.exp(-0.5 * (u * u + v * v) * (size / std) ** 2))
    for i in range(len(points)):
        column, row = int((points[i, 0] - x0) / size), int((points[i, 1] - y0) / size)
        for v in range(max(0, row - reach), min(rows, row + reach + 1)):
            for u in range(max(0, column - reach), min(columns, column + reach + 1)):
                b = bell[v - row + reach, u - column + reach]
                if b > table[v, u]:
                    table[v, u] = b
    return table


@nb.njit(cache=True)
def _score(tables, level, cells, turn, du, dv):  # type: ignore[no-untyped-def]
    rows, columns = tables.shape[1], tables.shape[2]
    total = 0
    for i in range(cells.shape[1]):
        u, v = cells[turn, i, 0] + du, cells[turn, i, 1] + dv
        if u >= 0 and v >= 0 and u < columns and v < rows:
            total += tables[level, v, u]
    return total


@nb.njit(cache=True)
def branch_and_bound(tables, cells, half, enough, apart, best_turn, best_u, best_v, apart_turns):  # type: ignore[no-untyped-def]
    """The best shift of cells (turns, n, 2) on tables (levels, rows, columns) within `half` cells: turn, u, v, score.

    Exact (Hess et al. 2016): a node's score on a pooled table bounds all within it. Nothing not above `enough` is found
    (score -1). With `apart` > 0 only what lies so many cells or `apart_turns` away from a given best counts.
    """
    levels, turns = tables.shape[0], cells.shape[0]
    block = 1 << (levels - 1)
    across = (2 * half) // block + 1
    first = np.empty(turns * across * across, dtype=np.int64)
    n = 0
    for t in range(turns):
        for b in range(across):
            for a in range(across):
                first[n] = _score(tables, levels - 1, cells, t, -half + a * block, -half + b * block)
                n += 1
    order = np.argsort(-first)
    best, at_t, at_u, at_v = enough, -1, 0, 0
    stack = np.empty((4 * levels + 8, 5), dtype=np.int64)
    for k in order:
        if first[k] <= best:
            break
        t = k // (across * across)
        b = (k // across) % across
        a = k % across
        stack[0] = (levels - 1, t, -half + a * block, -half + b * block, first[k])
        top = 1
        while top:
            top -= 1
            level, t, u, v, score = stack[top]
            if score <= best:
                continue
            if level == 0:
                if abs(u) > half or abs(v) > half:
                    continue
                near = abs(t - best_turn) < apart_turns and (u - best_u) ** 2 + (v - best_v) ** 2 < apart * apart
                if apart > 0 and near:
                    continue
                best, at_t, at_u, at_v = score, t, u, v
                continue
            step = 1 << (level - 1)
            base = top
            for q in range(4):
                uu, vv = u + (q & 1) * step, v + (q >> 1) * step
                s = _score(tables, level - 1, cells, t, uu, vv)
                if s > best:
                    j = top
                    while j > base and stack[j - 1, 4] > s:  # the best of the four on top
                        stack[j] = stack[j - 1]
                        j -= 1
                    stack[j] = (level - 1, t, uu, vv, s)
                    top += 1
    return at_t, at_u, at_v, best if at_t >= 0 else -1
