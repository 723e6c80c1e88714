"""Draws scans at their poses as an occupancy grid: every beam frees what it passes and fills what it ends on.

Log odds (Moravec and Elfes 1985), so people who walked through are gone where later beams passed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numba as nb
import numpy as np
from numpy.typing import NDArray

from kangban.values import Array, GridMap, Pose2D, Scan
from navigation.grid import FREE, OCCUPIED, UNKNOWN
from navigation.mapping.recording import RecordingError

FARTHEST_M = 25.0  # beams are drawn so far; beyond, a small error of heading smears
NOTHING_M = 6.0  # a beam that met nothing frees so much: dark things and mirrors give nothing back either
BESIDE = 3  # beams
BORDER_M = 0.5
HIT, PASS, NOTHING = 1.2, -0.4, -0.1  # log odds
MOST = 5.0
FILLED, FREED = 1.8, -0.5  # from two hits that nothing passed
STILL_M, STILL_RAD = 0.05, 0.05  # a robot that stands draws once, or whoever stands before it would fill the map
MOST_CELLS = 60_000_000


def draw(scans: Sequence[Scan], poses: Array, mount: Pose2D, resolution: float) -> GridMap:
    """`poses` (n, 3) of the robot at each scan. Raises RecordingError where the map would be too large."""
    chosen = _moving(poses)
    lidars = [Pose2D(*(float(v) for v in poses[k])) @ mount for k in chosen]
    beams = [_beams(scans[k]) for k in chosen]
    ends = [
        np.stack([p.x + r * np.cos(a + p.yaw), p.y + r * np.sin(a + p.yaw)], axis=1)
        for p, (a, r, kind) in zip(lidars, beams, strict=True)
    ]
    corners = np.concatenate([*(e for e in ends if len(e)), np.array([[p.x, p.y] for p in lidars])])
    low = np.floor((corners.min(axis=0) - BORDER_M) / resolution) * resolution
    columns, rows = (math.ceil(v) for v in (corners.max(axis=0) + BORDER_M - low) / resolution)
    if rows * columns > MOST_CELLS:
        raise RecordingError(
            f"the map would have {columns} x {rows} cells; give a larger --resolution than {resolution}"
        )
    odds = np.zeros((rows, columns), np.float32)
    for pose, end, (_, _, kind) in zip(lidars, ends, beams, strict=True):
        _trace(odds, (pose.x - low[0]) / resolution, (pose.y - low[1]) / resolution, (end - low) / resolution, kind)
    cells = np.full(odds.shape, UNKNOWN, np.int8)
    cells[odds < FREED] = FREE
    cells[odds > FILLED] = OCCUPIED
    return GridMap(scans[-1].stamp, resolution, Pose2D(float(low[0]), float(low[1]), 0.0), cells)


def _moving(poses: Array) -> list[int]:
    kept = [0]
    for k in range(1, len(poses)):
        d = poses[k] - poses[kept[-1]]
        if math.hypot(d[0], d[1]) > STILL_M or abs(math.remainder(d[2], math.tau)) > STILL_RAD:
            kept.append(k)
    return kept


def _beams(scan: Scan) -> tuple[Array, Array, NDArray[np.int64]]:
    """Angles, ranges, and whether each ends on something (1), goes on (0), or met nothing (-1)."""
    known = ~np.isnan(scan.ranges)
    angles = (scan.angle_min + scan.angle_increment * np.arange(len(scan.ranges)))[known]
    ranges = scan.ranges[known]
    kind = np.where(ranges >= scan.range_max, -1, np.where(ranges > FARTHEST_M, 0, 1))
    cut = np.where(kind == -1, min(NOTHING_M, scan.range_max), np.minimum(ranges, FARTHEST_M))
    for shift in range(1, BESIDE + 1):  # a beam that got lost says no more than those beside it
        for way in (-shift, shift):
            other = np.roll(cut, way)
            cut = np.where((kind == -1) & (np.roll(kind, way) != -1), np.minimum(cut, other), cut)
    return np.asarray(angles, dtype=float), np.asarray(cut, dtype=float), kind.astype(np.int64)


@nb.njit("void(f4[:, ::1], f8, f8, f8[:, ::1], i8[::1])", cache=True)
def _trace(odds, x, y, ends, kind):  # type: ignore[no-untyped-def]
    """Walks each beam's cells (Amanatides and Woo 1987). The cell before the last is left: a wall seen aslant."""
    rows, columns = odds.shape
    for i in range(len(ends)):
        dx, dy = ends[i, 0] - x, ends[i, 1] - y
        length = math.hypot(dx, dy)
        if length < 1e-6:
            continue
        u, v, last_u, last_v = int(x), int(y), int(ends[i, 0]), int(ends[i, 1])
        step_u, step_v = (1 if dx > 0 else -1), (1 if dy > 0 else -1)
        per_u = 1e30 if dx == 0.0 else 1.0 / abs(dx)
        per_v = 1e30 if dy == 0.0 else 1.0 / abs(dy)
        next_u = per_u * ((u + 1 - x) if dx > 0 else (x - u))
        next_v = per_v * ((v + 1 - y) if dy > 0 else (y - v))
        less = PASS if kind[i] >= 0 else NOTHING
        spared = 1.0 if kind[i] == 1 else 0.0
        while (u != last_u or v != last_v) and 0 <= u < columns and 0 <= v < rows:
            if (abs(u - last_u) > spared) or (abs(v - last_v) > spared):
                odds[v, u] = max(-MOST, odds[v, u] + less)
            if next_u < next_v:
                if next_u > 1.0:
                    break
                u, next_u = u + step_u, next_u + per_u
            else:
                if next_v > 1.0:
                    break
                v, next_v = v + step_v, next_v + per_v
        if kind[i] == 1 and 0 <= last_u < columns and 0 <= last_v < rows:
            odds[last_v, last_u] = min(MOST, odds[last_v, last_u] + HIT)
