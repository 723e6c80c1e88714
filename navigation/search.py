"""The planner's inner loops, compiled by numba at import and cached on disk, so that a restart does not compile again.

A grid is a float64 array of weights: a metre through a cell costs 1 + weight; inf is blocked. Cells are rows, columns;
lengths here are in cells. The robot never passes between two cells that touch only at a corner unless both beside that
corner are free.
"""

from __future__ import annotations

import heapq
import math

import numba as nb
import numpy as np

DIAGONAL = math.sqrt(2.0)


@nb.njit("Tuple((f8, i8[:]))(f8[:,::1], i8, i8, i8, i8)", cache=True)
def astar(weight, start_row, start_column, goal_row, goal_column):  # type: ignore[no-untyped-def]
    """The cheapest 8-connected path (A*, Hart et al. 1968): its cost and its flat cell indices, start first.

    A step costs its length times one plus the mean weight of its two cells, so the cost of a path is the same both
    ways. Cost inf and no cells where there is none. The octile distance never overestimates, as weights are >= 0.
    """
    rows, columns = weight.shape
    cost = np.full(rows * columns, np.inf)
    parent = np.full(rows * columns, -1, np.int64)
    closed = np.zeros(rows * columns, np.bool_)
    start = start_row * columns + start_column
    goal = goal_row * columns + goal_column
    if math.isinf(weight[start_row, start_column]) or math.isinf(weight[goal_row, goal_column]):
        return np.inf, np.empty(0, np.int64)
    cost[start] = 0.0
    heap = [(0.0, start)]
    while heap:
        _, cell = heapq.heappop(heap)
        if closed[cell]:
            continue
        if cell == goal:
            break
        closed[cell] = True
        row, column = cell // columns, cell % columns
        for dr in range(-1, 2):
            for dc in range(-1, 2):
                r, c = row + dr, column + dc
                if (dr == 0 and dc == 0) or r < 0 or c < 0 or r >= rows or c >= columns:
                    continue
                if math.isinf(weight[r, c]) or closed[r * columns + c]:
                    continue
                length = 1.0
                if dr != 0 and dc != 0:
                    if math.isinf(weight[row, c]) or math.isinf(weight[r, column]):
                        continue
                    length = DIAGONAL
                there = cost[cell] + length * (1.0 + 0.5 * (weight[row, column] + weight[r, c]))
                if there < cost[r * columns + c]:
                    cost[r * columns + c] = there
                    parent[r * columns + c] = cell
                    high, wide = abs(r - goal_row), abs(c - goal_column)
                    left = max(high, wide) + (DIAGONAL - 1.0) * min(high, wide)
                    heapq.heappush(heap, (there + left, r * columns + c))
    if math.isinf(cost[goal]):
        return np.inf, np.empty(0, np.int64)
    count, cell = 1, goal
    while cell != start:
        cell = parent[cell]
        count += 1
    path = np.empty(count, np.int64)
    cell = goal
    for i in range(count - 1, -1, -1):
        path[i] = cell
        cell = parent[cell]
    return cost[goal], path


@nb.njit("f8(f8[:,::1], f8, f8, f8, f8)", cache=True)
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


@nb.njit("i8[:](f8[:,::1], i8[:])", cache=True)
def pull(weight, path):  # type: ignore[no-untyped-def]
    """String pulling: the indices into `path` (flat cells) that remain when straight lines replace what they may.

    A line replaces a stretch only where it is free and costs no more than that stretch, so clearance is not traded
    for length.
    """
    columns = weight.shape[1]
    count = len(path)
    along = np.zeros(count)
    for i in range(1, count):
        r0, c0, r1, c1 = path[i - 1] // columns, path[i - 1] % columns, path[i] // columns, path[i] % columns
        along[i] = along[i - 1] + math.hypot(r1 - r0, c1 - c0) * (1.0 + 0.5 * (weight[r0, c0] + weight[r1, c1]))
    kept = np.empty(count, np.int64)
    kept[0] = 0
    n, i = 1, 0
    while i < count - 1:
        best = i + 1
        for j in range(i + 2, count):
            straight = line_cost(
                weight,
                path[i] // columns + 0.5,
                path[i] % columns + 0.5,
                path[j] // columns + 0.5,
                path[j] % columns + 0.5,
            )
            if straight <= along[j] - along[i] + 1e-9:
                best = j
            elif j - best > 200:  # far behind a corner: nothing beyond will see past it more cheaply
                break
        kept[n] = best
        n += 1
        i = best
    return kept[:n]
