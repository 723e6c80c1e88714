"""Finds out when the robot is back at a place it knows. A wrong loop would bend the map, so each is looked at twice.

A candidate must lie where drift can have put it, explain nearly all of the sweep, fit at one place only, and be borne
out by another one found near it that says the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from kangban.values import wrap_angle
from navigation.mapping.correlate import Picture
from navigation.mapping.graph import Edge
from navigation.mapping.match import LEAST_POINTS, Reference, match

if TYPE_CHECKING:
    from navigation.mapping.mapper import Mapper

APART_M = 6.0  # of way between the two ends of a loop
BESIDE = 5  # key sweeps on both sides of a known one that the new one is laid onto
DRIFT_M, DRIFT_SHARE, FARTHEST_M = 0.5, 0.05, 3.0  # how far off a pose may be after so much way
TURNED_RAD = 0.4
EXPLAINED = 0.75
WIDEST_STD_M = 0.10  # along a bare corridor a loop says too little
AGREE_M, AGREE_RAD, AGREE_KEYS = 0.15, 0.06, 12
NEAR_M = 4.0  # a known key sweep farther away shows another part of the home


@dataclass(slots=True)
class Loops:
    accepted: int = 0
    refused: int = 0
    _waiting: list[Edge] = field(default_factory=list)

    def look(self, mapper: Mapper, new: int) -> list[Edge]:
        """Loops that end at this key sweep and are borne out, with those that bore them out."""
        known = self._nearest(mapper, new)
        if known is None:
            return []
        edge = self._close(mapper, known, new)
        if edge is None:
            return []
        self._waiting = [e for e in self._waiting if new - e.second <= AGREE_KEYS]
        same = [e for e in self._waiting if _agree(e, edge, mapper)]
        self._waiting = [e for e in self._waiting if not any(e is s for s in same)]
        if not same:
            self._waiting.append(edge)
            settled = any(e.loop and new - e.second <= AGREE_KEYS and _agree(e, edge, mapper) for e in mapper.edges[-60:])
            if not settled:
                return []
            self._waiting.pop()
        self.accepted += len(same) + 1
        return [*same, edge]

    def _nearest(self, mapper: Mapper, new: int) -> int | None:
        """The nearest key sweep that is old enough, within reach of drift."""
        here, way = mapper.poses[new], mapper.keys[new].way
        old = [k for k in range(new) if way - mapper.keys[k].way > APART_M]
        if not old:
            return None
        at = np.array([(mapper.poses[k].x, mapper.poses[k].y) for k in old])
        apart = np.hypot(at[:, 0] - here.x, at[:, 1] - here.y)
        best = int(np.argmin(apart))
        return old[best] if apart[best] < NEAR_M else None

    def _close(self, mapper: Mapper, known: int, new: int) -> Edge | None:
        points = mapper.keys[new].points
        # Only what was seen at that time: on newer sweeps the new one lies anyway.
        others = [k for k in range(max(0, known - BESIDE), known + BESIDE + 1)]
        others = [k for k in others if mapper.keys[new].way - mapper.keys[k].way > APART_M]
        reference = mapper.around(known, range(others[0], others[-1] + 1)) if others else np.empty((0, 2))
        if len(points) < LEAST_POINTS or len(reference) < LEAST_POINTS:
            return None
        guess = mapper.poses[known].inverse() @ mapper.poses[new]
        way = mapper.keys[new].way - mapper.keys[known].way
        reach = min(FARTHEST_M, DRIFT_M + DRIFT_SHARE * way) if not self._settled(mapper, new) else DRIFT_M
        begun, _ = Picture(reference).best(points, guess, reach, TURNED_RAD if reach > DRIFT_M else TURNED_RAD / 2)
        found = match(Reference(reference), points, begun)
        wide = found is not None and math.sqrt(float(np.linalg.eigvalsh(found.covariance[:2, :2])[-1])) > WIDEST_STD_M
        if found is None or wide or found.share < EXPLAINED:
            self.refused += 1
            return None
        return Edge(known, new, found.pose, found.covariance, loop=True)

    def _settled(self, mapper: Mapper, new: int) -> bool:
        """A loop was closed just now: what has drifted since is little."""
        return any(e.loop and new - e.second <= AGREE_KEYS for e in mapper.edges[-60:])


def _agree(one: Edge, other: Edge, mapper: Mapper) -> bool:
    """Do both say the same of how far off the newest poses are?"""
    a, b = (mapper.poses[e.first] @ e.pose @ mapper.poses[e.second].inverse() for e in (one, other))
    here = mapper.poses[other.second]
    pa, pb = a @ here, b @ here
    return math.hypot(pa.x - pb.x, pa.y - pb.y) < AGREE_M and abs(wrap_angle(a.yaw - b.yaw)) < AGREE_RAD


