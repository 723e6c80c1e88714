"""Which pose of a frame is which person: what pairs are possible, what each would cost, and the cheapest sharing-out.

Possible is what a body can do: nobody jumps farther than she may have moved, changes her size, or is up again the
moment after she was lost falling. The cost compares place, size, the pose's shape, and clothes where a picture is at
hand. A pose that fits nobody is a newcomer's: a jump is never the same person.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

from kangban.values import Array, Point3
from perception.appearance import Appearance, difference
from perception.landmarks import ANKLES, BODY, HIPS, SHOULDERS, Pose, middle, pixels, pixels_per_metre

if TYPE_CHECKING:
    from perception.tracks import Track

GATE_M = 0.5  # how far off a prediction may be at once
FASTEST_MPS = 2.5  # hips of who begins to fall where nobody looked
REACH_LOST_M = 1.3  # someone lost on the way down lies within a body's length
SPREADS = 3.0  # standard deviations of a prediction that are possible
LARGEST_RATIO = 1.8  # of sizes in the image, between the same body in successive frames
FRESH_S = 0.5  # lost for longer, her shape and her place in the image no longer bind her
RISES_M = 0.15  # who was lost going down is not higher up a moment later
GOT_UP_UNSEEN_S = 1.0  # after so long it is somebody else who stands where someone was lost low ...
QUICKLY_UP_S = 2.0  # ... unless she had only bent: for so long, right where she was, it is still her
SAME_SPOT_M = 0.4
LOW_HIP_M = 0.40  # above the floor: of who sits on it; kneeling or squatting beside somebody is higher
OTHER_CLOTHES = 0.75  # difference in colours from which a long unseen person is somebody else
LIKELY_CLOTHES = 0.35  # and up to which she is herself
DEAREST = 3.0  # a pair that costs more is none

Colours = Callable[[Pose], Appearance | None]


@dataclass(frozen=True)
class Sighting:
    """A pose of this frame. `hips` px, `scale` px/m; `place`: the hips in the map, if known."""

    pose: Pose
    hips: Array
    scale: float
    place: Point3 | None
    size: tuple[int, int]

    @classmethod
    def of(cls, pose: Pose, place: Point3 | None, size: tuple[int, int]) -> Sighting:
        return cls(pose, middle(pixels(pose, *size), HIPS), pixels_per_metre(pose, *size), place, size)


def share_out(
    sightings: Sequence[Sighting], tracks: Sequence[Track], now: float, colours: Colours | None
) -> dict[int, int]:
    """Which sighting (index) is whose (index of the track): each at most once; the cheapest sharing-out of all.

    `colours` looks at a pose's clothes; it is asked only where place and shape leave a choice, or someone was lost.
    """
    costs = np.full((len(sightings), len(tracks)), np.inf)
    for s, sighting in enumerate(sightings):
        for t, track in enumerate(tracks):
            cost = _cost(sighting, track, now)
            costs[s, t] = np.inf if cost is None else cost
    if colours is not None:
        _add_clothes(costs, sightings, tracks, now, colours)
    possible = costs < DEAREST
    if not possible.any():
        return {}
    # Leaving a pair unmade costs DEAREST, so a far-fetched pair never spoils a good one.
    rows, columns = linear_sum_assignment(np.where(possible, costs - DEAREST, 0.0))
    return {int(s): int(t) for s, t in zip(rows, columns, strict=True) if possible[s, t]}


def _cost(sighting: Sighting, track: Track, now: float) -> float | None:
    """Place, size and shape; about 0 for the same body a frame later, None where it can't be the same person."""
    lost_s = now - track.last_seen
    scale, growth = _own_scale(track, lost_s)
    ratio = abs(math.log(max(sighting.scale, 1e-6) / max(scale, 1e-6)))
    apart = _apart_m(sighting, track, now, lost_s)
    if apart is None:
        if ratio > math.log(LARGEST_RATIO * growth):
            return None
        apart = _apart_in_image_m(sighting, track, now)
        if _rose(sighting, track, lost_s):
            return None
    gate = _gate_m(track, now)
    if apart > gate or (track.low and not _may_be_so_high(sighting, track, lost_s, apart)):
        return None
    shape = _shape_apart(sighting.pose, track.last_pose) * math.exp(-lost_s / FRESH_S)
    return apart / GATE_M + 0.5 * ratio + 0.5 * shape + 0.3 * min(1.0, lost_s / FRESH_S)


def _own_scale(track: Track, lost_s: float) -> tuple[float, float]:
    """Her size in the image, px/m, and by what factor more than usual it may be off.

    Who walks out of sight comes nearer or goes away; who lies stays where she is, and her size upright, before she came
    down, was the better measured one: a pose half as large where she lies is a fancy of the model.
    """
    if not track.low:
        return track.scale, 1.0 + lost_s
    upright = track.footing is not None and track.footing.learned
    return (track.footing.scale if upright and track.footing is not None else track.scale), 1.0


def _gate_m(track: Track, now: float) -> float:
    lost_s = max(0.0, now - track.last_seen)
    return min(REACH_LOST_M, max(GATE_M + FASTEST_MPS * lost_s, SPREADS * track.spread_m(now)))


def _apart_m(sighting: Sighting, track: Track, now: float, lost_s: float) -> float | None:
    """Distance over the floor of the map; None where the map can't or needn't be asked."""
    if sighting.place is None or track.hip_in_map is None or lost_s <= FRESH_S:
        return None
    return math.dist(sighting.place[:2], track.hip_in_map[:2])


def _apart_in_image_m(sighting: Sighting, track: Track, now: float) -> float:
    """Distance to the way that she may have gone: she carried on, or stopped anywhere on it."""
    start, end = track.hips, track.predicted(now)
    way = end - start
    length = float(way @ way)
    share = min(1.0, max(0.0, float((sighting.hips - start) @ way) / length)) if length > 1e-9 else 0.0
    off = sighting.hips - (start + share * way)
    apart = float(np.linalg.norm(off)) / max(1e-6, 0.5 * (sighting.scale + track.scale))
    if now - track.last_seen <= 0.25 and sighting.place is not None and track.map_now is not None:
        return min(apart, math.dist(sighting.place[:2], track.map_now))  # the robot turns: the image slides away
    return apart


def _rose(sighting: Sighting, track: Track, lost_s: float) -> bool:
    """Higher up than where she was lost on her way down, in less time than anyone needs to turn round?"""
    if not track.vanishing or not 0.15 < lost_s <= GOT_UP_UNSEEN_S:
        return False
    higher = float(track.hips[1] - sighting.hips[1]) / max(1e-6, track.scale)
    aside = abs(float(track.hips[0] - sighting.hips[0])) / max(1e-6, track.scale)
    return higher > RISES_M and aside > RISES_M  # straight up she may come: she only bent


def _may_be_so_high(sighting: Sighting, track: Track, lost_s: float, apart: float) -> bool:
    """May this be who was low, or going down, when she was lost? A helper beside her must not make her recovered."""
    if lost_s <= GOT_UP_UNSEEN_S:
        return True
    if stands(sighting):
        return not track.was_down and lost_s <= QUICKLY_UP_S and apart <= SAME_SPOT_M
    if torso_upright(sighting) and track.footing is not None and track.footing.learned:
        hip = float(track.footing.floor_row - sighting.hips[1]) / max(1e-6, track.footing.scale)
        return apart <= 2 * SAME_SPOT_M and (hip <= LOW_HIP_M or (not track.was_down and lost_s <= QUICKLY_UP_S))
    return True


def stands(sighting: Sighting) -> bool:
    rows = pixels(sighting.pose, *sighting.size)[:, 1]
    shoulders, hips, ankles = (float(rows[list(which)].mean()) for which in (SHOULDERS, HIPS, ANKLES))
    return hips - shoulders > 0.3 * sighting.scale and ankles - hips > 0.6 * sighting.scale


def torso_upright(sighting: Sighting) -> bool:
    at = pixels(sighting.pose, *sighting.size)
    across, up = middle(at, SHOULDERS) - middle(at, HIPS)
    return bool(-up > 0.3 * sighting.scale and -up > abs(across))


def _shape_apart(pose: Pose, before: Pose | None) -> float:
    """How differently two bodies are held and turned: mean distance of their joints, each about its own hips, m."""
    if before is None:
        return 0.0
    which = list(BODY)
    return float(np.linalg.norm(pose.body[which] - before.body[which], axis=1).mean())


def _add_clothes(
    costs: Array, sightings: Sequence[Sighting], tracks: Sequence[Track], now: float, colours: Colours
) -> None:
    """Add what clothes say to the pairs of people who could be confused; in place."""
    for s, sighting in enumerate(sightings):
        open_to = [t for t in range(len(tracks)) if np.isfinite(costs[s, t])]
        contested = any(np.isfinite(costs[:, t]).sum() > 1 for t in open_to)
        was_lost = any(now - tracks[t].last_seen > FRESH_S for t in open_to)
        if len(open_to) < 2 and not contested and not was_lost:
            continue
        seen = colours(sighting.pose)
        for t in open_to:
            unlike = difference(seen, tracks[t].wears)
            if unlike is None:
                continue
            if unlike > OTHER_CLOTHES and now - tracks[t].last_seen > FRESH_S:
                costs[s, t] = np.inf
            else:
                costs[s, t] += 1.5 * unlike
