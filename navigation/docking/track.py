"""Where the dock is by all that was seen of it lately, kept in the odometry's frame so that driving does not move it.

The tag says which V is meant and roughly where; the scan says exactly. Without the tag the V must be the only one near
where the site file has the dock. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kangban.values import Array, DockSeen, Odometry, Pose2D, wrap_angle
from navigation.docking import shape

FRESH_S = 0.6  # older than this the V is lost
TAG_FRESH_S = 1.0
NEWEST = 0.25  # weight of one scan's fit in the track, once there are some
SETTLED = 5  # fits in a row that agree
JUMP_M, JUMP_RAD = 0.06, 0.20  # a fit farther off begins a new track
TAG_OFF_M, TAG_OFF_RAD = 0.15, 0.35  # the tag and the V are of one dock up to so much
REACH_M, REACH_RAD = 0.30, 0.35  # the dock may have been moved by so much from where the site file has it
SEARCH_S = 0.4


@dataclass(frozen=True, slots=True)
class Track:
    """`choices`: how many Vs there were at the last search. `fits`: in a row."""

    tag_in_odom: Pose2D | None = None
    tag_at: float = -np.inf
    dock_in_odom: Pose2D | None = None
    seen_at: float = -np.inf
    fits: int = 0
    choices: int | None = None
    searched_at: float = -np.inf

    def tag_fresh(self, now: float) -> bool:
        return 0.0 <= now - self.tag_at <= TAG_FRESH_S

    def dock_in_base(self, base_in_odom: Pose2D, now: float) -> Pose2D | None:
        """None while it is not known, or no longer."""
        if self.dock_in_odom is None or not -FRESH_S <= now - self.seen_at <= FRESH_S:
            return None
        return base_in_odom.inverse() @ self.dock_in_odom

    @property
    def settled(self) -> bool:
        return self.fits >= SETTLED


NOTHING = Track()


def base_at(odometry: Odometry, stamp: float) -> Pose2D:
    """Where the base was, in odom, a moment before (or after) the newest odometry."""
    dt, v = stamp - odometry.stamp, odometry.velocity_in_base
    return odometry.pose_in_odom @ Pose2D(v.vx * dt, v.vy * dt, wrap_angle(v.wz * dt))


def saw_tag(track: Track, seen: DockSeen, odometry: Odometry) -> Track:
    return replace(track, tag_in_odom=base_at(odometry, seen.stamp) @ seen.dock_in_base, tag_at=seen.stamp)


def saw_scan(
    track: Track, points_in_base: Array, odometry: Odometry, stamp: float, expected_in_base: Pose2D | None
) -> Track:
    """`expected_in_base`: where the site file has the dock; None while the robot's place on the map is unknown."""
    base = base_at(odometry, stamp)
    here = track.dock_in_base(base, stamp)
    if here is not None:
        return _with(track, shape.fit(points_in_base, here), base, stamp)
    if track.tag_fresh(stamp) and track.tag_in_odom is not None:
        start = base.inverse() @ track.tag_in_odom
        found = shape.search(points_in_base, start, TAG_OFF_M, TAG_OFF_RAD)
        return _with(replace(track, choices=None, fits=0), found[0] if found else None, base, stamp)
    if expected_in_base is None or 0.0 <= stamp - track.searched_at < SEARCH_S:
        return track
    every = shape.search(points_in_base, expected_in_base, REACH_M, REACH_RAD)
    track = replace(track, searched_at=stamp, choices=len(every), fits=0)
    return _with(track, every[0] if len(every) == 1 else None, base, stamp)


def _with(track: Track, fit: shape.Fit | None, base: Pose2D, stamp: float) -> Track:
    """One more fit, or none: a V that does not belong to the tag that is seen is none."""
    if fit is None:
        return track
    fresh = base @ fit.dock_in_base
    tag = track.tag_in_odom
    if tag is not None and track.tag_fresh(stamp) and not shape.within(tag, fresh, TAG_OFF_M, TAG_OFF_RAD):
        return replace(track, dock_in_odom=None, fits=0)
    before = track.dock_in_odom
    if before is None or track.fits == 0 or not shape.within(before, fresh, JUMP_M, JUMP_RAD):
        return replace(track, dock_in_odom=fresh, seen_at=stamp, fits=1)
    share = max(NEWEST, 1.0 / (track.fits + 1))
    mixed = Pose2D(
        before.x + share * (fresh.x - before.x),
        before.y + share * (fresh.y - before.y),
        wrap_angle(before.yaw + share * wrap_angle(fresh.yaw - before.yaw)),
    )
    return replace(track, dock_in_odom=mixed, seen_at=stamp, fits=track.fits + 1)
