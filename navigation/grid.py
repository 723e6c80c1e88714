"""Between metres on the map and cells of a grid map, in one place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kangban.values import Array, GridMap

Cells = NDArray[np.int64]  # (n, 2): row, column
FREE, OCCUPIED, UNKNOWN = 0, 100, -1  # what a cell holds


@dataclass(frozen=True, slots=True)
class Grid:
    """Cell (0, 0) has its corner at (x, y), m, on the map; rows run along y, columns along x."""

    rows: int
    columns: int
    resolution: float
    x: float
    y: float

    @classmethod
    def of(cls, grid_map: GridMap) -> Grid:
        """Raises ValueError for a turned map, which nothing here can use."""
        origin, (rows, columns) = grid_map.origin_in_map, grid_map.cells.shape
        if origin.yaw != 0.0:
            raise ValueError(f"the map is turned by {origin.yaw} rad; make it again with its axes along x and y")
        return cls(rows, columns, grid_map.resolution, origin.x, origin.y)

    def cells(self, points_in_map: Array) -> Cells:
        """The cells that points (n, 2) lie in; they may lie outside the grid (see `inside`)."""
        columns = np.floor((points_in_map[:, 0] - self.x) / self.resolution)
        rows = np.floor((points_in_map[:, 1] - self.y) / self.resolution)
        return np.stack([rows, columns], axis=1).astype(np.int64)

    def inside(self, cells: Cells) -> NDArray[np.bool_]:
        """Which of cells (n, 2) the grid has, (n,)."""
        return np.asarray(((cells >= 0) & (cells < [self.rows, self.columns])).all(axis=1))

    def centres(self, cells: Cells) -> Array:
        """The middles of cells (n, 2) as points (n, 2), m."""
        return np.stack(
            [self.x + (cells[:, 1] + 0.5) * self.resolution, self.y + (cells[:, 0] + 0.5) * self.resolution], axis=1
        )
