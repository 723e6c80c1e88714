"""Where the robot's centre may be, and what it costs to be there: inflated obstacles, clearance, room for people."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kangban.profile import Profile
from kangban.values import Array, GridMap
from kangban.zone import Zone
from navigation.grid import Grid
from navigation.sitemap import FREE
from navigation.zones import distance_to_keep_out

CLEARANCE_WEIGHT = 4.0  # extra cost of a metre right at the forbidden distance; falls to 0 with the wished clearance
PEOPLE_WEIGHT = 3.0  # the same for a metre at the distance the guard would stop at; falls to 0 where it slows


@dataclass(frozen=True, slots=True)
class Sizes:
    """Distances from the robot's centre, m."""

    keep_off: float  # nearer to an obstacle the centre may not come
    body: float  # nor so near to ground it must keep out of: the footprint
    clearance: float  # wished beyond keep_off
    person_stop: float
    person_near: float

    @classmethod
    def of(cls, profile: Profile) -> Sizes:
        base, guard = profile.base, profile.safety.guard
        # Where the guard would stop the robot no path may lead. The raster is off by half a cell, a point in it by the
        # half of a diagonal; walls are cells themselves, and narrow doors need every centimetre.
        half_cell = profile.navigation.map_resolution_m / 2.0
        return cls(
            keep_off=base.footprint_radius_m + guard.obstacle_margin_m + half_cell,
            body=base.footprint_radius_m + half_cell,
            clearance=profile.navigation.clearance_m,
            person_stop=base.footprint_radius_m + guard.person_stop_m + math.sqrt(2.0) * half_cell,
            person_near=base.footprint_radius_m + guard.near_person_m,
        )


@dataclass(frozen=True, slots=True)
class Costs:
    """`weight` (rows, columns): extra cost of a metre, inf where the robot's centre may not be.

    `distance` (rows, columns): m to the nearest obstacle or unknown ground. `zones`: those of the site.
    """

    grid: Grid
    weight: NDArray[np.float64]
    distance: NDArray[np.float32]
    zones: tuple[Zone, ...] = ()

    def distance_at(self, x: float, y: float) -> float:
        """m to the nearest obstacle, 0 outside the map."""
        cell = self.grid.cells(np.array([[x, y]]))
        return float(self.distance[cell[0, 0], cell[0, 1]]) if self.grid.inside(cell)[0] else 0.0


def costs(
    grid_map: GridMap,
    obstacles_in_map: Array,
    people_in_map: Array,
    sizes: Sizes,
    zones: tuple[Zone, ...] = (),
) -> Costs:
    """From the map, obstacle points (n, 2) that it does not show, points of people (k, 2), m, and the site's zones."""
    grid = Grid.of(grid_map)
    free = grid_map.cells == FREE
    distance = _distance_to(_with_points(~free, grid, obstacles_in_map), grid.resolution)
    weight = _falling(distance, sizes.keep_off, sizes.keep_off + sizes.clearance, CLEARANCE_WEIGHT)
    if len(people_in_map):
        apart = _distance_to(_with_points(np.zeros_like(free), grid, people_in_map), grid.resolution)
        weight += _falling(apart, sizes.person_stop, sizes.person_near, PEOPLE_WEIGHT)
    to_keep_out = distance_to_keep_out(zones, grid)
    if to_keep_out is not None:
        weight[to_keep_out < sizes.body] = np.inf
    return Costs(grid, np.ascontiguousarray(weight), distance, zones)


def _with_points(mask: NDArray[np.bool_], grid: Grid, points: Array) -> NDArray[np.bool_]:
    marked = mask.copy()
    cells = grid.cells(points)
    cells = cells[grid.inside(cells)]
    marked[cells[:, 0], cells[:, 1]] = True
    return marked


def _distance_to(mask: NDArray[np.bool_], resolution: float) -> NDArray[np.float32]:
    """m from each cell's middle to the nearest marked one's; far beyond the map where none is marked."""
    if not mask.any():
        return np.full(mask.shape, sum(mask.shape) * resolution, np.float32)
    distance = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(distance * resolution, np.float32)


def _falling(distance: NDArray[np.float32], forbidden: float, none: float, weight: float) -> NDArray[np.float64]:
    """inf below `forbidden`, `weight` there, falling with the square to 0 at `none`."""
    share = np.clip((none - distance.astype(np.float64)) / (none - forbidden), 0.0, 1.0)
    return np.where(distance < forbidden, np.inf, weight * share**2)
