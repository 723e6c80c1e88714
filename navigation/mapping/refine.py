"""The last pass over a recording: every keyframe is laid anew on what other passes saw of its place, and all is solved.

Closures found on the way rest on a pose that was still off; now the graph is nearly right, and a small window suffices.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from navigation.mapping.closures import around, earlier, enough_sides, linked
from navigation.mapping.drift import Drift
from navigation.mapping.fit import fit
from navigation.mapping.graph import Graph, Link
from navigation.mapping.surfaces import Cloud

ROUNDS = 2
NEAR_M = 2.0  # other passes no farther than this are looked at
FAR_M = 0.25  # partners of points at first
SHARE = 0.65
MOVED_M, MOVED_RAD = 0.15, 0.05  # a fit farther off than this from a settled graph is something else
WEAK = np.diag([1.0, 1.0, 4.0]) * 100.0  # information of the graph's pose: the scan decides where it can


def refine(graph: Graph, clouds: Sequence[Cloud], drift: Drift, tell: Callable[[float], None] = lambda _: None) -> int:
    """Settles the graph, with better closures; returns how many closures were dropped. `tell`: share done, 0..1."""
    dropped = graph.settle()
    if not graph.closures:
        return dropped
    for turn in range(ROUNDS):
        links: list[Link] = []
        for key in range(len(graph)):
            links += relinked(graph, clouds, drift, key)
            if key % 50 == 0:
                tell((turn + key / len(graph)) / ROUNDS)
        if links:
            graph.settle([*(links), *_far(graph.closures, links)])
    return dropped


def relinked(graph: Graph, clouds: Sequence[Cloud], drift: Drift, key: int) -> list[Link]:
    found = []
    for other in earlier(graph, drift, key, NEAR_M):
        surface = around(graph, clouds, drift, other, key)
        if surface is None:
            continue
        guess = graph.pose(key)
        again = fit(surface, clouds[key], guess, WEAK, FAR_M)
        if again is None or again.share < SHARE or not enough_sides(again):
            continue
        moved = guess.inverse() @ again.pose
        if math.hypot(moved.x, moved.y) < MOVED_M and abs(moved.yaw) < MOVED_RAD:
            found.append(linked(graph, other, key, again))
    return found


def _far(closures: Sequence[Link], links: Sequence[Link]) -> list[Link]:
    """The closures of keyframes that got none anew: they hold together what nothing else does."""
    have: set[int] = {link.to for link in links} | {link.of for link in links}
    return [link for link in closures if link.to not in have and link.of not in have]
