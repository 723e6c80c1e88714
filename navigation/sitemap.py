"""The map of a home from its site file: floor free, walls (with their doors cut out) and furniture occupied.

What lies outside every room stays unknown. Where the site names a map that was built by driving through (`surveyed.py`)
that map is taken instead of rooms and walls; furniture is drawn on top of it.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from kangban.dock import V_IN_DOCK
from kangban.rooms import axis, wall_of
from kangban.site import Door, Site
from kangban.values import Array, GridMap, Pose2D
from navigation import surveyed
from navigation.grid import FREE as FREE
from navigation.grid import OCCUPIED as OCCUPIED
from navigation.grid import UNKNOWN as UNKNOWN

FLAT = frozenset({"rug"})  # kinds of furniture that the robot drives onto
BORDER_M = 0.3  # unknown ground around the home

Mask = NDArray[np.bool_]


def build(site: Site, resolution: float, stamp: float = 0.0, dock_in_map: Pose2D | None = None) -> GridMap:
    """The site as an occupancy grid; `resolution` in metres a cell. `dock_in_map`: of its charging dock.

    Raises ConfigError where its map can't be used."""
    if site.map is not None:
        return _with_furniture(surveyed.load(site, resolution, stamp), site, dock_in_map)
    low, high = _extent(site)
    columns, rows = (math.ceil((b - a) / resolution) for a, b in zip(low, high, strict=True))
    origin = Pose2D(low[0], low[1], 0.0)
    x, y = np.meshgrid(low[0] + (np.arange(columns) + 0.5) * resolution, low[1] + (np.arange(rows) + 0.5) * resolution)
    cells = np.full((rows, columns), UNKNOWN, np.int8)
    for room in site.rooms:
        inside = (x >= room.min_m[0]) & (x <= room.max_m[0]) & (y >= room.min_m[1]) & (y <= room.max_m[1])
        cells[inside] = FREE
    _add_walls(cells, site, x, y, resolution)
    _add_furniture(cells, site, x, y, resolution)
    _add_dock(cells, dock_in_map, x, y, resolution)
    return GridMap(stamp, resolution, origin, cells)


def _with_furniture(grid: GridMap, site: Site, dock_in_map: Pose2D | None) -> GridMap:
    rows, columns = grid.cells.shape
    origin, resolution = grid.origin_in_map, grid.resolution
    x, y = np.meshgrid(
        origin.x + (np.arange(columns) + 0.5) * resolution, origin.y + (np.arange(rows) + 0.5) * resolution
    )
    _add_furniture(grid.cells, site, x, y, resolution)
    _add_dock(grid.cells, dock_in_map, x, y, resolution)
    return grid


def _add_furniture(cells: NDArray[np.int8], site: Site, x: Array, y: Array, resolution: float) -> None:
    for thing in site.furniture:
        if thing.kind not in FLAT:
            pose = Pose2D(*thing.at_m, thing.yaw_rad)
            cells[
                _rectangle(x, y, pose, _at_least(thing.size_m[0], resolution), _at_least(thing.size_m[1], resolution))
            ] = OCCUPIED


def _add_dock(cells: NDArray[np.int8], dock_in_map: Pose2D | None, x: Array, y: Array, resolution: float) -> None:
    """Its two plates: what the lidar sees of it."""
    if dock_in_map is None:
        return
    for a, b in itertools.pairwise(V_IN_DOCK):
        middle, along = (a + b) / 2.0, b - a
        plate = dock_in_map @ Pose2D(float(middle[0]), float(middle[1]), math.atan2(along[1], along[0]))
        cells[_rectangle(x, y, plate, math.hypot(*along), _at_least(0.0, resolution))] = OCCUPIED


def _extent(site: Site) -> tuple[tuple[float, float], tuple[float, float]]:
    corners = [p for room in site.rooms for p in (room.min_m, room.max_m)]
    corners += [p for wall in site.walls for p in (wall.start_m, wall.end_m)]
    xs, ys = [c[0] for c in corners], [c[1] for c in corners]
    return (min(xs) - BORDER_M, min(ys) - BORDER_M), (max(xs) + BORDER_M, max(ys) + BORDER_M)


def _add_walls(cells: NDArray[np.int8], site: Site, x: Array, y: Array, resolution: float) -> None:
    """A door opens the one wall it lies in: where walls meet, the other stays whole."""
    openings: dict[int, list[Door]] = {}
    for door in site.doors:
        openings.setdefault(wall_of(door, site.walls), []).append(door)
    for i, wall in enumerate(site.walls):
        pose, length = axis(wall)
        solid = _rectangle(x, y, pose, length + wall.thickness_m, _at_least(wall.thickness_m, resolution))
        for door in openings.get(i, []):
            along = Pose2D(*door.at_m, pose.yaw)
            solid &= ~_rectangle(x, y, along, door.width_m, 2.0 * wall.thickness_m + 2.0 * resolution)
            cells[_rectangle(x, y, along, door.width_m, wall.thickness_m)] = FREE
        cells[solid] = OCCUPIED


def _at_least(size: float, resolution: float) -> float:
    """Nothing is so thin that it slips between cell centres."""
    return max(size, math.sqrt(2.0) * resolution)


def _rectangle(x: Array, y: Array, middle: Pose2D, along: float, across: float) -> Mask:
    """Which cell centres lie in a turned rectangle of that size, m."""
    c, s = math.cos(middle.yaw), math.sin(middle.yaw)
    dx, dy = x - middle.x, y - middle.y
    mask: Mask = (np.abs(c * dx + s * dy) <= along / 2.0) & (np.abs(c * dy - s * dx) <= across / 2.0)
    return mask
