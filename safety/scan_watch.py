"""Is the lidar alive? The same readings again and again while the robot moves are an old picture. Pure.

Stamps go on in such a picture, so it is never stale; only that nothing in it changes gives it away. Noise alone makes
two true scans differ, and where a lidar has none the robot's own motion does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kangban.values import Odometry, Pose2D, Scan, wrap_angle

REPEATS = 2  # a scan that came so often again, to the bit ...
MOVED_M, MOVED_RAD = 0.03, 0.03  # ... while the robot moved so far


@dataclass(frozen=True, slots=True)
class ScanWatch:
    """`scan` is the newest, `repeats` how often it came again, `seen_from` where the robot was when it came first."""

    scan: Scan | None = None
    repeats: int = 0
    seen_from: Pose2D | None = None
    frozen: bool = False


def step(watch: ScanWatch, scan: Scan, odometry: Odometry | None) -> ScanWatch:
    """After a scan; `odometry` is the newest, None before the first."""
    pose = None if odometry is None else odometry.pose_in_odom
    same = watch.scan is not None and np.array_equal(watch.scan.ranges, scan.ranges, equal_nan=True)
    if not same:
        return ScanWatch(scan, 0, pose, False)
    if watch.seen_from is None or pose is None:
        return replace(watch, scan=scan, repeats=watch.repeats + 1, seen_from=watch.seen_from or pose)
    repeats = watch.repeats + 1
    turned = abs(wrap_angle(pose.yaw - watch.seen_from.yaw))
    moved = pose.distance_to(watch.seen_from.x, watch.seen_from.y) > MOVED_M or turned > MOVED_RAD
    return replace(watch, scan=scan, repeats=repeats, frozen=watch.frozen or (moved and repeats >= REPEATS))
