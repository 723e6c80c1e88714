"""The way towards her on which she stays before the camera. Pure; metres on the map.

The camera looks ahead, about 0.65 rad to each side. The straight way to her keeps her in its middle; where that is not
free, the way with one bend that turns the least from her, and from whose bend the way to her is free.
"""

from __future__ import annotations

import math

from behaviors.follow.trail import FINE_M, Free, Place, distance, open_floor, straight
from kangban.values import wrap_angle

MOST_RAD = 0.4  # beside her bearing; farther to the side she would leave the picture
BENDS_RAD = (0.15, -0.15, MOST_RAD, -MOST_RAD)
TOWARDS_M = (1.0, 0.75, 0.5)
LEGS_M = (0.5, 0.9, 1.3, 1.7, 2.1)


def in_view(here: Place, her: Place, gap: float, free: Free) -> Place | None:
    """Where to go, at least `gap` from her; None: there is no such way, or it is near enough."""
    if distance(here, her) <= gap:
        return None
    return straight(here, her, gap, free) or _with_a_bend(here, her, gap, free)


def nearer(here: Place, her: Place, place: Place, gap: float, free: Free) -> Place | None:
    """As far towards `place`, which lies aside of her, as she stays in the picture; None: no way brings it nearer."""
    towards = math.atan2(her[1] - here[1], her[0] - here[0])
    off = wrap_angle(math.atan2(place[1] - here[1], place[0] - here[0]) - towards)
    heading = towards + math.copysign(MOST_RAD, off)
    for leg in TOWARDS_M:
        end = here[0] + leg * math.cos(heading), here[1] + leg * math.sin(heading)
        if (
            distance(end, her) >= gap
            and distance(end, place) < distance(here, place)
            and _clear(here, heading, leg, free)
        ):
            return end
    return None


def _with_a_bend(here: Place, her: Place, gap: float, free: Free) -> Place | None:
    towards, far = math.atan2(her[1] - here[1], her[0] - here[0]), distance(here, her)
    for bend in BENDS_RAD:
        heading = towards + bend
        for leg in LEGS_M:
            place = here[0] + leg * math.cos(heading), here[1] + leg * math.sin(heading)
            if not gap <= distance(place, her) < far or not _clear(here, heading, leg, free):
                break  # too near to her, past her, or not free: a longer leg is no better
            if open_floor(place, her, free):
                return place
    return None


def _clear(here: Place, heading: float, leg: float, free: Free) -> bool:
    steps = math.ceil(leg / (2 * FINE_M))
    return all(
        free((here[0] + leg * k / steps * math.cos(heading), here[1] + leg * k / steps * math.sin(heading)))
        for k in range(1, steps + 1)
    )
