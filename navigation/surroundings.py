"""What the lidar sees now: its returns in the base, and those of them that the map does not show."""

from __future__ import annotations

import numpy as np

from kangban.profile import Mount
from kangban.values import Array, Pose2D, Scan
from navigation.field import Field
from navigation.matching import EXPLAINED_M

NOTHING: Array = np.empty((0, 2))


def returns_in_base(scan: Scan, mount: Mount) -> Array:
    """The returns of a scan (n, 2), m, in the base."""
    return Pose2D(mount.x_m, mount.y_m, mount.yaw_rad).transform(scan.points_in_lidar())


def unexplained(points_in_map: Array, on_map: Field) -> Array:
    """Those of returns (n, 2), m, that no wall and no furniture of the map explains."""
    return np.asarray(points_in_map[on_map.nearest(points_in_map) > EXPLAINED_M])
