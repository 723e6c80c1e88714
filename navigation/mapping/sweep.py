"""One turn of a lidar with the odometry at that moment: all that mapping needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kangban.values import Array, Pose2D

NEAREST_M = 0.1  # what is nearer is the robot itself, or dirt


@dataclass(frozen=True, slots=True)
class Sweep:
    """`angles`, `ranges` (n,): rad and m in the lidar; NaN or infinite where nothing came back. `mount`: the lidar in
    the base. `stamp`: s, of the recording's own clock.
    """

    stamp: float
    pose_in_odom: Pose2D
    mount: Pose2D
    angles: Array
    ranges: Array
    range_max: float

    @property
    def hits(self) -> Array:
        """Which beams met something, (n,) bool."""
        with np.errstate(invalid="ignore"):
            return np.asarray((self.ranges > NEAREST_M) & (self.ranges < self.range_max))

    def points_in_base(self) -> Array:
        """The returns, (k, 2), m."""
        good = self.hits
        r, a = self.ranges[good], self.angles[good]
        return self.mount.transform(np.stack([r * np.cos(a), r * np.sin(a)], axis=1))


def thinned(points: Array, cell_m: float) -> Array:
    """At most one point a square of that size: near walls do not outweigh far ones. Keeps the order."""
    if not len(points):
        return points
    keys = np.floor(points / cell_m).astype(np.int64)
    _, first = np.unique(keys[:, 0] * 2_000_003 + keys[:, 1], return_index=True)
    return np.asarray(points[np.sort(first)])
