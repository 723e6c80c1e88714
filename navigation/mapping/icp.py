"""small-gicp on flat scans: a second opinion on loop closures, and the reference that the benches measure against.

Only its ICP (point to point): its plane variants take a flat scan's normals to point upwards, and even with normals
along the floor given they were less exact here and lost the way more often (docs/mapping.md has the figures).
"""

from __future__ import annotations

import math

import numpy as np
import small_gicp

from kangban.values import Array, Pose2D

ROUNDS = 30


def icp(target_points: Array, points: Array, guess: Pose2D, far: tuple[float, ...] = (0.4, 0.12)) -> Pose2D:
    """Lays points (n, 2) on target points (m, 2) from a guess; `far`: how far partners may be, m, coarse to fine."""
    target, source = small_gicp.PointCloud(_lifted(target_points)), small_gicp.PointCloud(_lifted(points))
    tree = small_gicp.KdTree(target)
    pose = guess
    for reach in far:
        c, s = math.cos(pose.yaw), math.sin(pose.yaw)
        start = np.array([[c, -s, 0.0, pose.x], [s, c, 0.0, pose.y], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
        found = small_gicp.align(
            target, source, tree, start,
            registration_type="ICP", max_correspondence_distance=reach, num_threads=1, max_iterations=ROUNDS,
        ).T_target_source  # fmt: skip
        pose = Pose2D(float(found[0, 3]), float(found[1, 3]), math.atan2(found[1, 0], found[0, 0]))
    return pose


def _lifted(points: Array) -> Array:
    return np.column_stack([points, np.zeros(len(points)), np.ones(len(points))])
