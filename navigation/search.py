"""The search for the cheapest way over a grid of weights, compiled by numba and cached on disk.

A weight is what a metre through a cell costs beside the metre itself; inf is blocked. Cells are flat indices into a
grid with a blocked border of one cell, so that no neighbour lies outside; `stride` is its width. The robot never passes
between two cells that touch only at a corner unless both beside that corner are free.
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from navigation import heap as heap_file
from navigation.compiled import forget_older
from navigation.heap import DONE, HEAP, NODES, reach, take

forget_older(__file__, heap_file.__file__)

DIAGONAL = math.sqrt(2.0)


@nb.njit(_nrt=False, inline="always")
def octile(rows, columns):  # type: ignore[no-untyped-def]
    """The length of a way over so many cells with nothing in it: it never overestimates, as weights are >= 0."""
    high, wide = abs(rows), abs(columns)
    return max(high, wide) + (DIAGONAL - 1.0) * min(high, wide)


@nb.njit(nb.f8(nb.f8[::1], nb.i8, nb.i8, nb.i8, NODES, HEAP, nb.i8), cache=True, _nrt=False)
def astar(weight, stride, start, goal, nodes, heap, number):  # type: ignore[no-untyped-def]
    """The cost of the cheapest 8-connected way (A*, Hart et al. 1968), inf where there is none; parents lead back.

    A step costs its length times one plus the mean weight of its two cells, so a way costs the same both ways.
    """
    if math.isinf(weight[start]) or math.isinf(weight[goal]):
        return np.inf
    goal_row, goal_column = goal // stride, goal % stride
    size = reach(nodes, heap, 0, number, start, start, 0.0, 0.0, -1)
    while size > 0:
        cell = np.int64(take(nodes, heap, size))
        size -= 1
        cost, here = nodes[cell].cost, weight[cell]
        if cell == goal:
            return cost
        row, column = cell // stride - goal_row, cell % stride - goal_column
        for dr in range(-1, 2):
            for dc in range(-1, 2):
                there = cell + dr * stride + dc
                beyond = weight[there]
                if there == cell or math.isinf(beyond):
                    continue
                if nodes[there].seen == number and nodes[there].place == DONE:
                    continue
                length = 1.0
                if dr != 0 and dc != 0:
                    if math.isinf(weight[cell + dr * stride]) or math.isinf(weight[cell + dc]):
                        continue
                    length = DIAGONAL
                new = cost + length * (1.0 + 0.5 * (here + beyond))
                size = reach(nodes, heap, size, number, there, cell, new, octile(row + dr, column + dc), 0)
    return np.inf


@nb.njit(nb.i8[:](NODES, nb.i8, nb.i8, nb.i8), cache=True)
def way_back(nodes, start, goal, stride):  # type: ignore[no-untyped-def]
    """Every cell from start to goal that the parents lead through, as flat indices into the grid without its border.

    From a cell to its parent's neighbour or, after jumps, farther: then diagonally first, seen from the parent.
    """
    count, cell = 1, goal
    while cell != start:
        before = np.int64(nodes[cell].parent)
        count += max(abs(cell // stride - before // stride), abs(cell % stride - before % stride))
        cell = before
    way = np.empty(count, np.int64)
    cell, i = goal, count - 1
    while cell != start:
        before = np.int64(nodes[cell].parent)
        row, column = cell // stride, cell % stride
        rows, columns = before // stride - row, before % stride - column
        down, along = np.sign(rows), np.sign(columns)
        rows, columns = abs(rows), abs(columns)
        while rows > 0 or columns > 0:
            way[i] = (row - 1) * (stride - 2) + column - 1
            i -= 1
            straight = rows != columns
            if rows > 0 and not (straight and rows < columns):
                row += down
                rows -= 1
                if not straight:
                    column += along
                    columns -= 1
            else:
                column += along
                columns -= 1
        cell = before
    way[0] = (start // stride - 1) * (stride - 2) + start % stride - 1
    return way
