"""Looks for a scan all over the map: every place and heading roughly, then the likeliest finely.

Correlative matching (Olson 2009) on a coarse table, and the matcher of `matching.py` from each summit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kangban.values import Array, Pose2D
from navigation.field import PLACE_M, Field
from navigation.locating import kernels
from navigation.matching import FEWEST, Fit, fit, scores, thinned

HEADINGS = 48
ROUGH_RETURNS = 60
SUMMITS, SLOPES = 40, 3000  # so many summits are refined, found among so many of the best rough poses
APART_M, APART_RAD = 0.35, 0.40  # two summits are no nearer than this
SAME_M, SAME_RAD = 0.20, 0.20  # refined poses nearer than this are one
ROUGH = np.diag([PLACE_M**2, PLACE_M**2, (math.tau / HEADINGS) ** 2])  # covariance of a rough pose


@dataclass(frozen=True, slots=True)
class Candidate:
    """`score`: log likelihood of the returns it was made with, as if each were independent."""

    fit: Fit
    score: float


def look(field: Field, points_in_base: Array, returns: Array) -> tuple[Candidate, ...]:
    """Poses from which the scan (n, 2) fits best, the best first; `returns` (m, 2) are those that are scored."""
    if len(points_in_base) < FEWEST or not len(field.places):
        return ()
    found = [fit(field, points_in_base, pose, ROUGH) for pose in rough(field, points_in_base)]
    fits = [f for f in found if f is not None]
    if not fits:
        return ()
    poses = np.array([[f.pose_in_map.x, f.pose_in_map.y, f.pose_in_map.yaw] for f in fits])
    worth = scores(field, returns, poses)
    order = np.argsort(-worth, kind="stable")
    kept = kernels.apart(np.ascontiguousarray(poses[order]), SAME_M, SAME_RAD, SUMMITS)
    return tuple(Candidate(fits[i], float(worth[i])) for i in order[kept])


def rough(field: Field, points_in_base: Array) -> list[Pose2D]:
    """The summits of the coarse likelihood over all places and headings, the highest first."""
    few, grid = thinned(points_in_base, ROUGH_RETURNS), field.coarse_grid
    headings = np.arange(HEADINGS) * math.tau / HEADINGS
    turned = np.stack([Pose2D(0.0, 0.0, float(h)).transform(few) for h in headings])
    likely = kernels.sweep(field.coarse, grid.x, grid.y, grid.resolution, field.places, turned).ravel()
    most = min(SLOPES, len(likely))
    best = np.argpartition(-likely, most - 1)[:most]
    best = best[np.lexsort((best, -likely[best]))]
    poses = np.column_stack([field.places[best // HEADINGS], headings[best % HEADINGS]])
    kept = kernels.apart(np.ascontiguousarray(poses), APART_M, APART_RAD, SUMMITS)
    return [Pose2D(*(float(n) for n in poses[i])) for i in kept]
