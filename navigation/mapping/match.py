"""Lays one sweep onto others, to a few millimetres: points to lines, with small_gicp.

small_gicp knows points to planes. On a flat scan the planes would all be the floor, so the reference is stacked three
times over itself: walls become upright planes, and points to planes are points to lines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import small_gicp

from kangban.values import Array, Pose2D

LAYERS_M = (-0.1, 0.0, 0.1)
NEIGHBOURS = 12
WIDE_M, NARROW_M = 0.4, 0.15  # how far from the reference a return may lie, first and last
POINT_STD_M = 0.03
INDEPENDENT = 8.0  # neighbouring returns err together: so many tell what one alone would
LEAST_STD = np.array([0.01, 0.01, 0.003])  # m, m, rad: surer than this no match is
LEAST_POINTS = 30


class Reference:
    """Points (n, 2), m, that sweeps are laid onto; n >= LEAST_POINTS."""

    def __init__(self, points: Array) -> None:
        stacked = np.concatenate([_flat(points, z) for z in LAYERS_M])
        self._cloud = small_gicp.PointCloud(stacked)
        self._tree = small_gicp.KdTree(self._cloud)
        small_gicp.estimate_normals_covariances(self._cloud, self._tree, NEIGHBOURS)
        self.points = points

    def lay(self, points: Array, guess: Pose2D, within: float) -> tuple[Pose2D, float, Array]:
        """Where the points' frame lies in the reference's: pose, share of points that fit, information (3, 3)."""
        source = small_gicp.PointCloud(_flat(points, 0.0))
        found = small_gicp.align(
            self._cloud, source, self._tree, init_T_target_source=_matrix(guess), registration_type="PLANE_ICP",
            max_correspondence_distance=within, num_threads=1, max_iterations=25,
        )  # fmt: skip
        t = found.T_target_source
        pose = Pose2D(float(t[0, 3]), float(t[1, 3]), math.atan2(t[1, 0], t[0, 0]))
        flat = found.H[np.ix_([3, 4, 2], [3, 4, 2])]  # its order: rotation, then translation
        return pose, found.num_inliers / max(1, len(points)), np.asarray(flat)


@dataclass(frozen=True, slots=True)
class Match:
    """`pose` in the reference's frame, `share` of the returns within NARROW_M, covariance (3, 3) of x, y, yaw in the
    matched frame: wide along a bare corridor."""

    pose: Pose2D
    share: float
    covariance: Array


def match(reference: Reference, points: Array, guess: Pose2D) -> Match | None:
    """None: too little to go by."""
    if len(points) < LEAST_POINTS:
        return None
    pose, _, _ = reference.lay(points, guess, WIDE_M)
    pose, share, information = reference.lay(points, pose, NARROW_M)
    if not (math.isfinite(pose.x) and math.isfinite(pose.y) and math.isfinite(pose.yaw)):
        return None
    weighed = information / (INDEPENDENT * POINT_STD_M**2) + np.diag([1e-2, 1e-2, 1e-2])
    return Match(pose, share, np.linalg.inv(weighed) + np.diag(LEAST_STD**2))


def _flat(points: Array, z: float) -> Array:
    return np.column_stack([points, np.full(len(points), z), np.ones(len(points))])


def _matrix(pose: Pose2D) -> Array:
    c, s = math.cos(pose.yaw), math.sin(pose.yaw)
    return np.array([[c, -s, 0.0, pose.x], [s, c, 0.0, pose.y], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
