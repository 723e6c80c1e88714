"""Fits a scan to the map: from a guess to the pose that explains the scan best, how sure that is, and how well it fits.

Gauss-Newton on the distance field (as in likelihood-field matching, Thrun et al. 2005, ch. 6.4), with a robust weight
for what the map doesn't know (people, moved chairs) and the odometry's guess as a prior.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kangban.values import Array, Pose2D
from navigation.field import NO_HIT, Field
from navigation.locating import kernels

EXPLAINED_M = 0.10  # a return this near to a surface, or inside furniture, is explained by the map
OUTLIER_M = 0.30  # returns farther from any surface say nothing
SOFT_M = 0.05  # Cauchy scale of the robust weight
POINT_STD_M = 0.10  # of one return, all errors of the map included; large because neighbours err alike
FEWEST = 30  # returns; fewer tell nothing
STEPS = 6
UPPER = np.triu_indices(3)
SEARCH_M, SEARCH_RAD = 0.4, 0.35  # half the window of `search`
SEARCH_STEP_M, SEARCH_STEP_RAD = 0.1, 0.07
SEARCH_RETURNS = 90
SUMMITS, SUMMIT_M, SUMMIT_RAD = 4, 0.25, 0.2  # so many of the best are improved, no nearer to each other than this
ROUGH = np.diag([SEARCH_STEP_M**2, SEARCH_STEP_M**2, SEARCH_STEP_RAD**2])  # covariance of a pose of `search`
SETTLED = 1e-4  # m and rad: a smaller step is the last


@dataclass(frozen=True, slots=True)
class Fit:
    """`covariance` (3, 3) of x, y, yaw; `agreement`: share of the returns that the map explains, 0..1."""

    pose_in_map: Pose2D
    covariance: Array
    agreement: float


def agreement(field: Field, points_in_base: Array, pose: Pose2D) -> float | None:
    """Share of returns (n, 2) that the map explains from a pose; None where there are too few to say."""
    if len(points_in_base) < FEWEST:
        return None
    return float((field.nearest(pose.transform(points_in_base)) <= EXPLAINED_M).mean())


def fit(field: Field, points_in_base: Array, guess: Pose2D, covariance: Array) -> Fit | None:
    """Improve a guess with its covariance (3, 3); None where the scan has too few returns near any surface."""
    if len(points_in_base) < FEWEST:
        return None
    grid, pose, information = field.grid, np.array([guess.x, guess.y, guess.yaw]), np.empty(6)
    points = np.ascontiguousarray(points_in_base, dtype=float)
    told = kernels.improve(
        field.distance, grid.x, grid.y, grid.resolution, pose, np.linalg.inv(covariance)[UPPER], points,
        OUTLIER_M, SOFT_M, POINT_STD_M, FEWEST, STEPS, SETTLED, information,
    )  # fmt: skip
    if not told:
        return None
    found, whole = Pose2D(float(pose[0]), float(pose[1]), float(pose[2])), np.empty((3, 3))
    whole[UPPER] = information
    whole.T[UPPER] = information
    share = agreement(field, points, found)
    assert share is not None  # there are enough returns
    return Fit(found, np.asarray(np.linalg.inv(whole), dtype=float), share)


def search(field: Field, points_in_base: Array, guess: Pose2D) -> Fit | None:
    """Try poses all around a guess (correlative, Olson 2009) and improve the best; None where nothing can be said."""
    if len(points_in_base) < FEWEST:
        return None
    shifts = np.arange(-SEARCH_M, SEARCH_M + 1e-9, SEARCH_STEP_M)
    turns = np.arange(-SEARCH_RAD, SEARCH_RAD + 1e-9, SEARCH_STEP_RAD)
    tried = np.stack([a.ravel() for a in np.meshgrid(shifts, shifts, turns)], axis=1) + [guess.x, guess.y, guess.yaw]
    grid = field.coarse_grid
    few = thinned(points_in_base, SEARCH_RETURNS)
    found = kernels.sums(field.coarse, grid.x, grid.y, grid.resolution, 0.0, tried, few)
    order = np.argsort(-found, kind="stable")
    summits = order[kernels.apart(np.ascontiguousarray(tried[order]), SUMMIT_M, SUMMIT_RAD, SUMMITS)]
    fits = [fit(field, points_in_base, Pose2D(*(float(n) for n in tried[i])), ROUGH) for i in summits]
    return max((f for f in fits if f is not None), key=lambda f: _likely(field, few, f), default=None)


def _likely(field: Field, points: Array, found: Fit) -> float:
    pose = found.pose_in_map
    return float(scores(field, points, np.array([[pose.x, pose.y, pose.yaw]]))[0])


def scores(field: Field, points_in_base: Array, poses: Array) -> Array:
    """The log likelihood of returns (m, 2) at each of poses (n, 3), as if each return were independent; (n,)."""
    grid = field.grid
    found = kernels.sums(field.hits, grid.x, grid.y, grid.resolution, NO_HIT, poses, points_in_base)
    return np.asarray(found, dtype=float)


def thinned(points: Array, most: int) -> Array:
    """About so many of the points (n, 2), spread evenly over them."""
    return np.ascontiguousarray(points[:: max(1, -(-len(points) // most))], dtype=float)
