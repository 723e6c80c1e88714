"""Who is who from frame to frame: people keep their number through movement, crossings and a while out of sight.

A pose belongs to the track whose predicted hips it is nearest to, in metres by the body's own size; where the robot has
been away or turned, by the place in the map. A seated neighbour is metres away and cannot take over who has fallen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kangban.values import Array, Point3
from perception.landmarks import ANKLES, HIPS, SHOULDERS, Pose, middle, pixels, pixels_per_metre
from perception.measure import Footing, Measure
from perception.place import Place
from perception.way_down import is_down, was_going_down

GATE_M = 0.5  # how far off a prediction may be at once
FASTEST_MPS = 2.5  # nobody in a home moves faster
REACH_LOST_M = 1.3  # someone lost on the way down lies within a body's length
PREDICT_S = 0.4  # a movement is carried on for so long
LARGEST_RATIO = 1.8  # of sizes in the image, between the same body in successive frames
NEW_AFTER_FRAMES, NEW_AFTER_S = 3, 0.15  # so often seen before anybody is told
GOT_UP_UNSEEN_S = 1.0  # after so long it is somebody else who stands where someone was lost low
UNSURE_S = 0.5  # a newcomer that is not seen again for this long was a mistake


@dataclass
class Track:
    """One person followed. `hips` px, `velocity` px/s, `scale` px/m; `pose` is None while she is not seen."""

    id: int
    first_seen: float
    last_seen: float
    hips: Array
    scale: float
    velocity: Array = field(default_factory=lambda: np.zeros(2))
    hits: int = 0
    known: bool = False
    pose: Pose | None = None
    last_pose: Pose | None = None
    place: Place | None = None
    hip_in_map: Point3 | None = None
    points_in_map: Array | None = None
    footing: Footing | None = None
    history: tuple[Measure, ...] = ()
    rests_on: str | None = None
    across_mps: float | None = None
    going_down: bool | None = None  # when last seen; None: not asked since

    @property
    def vanishing(self) -> bool:
        """Was she going down fast, or just come down so, when last seen?"""
        if self.going_down is None:
            self.going_down = was_going_down(self.history)
        return self.going_down

    @property
    def low(self) -> bool:
        """Was she down, or going down, when last seen?"""
        return self.vanishing or bool(self.history and is_down(self.history[-1]))

    def predicted(self, now: float) -> Array:
        return self.hips + self.velocity * min(PREDICT_S, max(0.0, now - self.last_seen))

    def seen(self, pose: Pose, now: float, size: tuple[int, int]) -> None:
        hips, scale = middle(pixels(pose, *size), HIPS), pixels_per_metre(pose, *size)
        passed = now - self.last_seen
        if self.hits and 0.0 < passed < 0.5:
            share = 1.0 - math.exp(-passed / 0.15)
            self.velocity = self.velocity + share * ((hips - self.hips) / passed - self.velocity)
        else:
            self.velocity = np.zeros(2)
        self.hips, self.scale, self.last_seen, self.pose, self.last_pose = hips, scale, now, pose, pose
        self.hits += 1
        self.going_down = None
        self.known = self.known or (self.hits >= NEW_AFTER_FRAMES and now - self.first_seen >= NEW_AFTER_S)


class Tracks:
    """Everyone being followed."""

    def __init__(self) -> None:
        self.all: list[Track] = []
        self._next_id = 1

    def follow(self, poses: Sequence[Pose], places: Sequence[Point3 | None], now: float, size: tuple[int, int]) -> None:
        """Hand each pose of a frame to its track, or begin one. `places`: each pose's hips in the map, if known."""
        for track in self.all:
            track.pose = None
        left = self._assign(poses, places, self.all, now, size)
        for index in left:
            hips, scale = middle(pixels(poses[index], *size), HIPS), pixels_per_metre(poses[index], *size)
            track = Track(self._next_id, now, now, hips, scale)
            self._next_id += 1
            track.seen(poses[index], now, size)
            self.all.append(track)

    def find_again(self, poses: Sequence[Pose], track: Track, now: float, size: tuple[int, int]) -> bool:
        """Hand the poses of a second look to the lost person looked for; True if one of them is hers."""
        others = [t for t in self.all if t.pose is not None]
        fresh = [
            p for p in poses
            if all(np.linalg.norm(middle(pixels(p, *size), HIPS) - t.hips) > 0.4 * t.scale for t in others)
        ]  # fmt: skip
        left = self._assign(fresh, [None] * len(fresh), [track], now, size)
        return len(left) < len(fresh)

    def forget(self, lost_before: float, keep: frozenset[int], now: float) -> list[Track]:
        """Drop who has not been seen since `lost_before`, but for `keep`; returns the known people dropped."""
        gone = [t for t in self.all if t.pose is None and t.id not in keep
                and (t.last_seen < lost_before or (not t.known and now - t.last_seen > UNSURE_S))]  # fmt: skip
        self.all = [t for t in self.all if t not in gone]
        return [t for t in gone if t.known]

    def _assign(
        self,
        poses: Sequence[Pose],
        places: Sequence[Point3 | None],
        tracks: Sequence[Track],
        now: float,
        size: tuple[int, int],
    ) -> list[int]:
        """Nearest pairs first, each pose and track once; returns the poses that are nobody's."""
        costs = []
        for p, (pose, place) in enumerate(zip(poses, places, strict=True)):
            hips, scale = middle(pixels(pose, *size), HIPS), pixels_per_metre(pose, *size)
            for t, track in enumerate(tracks):
                if track.low and now - track.last_seen > GOT_UP_UNSEEN_S and _stands(pose, scale, size):
                    continue  # a helper beside her must not make her recovered
                cost = _cost(track, hips, scale, place, now)
                if cost is not None:
                    costs.append((cost, p, t))
        free_poses, free_tracks = set(range(len(poses))), set(range(len(tracks)))
        for _, p, t in sorted(costs):
            if p in free_poses and t in free_tracks:
                free_poses.remove(p)
                free_tracks.remove(t)
                tracks[t].seen(poses[p], now, size)
        return sorted(free_poses)


def _stands(pose: Pose, scale: float, size: tuple[int, int]) -> bool:
    rows = pixels(pose, *size)[:, 1]
    shoulders, hips, ankles = (float(rows[list(which)].mean()) for which in (SHOULDERS, HIPS, ANKLES))
    return hips - shoulders > 0.3 * scale and ankles - hips > 0.6 * scale


def _cost(track: Track, hips: Array, scale: float, place: Point3 | None, now: float) -> float | None:
    """Distance as a share of what is possible, 0..1; None: this can't be the same person."""
    lost_s = now - track.last_seen
    gate = min(REACH_LOST_M, GATE_M + FASTEST_MPS * lost_s)
    if lost_s > 0.5 and place is not None and track.hip_in_map is not None:
        distance = math.dist(place[:2], track.hip_in_map[:2])
    else:
        ratio = max(scale, track.scale) / max(1e-6, min(scale, track.scale))
        if ratio > LARGEST_RATIO * (1.0 + lost_s):
            return None
        distance = float(np.linalg.norm(hips - track.predicted(now))) / max(1e-6, 0.5 * (scale + track.scale))
    return distance / gate if distance <= gate else None
