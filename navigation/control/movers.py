"""Who walks where the camera does not look: things that the map does not show and that move by themselves. Pure.

Returns of the lidar are gathered into things of a leg's or a person's size and followed from scan to scan with the same
filter as people. Only what has come clearly away from where it was first seen walks; anything else is just a thing.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np

from kangban.values import Array
from navigation.control.people import SAME_M, Walker, begin, carried, measured

GAP_M = 0.15  # between two returns of one thing
STRIDE_M = 0.45  # two legs are one person
LARGEST_M = 0.9  # larger is furniture
FEWEST = 2  # returns
JUMP_M = 0.5  # from where it was expected
LOST_S = 0.5
CAME_M = 0.35  # from where it was first seen; the visible side of a thing that stands shifts less
WALKS, STANDS = 0.30, 0.18  # m/s
SURE = 0.35  # m/s
REACH_M = 0.30


@dataclass(frozen=True, slots=True)
class Mover:
    """`walker` as of `people`; `first` is where it was first seen, m."""

    walker: Walker
    first: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Movers:
    known: tuple[Mover, ...] = ()
    named: int = 0  # so many were seen; their ids count down from -1

    @property
    def walking(self) -> tuple[Walker, ...]:
        return tuple(mover.walker for mover in self.known if mover.walker.walks)


NONE = Movers()


def follow(movers: Movers, unexplained_in_map: Array, stamp: float) -> Movers:
    """After a scan; its returns (n, 2), m, that the map does not explain, in the order of the scan."""
    places = _things(unexplained_in_map)
    left, found, named = list(places), [], movers.named
    for mover in sorted(movers.known, key=lambda m: (not m.walker.walks, -m.walker.id)):
        near = _nearest(mover.walker, left, stamp)
        if near is not None:
            found.append(_seen(mover, left.pop(near), stamp))
        elif stamp - mover.walker.at <= LOST_S:
            found.append(mover)
    for place in left:
        named += 1
        middle = place.mean(axis=0)
        walker = begin(-named, stamp, middle, False, place, REACH_M)
        found.append(Mover(walker, (float(middle[0]), float(middle[1]))))
    return Movers(tuple(found), named)


def unseen_by_camera(movers: Movers, people: tuple[Walker, ...], now: float) -> tuple[Walker, ...]:
    """Those who walk and are none of the people whom the camera has."""
    return tuple(
        walker
        for walker in movers.walking
        if all(math.dist(carried(walker, now), carried(person, now)) > SAME_M for person in people)
    )


def _seen(mover: Mover, points: Array, stamp: float) -> Mover:
    middle = points.mean(axis=0)
    moved = measured(mover.walker, middle, stamp)
    if moved is None:
        return Mover(begin(mover.walker.id, stamp, middle, False, points, REACH_M), (middle[0], middle[1]))
    fast = moved.speed > (STANDS if mover.walker.walks else WALKS)
    came = mover.walker.walks or math.dist(mover.first, (moved.x, moved.y)) > CAME_M
    first = mover.first if fast or not mover.walker.walks else (moved.x, moved.y)
    walks = fast and came and math.sqrt(moved.var_speed) < SURE
    return Mover(replace(moved, walks=walks, points=points, reach=REACH_M), first)


def _nearest(walker: Walker, places: list[Array], stamp: float) -> int | None:
    dt = max(0.0, stamp - walker.at)
    x, y = walker.x + walker.vx * dt, walker.y + walker.vy * dt
    apart = [math.dist((x, y), place.mean(axis=0)) for place in places]
    best = min(range(len(apart)), key=apart.__getitem__, default=None)
    return best if best is not None and apart[best] <= JUMP_M else None


def _things(points: Array) -> list[Array]:
    """Groups of returns: neighbours in the scan first, then what is a stride apart."""
    if not len(points):
        return []
    breaks = np.flatnonzero(np.hypot(*np.diff(points, axis=0).T) > GAP_M) + 1
    parts = [part for part in np.split(points, breaks) if len(part) >= FEWEST and _size(part) < LARGEST_M]
    while True:
        pair = next(
            ((i, k) for i, k in itertools.combinations(range(len(parts)), 2)
             if math.dist(parts[i].mean(axis=0), parts[k].mean(axis=0)) < STRIDE_M),
            None,
        )  # fmt: skip
        if pair is None:
            return parts
        both = np.concatenate([parts[pair[0]], parts[pair[1]]])
        parts = [part for k, part in enumerate(parts) if k not in pair] + [both]


def _size(points: Array) -> float:
    return float(np.hypot(*(points.max(axis=0) - points.min(axis=0))))
