"""The map that a site names, made by driving through it: read, refused where it can't be of this home, resampled."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kangban.site import Place, Site
from kangban.values import GridMap, Pose2D
from navigation.grid import FREE, OCCUPIED, UNKNOWN, Grid
from navigation.mapping import map_file
from navigation.mapping.map_file import MapError

KNOWN = 0.4  # share of the rooms' floor that the map must know
WITHIN = 0.5  # share of the map's free ground that must lie in rooms: windows let beams out
STAND_M = 0.10  # so far around the robot's own places nothing stands

Mask = NDArray[np.bool_]


def load(site: Site, resolution: float, stamp: float) -> GridMap:
    """Raises MapError, a ConfigError."""
    assert site.map is not None
    path = Path(site.map)
    grid = map_file.read(path, stamp)
    check(path, grid, site)
    return resampled(grid, resolution)


def check(path: Path, grid: GridMap, site: Site) -> None:
    """Raises MapError where the map can't be of this home."""
    inside = _in_rooms(grid, site)
    floor = sum((r.max_m[0] - r.min_m[0]) * (r.max_m[1] - r.min_m[1]) for r in site.rooms)
    known = float((inside & (grid.cells != UNKNOWN)).sum()) * grid.resolution**2 / floor
    if known < KNOWN:
        raise MapError(
            f"{path}: the map knows {100.0 * known:.0f} % of the floor of the rooms of {site.name}; "
            f"allowed: at least {100.0 * KNOWN:.0f} %. Is it of another home, or are the rooms' min_m and max_m wrong?"
        )
    free = grid.cells == FREE
    within = float((inside & free).sum()) / float(free.sum())
    if within < WITHIN:
        raise MapError(
            f"{path}: {100.0 * (1.0 - within):.0f} % of the map's free ground lies outside every room of {site.name}; "
            f"allowed: at most {100.0 * (1.0 - WITHIN):.0f} %. Is it of another home, or is a room missing?"
        )
    for name, place in (("dock", site.dock), ("watch", site.watch)):
        _check_place(path, grid, name, place)


def _check_place(path: Path, grid: GridMap, name: str, place: Place) -> None:
    about = Grid.of(grid)
    steps = np.arange(-STAND_M, STAND_M + 1e-9, 0.5 * min(STAND_M, grid.resolution))
    dx, dy = (a.ravel() for a in np.meshgrid(steps, steps))
    round_ = np.hypot(dx, dy) <= STAND_M + 1e-9
    cells = about.cells(np.stack([place.x_m + dx[round_], place.y_m + dy[round_]], axis=1))
    if not about.inside(cells).all():
        raise MapError(f"{path}: {name}: ({place.x_m}, {place.y_m}) lies off the map; is it of another home?")
    found = grid.cells[cells[:, 0], cells[:, 1]]
    if (found != FREE).any():
        what = "an obstacle" if (found == OCCUPIED).any() else "ground that nobody has seen"
        raise MapError(
            f"{path}: {name}: on the map ({place.x_m}, {place.y_m}) is {what}, within {STAND_M} m; "
            f"is it a map of another home? else move {name} in the site file"
        )


def _in_rooms(grid: GridMap, site: Site) -> Mask:
    rows, columns = grid.cells.shape
    x = grid.origin_in_map.x + (np.arange(columns) + 0.5) * grid.resolution
    y = grid.origin_in_map.y + (np.arange(rows) + 0.5) * grid.resolution
    inside = np.zeros((rows, columns), bool)
    for room in site.rooms:
        across = (x >= room.min_m[0]) & (x <= room.max_m[0])
        along = (y >= room.min_m[1]) & (y <= room.max_m[1])
        inside |= along[:, None] & across[None, :]
    return inside


def resampled(grid: GridMap, resolution: float) -> GridMap:
    """The same ground in cells of another size. A cell that holds any obstacle is one."""
    rows, columns = (max(1, math.ceil(n * grid.resolution / resolution - 1e-9)) for n in grid.cells.shape)
    row, column = (
        np.minimum(((np.arange(n) + 0.5) * resolution / grid.resolution).astype(int), most - 1)
        for n, most in ((rows, grid.cells.shape[0]), (columns, grid.cells.shape[1]))
    )
    cells = np.ascontiguousarray(grid.cells[row[:, None], column[None, :]])
    if resolution > grid.resolution:
        solid = np.argwhere(grid.cells == OCCUPIED)
        at = ((solid + 0.5) * grid.resolution / resolution).astype(int)
        cells[np.minimum(at[:, 0], rows - 1), np.minimum(at[:, 1], columns - 1)] = OCCUPIED
    origin = grid.origin_in_map
    return GridMap(grid.stamp, resolution, Pose2D(origin.x, origin.y, 0.0), cells)
