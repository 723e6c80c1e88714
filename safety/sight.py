"""What the guard sees: obstacle points and people in the base, and whether the lidar looks where the robot would go.

Readings of a scan: finite within its range, a point; +inf or beyond range_max, nothing there; -inf, something nearer
than the lidar can measure (REP 117), taken at range_min; NaN or below range_min, unknown.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kangban.profile import Mount
from kangban.values import Array, Persons, Pose2D, Scan

# Half of the sector about the direction of travel that must be seen, rad.
SECTOR = 1.0
# The widest stretch without a known ray in it, rad: a leg of 0.1 m at the 0.5 m the robot needs to stop fills it.
WIDEST_GAP = 0.2
# The least share of the rays in it that must be known, however they lie: below it the lidar is half blind.
LEAST_KNOWN = 0.4


def obstacles_in_base(scan: Scan, mount: Mount) -> Array:
    """The points (k, 2), m, that the scan shows, in the base."""
    ranges, near = np.where(np.isneginf(scan.ranges), scan.range_min, scan.ranges), scan.range_min
    hit = np.isfinite(ranges) & (ranges >= near) & (ranges <= scan.range_max)
    angles = _angles(scan)[hit]
    points = np.stack([ranges[hit] * np.cos(angles), ranges[hit] * np.sin(angles)], axis=1)
    return Pose2D(mount.x_m, mount.y_m, mount.yaw_rad).transform(points)


def widest_gap(scan: Scan, mount: Mount, heading_in_base: float) -> float:
    """The widest angle, rad, between known rays within SECTOR of a direction; 2 * SECTOR where there is none."""
    off = _off(scan, mount, heading_in_base)[_known(scan)]
    inside = np.sort(off[np.abs(off) <= SECTOR])
    return float(np.diff(np.concatenate([[-SECTOR], inside, [SECTOR]])).max())


def known_share(scan: Scan, mount: Mount, heading_in_base: float) -> float:
    """The share of the rays within SECTOR of a direction that tell anything; 0 where the scan has no ray there."""
    inside = np.abs(_off(scan, mount, heading_in_base)) <= SECTOR
    return float(_known(scan)[inside].mean()) if inside.any() else 0.0


def people_in_base(persons: Persons) -> tuple[Array, bool]:
    """The located points of all people, (k, 2), m, and whether someone is seen whose distance is unknown."""
    parts: list[Array] = []
    unplaced = False
    for person in persons.people:
        if person.points_in_base is not None and len(person.points_in_base):
            parts.append(person.points_in_base[:, :2])
        if person.position_in_base is not None:
            parts.append(np.array([person.position_in_base[:2]]))
        elif person.points_in_base is None or not len(person.points_in_base):
            unplaced = unplaced or person.seen
    points = np.concatenate(parts) if parts else np.empty((0, 2))
    finite = np.isfinite(points).all(axis=1)
    return points[finite], unplaced or not bool(finite.all())


def _known(scan: Scan) -> NDArray[np.bool_]:
    return np.asarray(~np.isnan(scan.ranges) & ((scan.ranges >= scan.range_min) | np.isneginf(scan.ranges)))


def _off(scan: Scan, mount: Mount, heading_in_base: float) -> Array:
    """The angle of each ray from a direction, in (-pi, pi]."""
    return np.asarray(np.mod(_angles(scan) + mount.yaw_rad - heading_in_base + math.pi, math.tau) - math.pi)


def _angles(scan: Scan) -> Array:
    return scan.angle_min + scan.angle_increment * np.arange(len(scan.ranges), dtype=np.float64)
