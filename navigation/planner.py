"""A path on the map from the robot to a goal, or the reason why there is none."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from kangban.values import Array
from navigation.costs import Costs
from navigation.taut import line_cost
from navigation.terrain import Terrain
from navigation.zones import kept_out

ESCAPE_M = 1.0  # how far a robot that stands too near to something looks for free ground


@dataclass(frozen=True, slots=True)
class Route:
    """`points_in_map` (n, 2), m, from the robot to the goal; `cost` in m, longer than `length` near things."""

    points_in_map: Array
    cost: float

    @property
    def length(self) -> float:
        return float(np.hypot(*np.diff(self.points_in_map, axis=0).T).sum())


@dataclass(frozen=True, slots=True)
class NoRoute:
    """Why not, in a sentence. `where`: which end is at fault, or the way between."""

    where: str  # "start", "goal" or "between"
    sentence: str


def plan(
    costs: Costs,
    start: tuple[float, float],
    goal: tuple[float, float],
    tolerance: float,
    terrain: Terrain | None = None,
) -> Route | NoRoute:
    """The cheapest way (m on the map), string-pulled. It may end up to `tolerance`, m, from the goal.

    A start too near to something is left straight away from it, first. `terrain`: of these costs, where many ways are
    asked for.
    """
    first, last = np.array(start), np.array(goal)
    begin, end = _free_start(costs, first), _nearest_free(costs, last, tolerance)
    if begin is None:
        zone = kept_out(costs.zones, *start)
        where = "is shut in" if zone is None else f"stands in the keep-out zone {zone.name}; push it out"
        return NoRoute("start", f"the robot at ({start[0]:.2f}, {start[1]:.2f}) {where}")
    if end is None:
        return NoRoute("goal", _why_not(costs, last))
    (sr, sc), (er, ec) = costs.grid.cells(np.stack([begin, end]))
    terrain = terrain or Terrain(costs.weight)
    cost, cells = terrain.way((sr, sc), (er, ec))
    if math.isinf(cost):
        return NoRoute("between", f"no free way leads to ({goal[0]:.2f}, {goal[1]:.2f})")
    corners = terrain.taut(cells)
    points = costs.grid.centres(np.stack(np.divmod(corners, costs.grid.columns), axis=1))
    # Cell middles stand for the true ends, which lie in the same cells.
    points = np.concatenate([[begin], points[1:-1], [end]])
    if not np.array_equal(begin, first):
        points = np.concatenate([[first], points])
    return Route(points, float(cost) * costs.grid.resolution)


def route_is_free(costs: Costs, points_in_map: Array) -> bool:
    """Whether a path (n, 2), m, is still free from its first free point on."""
    cells = (points_in_map - [costs.grid.x, costs.grid.y]) / costs.grid.resolution
    legs = [line_cost(costs.weight, a[1], a[0], b[1], b[0]) for a, b in itertools.pairwise(cells)]
    blocked = [math.isinf(cost) for cost in legs]
    return not any(blocked[1:]) and not (blocked and blocked[0] and _is_free(costs, points_in_map[0]))


def _is_free(costs: Costs, point: Array) -> bool:
    cell = costs.grid.cells(point[None, :])
    return bool(costs.grid.inside(cell)[0]) and math.isfinite(costs.weight[cell[0, 0], cell[0, 1]])


def _nearest_free(costs: Costs, point: Array, within: float) -> Array | None:
    """The point itself where it is free, else the nearest free cell's middle within reach."""
    if _is_free(costs, point):
        return point
    for nearest in _free_around(costs, point, within):
        return np.asarray(nearest)
    return None


def _free_around(costs: Costs, point: Array, within: float) -> Array:
    """Middles of free cells within reach, (n, 2), the nearest first."""
    grid = costs.grid
    reach = math.ceil(within / grid.resolution) + 1
    offsets = np.arange(-reach, reach + 1)
    rows, columns = np.meshgrid(offsets, offsets)
    cells = grid.cells(point[None, :]) + np.stack([rows.ravel(), columns.ravel()], axis=1)
    cells = cells[grid.inside(cells)]
    cells = cells[np.isfinite(costs.weight[cells[:, 0], cells[:, 1]])]
    centres = grid.centres(cells)
    apart = np.hypot(*(centres - point).T)
    order = np.argsort(apart, kind="stable")
    near: Array = centres[order][apart[order] <= within]
    return near


def _free_start(costs: Costs, start: Array) -> Array | None:
    """Where the search may begin: reached in a straight line that comes no nearer to anything than the start is."""
    if _is_free(costs, start):
        return start
    here = costs.distance_at(*start) - costs.grid.resolution / 2.0
    for centre in _free_around(costs, start, ESCAPE_M):
        count = max(2, math.ceil(float(np.hypot(*(centre - start))) / (costs.grid.resolution / 2.0)))
        line = start + np.linspace(0.0, 1.0, count)[:, None] * (centre - start)
        if all(costs.distance_at(*p) >= here for p in line):
            return np.asarray(centre)
    return None


def _why_not(costs: Costs, goal: Array) -> str:
    place = f"({goal[0]:.2f}, {goal[1]:.2f})"
    if not costs.grid.inside(costs.grid.cells(goal[None, :]))[0]:
        return f"the goal {place} lies outside the map"
    zone = kept_out(costs.zones, *(float(n) for n in goal))
    if zone is not None:
        return f"the goal {place} lies in the keep-out zone {zone.name}"
    near = _free_around(costs, goal, ESCAPE_M)
    if not len(near):
        return f"the goal {place} lies where the robot can't stand, nor anywhere within {ESCAPE_M} m of it"
    apart = float(np.hypot(*(near[0] - goal)))
    return f"the goal {place} is too near to something; the robot could stand {apart:.2f} m from it"
