"""What a grid map says about driving: where the robot's middle may be, how far the way there is, what is in sight."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from kangban.values import Array, GridMap

Mask = NDArray[np.bool_]
OCCUPIED = 50
START_SNAP_M = 0.5  # the robot may stand this far inside what it keeps clear of (a dock beside a wall)


class Ground:
    """A map seen by a robot that keeps its middle `clearance_m` from everything that is not known to be free."""

    def __init__(self, grid: GridMap, clearance_m: float) -> None:
        self._grid = grid
        free = (grid.cells >= 0) & (grid.cells < OCCUPIED)
        padded = np.pad(free, 1)  # beyond the map nothing is known
        distance = distance_transform_edt(padded)[1:-1, 1:-1] * grid.resolution
        self.drivable: Mask = np.asarray(distance > clearance_m)
        self._solid: Mask = np.asarray(grid.cells >= OCCUPIED)

    def cells(self, points_in_map: Array) -> tuple[NDArray[np.int64], Mask]:
        """(n, 2) row and column of points (n, 2), m, and which of them lie on the map."""
        local = self._grid.origin_in_map.inverse().transform(np.asarray(points_in_map, dtype=float))
        cells = np.floor(local[:, ::-1] / self._grid.resolution).astype(np.int64)
        inside = np.all((cells >= 0) & (cells < np.array(self.drivable.shape)), axis=1)
        return cells, inside

    def ways_from(self, start_in_map: Array) -> Array:
        """Length (m) of the shortest free way from a point (2,) to every cell (rows, columns); inf: none."""
        ways = np.full(self.drivable.shape, np.inf)
        start = self._nearest_drivable(start_in_map)
        if start is not None:
            numbers = np.full(self.drivable.shape, -1, dtype=np.int64)
            numbers[self.drivable] = np.arange(int(self.drivable.sum()))
            lengths = dijkstra(self._edges(numbers), directed=False, indices=int(numbers[start]))
            ways[self.drivable] = lengths * self._grid.resolution
        return ways

    def lengths_to(self, ways: Array, points_in_map: Array) -> Array:
        """What `ways_from` says of points (n, 2); inf off the map."""
        cells, inside = self.cells(points_in_map)
        lengths = np.full(len(points_in_map), np.inf)
        lengths[inside] = ways[cells[inside, 0], cells[inside, 1]]
        return lengths

    def is_free(self, from_in_map: Array, to_in_map: Array) -> bool:
        """May the robot's middle go straight from one point to another? It may begin inside what it keeps clear of."""
        cells, inside = self._on_line(from_in_map, to_in_map)
        if not np.all(inside):
            return False
        free = self.drivable[cells[:, 0], cells[:, 1]]
        leaves = int(np.argmax(free))
        return bool(np.all(free[leaves:])) and leaves * 0.5 * self._grid.resolution <= START_SNAP_M

    def sees(self, from_in_map: Array, to_in_map: Array, spare_m: float) -> bool:
        """Nothing solid on the line between two points, but for the last `spare_m` (people fall beside furniture)."""
        length = float(np.hypot(*(to_in_map - from_in_map)))
        short_of = from_in_map + max(0.0, length - spare_m) / max(length, 1e-9) * (to_in_map - from_in_map)
        cells, inside = self._on_line(from_in_map, short_of)
        return bool(np.all(inside)) and not bool(np.any(self._solid[cells[:, 0], cells[:, 1]]))

    def _on_line(self, from_in_map: Array, to_in_map: Array) -> tuple[NDArray[np.int64], Mask]:
        """Cells every half cell along a line, and which of them lie on the map."""
        length = float(np.hypot(*(to_in_map - from_in_map)))
        along = np.linspace(0.0, 1.0, max(2, math.ceil(length / (0.5 * self._grid.resolution))))
        return self.cells(from_in_map + along[:, None] * (to_in_map - from_in_map))

    def _nearest_drivable(self, point_in_map: Array) -> tuple[int, int] | None:
        cells, _ = self.cells(point_in_map[None, :])
        rows, columns = np.nonzero(self.drivable)
        if rows.size == 0:
            return None
        away = np.hypot(rows - cells[0, 0], columns - cells[0, 1])
        best = int(np.argmin(away))
        if away[best] * self._grid.resolution > START_SNAP_M:
            return None
        return int(rows[best]), int(columns[best])

    def _edges(self, numbers: NDArray[np.int64]) -> coo_matrix:
        """The eight-connected graph of drivable cells; weights in cells."""
        pairs = []
        for a, b, weight in (
            (numbers[:, :-1], numbers[:, 1:], 1.0),
            (numbers[:-1, :], numbers[1:, :], 1.0),
            (numbers[:-1, :-1], numbers[1:, 1:], np.sqrt(2.0)),
            (numbers[:-1, 1:], numbers[1:, :-1], np.sqrt(2.0)),
        ):
            both = (a >= 0) & (b >= 0)
            pairs.append((a[both], b[both], np.full(int(both.sum()), weight)))
        rows, columns, weights = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
        size = int(numbers.max()) + 1
        return coo_matrix((weights, (rows, columns)), shape=(size, size)).tocsr()
