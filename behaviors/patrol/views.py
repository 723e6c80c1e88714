"""From where a room is looked at, and in which directions. Pure geometry on the map."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from behaviors.approach.grid import OCCUPIED, Ground
from kangban.site import Room, Site
from kangban.values import Array, GridMap, wrap_angle

STAND_STEP_M, SEE_STEP_M = 0.4, 0.25  # places to stand and places to see are tried so densely
FAR_M = 4.5  # people are not seen reliably beyond
SAMPLES = 48  # along a line of sight
METRES_A_SHARE = 40.0  # so long a detour is worth seeing the whole room instead of nothing of it
NEAR_M = 0.8  # what lies nearer is seen on the way in
INSIDE_M = 0.6  # it does not stand in the doorway, where the room is large enough
ENOUGH = 0.95  # of what can be seen from there
MOST_LOOKS = 6
DIRECTIONS = 36
WITHIN_VIEW = 0.9  # of half the view: at its edge a person is cut off


@dataclass(frozen=True, slots=True)
class View:
    """Where to stand (m, map), the directions to look in (rad), in turning order, and the share of the room seen."""

    x: float
    y: float
    headings: tuple[float, ...]
    share: float


def best_view(room: Room, site: Site, grid: GridMap, ground: Ground, ways: Array, view_rad: float) -> View | None:
    """`ways`: lengths from the robot to each cell (`Ground.ways_from`); `view_rad`: the camera's width of view.

    It neither stands in a zone that it is kept out of, nor in one that nobody may look into. None: no place of the room
    can be reached, or the map shows no floor there.
    """
    spots = _points(room, SEE_STEP_M)
    spots = spots[_known_free(grid, spots) & np.array([not site.no_look_at(x, y) for x, y in spots])]
    stands, lengths = _stands(room, site, ground, ways)
    if not len(stands) or not len(spots):
        return None
    seen = np.stack([_sees(grid, stand, spots) for stand in stands])
    shares = seen.mean(axis=1)
    best = int(np.argmax(shares - lengths / METRES_A_SHARE))
    x, y = (float(v) for v in stands[best])
    far = np.hypot(*(spots - stands[best]).T) >= NEAR_M
    targets = spots[seen[best] & far] if np.any(seen[best] & far) else spots[seen[best]]
    if not len(targets):
        return None
    bearings = np.arctan2(targets[:, 1] - y, targets[:, 0] - x)
    return View(x, y, _headings(bearings, view_rad), float(shares[best]))


def _stands(room: Room, site: Site, ground: Ground, ways: Array) -> tuple[Array, Array]:
    """Places (n, 2) of the room that can be reached, and how long the way is; away from its edges if there are any."""
    closed = [zone for zone in site.zones if zone.kind in ("keep_out", "no_look")]
    for inside_m in (INSIDE_M, 0.0):
        places = _points(room, STAND_STEP_M, inside_m)
        lengths = ground.lengths_to(ways, places)
        lengths[[any(zone.contains(x, y) for zone in closed) for x, y in places]] = np.inf
        if np.any(np.isfinite(lengths)):
            break
    return places[np.isfinite(lengths)], lengths[np.isfinite(lengths)]


def _points(room: Room, step_m: float, inside_m: float = 0.0) -> Array:
    """A grid of points in a room, or on its middle line where it is narrow."""
    axes = []
    for low, high in zip(room.min_m, room.max_m, strict=True):
        edge = min(inside_m, 0.5 * (high - low))
        count = max(1, round((high - low - 2 * edge) / step_m))
        axes.append(low + edge + (np.arange(count) + 0.5) * (high - low - 2 * edge) / count)
    x, y = np.meshgrid(*axes)
    return np.stack([x.ravel(), y.ravel()], axis=1)


def _cells(grid: GridMap, points: Array) -> tuple[Array, Array]:
    local = grid.origin_in_map.inverse().transform(points)
    cells = np.floor(local[..., ::-1] / grid.resolution).astype(np.int64)
    inside = np.all((cells >= 0) & (cells < np.array(grid.cells.shape)), axis=-1)
    return np.where(inside[..., None], cells, 0), inside


def _known_free(grid: GridMap, points: Array) -> Array:
    cells, inside = _cells(grid, points)
    values = grid.cells[cells[:, 0], cells[:, 1]]
    free: Array = inside & (values >= 0) & (values < OCCUPIED)
    return free


def _sees(grid: GridMap, stand: Array, spots: Array) -> Array:
    """Which spots (m, 2) lie in free sight of a place, near enough."""
    along = np.linspace(0.0, 1.0, SAMPLES)[None, :, None]
    cells, inside = _cells(grid, stand + along * (spots - stand)[:, None, :])
    solid = (grid.cells[cells[..., 0], cells[..., 1]] >= OCCUPIED) | np.logical_not(inside)
    clear: Array = np.logical_not(solid.any(axis=1)) & (np.hypot(*(spots - stand).T) <= FAR_M)
    return clear


def _headings(bearings: Array, view_rad: float) -> tuple[float, ...]:
    """Few directions that take in all bearings, each next to the one before."""
    half = 0.5 * WITHIN_VIEW * view_rad
    tried = np.linspace(-math.pi, math.pi, DIRECTIONS, endpoint=False)
    covers = np.abs((bearings[None, :] - tried[:, None] + math.pi) % math.tau - math.pi) <= half
    left = np.ones(len(bearings), dtype=bool)
    chosen: list[float] = []
    while left.mean() > 1.0 - ENOUGH and len(chosen) < MOST_LOOKS:
        best = int(np.argmax((covers & left).sum(axis=1)))
        chosen.append(float(tried[best]))
        left &= ~covers[best]
    return _in_turning_order(chosen)


def _in_turning_order(headings: list[float]) -> tuple[float, ...]:
    """Round the circle, beginning after the widest gap, so that it turns no farther than it must."""
    ring = sorted(headings)
    gaps = [wrap_angle(b - a) % math.tau for a, b in zip(ring, ring[1:] + ring[:1], strict=True)]
    first = (int(np.argmax(gaps)) + 1) % len(ring)
    return tuple(ring[first:] + ring[:first])


def first_from(view: View, yaw: float) -> tuple[float, ...]:
    """The view's directions from whichever end is nearer to a robot that faces `yaw`."""
    ends = [abs(wrap_angle(view.headings[i] - yaw)) for i in (0, -1)]
    return view.headings if ends[0] <= ends[1] else view.headings[::-1]
