"""What the lidar meets where the map shows free floor: something that stands there, or a door that is shut. Pure.

The lidar looks at one height: what is lower than it is not seen, and what stands within a hand of a wall or a piece of
furniture is taken for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt

from behaviors.approach.grid import OCCUPIED
from behaviors.patrol.findings import Finding
from kangban.site import Site
from kangban.values import Array, GridMap

EXPLAINED_M = 0.25  # a return so near to something of the map is that
TOGETHER_M = 0.25  # returns so near to each other are one thing
FEWEST = 3  # returns of one thing
WIDEST_M = 1.5  # beyond it is no thing but a wall that the map does not know
SAME_M = 0.25  # where it was in one scan and in the next
OFTEN = 0.6  # of the scans: who walks through is not something that lies there
PERSON_M = 0.8
DOORWAY_M = 0.3
SHUT_SHARE = 0.6  # of a door's width


@dataclass(frozen=True, slots=True)
class Thing:
    """Where it is (m, map) and how wide it is seen, m."""

    x: float
    y: float
    width: float


class Floor:
    """What of a map is free and far from everything on it."""

    def __init__(self, grid: GridMap) -> None:
        self.grid = grid
        solid = grid.cells >= OCCUPIED
        away = distance_transform_edt(~solid) * grid.resolution if solid.any() else np.full(solid.shape, np.inf)
        self._bare = (grid.cells >= 0) & (away > EXPLAINED_M)

    def things(self, points_in_map: Array) -> tuple[Thing, ...]:
        """What stands on bare floor, from the returns (n, 2) of one scan, in its order."""
        bare = points_in_map[self._on_bare(points_in_map)]
        groups: list[list[Array]] = []
        for point in bare:
            near = [g for g in groups if any(math.dist(point, other) <= TOGETHER_M for other in g[-6:])]
            if near:
                near[0].append(point)
            else:
                groups.append([point])
        made = [_thing(np.array(group)) for group in groups if len(group) >= FEWEST]
        return tuple(thing for thing in made if thing.width <= WIDEST_M)

    def _on_bare(self, points: Array) -> Array:
        local = self.grid.origin_in_map.inverse().transform(points)
        cells = np.floor(local[:, ::-1] / self.grid.resolution).astype(np.int64)
        inside: Array = np.all((cells >= 0) & (cells < np.array(self._bare.shape)), axis=1)
        inside[inside] = self._bare[cells[inside, 0], cells[inside, 1]]
        return inside


def _thing(group: Array) -> Thing:
    middle, spread = group.mean(axis=0), group.max(axis=0) - group.min(axis=0)
    return Thing(float(middle[0]), float(middle[1]), float(np.hypot(*spread)))


def lasting(scans: Iterable[tuple[Thing, ...]]) -> tuple[Thing, ...]:
    """What was in most of the scans at the same place."""
    taken = list(scans)
    kept: list[Thing] = []
    for thing in (thing for scan in taken for thing in scan):
        if any(math.dist((thing.x, thing.y), (k.x, k.y)) <= SAME_M for k in kept):
            continue
        times = sum(any(math.dist((thing.x, thing.y), (t.x, t.y)) <= SAME_M for t in scan) for scan in taken)
        if times >= max(2, math.ceil(OFTEN * len(taken))):
            kept.append(thing)
    return tuple(kept)


def findings(things: Iterable[Thing], site: Site, people: Iterable[tuple[float, float]]) -> tuple[Finding, ...]:
    """What to tell of them. A thing where somebody is, is she; one across a doorway is its door."""
    bodies = list(people)
    found: dict[str, Finding] = {}
    for thing in things:
        place = (thing.x, thing.y)
        room = site.room_at(*place)
        if room is None or any(math.dist(place, body) <= PERSON_M for body in bodies):
            continue
        door = next((d for d in site.doors if math.dist(place, d.at_m) <= DOORWAY_M + 0.5 * d.width_m), None)
        if door is None:
            key = f"thing {round(thing.x / 0.5)} {round(thing.y / 0.5)}"  # the same one from round to round
            width = ("width", f"{max(thing.width, 0.05):.1f}")
            found[key] = Finding(
                key, "found_thing", room.name, (width, ("x", f"{thing.x:.1f}"), ("y", f"{thing.y:.1f}"))
            )
            continue
        shut = thing.width >= SHUT_SHARE * door.width_m
        key, code = f"doorway {door.name}", "found_doorway_shut" if shut else "found_in_doorway"
        found[key] = Finding(key, code, room.name, (("door", door.name.replace("_", " ")),))
    return tuple(found.values())
