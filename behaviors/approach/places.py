"""Places to stand and talk to a person who may lie on the floor, best first. Pure.

A place lies at the wished distance from the *nearest* known point of the body (a body is long: one may be 1.2 m from
the hip and stand on a hand), faces the middle of the body, is reachable by a free way, and sees the body. Where the
wished distance is nowhere free, nearer ones are tried, never below `KEEP_M`, then farther ones.
"""

from __future__ import annotations

import math

import numpy as np

from behaviors.approach.grid import Ground
from kangban.values import Array, GridMap, Pose2D, wrap_angle

KEEP_M = 0.6  # no nearer to any known body point
RINGS = (1.0, 0.85, 0.7, 1.25, 1.7)  # times the wished distance, in this order
DIRECTIONS = 144
METRES_PER_RADIAN = 0.4  # turning takes as long as driving this far
APART_M = 0.5  # a further place is at least this far from those before it, or it would fail for the same reason
MOST = 8
SPARE_M = 0.4  # a body lies against furniture: this much of the line of sight may be solid
NEAR_TOLERANCE_M = 0.2
FACING_RAD = 0.45


def near_enough(robot: Pose2D, body_in_map: Array, distance_m: float) -> bool:
    """Does the robot stand at talking distance already, facing the person?"""
    gaps = np.hypot(body_in_map[:, 0] - robot.x, body_in_map[:, 1] - robot.y)
    return bool(gaps.min() <= distance_m + NEAR_TOLERANCE_M) and abs(_bearing(robot, body_in_map)) <= FACING_RAD


def places(
    body_in_map: Array, robot: Pose2D, grid: GridMap, distance_m: float, footprint_m: float, margin_m: float = 0.08
) -> list[Pose2D]:
    """Goals (x, y, yaw on the map), best first; empty where none can be reached.

    `body_in_map` (k, 2): the known points of the person, m, k >= 1. `footprint_m`: the robot's radius.
    """
    ground = Ground(grid, footprint_m + margin_m)
    middle = body_in_map.mean(axis=0)
    ways = ground.ways_from(np.array([robot.x, robot.y]))
    chosen = _turn_here(body_in_map, robot, ground, distance_m)
    for scale in RINGS:
        if scale * distance_m < KEEP_M:
            continue
        ring = _ring(body_in_map, middle, scale * distance_m)
        efforts = _efforts(ring, middle, robot, ground, ways)
        for i in np.argsort(efforts, kind="stable"):
            if len(chosen) >= MOST or not math.isfinite(efforts[i]):
                break
            x, y = float(ring[i, 0]), float(ring[i, 1])
            apart = all(place.distance_to(x, y) >= APART_M for place in chosen)
            if apart and ground.sees(ring[i], _nearest(body_in_map, ring[i]), SPARE_M):
                chosen.append(Pose2D(x, y, math.atan2(middle[1] - y, middle[0] - x)))
    return chosen


def _efforts(ring: Array, middle: Array, robot: Pose2D, ground: Ground, ways: Array) -> Array:
    """What it takes to stand at each place facing her, as metres of driving; inf: no way.

    Where the straight way is free its true length and both turns count, so that the best place moves only a little when
    what is seen of the body does; round corners the way on the grid, and as much turning as there can be.
    """
    straight = ring - [robot.x, robot.y]
    heading = np.arctan2(straight[:, 1], straight[:, 0])
    facing = np.arctan2(*(middle - ring).T[::-1])
    turns = np.abs(_wrapped(heading - robot.yaw)) + np.abs(_wrapped(facing - heading))
    lengths = ground.lengths_to(ways, ring)
    free = np.array(
        [
            math.isfinite(n) and ground.is_free(np.array([robot.x, robot.y]), p)
            for n, p in zip(lengths, ring, strict=True)
        ]
    )
    return np.where(free, np.hypot(*straight.T) + METRES_PER_RADIAN * turns, lengths + METRES_PER_RADIAN * math.tau)


def _wrapped(angles: Array) -> Array:
    wrapped: Array = (angles + math.pi) % math.tau - math.pi
    return wrapped


def _turn_here(body: Array, robot: Pose2D, ground: Ground, distance_m: float) -> list[Pose2D]:
    """The robot's own place, turned to the person, where it is near enough already."""
    here = np.array([robot.x, robot.y])
    gap = float(np.hypot(*(_nearest(body, here) - here)))
    if not KEEP_M <= gap <= distance_m + NEAR_TOLERANCE_M or not ground.sees(here, _nearest(body, here), SPARE_M):
        return []
    return [Pose2D(robot.x, robot.y, wrap_angle(robot.yaw + _bearing(robot, body)))]


def _ring(body: Array, middle: Array, distance_m: float) -> Array:
    """The curve at `distance_m` from the nearest body point, as (DIRECTIONS, 2).

    On a ray from the middle m along u, the outermost r with |m + r u - p| = distance for any body point p.
    """
    angles = np.linspace(0.0, math.tau, DIRECTIONS, endpoint=False)
    rays = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    offset = middle - body  # (k, 2)
    along = rays @ offset.T  # (DIRECTIONS, k)
    rest = along**2 - (offset**2).sum(axis=1) + distance_m**2
    reach = np.where(rest >= 0, -along + np.sqrt(np.maximum(rest, 0.0)), -np.inf).max(axis=1)
    on_ray = np.isfinite(reach)
    ring: Array = middle + reach[on_ray, None] * rays[on_ray]
    return ring


def _nearest(body: Array, point: Array) -> Array:
    nearest: Array = body[int(np.argmin(np.hypot(*(body - point).T)))]
    return nearest


def _bearing(robot: Pose2D, body: Array) -> float:
    middle = body.mean(axis=0)
    return wrap_angle(math.atan2(middle[1] - robot.y, middle[0] - robot.x) - robot.yaw)
