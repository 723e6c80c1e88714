"""What a scan should look like on a map: the distance of any point to the nearest surface, and how it changes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kangban.values import Array, GridMap
from navigation.grid import Grid
from navigation.sitemap import OCCUPIED

FAR_M = 1.0  # distances are cut here; what lies farther from any surface tells nothing


@dataclass(frozen=True, slots=True)
class Field:
    """`distance` (rows, columns): m from a cell's middle to the nearest surface, negative within walls and furniture.

    It lies on a fine grid and is read with bilinear interpolation, so it is exact to a few millimetres.
    """

    grid: Grid
    distance: NDArray[np.float32]

    @classmethod
    def of(cls, grid_map: GridMap) -> Field:
        occupied = grid_map.cells == OCCUPIED
        outside, inside = _distance_to(occupied), _distance_to(~occupied)
        half = 0.5  # from the middle of the nearest cell to its rim, in cells
        signed = np.where(occupied, half - inside, outside - half) * grid_map.resolution
        return cls(Grid.of(grid_map), np.clip(signed, -FAR_M, FAR_M).astype(np.float32))

    def read(self, points_in_map: Array) -> tuple[Array, Array]:
        """Signed distance (n,), m, and its gradient (n, 2) at points (n, 2); FAR_M with no gradient off the map."""
        x = (points_in_map[:, 0] - self.grid.x) / self.grid.resolution - 0.5
        y = (points_in_map[:, 1] - self.grid.y) / self.grid.resolution - 0.5
        on = (x >= 0) & (y >= 0) & (x < self.grid.columns - 1) & (y < self.grid.rows - 1)
        column, row = np.where(on, x, 0).astype(np.int64), np.where(on, y, 0).astype(np.int64)
        u, v = np.where(on, x, 0) - column, np.where(on, y, 0) - row
        d00, d01 = self.distance[row, column], self.distance[row, column + 1]
        d10, d11 = self.distance[row + 1, column], self.distance[row + 1, column + 1]
        low, high = d00 + u * (d01 - d00), d10 + u * (d11 - d10)
        across = (1 - v) * (d01 - d00) + v * (d11 - d10)
        gradient = np.stack([across, high - low], axis=1) / self.grid.resolution
        return np.where(on, low + v * (high - low), FAR_M), np.where(on[:, None], gradient, 0.0)

    def nearest(self, points_in_map: Array) -> Array:
        """Signed distance (...,), m, of the cells that points (..., 2) lie in; FAR_M off the map. Quick and coarse."""
        flat = points_in_map.reshape(-1, 2)
        cells = self.grid.cells(flat)
        inside = self.grid.inside(cells)
        cells = np.where(inside[:, None], cells, 0)
        found = np.where(inside, self.distance[cells[:, 0], cells[:, 1]], FAR_M)
        return np.asarray(found.reshape(points_in_map.shape[:-1]), dtype=float)


def _distance_to(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """In cells, from each cell's middle to the nearest marked one's."""
    return np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)
