"""What the site's zones mean for driving: where the robot must not be, and how fast it may be."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from kangban.values import Array, Pose2D, Twist2D
from kangban.zone import Zone
from navigation.grid import Grid

FINE = 16  # the corners of a zone are drawn to so many parts of a cell


def kept_out(zones: Sequence[Zone], x: float, y: float) -> Zone | None:
    """The keep-out zone that a place on the map lies in, or None."""
    return next((zone for zone in zones if zone.kind == "keep_out" and zone.contains(x, y)), None)


def speed_limit_at(zones: Sequence[Zone], x: float, y: float) -> float | None:
    """The lowest speed, m/s, of the slow zones that a place on the map lies in; None where there is none."""
    limits = [zone.speed_mps for zone in zones if zone.speed_mps is not None and zone.contains(x, y)]
    return min(limits) if limits else None


def slowed(zones: Sequence[Zone], pose_in_map: Pose2D, wish: Twist2D) -> Twist2D:
    """The wish, or less of it where the robot is in a slow zone."""
    limit = speed_limit_at(zones, pose_in_map.x, pose_in_map.y)
    if limit is None or wish.speed <= limit:
        return wish
    share = limit / wish.speed
    return Twist2D(share * wish.vx, share * wish.vy, share * wish.wz)


def speed_limits(zones: Sequence[Zone], points_in_map: Array) -> Array:
    """The same for points (n, 2), m: (n,), inf where there is no limit."""
    found = [speed_limit_at(zones, float(x), float(y)) for x, y in points_in_map]
    return np.array([np.inf if limit is None else limit for limit in found])


@functools.lru_cache(maxsize=4)
def distance_to_keep_out(zones: tuple[Zone, ...], grid: Grid) -> NDArray[np.float32] | None:
    """m from each cell's middle to the nearest cell of a keep-out zone, (rows, columns); None: there is none."""
    outside = np.ones((grid.rows, grid.columns), np.uint8)
    for zone in zones:
        if zone.kind == "keep_out":
            corners = (np.array(zone.corners) - [grid.x, grid.y]) / grid.resolution - 0.5
            cv2.fillPoly(outside, [np.round(corners * FINE).astype(np.int32)], 0, shift=FINE.bit_length() - 1)
    if outside.all():
        return None
    distance = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(distance * grid.resolution, np.float32)
