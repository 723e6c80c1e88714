"""What a scan should look like on a map: the distance of any point to the nearest surface, and how it changes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kangban.values import Array, GridMap
from navigation.grid import Grid
from navigation.sitemap import FREE, OCCUPIED

FAR_M = 1.0  # distances are cut here; what lies farther from any surface tells nothing
HIT_STD_M, ASTRAY = 0.08, 0.10  # a return lies so near to a surface, or (people, moved things) with this share anywhere
NO_HIT = math.log(ASTRAY)  # what a return far from any surface says
COARSE_M, COARSE_STD_M = 0.10, 0.20  # the table with which a scan is looked for all over the map
PLACE_M = 0.20  # one place to try in each square of floor of this size
STAND_M = 0.15  # a robot's middle is no nearer than this to any surface


@dataclass(frozen=True, slots=True)
class Field:
    """`distance` (rows, columns): m from a cell's middle to the nearest surface, negative within walls and furniture.

    It lies on a fine grid and is read with bilinear interpolation, so it is exact to a few millimetres. `hits`: the log
    likelihood of a return there. `coarse`: likelihood on a grid of its own, wide enough to be sampled roughly.
    `places` (k, 2): where a robot may stand, m, spread evenly.
    """

    grid: Grid
    distance: NDArray[np.float32]
    hits: NDArray[np.float32]
    coarse_grid: Grid
    coarse: NDArray[np.float32]
    places: Array

    @classmethod
    def of(cls, grid_map: GridMap) -> Field:
        occupied = grid_map.cells == OCCUPIED
        outside, inside = _distance_to(occupied), _distance_to(~occupied)
        half = 0.5  # from the middle of the nearest cell to its rim, in cells
        signed = np.where(occupied, half - inside, outside - half) * grid_map.resolution
        distance = np.ascontiguousarray(np.clip(signed, -FAR_M, FAR_M), np.float32)
        hits = np.log((1.0 - ASTRAY) * np.exp(-0.5 * (distance / HIT_STD_M) ** 2) + ASTRAY).astype(np.float32)
        grid = Grid.of(grid_map)
        places = _places(grid, (grid_map.cells == FREE) & (distance >= STAND_M))
        return cls(grid, distance, hits, *_coarse(grid, distance), places)

    def nearest(self, points_in_map: Array) -> Array:
        """Signed distance (...,), m, of the cells that points (..., 2) lie in; FAR_M off the map. Quick and coarse."""
        flat = points_in_map.reshape(-1, 2)
        cells = self.grid.cells(flat)
        inside = self.grid.inside(cells)
        cells = np.where(inside[:, None], cells, 0)
        found = np.where(inside, self.distance[cells[:, 0], cells[:, 1]], FAR_M)
        return np.asarray(found.reshape(points_in_map.shape[:-1]), dtype=float)


def _coarse(grid: Grid, distance: NDArray[np.float32]) -> tuple[Grid, NDArray[np.float32]]:
    """The nearest distance within each coarse cell, as a likelihood."""
    step = max(1, round(COARSE_M / grid.resolution))
    rows, columns = -(-grid.rows // step), -(-grid.columns // step)
    filled = np.full((rows * step, columns * step), FAR_M, np.float32)
    filled[: grid.rows, : grid.columns] = np.abs(distance)
    nearest = filled.reshape(rows, step, columns, step).min(axis=(1, 3))
    table = np.exp(-0.5 * (nearest / COARSE_STD_M) ** 2).astype(np.float32)
    return Grid(rows, columns, step * grid.resolution, grid.x, grid.y), np.ascontiguousarray(table)


def _places(grid: Grid, standable: NDArray[np.bool_]) -> Array:
    """The middle of the floor in each square that has any."""
    cells = np.argwhere(standable)
    step = max(1, round(PLACE_M / grid.resolution))
    squares = (cells[:, 0] // step) * grid.columns + cells[:, 1] // step
    _, square, count = np.unique(squares, return_inverse=True, return_counts=True)
    middle = np.stack([np.bincount(square, cells[:, k], len(count)) / np.maximum(count, 1) for k in (0, 1)], axis=1)
    x, y = grid.x + (middle[:, 1] + 0.5) * grid.resolution, grid.y + (middle[:, 0] + 0.5) * grid.resolution
    return np.ascontiguousarray(np.stack([x, y], axis=1))


def _distance_to(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """In cells, from each cell's middle to the nearest marked one's."""
    return np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)
