"""A second look where someone was last seen low: the model finds people who lie far better in a crop about them, turned
so that their head is up. Looks are rationed by frames, not by the clock, so a slow machine sees the same things."""

from __future__ import annotations

from collections.abc import Sequence

from perception.landmarks import TORSO, Pose, visibility
from perception.pose import Pixels, PoseSource, moved_into, turned, turned_back
from perception.tracks import Track

CREDIT_A_FRAME = 0.05  # a look costs about one and a half frames' work: at most 8 % more
MOST_CREDIT = 3.0
SIDE_M = 2.4  # of the square looked at: a body's length and some
BELOW_M = 0.3  # who vanished going down is lower now
SMALLEST_PX = 48
CLEAR = 0.5  # visibility of the torso from which a find counts
TURNS = (0, 1, 3)


class SecondLook:
    """Whom to look for next, and how."""

    def __init__(self, source: PoseSource) -> None:
        self._source = source
        self._credit = MOST_CREDIT
        self._looks: dict[int, int] = {}  # by person: how often already

    def look(self, pixels: Pixels, wanted: Sequence[Track]) -> tuple[Track, list[Pose]] | None:
        """The poses found about one of the wanted people; None when it is not time yet or nobody is wanted."""
        self._credit = min(MOST_CREDIT, self._credit + CREDIT_A_FRAME)
        self._looks = {t.id: self._looks.get(t.id, 0) for t in wanted}
        if self._credit < 1.0 or not wanted:
            return None
        self._credit -= 1.0
        track = min(wanted, key=lambda t: (self._looks[t.id], t.id))
        turn = TURNS[self._looks[track.id] % len(TURNS)]
        self._looks[track.id] += 1
        region = _region(track, pixels.shape[1], pixels.shape[0])
        if region is None:
            return None
        left, top, right, bottom = region
        height, width = pixels.shape[:2]
        found = self._source.look(turned(pixels[top:bottom, left:right], turn))
        share = (left / width, top / height, right / width, bottom / height)
        return track, [moved_into(turned_back(p, turn), share) for p in found if visibility(p, TORSO) >= CLEAR]


def _region(track: Track, width: int, height: int) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom, px; None where too little of it lies in the picture."""
    half = 0.5 * SIDE_M * track.scale
    x, y = float(track.hips[0]), float(track.hips[1]) + BELOW_M * track.scale
    left, right = max(0, int(x - half)), min(width, int(x + half))
    top, bottom = max(0, int(y - half)), min(height, int(y + half))
    return (left, top, right, bottom) if min(right - left, bottom - top) >= SMALLEST_PX else None
