"""Whether the lidar can be believed: frozen, half blind, or changed at once while the robot stood. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from kangban.values import Array, Persons, Pose2D, Scan
from navigation.locating.motion import novelty

FROZEN_M = 0.05  # driven (or turned, see `novelty`) while the same ranges came bit for bit
BLIND_SHARE = 0.40  # rays without a reading
STOOD_M = 0.01  # between two scans: then nobody drove
CHANGED_M, CHANGED_SHARE = 0.30, 0.60  # what people walking by can't do
SILENT_S = 1.0
SEEN_BEFORE_S = 0.25  # people are taken as they were so long before a scan: later ones may or may not have come yet
PERSON_M = 0.35  # returns so near to somebody's located points are hers
FEWEST_LEFT = 0.4  # where people would leave less of the returns than this share, all are kept


class Fault(StrEnum):
    SILENT = "silent"
    FROZEN = "frozen"
    HALF_BLIND = "half_blind"


@dataclass(frozen=True, slots=True)
class Senses:
    """What the last scan was like. `same_for`: m driven since the ranges last changed."""

    ranges: Array | None = None
    at: Pose2D | None = None
    stamp: float | None = None
    same_for: float = 0.0
    fault: Fault | None = None
    carried: bool = False  # nearly all that it sees changed at once while the wheels stood


def step(senses: Senses, scan: Scan, pose_in_odom: Pose2D) -> Senses:
    """Take a newer scan in; the robot was at `pose_in_odom` then."""
    moved = 0.0 if senses.at is None else novelty(senses.at.inverse() @ pose_in_odom)
    same = senses.ranges is not None and np.array_equal(senses.ranges, scan.ranges, equal_nan=True)
    same_for = senses.same_for + moved if same else 0.0
    blind = blind_share(scan) > BLIND_SHARE
    fault = Fault.HALF_BLIND if blind else Fault.FROZEN if same_for > FROZEN_M else None
    carried = senses.ranges is not None and moved < STOOD_M and _changed(senses.ranges, scan.ranges)
    return Senses(scan.ranges, pose_in_odom, scan.stamp, same_for, fault, carried)


def silent(senses: Senses, now: float) -> bool:
    return senses.stamp is not None and now - senses.stamp > SILENT_S


def blind_share(scan: Scan) -> float:
    """Rays without a reading; nothing within reach (infinite) is a reading."""
    if len(scan.ranges) == 0:
        return 1.0
    return float((np.isnan(scan.ranges) | (scan.ranges < scan.range_min)).mean())


def without_people(points_in_base: Array, persons: Persons, step: Pose2D) -> Array:
    """Returns (n, 2) that are not at a located person; `step` is the way of the robot since it saw them."""
    known = [p.points_in_base for p in persons.people if p.points_in_base is not None]
    bodies = np.concatenate([np.empty((0, 2)), *(b[:, :2] for b in known)])
    if not len(bodies) or not len(points_in_base):
        return points_in_base
    bodies = step.inverse().transform(bodies)
    apart = ((points_in_base[:, None, :] - bodies[None, :, :]) ** 2).sum(axis=2).min(axis=1)
    left = points_in_base[~(apart < PERSON_M**2)]  # a point that is not a number hides nothing
    return left if len(left) >= FEWEST_LEFT * len(points_in_base) else points_in_base


def _changed(before: Array, after: Array) -> bool:
    if len(before) != len(after):
        return False
    both = np.isfinite(before) & np.isfinite(after)
    return bool(both.sum() > len(both) / 3 and (np.abs(before - after)[both] > CHANGED_M).mean() > CHANGED_SHARE)
