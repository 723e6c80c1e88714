"""What the map does not show: things and people near the robot now, as points on the map for the planner."""

from __future__ import annotations

import numpy as np

from kangban.profile import Mount
from kangban.values import Array, Persons, Pose2D, Scan
from navigation.field import Field
from navigation.matching import EXPLAINED_M

NOTHING: Array = np.empty((0, 2))


def returns_in_base(scan: Scan, mount: Mount) -> Array:
    """The returns of a scan (n, 2), m, in the base."""
    return Pose2D(mount.x_m, mount.y_m, mount.yaw_rad).transform(scan.points_in_lidar())


def unexplained(points_in_base: Array, pose_in_map: Pose2D, on_map: Field) -> Array:
    """Returns (n, 2), m, on the map, that no wall and no furniture of the map explains."""
    points = pose_in_map.transform(points_in_base)
    return np.asarray(points[on_map.nearest(points) > EXPLAINED_M])


def people_in_map(persons: Persons, pose_in_map: Pose2D) -> Array:
    """All located points of people (k, 2), m, on the map; `pose_in_map` is the robot's at the time of the picture.

    Perception carries on someone who is out of the picture.
    """
    parts = [NOTHING]
    for person in persons.people:
        if person.points_in_base is not None and len(person.points_in_base):
            parts.append(pose_in_map.transform(person.points_in_base[:, :2]))
        if person.position_in_map is not None:
            parts.append(np.array([person.position_in_map[:2]]))
    points = np.concatenate(parts)
    return np.asarray(points[np.isfinite(points).all(axis=1)])
