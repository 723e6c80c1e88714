"""A second look where someone was last seen low, or was lost small and far: the model finds people who lie, and small
ones, far better in an enlarged crop about them, turned so that their head is up.

Looks are rationed by frames, not by the clock, so a slow machine sees the same things. A frame in which the model
found nobody cost less than one in which it followed somebody: then there is more to spend.
"""

from __future__ import annotations

from collections.abc import Sequence

from perception.landmarks import HIPS, SHOULDERS, TORSO, Pose, middle, visibility
from perception.pose import Pixels, PoseSource, moved_into, turned, turned_back
from perception.tracks import Track

CREDIT_A_FRAME = 0.05  # a look that finds somebody costs one and a half frames' work: at most 8 % more
CREDIT_EMPTY_FRAME = 0.10
MOST_CREDIT = 3.0
FOUND_COSTS, MISSED_COSTS = 1.0, 0.4
SIDES_M = (3.2, 2.0)  # of the square looked at: a body's length with as much again about it, or just so
BELOW_M = 0.3  # who vanished going down is lower now
SMALLEST_PX = 48
CLEAR = 0.5  # visibility of the torso from which a find counts
TURNS = (0, 1, 3, 2)

Way = tuple[int, float]  # quarter turns, side of the square in m


class SecondLook:
    """Whom to look for next, and how."""

    def __init__(self, source: PoseSource) -> None:
        self._source = source
        self._credit = MOST_CREDIT
        self._looks: dict[int, int] = {}  # by person: how often since she was lost
        self._worked: dict[int, Way] = {}  # by person: the way she was found
        self._tried: dict[int, Way] = {}  # by person: the last way

    def look(self, pixels: Pixels, wanted: Sequence[Track], empty: bool = False) -> tuple[Track, list[Pose]] | None:
        """The poses found about one of the wanted people; None when it is not time yet or nobody is wanted.

        `empty`: the model found nobody in this frame.
        """
        self._credit = min(MOST_CREDIT, self._credit + (CREDIT_EMPTY_FRAME if empty else CREDIT_A_FRAME))
        self._looks = {t.id: self._looks.get(t.id, 0) for t in wanted}
        self._worked = {who: way for who, way in self._worked.items() if who in self._looks}
        if self._credit < 1.0 or not wanted:
            return None
        track = min(wanted, key=lambda t: (self._looks[t.id], not t.low, t.id))
        way = self._way(track)
        turn, side = way
        self._looks[track.id] += 1
        region = _region(track, side, pixels.shape[1], pixels.shape[0])
        if region is None:
            self._credit -= MISSED_COSTS
            return None
        left, top, right, bottom = region
        height, width = pixels.shape[:2]
        found = self._source.look(turned(pixels[top:bottom, left:right], turn))
        self._credit -= FOUND_COSTS if found else MISSED_COSTS
        share = (left / width, top / height, right / width, bottom / height)
        poses = [moved_into(turned_back(p, turn), share) for p in found if visibility(p, TORSO) >= CLEAR]
        self._tried[track.id] = way
        return track, poses

    def judged(self, track: Track, hers: bool) -> None:
        """Whether the last look about this person found her: then the next one looks the same way."""
        if hers:
            self._worked[track.id] = self._tried[track.id]
        else:
            self._worked.pop(track.id, None)

    def _way(self, track: Track) -> Way:
        """As it worked last; else the way her head lay, then the others."""
        worked = self._worked.get(track.id)
        if worked is not None:
            return worked
        first = 0 if track.last_pose is None else turn_for(track.last_pose)
        order = (first, *(t for t in TURNS if t != first))
        looks = self._looks[track.id]
        # Each turn comes once with either size before any comes again.
        return order[looks % len(order)], SIDES_M[(looks + looks // len(order)) % len(SIDES_M)]


def turn_for(pose: Pose) -> int:
    """By how many quarter turns counter-clockwise the picture must be turned so that this body's head is up."""
    across, down = (middle(pose.body, SHOULDERS) - middle(pose.body, HIPS))[:2]
    if abs(down) >= abs(across):
        return 0 if down <= 0 else 2
    return 1 if across > 0 else 3


def _region(track: Track, side: float, width: int, height: int) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom, px; None where too little of it lies in the picture."""
    half = 0.5 * side * track.scale
    x, y = float(track.hips[0]), float(track.hips[1]) + (BELOW_M * track.scale if track.low else 0.0)
    left, right = max(0, int(x - half)), min(width, int(x + half))
    top, bottom = max(0, int(y - half)), min(height, int(y + half))
    return (left, top, right, bottom) if min(right - left, bottom - top) >= SMALLEST_PX else None
