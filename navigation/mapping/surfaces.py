"""What a scan saw, as points with normals, and many scans fused into the surfaces that a new one is laid on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kangban.values import Array, Pose2D, Scan, Twist2D
from navigation.mapping import kernels

SPACING_M = 0.04  # points of one scan are no nearer to each other
FUSED_M = 0.05  # points of many scans in a square of this size become one
SQUARE_M = 0.15  # squares by which the nearest is looked for
REACH_M = 40.0  # returns from farther away are left out: a small error of heading moves them far
FEWEST = 20  # returns; a scan of fewer tells nothing


@dataclass(frozen=True, slots=True)
class Cloud:
    """Returns of one scan in the robot's frame: `points` (n, 2), m, and unit `normals` (n, 2), zero where unknown."""

    points: Array
    normals: Array

    @classmethod
    def of(cls, scan: Scan, mount: Pose2D, sweep_s: float = 0.0, moving: Twist2D | None = None) -> Cloud:
        """`mount`: the lidar on the robot. `sweep_s`: from the first beam to the last; the robot moves meanwhile."""
        good = np.isfinite(scan.ranges) & (scan.ranges >= scan.range_min) & (scan.ranges < min(scan.range_max, REACH_M))
        index = np.nonzero(good)[0]
        if not len(index):
            return cls(np.empty((0, 2)), np.empty((0, 2)))
        angles = scan.angle_min + scan.angle_increment * index
        ranges = scan.ranges[index]
        points = mount.transform(np.stack([ranges * np.cos(angles), ranges * np.sin(angles)], axis=1))
        if sweep_s > 0.0 and moving is not None:
            after = np.asarray(index * (sweep_s / max(1, len(scan.ranges) - 1)), dtype=float)
            points = _as_at_once(points, after, moving)
        kept = kernels.thinned(points, 0.5 * SPACING_M)
        points = np.ascontiguousarray(points[kept])
        found = kernels.normals(points, abs(scan.angle_increment), mount.x, mount.y)
        kept = kernels.thinned(points, SPACING_M)
        return cls(np.ascontiguousarray(points[kept]), np.ascontiguousarray(found[kept]))

    @property
    def enough(self) -> bool:
        return len(self.points) >= FEWEST


def _as_at_once(points: Array, after: Array, moving: Twist2D) -> Array:
    """Points (n, 2) measured so long after the first beam, in the frame that the robot had at the first beam."""
    yaw = moving.wz * after
    c, s = np.cos(yaw), np.sin(yaw)
    middle = yaw / 2.0  # the way is an arc; its chord lies at half the turn
    x = (moving.vx * np.cos(middle) - moving.vy * np.sin(middle)) * after
    y = (moving.vx * np.sin(middle) + moving.vy * np.cos(middle)) * after
    return np.stack([x + c * points[:, 0] - s * points[:, 1], y + s * points[:, 0] + c * points[:, 1]], axis=1)


@dataclass(frozen=True, slots=True)
class Surface:
    """Fused points in some frame, sorted by square: `starts[k]` is the first of square k. `seen`: all, unfused."""

    points: Array
    normals: Array
    starts: NDArray[np.int64]
    x: float
    y: float
    columns: int
    rows: int
    seen: Array

    @classmethod
    def of(cls, clouds: Iterable[tuple[Pose2D, Cloud]]) -> Surface | None:
        """Clouds at their poses; None where they hold no line at all."""
        points, normals = [], []
        for pose, cloud in clouds:
            points.append(pose.transform(cloud.points))
            normals.append(Pose2D(0.0, 0.0, pose.yaw).transform(cloud.normals))
        if not points:
            return None
        all_points, all_normals = np.concatenate(points), np.concatenate(normals)
        lines = (all_normals != 0.0).any(axis=1)
        if lines.sum() < FEWEST:
            return None
        p, n, _ = kernels.fused(all_points[lines], all_normals[lines], FUSED_M)
        order, starts, x, y, columns, rows = kernels.indexed(p, SQUARE_M)
        return cls(
            np.ascontiguousarray(p[order]), np.ascontiguousarray(n[order]), starts, x, y, columns, rows, all_points
        )
