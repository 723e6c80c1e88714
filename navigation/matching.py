"""Fits a scan to the map: from a guess to the pose that explains the scan best, how sure that is, and how well it fits.

Gauss-Newton on the distance field (as in likelihood-field matching, Thrun et al. 2005, ch. 6.4), with a robust weight
for what the map doesn't know (people, moved chairs) and the odometry's guess as a prior.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kangban.values import Array, Pose2D
from navigation.field import Field

EXPLAINED_M = 0.10  # a return this near to a surface, or inside furniture, is explained by the map
OUTLIER_M = 0.30  # returns farther from any surface say nothing
SOFT_M = 0.05  # Cauchy scale of the robust weight
POINT_STD_M = 0.10  # of one return, all errors of the map included; large because neighbours err alike
FEWEST = 30  # returns; fewer tell nothing
STEPS = 6
SEARCH_M, SEARCH_RAD = 0.4, 0.35  # half the window of `search`
SEARCH_STEP_M, SEARCH_STEP_RAD = 0.1, 0.07


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
    prior = np.linalg.inv(covariance)
    pose, information = guess, prior
    for _ in range(STEPS):
        normal = _normal_equations(field, points_in_base, pose)
        if normal is None:
            return None
        matched, pull = normal
        information = matched + prior
        off = np.array([guess.x - pose.x, guess.y - pose.y, math.remainder(guess.yaw - pose.yaw, math.tau)])
        step = np.linalg.solve(information, pull + prior @ off)
        pose = Pose2D(pose.x + step[0], pose.y + step[1], math.remainder(pose.yaw + step[2], math.tau))
        if abs(step[0]) + abs(step[1]) < 1e-4 and abs(step[2]) < 1e-4:
            break
    share = agreement(field, points_in_base, pose)
    assert share is not None  # there are enough returns
    return Fit(pose, np.linalg.inv(information), share)


def search(field: Field, points_in_base: Array, guess: Pose2D) -> Fit | None:
    """Try poses all around a guess (correlative, Olson 2009) and improve the best; None where nothing can be said."""
    if len(points_in_base) < FEWEST:
        return None
    few = points_in_base[:: max(1, len(points_in_base) // 90)]
    shifts = np.arange(-SEARCH_M, SEARCH_M + 1e-9, SEARCH_STEP_M)
    dx, dy = (a.ravel() for a in np.meshgrid(shifts, shifts))
    best, score = guess, -math.inf
    for turn in np.arange(-SEARCH_RAD, SEARCH_RAD + 1e-9, SEARCH_STEP_RAD):
        turned = Pose2D(guess.x, guess.y, guess.yaw + float(turn))
        points = turned.transform(few)[None, :, :] + np.stack([dx, dy], axis=1)[:, None, :]
        scores = np.exp(-0.5 * (field.nearest(points) / (1.5 * EXPLAINED_M)) ** 2).mean(axis=1)
        i = int(scores.argmax())
        if scores[i] > score:
            best, score = Pose2D(turned.x + float(dx[i]), turned.y + float(dy[i]), turned.yaw), float(scores[i])
    return fit(field, points_in_base, best, np.diag([SEARCH_STEP_M**2, SEARCH_STEP_M**2, SEARCH_STEP_RAD**2]))


def _normal_equations(field: Field, points: Array, pose: Pose2D) -> tuple[Array, Array] | None:
    """Information (3, 3) and pull (3,) of the scan about x, y, yaw at a pose."""
    in_map = pose.transform(points)
    distance, gradient = field.read(in_map)
    used = np.abs(distance) < OUTLIER_M
    if used.sum() < FEWEST:
        return None
    distance, gradient, in_map = distance[used], gradient[used], in_map[used]
    by_yaw = gradient[:, 1] * (in_map[:, 0] - pose.x) - gradient[:, 0] * (in_map[:, 1] - pose.y)
    jacobian = np.concatenate([gradient, by_yaw[:, None]], axis=1)
    weight = 1.0 / ((1.0 + (distance / SOFT_M) ** 2) * POINT_STD_M**2)
    return (jacobian * weight[:, None]).T @ jacobian, -(jacobian * weight[:, None]).T @ distance
