"""The way that she has gone, and the places behind her on it. Pure; metres on the map.

The robot goes to places on her own way only. So it never overtakes her, and it goes through doors where she did.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

Place = tuple[float, float]
Trail = tuple[Place, ...]
Free = Callable[[Place], bool]

STEP_M = 0.08  # a place nearer to the last one adds nothing to the way
LONGEST_M = 12.0
FINE_M = 0.05
BESIDE_HER_M = 0.4
BACK_M = 1.5  # where the robot does not fit, it stays so much farther back at most


def distance(a: Place, b: Place) -> float:
    return math.hypot(a[0] - b[0], a[1] - b[1])


def begin(robot: Place, her: Place) -> Trail:
    """Before she has gone anywhere the way to her is the straight one."""
    return (robot, her)


def walked(trail: Trail, her: Place) -> Trail:
    """The way with where she is now as its end."""
    if trail and distance(trail[-1], her) < STEP_M:
        return trail
    return _shortened((*trail, her))


def behind(trail: Trail, her: Place, gap: float, free: Free) -> Place | None:
    """The last place on her way that is at least `gap` from her and where the robot fits; None: there is none."""
    back = 0.0
    for place in _backwards((*trail, her)):
        if distance(place, her) < gap:
            continue
        if free(place):
            return place
        back += FINE_M
        if back > BACK_M:
            return None
    return None


def straight(here: Place, her: Place, gap: float, free: Free) -> Place | None:
    """The place `gap` before her on the straight way to her, where the robot would fit all the way; None: it would not.

    So she stays before the camera where the floor is open; the robot still stays on this side of her. A doorway that
    she goes through aslant is no open floor: there it goes where she went, and looks through the door from its middle.
    """
    far = distance(here, her)
    if far <= gap or not open_floor(here, her, free):
        return None
    return _between(here, her, (far - gap) / far)


def open_floor(here: Place, her: Place, free: Free) -> bool:
    """Would the robot fit on the straight way to her, but for the last of it (she may stand beside a table)?"""
    far = distance(here, her) - BESIDE_HER_M
    steps = math.ceil(far / (2 * FINE_M))
    return all(free(_between(here, her, k * 2 * FINE_M / (far + BESIDE_HER_M))) for k in range(1, steps + 1))


def last_free(trail: Trail, short_of: float, free: Free) -> Place | None:
    """Where she was last seen, as near as the robot fits, but `short_of` of it."""
    return None if not trail else behind(trail, trail[-1], short_of, free)


def _between(a: Place, b: Place, share: float) -> Place:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def _backwards(trail: Trail) -> list[Place]:
    """Places along the way from its end to its beginning, each FINE_M from the last."""
    places: list[Place] = []
    for a, b in itertools.pairwise(reversed(trail)):
        steps = max(1, math.ceil(distance(a, b) / FINE_M))
        places += [(a[0] + (b[0] - a[0]) * k / steps, a[1] + (b[1] - a[1]) * k / steps) for k in range(steps)]
    return [*places, trail[0]]


def _shortened(trail: Trail) -> Trail:
    length = 0.0
    for k in range(len(trail) - 1, 0, -1):
        length += distance(trail[k], trail[k - 1])
        if length > LONGEST_M:
            return trail[k - 1 :]
    return trail
