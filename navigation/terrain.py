"""A grid made ready for searching: made once for a grid, then asked for as many ways as wanted."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from navigation.heap import ENTRY, NODE
from navigation.jump import bit_lines, jump_search
from navigation.search import astar, way_back
from navigation.taut import pull

Flat = NDArray[np.int64]  # cells as row * columns + column
Cell = tuple[int, int]  # row, column
NOWHERE: Flat = np.empty(0, np.int64)


class Terrain:
    """`weight` (rows, columns): extra cost of a metre, inf where blocked, else never negative.

    Where all free cells weigh the same the jump points suffice (`jump.py`), else every cell is looked at (`search.py`);
    both find a cheapest way. Not for two threads at once: what a search notes is kept in arrays made once.
    """

    def __init__(self, weight: NDArray[np.float64]) -> None:
        self.weight = np.ascontiguousarray(weight, np.float64)
        rows, columns = self.weight.shape
        self._rows, self._stride = rows + 2, columns + 2
        free = np.isfinite(self.weight)
        padded = np.zeros((self._rows, self._stride), np.uint8)
        padded[1:-1, 1:-1] = free
        self._free = padded.reshape(-1)
        # A diagonal step needs both cells beside it free, so what hangs together does so by straight steps alone.
        self._part_of = cv2.connectedComponents(padded, connectivity=4, ltype=cv2.CV_32S)[1].reshape(-1)
        weights = self.weight[free]
        self._level = float(weights[0]) if weights.size and weights.min() == weights.max() else None
        if self._level is None:
            self._weight = np.pad(self.weight, 1, constant_values=math.inf).reshape(-1)
        else:
            self._lines = bit_lines(padded == 0)
        count = self._rows * self._stride
        self._nodes, self._heap = np.empty(count, NODE), np.empty(count, ENTRY)
        self._nodes["seen"] = self._number = 0

    def way(self, start: Cell, goal: Cell) -> tuple[float, Flat]:
        """The cheapest 8-connected way: its cost in cells, and every cell, start first. inf and none: there is no way.

        Raises IndexError for a cell off the grid.
        """
        s, g = self._padded(start), self._padded(goal)
        if not self._free[s] or self._part_of[s] != self._part_of[g]:
            return math.inf, NOWHERE
        self._number += 1
        if self._level is None:
            cost = astar(self._weight, self._stride, s, g, self._nodes, self._heap, self._number)
        else:
            cost = jump_search(
                self._free, self._lines, self._rows, self._stride, s, g, self._nodes, self._heap, self._number
            ) * (1.0 + self._level)
        if math.isinf(cost):  # the parents then lead nowhere
            return math.inf, NOWHERE
        return cost, way_back(self._nodes, s, g, self._stride)

    def taut(self, way: Flat) -> Flat:
        """The cells of a way that remain as corners when it is pulled taut; it then costs no more."""
        corners: Flat = way[pull(self.weight, way)] if len(way) else way
        return corners

    def _padded(self, cell: Cell) -> int:
        row, column = cell
        if not (0 <= row < self._rows - 2 and 0 <= column < self._stride - 2):
            raise IndexError(f"cell {cell} lies off the grid of {self.weight.shape}")
        return int((row + 1) * self._stride + column + 1)
