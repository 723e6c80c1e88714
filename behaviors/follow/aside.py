"""Making room for her: when she comes back towards the robot, before the door she comes out of. Pure; metres."""

from __future__ import annotations

import math
from collections.abc import Sequence

from behaviors.follow.trail import Free, Place, Trail, distance

CLOSING_MPS = 0.2
WITHIN_M = 2.0  # she is so near
IN_HER_WAY_M = 0.7  # nearer to her line than this it stands in her way
CLEAR_M = 0.9  # a place is so far from her line
TOWARDS_M = 0.3  # it goes no farther towards her to get there
AHEAD_M = 4.0  # of her line
BACK_M = 2.5  # of her way before a door
RADII_M = (0.6, 0.9, 1.2, 1.5)
DIRECTIONS = 24


def in_her_way(here: Place, her: Place, velocity: tuple[float, float]) -> bool:
    """Does she come at the robot?"""
    far, pace = distance(here, her), math.hypot(*velocity)
    if far > WITHIN_M or far < 1e-6 or pace < CLOSING_MPS:
        return False
    closing = ((here[0] - her[0]) * velocity[0] + (here[1] - her[1]) * velocity[1]) / far
    return closing >= CLOSING_MPS and from_line(here, her, velocity) < IN_HER_WAY_M


def aside(here: Place, her: Place, velocity: tuple[float, float], free: Free) -> Place | None:
    """The nearest free place beside her line, by a free straight way; None: there is none."""
    for radius in RADII_M:
        places = [
            (here[0] + radius * math.cos(a), here[1] + radius * math.sin(a))
            for a in (math.tau * k / DIRECTIONS for k in range(DIRECTIONS))
        ]
        # Of those at one distance the one farthest from her line.
        for place in sorted(places, key=lambda p: -from_line(p, her, velocity)):
            if from_line(place, her, velocity) < CLEAR_M:
                break
            if _towards(here, place, her) <= TOWARDS_M and all(
                free(_between(here, place, share)) for share in (0.34, 0.67, 1.0)
            ):
                return place
    return None


def beside_her_way(here: Place, trail: Trail, free: Free) -> Place | None:
    """The nearest free place beside the way she went and will come back on, by a free straight way; None: there is none
    that is better than `here`."""
    way = [place for place in trail if distance(place, trail[-1]) <= BACK_M]
    clear = from_way(here, way)
    if clear >= CLEAR_M:
        return None
    for least in (CLEAR_M, 0.75 * CLEAR_M):
        for radius in RADII_M:
            places = [
                (here[0] + radius * math.cos(a), here[1] + radius * math.sin(a))
                for a in (math.tau * k / DIRECTIONS for k in range(DIRECTIONS))
            ]
            for place in sorted(places, key=lambda p: -from_way(p, way)):
                if from_way(place, way) < max(least, clear):
                    break
                if all(free(_between(here, place, share)) for share in (0.34, 0.67, 1.0)):
                    return place
    return None


def from_way(place: Place, way: Sequence[Place]) -> float:
    """How far a place is from the nearest place of a way."""
    return min(distance(place, each) for each in way)


def from_line(place: Place, her: Place, velocity: tuple[float, float]) -> float:
    """How far a place is from where she will walk."""
    pace = math.hypot(*velocity)
    if pace < 1e-6:
        return distance(place, her)
    ux, uy = velocity[0] / pace, velocity[1] / pace
    dx, dy = place[0] - her[0], place[1] - her[1]
    along = max(0.0, min(AHEAD_M, dx * ux + dy * uy))
    return math.hypot(dx - along * ux, dy - along * uy)


def _towards(here: Place, place: Place, her: Place) -> float:
    """How far it would go towards her on the way there."""
    far = max(1e-6, distance(here, her))
    return ((place[0] - here[0]) * (her[0] - here[0]) + (place[1] - here[1]) * (her[1] - here[1])) / far


def _between(a: Place, b: Place, share: float) -> Place:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share
