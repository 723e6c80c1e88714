"""A cloud of particles about one place where the robot may be: moved by odometry, weighed by scans, drawn anew.

Monte Carlo localisation with a likelihood field (Thrun, Burgard and Fox 2005, chapter 8), a number of particles that
follows how far the cloud is spread (KLD sampling, Fox 2003), low-variance resampling only where the weights have become
uneven, and a share redrawn about the pose that the matcher found (mixture of proposals, Thrun et al. 2001).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kangban.values import Array, Pose2D
from navigation.field import Field
from navigation.locating.motion import slip
from navigation.matching import Fit, scores

FEWEST, MOST = 60, 500
BIN_M, BIN_RAD = 0.10, 0.17  # KLD: a cloud is as wide as the bins that it fills
KLD_ERROR, KLD_QUANTILE = 0.05, 2.33  # at 99 %
LEAST_SLIP_M, LEAST_SLIP_RAD = 0.001, 0.001
UNEVEN = 0.5  # resampled where the effective number falls below this share
REDRAWN = 0.1
FLOOR = np.diag([0.01**2, 0.01**2, 0.006**2])  # no cloud is surer than this


@dataclass(frozen=True, slots=True)
class Cloud:
    """`poses` (n, 3): x, y, yaw of the base on the map. `weights` (n,) sum to one."""

    poses: Array
    weights: Array


def drawn(found: Fit, rng: np.random.Generator, number: int = FEWEST) -> Cloud:
    """A cloud about a pose that the matcher found."""
    return Cloud(_about(found, rng, number), np.full(number, 1.0 / number))


def moved(cloud: Cloud, step: Pose2D, rng: np.random.Generator) -> Cloud:
    """Each particle goes the step of odometry (in its base frame), and slips on its own."""
    n = len(cloud.poses)
    place, heading = slip(step)
    noise = rng.standard_normal((3, n))
    dx = step.x + (place + LEAST_SLIP_M) * noise[0]
    dy = step.y + (place + LEAST_SLIP_M) * noise[1]
    c, s = np.cos(cloud.poses[:, 2]), np.sin(cloud.poses[:, 2])
    poses = np.empty_like(cloud.poses)
    poses[:, 0] = cloud.poses[:, 0] + c * dx - s * dy
    poses[:, 1] = cloud.poses[:, 1] + s * dx + c * dy
    poses[:, 2] = cloud.poses[:, 2] + step.yaw + (heading + LEAST_SLIP_RAD) * noise[2]
    return Cloud(poses, cloud.weights)


def weighed(cloud: Cloud, field: Field, returns: Array, trust: float) -> Cloud:
    """Weigh by returns (m, 2) in the base; `trust` is what one return counts, as neighbours err alike."""
    logs = trust * scores(field, returns, np.ascontiguousarray(cloud.poses))
    weights = cloud.weights * np.exp(logs - logs.max())
    return Cloud(cloud.poses, weights / weights.sum())


def resampled(cloud: Cloud, found: Fit | None, rng: np.random.Generator) -> Cloud:
    """Draw anew where the weights are uneven; as many as the spread asks for, some of them about `found`."""
    if 1.0 / float((cloud.weights**2).sum()) >= UNEVEN * len(cloud.poses):
        return cloud
    n = wanted(cloud)
    about = 0 if found is None else round(REDRAWN * n)
    comb = (rng.random() + np.arange(n - about)) / (n - about)
    picked = np.searchsorted(np.cumsum(cloud.weights), comb).clip(0, len(cloud.poses) - 1)
    poses = cloud.poses[picked]
    if found is not None:
        poses = np.concatenate([poses, _about(found, rng, about)])
    return Cloud(np.ascontiguousarray(poses), np.full(n, 1.0 / n))


def wanted(cloud: Cloud) -> int:
    """How many particles describe the cloud to within the KLD error."""
    heavy = cloud.poses[cloud.weights > 1e-3 / len(cloud.poses)]
    bins = np.floor(heavy / [BIN_M, BIN_M, BIN_RAD]).astype(np.int64)
    k = len(np.unique(bins @ np.array([1_000_003, 1_009, 1])))
    if k < 2:
        return FEWEST
    a = 2.0 / (9.0 * (k - 1))
    number = (k - 1) / (2.0 * KLD_ERROR) * (1.0 - a + math.sqrt(a) * KLD_QUANTILE) ** 3
    return int(min(MOST, max(FEWEST, math.ceil(number))))


def mean(cloud: Cloud) -> tuple[Pose2D, Array]:
    """The weighed middle and covariance (3, 3)."""
    w, p = cloud.weights, cloud.poses
    x, y = float(w @ p[:, 0]), float(w @ p[:, 1])
    yaw = math.atan2(float(w @ np.sin(p[:, 2])), float(w @ np.cos(p[:, 2])))
    off = p - [x, y, yaw]
    off[:, 2] = np.remainder(off[:, 2] + math.pi, math.tau) - math.pi
    return Pose2D(x, y, yaw), (off * w[:, None]).T @ off + FLOOR


def _about(found: Fit, rng: np.random.Generator, number: int) -> Array:
    pose = found.pose_in_map
    root = np.linalg.cholesky(found.covariance + FLOOR)
    return np.asarray([pose.x, pose.y, pose.yaw] + rng.standard_normal((number, 3)) @ root.T)
