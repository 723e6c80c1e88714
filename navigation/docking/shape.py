"""The dock's V in one scan: where it is, and whether it can be taken for anything else. Pure.

Fitting is Gauss and Newton on the distances to the two plates, with Tukey's weights; a search begins at many places.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from kangban.dock import DEPTH_M, HALF_WIDTH_M, RECESS_M
from kangban.values import Array, Pose2D, wrap_angle

ARM_M = math.hypot(HALF_WIDTH_M, DEPTH_M)
GATES_M = (0.12, 0.12, 0.08, 0.06, 0.05, 0.04, 0.04, 0.04)  # one a step
ON_PLATE_M = 0.04  # so near to a plate is on it
WORST_RMS_M = 0.022
BINS, LEAST_BINS, LEAST_POINTS = 5, 4, 5  # of each plate: stretches with a return in them, returns
BEYOND_M, MOST_BEYOND = 0.12, 2  # returns that carry a plate's line on past its end: it is a wall's corner
STEEPEST = 0.17  # slope of the returns against a plate: a corner opens otherwise
BEST = 12  # of the places where a search begins
SAME_M, SAME_RAD = 0.10, 0.20  # two fits are one
_APEX = np.array([RECESS_M + DEPTH_M, 0.0])
_ALONG = np.array([[-DEPTH_M, HALF_WIDTH_M], [-DEPTH_M, -HALF_WIDTH_M]]) / ARM_M  # from the middle outwards
_NORMAL = np.stack([_ALONG[:, 1], -_ALONG[:, 0]], axis=1) * np.array([[-1.0], [1.0]])  # out of the dock


@dataclass(frozen=True, slots=True)
class Fit:
    """`rms_m` of the returns on the plates, of which there are `points`."""

    dock_in_base: Pose2D
    rms_m: float
    points: int


def fit(points_in_base: Array, start: Pose2D) -> Fit | None:
    """The V nearest to `start` (the dock in the base); `points_in_base` (n, 2), m. None: there is none."""
    pose = start
    for gate in GATES_M:
        q = pose.inverse().transform(points_in_base)
        arm, along, off = _nearest(q)
        on = (np.abs(off) < gate) & (along > -0.02) & (along < ARM_M + 0.02)
        if on.sum() < 2 * LEAST_POINTS:
            return None
        weight = (1.0 - (off[on] / gate) ** 2) ** 2
        normal = _NORMAL[arm[on]]
        turned = np.stack([-q[on, 1], q[on, 0]], axis=1)
        slope = np.stack([normal[:, 0], normal[:, 1], (normal * turned).sum(axis=1)], axis=1)
        square = (slope * weight[:, None]).T @ slope + 1e-6 * np.eye(3)
        step = np.linalg.solve(square, (slope * weight[:, None]).T @ off[on])
        pose = pose @ Pose2D(float(step[0]), float(step[1]), wrap_angle(float(step[2])))
    return _judged(points_in_base, pose)


def search(points_in_base: Array, about: Pose2D, reach_m: float, reach_rad: float) -> tuple[Fit, ...]:
    """Every V within reach of where the dock should be, the best first."""
    if len(points_in_base) < 2 * LEAST_POINTS:
        return ()
    shifts = np.arange(-reach_m, reach_m + 1e-9, 0.10)
    turns = np.linspace(-reach_rad, reach_rad, 5)
    starts = [about @ Pose2D(float(x), float(y), float(t)) for x in shifts for y in shifts for t in turns]
    line = np.concatenate([_APEX + np.outer(np.linspace(0.02, ARM_M, 8), along) for along in _ALONG])
    far, _ = cKDTree(points_in_base).query(np.concatenate([start.transform(line) for start in starts]))
    cost = np.minimum(far, 0.15).reshape(len(starts), len(line)).mean(axis=1)
    found: list[Fit] = []
    for k in np.argsort(cost, kind="stable")[:BEST]:
        one = fit(points_in_base, starts[int(k)])
        if one is not None and within(about, one.dock_in_base, 1.3 * reach_m, 1.3 * reach_rad):
            found.append(one)
    found.sort(key=lambda one: one.rms_m)
    kept: list[Fit] = []
    for one in found:
        if not any(within(one.dock_in_base, other.dock_in_base, SAME_M, SAME_RAD) for other in kept):
            kept.append(one)
    return tuple(kept)


def within(a: Pose2D, b: Pose2D, metres: float, radians: float) -> bool:
    return a.distance_to(b.x, b.y) <= metres and abs(wrap_angle(a.yaw - b.yaw)) <= radians


def _nearest(q: Array) -> tuple[Array, Array, Array]:
    """For each point in the dock's frame its plate (0 left, 1 right), the place along it, the distance off it, m."""
    arm = (q[:, 1] < 0.0).astype(int)
    from_apex = q - _APEX
    return arm, (from_apex * _ALONG[arm]).sum(axis=1), (from_apex * _NORMAL[arm]).sum(axis=1)


def _judged(points_in_base: Array, pose: Pose2D) -> Fit | None:
    """Both plates well covered, close to them, and no wall that goes on."""
    arm, along, off = _nearest(pose.inverse().transform(points_in_base))
    close = np.abs(off) < ON_PLATE_M
    on = close & (along >= 0.0) & (along <= ARM_M)
    for side in (0, 1):
        here = on & (arm == side)
        mine = along[here]
        bins = np.unique(np.minimum((mine / ARM_M * BINS).astype(int), BINS - 1))
        if len(mine) < LEAST_POINTS or len(bins) < LEAST_BINS:
            return None
        if abs(float(np.polyfit(mine, off[here], 1)[0])) > STEEPEST:
            return None
    beyond = close & (along > ARM_M + 0.04) & (along < ARM_M + BEYOND_M)
    rms = math.sqrt(float((off[on] ** 2).mean()))
    facing_us = math.cos(math.atan2(pose.y, pose.x) - pose.yaw) > 0.5  # a V is seen from its open side
    if rms > WORST_RMS_M or int(beyond.sum()) > MOST_BEYOND or not facing_us:
        return None
    return Fit(Pose2D(pose.x, pose.y, wrap_angle(pose.yaw)), rms, int(on.sum()))
