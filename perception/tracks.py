"""Who is who from frame to frame: people keep their number through movement, crossings and a while out of sight.

Each track carries a small filter of where its hips go (`kinematics.py`) and how sure that is; `matching.py` shares the
poses of a frame out to the tracks. A pose that fits nobody begins a track, unless it lies on somebody's body already.
Someone lost low is waited for where she was lost: neither a seated neighbour nor a helper beside her takes her number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kangban.values import Array, Point3
from perception.appearance import Appearance, blended, difference
from perception.doubles import distinct, same_body
from perception.kinematics import Moving, standing_at
from perception.landmarks import TORSO, Pose, visibility
from perception.matching import OTHER_CLOTHES, Colours, Sighting, share_out
from perception.measure import Footing, Measure
from perception.place import Place
from perception.way_down import is_down, was_going_down

NOISE_M, SPEED_MPS, ACCELERATION_MPS2 = 0.06, 1.0, 3.0  # of hips as the model sees them; a fall accelerates by this
CARRY_ON_S, CARRY_ON_LOW_S = 3.0, 0.4  # a walk is carried on for so long; a way down ends on the floor
SLOWEST_WALK_MPS = 0.3  # slower hips are swaying, not going anywhere
NEW_AFTER_FRAMES, NEW_AFTER_S = 3, 0.15  # so often seen before anybody is told
FAINT = 0.55  # visibility of the torso: what is fainter may be a coat on a chair ...
FAINT_AFTER_FRAMES, FAINT_AFTER_S = 12, 1.0  # ... and must be seen for longer
UNSURE_S = 0.5  # a newcomer that is not seen again for this long was a mistake
LOOK_AT_CLOTHES_EVERY = 6  # frames
APART_M = 0.5  # hips so far from everybody's: nobody else's clothes are in the way
ONE_SPOT_M = 0.25  # hips of who lies so near to each other are one body's: trunks are wider
SMALL = 0.27  # of the image's longer side: a standing body no longer than this is hard to find for the model
TALL_M = 1.65


@dataclass
class Track:
    """One person followed. `hips` px, `scale` px/m; `pose` is None while she is not seen."""

    id: int
    first_seen: float
    last_seen: float
    hips: Array
    scale: float
    moving: Moving | None = None  # px
    hits: int = 0
    clear_hits: int = 0
    known: bool = False
    pose: Pose | None = None
    last_pose: Pose | None = None
    wears: Appearance | None = None
    place: Place | None = None
    hip_in_map: Point3 | None = None
    points_in_map: Array | None = None
    footing: Footing | None = None
    history: tuple[Measure, ...] = ()
    rests_on: str | None = None
    across_mps: float | None = None
    going_down: bool | None = None  # when last seen; None: not asked since
    _looked: int = field(default=-LOOK_AT_CLOTHES_EVERY)

    @property
    def velocity(self) -> Array:
        """Of the hips, px/s."""
        return np.zeros(2) if self.moving is None else self.moving.velocity

    @property
    def vanishing(self) -> bool:
        """Was she going down fast, or just come down so, when last seen?"""
        if self.going_down is None:
            self.going_down = was_going_down(self.history)
        return self.going_down

    @property
    def was_down(self) -> bool:
        """Was she on the floor when last seen?"""
        return bool(self.history and is_down(self.history[-1]))

    @property
    def low(self) -> bool:
        """Was she down, or going down, when last seen?"""
        return self.vanishing or self.was_down

    def small(self, size: tuple[int, int]) -> bool:
        """So small in the image (width, height) that only an enlarged look finds her reliably?"""
        return TALL_M * self.scale < SMALL * max(size)

    @property
    def map_now(self) -> tuple[float, float] | None:
        return None if self.hip_in_map is None else self.hip_in_map[:2]

    def predicted(self, now: float) -> Array:
        """Where her hips are if she carries on as she moved, px."""
        if self.moving is None or now <= self.last_seen:
            return self.hips
        walking = not self.low and float(np.linalg.norm(self.velocity)) > SLOWEST_WALK_MPS * self.scale
        carry = CARRY_ON_S if walking else CARRY_ON_LOW_S
        return self.moving.at + self.velocity * min(carry, now - self.moving.stamp)

    def spread_m(self, now: float) -> float:
        """How uncertain that is, m."""
        if self.moving is None:
            return SPEED_MPS * max(0.0, now - self.last_seen)
        return self.moving.at_time(now, ACCELERATION_MPS2 * self.scale).spread / max(1e-6, self.scale)

    def seen(self, sighting: Sighting, now: float) -> None:
        scale, noise = sighting.scale, NOISE_M * sighting.scale
        if self.moving is None or now - self.last_seen > 0.5:
            self.moving = standing_at(now, sighting.hips, noise, SPEED_MPS * scale)
        else:
            self.moving = self.moving.at_time(now, ACCELERATION_MPS2 * scale).corrected(sighting.hips, noise)
        self.hips, self.scale, self.last_seen = sighting.hips, scale, now
        self.pose = self.last_pose = sighting.pose
        self.hits += 1
        self.clear_hits += visibility(sighting.pose, TORSO) >= FAINT
        self.going_down = None
        self.known = self.known or self._believed(now - self.first_seen)

    def take_over(self, other: Track) -> None:
        """It was she whom the other track followed of late."""
        self.moving, self.hips, self.scale, self.last_seen = other.moving, other.hips, other.scale, other.last_seen
        self.pose, self.last_pose, self.going_down = other.pose, other.last_pose, None

    def _believed(self, for_s: float) -> bool:
        if self.clear_hits >= NEW_AFTER_FRAMES and for_s >= NEW_AFTER_S:
            return True
        return self.hits >= FAINT_AFTER_FRAMES and for_s >= FAINT_AFTER_S

    def look_at_clothes(self, colours: Colours) -> None:
        """Remember what she wears, now and then."""
        if self.pose is None or self.hits - self._looked < LOOK_AT_CLOTHES_EVERY:
            return
        self._looked = self.hits
        new = colours(self.pose)
        if new is not None:
            self.wears = blended(self.wears, new)


class Tracks:
    """Everyone being followed."""

    def __init__(self) -> None:
        self.all: list[Track] = []
        self._next_id = 1

    def number_from_on(self, first: int) -> None:
        """Begin with this number, so that several cameras' people have numbers of their own."""
        self._next_id = max(self._next_id, first)

    def number_from(self, other: Tracks) -> None:
        """Give no number that `other` has given."""
        self._next_id = other._next_id

    def follow(
        self,
        poses: Sequence[Pose],
        places: Sequence[Point3 | None],
        now: float,
        size: tuple[int, int],
        colours: Colours | None = None,
    ) -> None:
        """Hand each pose of a frame to its track, or begin one.

        `places`: each pose's hips in the map, if known; `colours`: looks at a pose's clothes in the frame's picture.
        """
        for track in self.all:
            track.pose = None
        seen = [Sighting.of(poses[k], places[k], size) for k in distinct(poses, size)]
        for sighting in self._assign(seen, self.all, now, colours):
            self._begin(sighting, now)
        if colours is not None:
            self._look_at_clothes(colours)

    def find_again(
        self, poses: Sequence[Pose], track: Track, now: float, size: tuple[int, int], colours: Colours | None = None
    ) -> bool:
        """Hand the poses of a second look to the lost person looked for; True if one of them is hers."""
        others = [t.pose for t in self.all if t.pose is not None]
        fresh = [p for p in poses if not any(same_body(p, other, size) for other in others)]
        seen = [Sighting.of(fresh[k], None, size) for k in distinct(fresh, size)]
        self._assign(seen, [track], now, colours)
        return track.pose is not None

    def join(self, keep: frozenset[int]) -> None:
        """Of two tracks on one lying body leave one: who is in `keep` (never both), else the older.

        For a moment the model sees one body twice, and the newcomer fits it better from then on than who lay there.
        """
        for seen in [t for t in self.all if t.pose is not None]:
            lost = next((t for t in self.all if t.pose is None and _one_lying_body(seen, t)), None)
            if lost is None or {seen.id, lost.id} <= keep:
                continue
            if lost.id in keep or (seen.id not in keep and lost.id < seen.id):
                lost.take_over(seen)
                self.all.remove(seen)
            else:
                self.all.remove(lost)

    def forget(self, lost_before: float, keep: frozenset[int], now: float) -> list[Track]:
        """Drop who has not been seen since `lost_before`, but for `keep`; returns the known people dropped."""
        gone = [t for t in self.all if t.pose is None and t.id not in keep
                and (t.last_seen < lost_before or (not t.known and now - t.last_seen > UNSURE_S))]  # fmt: skip
        self.all = [t for t in self.all if t not in gone]
        return [t for t in gone if t.known]

    def _assign(
        self, seen: Sequence[Sighting], tracks: Sequence[Track], now: float, colours: Colours | None
    ) -> list[Sighting]:
        """Hand out what fits; returns what is nobody's."""
        whose = share_out(seen, tracks, now, colours)
        for s, t in whose.items():
            tracks[t].seen(seen[s], now)
        return [sighting for s, sighting in enumerate(seen) if s not in whose]

    def _begin(self, sighting: Sighting, now: float) -> None:
        track = Track(self._next_id, now, now, sighting.hips, sighting.scale)
        self._next_id += 1
        track.seen(sighting, now)
        self.all.append(track)

    def _look_at_clothes(self, colours: Colours) -> None:
        """Of everyone who is seen apart from others: who is half behind somebody shows that one's colours."""
        here = [t for t in self.all if t.pose is not None]
        for track in here:
            alone = all(
                other is track
                or float(np.linalg.norm(other.hips - track.hips)) > APART_M * max(other.scale, track.scale)
                for other in here
            )
            if alone:
                track.look_at_clothes(colours)


def _one_lying_body(seen: Track, lost: Track) -> bool:
    """Does the one lie where the other lay when she was lost? No two bodies lie on one spot of the floor."""
    if not (seen.was_down and lost.was_down) or seen.rests_on is not None or lost.rests_on is not None:
        return False
    unlike = difference(seen.wears, lost.wears)
    if unlike is not None and unlike > OTHER_CLOTHES:
        return False
    if seen.map_now is not None and lost.map_now is not None:
        return math.dist(seen.map_now, lost.map_now) < ONE_SPOT_M
    if seen.map_now is not None or lost.map_now is not None:
        return False  # the robot may have turned: what lay there in the picture may be elsewhere
    return float(np.linalg.norm(seen.hips - lost.hips)) < ONE_SPOT_M * min(seen.scale, lost.scale)
