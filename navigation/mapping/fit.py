"""Lays a cloud on a surface from a guess: where it lies, how sure that is, and how well it agrees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kangban.values import Array, Pose2D, wrap_angle
from navigation.mapping import kernels
from navigation.mapping.surfaces import SQUARE_M, Cloud, Surface

FAR_M, NEAR_M = 0.35, 0.12  # how far partners may be, at first and at last
SOFT_M = 0.04  # Cauchy scale
POINT_STD_M = 0.03  # of one point; larger than the lidar's noise because neighbours err alike
ROUNDS = 20
FEWEST = 15  # points with a partner; fewer tell nothing


@dataclass(frozen=True, slots=True)
class Fit:
    """`information` (3, 3) of x, y (surface's frame), yaw from the scan alone. `share`: of the points, that agree."""

    pose: Pose2D
    information: Array
    share: float


def fit(
    surface: Surface, cloud: Cloud, guess: Pose2D, prior: Array, far: float = FAR_M, expected: Pose2D | None = None
) -> Fit | None:
    """`prior` (3, 3): information of the expected pose (without one, the guess).

    None where too little of the cloud meets the surface.
    """
    pose, information = np.array([guess.x, guess.y, guess.yaw]), np.zeros((3, 3))
    first = pose.copy() if expected is None else np.array([expected.x, expected.y, expected.yaw])
    used, weight = kernels.aligned(
        surface.points, surface.normals, surface.starts, surface.x, surface.y, surface.columns, surface.rows, SQUARE_M,
        cloud.points, cloud.normals, pose, first, prior, ROUNDS, far, NEAR_M, SOFT_M, POINT_STD_M, information,
    )  # fmt: skip
    lines = int((cloud.normals != 0.0).any(axis=1).sum())
    if used < FEWEST or not np.isfinite(pose).all():
        return None
    found = Pose2D(float(pose[0]), float(pose[1]), wrap_angle(float(pose[2])))
    return Fit(found, information, weight * used / max(1, lines))
