"""Finds out that the robot is where it has been, and refuses what only looks like it.

A closure must fit well, fit nowhere else as well, lie where the drift so far allows it, and be found by small-gicp too.
Where the drift is large, two or three must agree with each other before any counts.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from navigation.mapping.drift import Drift
from navigation.mapping.fit import Fit, fit
from navigation.mapping.graph import Graph, Link, distance, turned
from navigation.mapping.icp import icp
from navigation.mapping.look import look
from navigation.mapping.surfaces import Cloud, Surface

LOOP_M = 6.0  # way from a place before it counts as coming back
EVERY_M = 0.5  # way from one search to the next
NEAR_M = 2.5  # a keyframe so far from the guess, beside the window, may have seen the same
QUERY_M, AROUND_M = 2.0, 3.0  # way of which the clouds are laid on the clouds of which way
GROUPS = 3  # earlier passes that are tried
TURN_M = 0.8  # m that a radian of heading counts when passes are chosen
WINDOW_M, WINDOW_RAD = (0.3, 8.0), (0.12, 0.6)
SCORE, SHARE = 0.55, 0.6  # of the look and of the fit
RIVAL = 0.9  # as good as this elsewhere is ambiguous
GATE = 16.0  # squared, of three degrees of freedom
THIN = 0.02  # of the most certain direction: less is a corridor
AGREE_M, AGREE_RAD = 0.12, 0.035  # small-gicp
SURE_M, FAR_M = 0.6, 3.0  # a window smaller than this needs no second closure; beyond that, two more
PAIR_M, PAIR_RAD = 0.15, 0.04  # two closures agree, beside PAIR_SHARE of the way between
PAIR_SHARE, PAIR_WAY = 0.02, (0.7, 12.0)


@dataclass
class Closures:
    """`refused`: why, how often."""

    refused: Counter[str] = field(default_factory=Counter)
    waiting: list[Link] = field(default_factory=list)
    tried_m: float = -math.inf

    def search(self, graph: Graph, clouds: Sequence[Cloud], drift: Drift) -> list[Link]:
        """Closures of the newest keyframe that count now."""
        key = len(graph) - 1
        if drift.way[key] - self.tried_m < EVERY_M:
            return []
        self.tried_m = drift.way[key]
        metres, radians = drift.window(key, WINDOW_M, WINDOW_RAD)
        query = _query(graph, clouds, drift, key)
        if query is None:
            return []
        accepted: list[Link] = []
        for other in earlier(graph, drift, key, NEAR_M + metres):
            link = self._judge(graph, clouds, drift, other, query, metres, radians)
            if link is not None:
                accepted += self._sure(graph, drift, link, metres)
                break
        return accepted

    def _judge(
        self,
        graph: Graph,
        clouds: Sequence[Cloud],
        drift: Drift,
        other: int,
        query: Cloud,
        metres: float,
        radians: float,
    ) -> Link | None:
        key = len(graph) - 1
        surface = around(graph, clouds, drift, other, key)
        if surface is None:
            return self._refuse("too little seen there")
        guess = graph.pose(key)
        place = look(surface.seen, query.points, guess, metres, radians, SCORE)
        if place is None:
            return self._refuse("does not fit")
        if place.rival > RIVAL * place.score:
            return self._refuse("fits elsewhere as well")
        found = fit(surface, query, place.pose, np.eye(3))
        if found is None or found.share < SHARE:
            return self._refuse("fits badly")
        if not enough_sides(found) and metres > SURE_M:
            return self._refuse("a corridor without ends")
        second = icp(surface.seen, query.points, place.pose)
        apart = found.pose.inverse() @ second
        if enough_sides(found) and (math.hypot(apart.x, apart.y) > AGREE_M or abs(apart.yaw) > AGREE_RAD):
            return self._refuse("small-gicp disagrees")
        alone = fit(surface, clouds[key], found.pose, 0.05 * found.information)
        if alone is None:
            return self._refuse("fits badly")
        link = linked(graph, other, key, alone)
        spread = np.linalg.inv(drift.covariance_in(key, guess.yaw) + np.linalg.inv(link.information + 1e-6 * np.eye(3)))
        predicted = graph.pose(other).inverse() @ guess
        if distance(predicted, link.pose, spread) > GATE:
            return self._refuse("odometry says otherwise")
        return link

    def _refuse(self, why: str) -> Link | None:
        self.refused[why] += 1
        return None

    def _sure(self, graph: Graph, drift: Drift, link: Link, metres: float) -> list[Link]:
        """The link, or with those that waited for it; or it waits."""
        if metres < SURE_M:
            return [link]
        self.waiting = [w for w in self.waiting if drift.way[link.to] - drift.way[w.to] < PAIR_WAY[1]]
        agreeing = [w for w in self.waiting if agree(graph, drift, w, link)]
        self.waiting.append(link)
        if len(agreeing) < (1 if metres < FAR_M else 2):
            return []
        self.waiting = []
        return [*agreeing, link]


def agree(graph: Graph, drift: Drift, a: Link, b: Link) -> bool:
    """Whether two closures say the same: around both and the graph between them one comes back to where one began."""
    way = drift.way[b.to] - drift.way[a.to]
    if not PAIR_WAY[0] <= way <= PAIR_WAY[1]:
        return False
    then = graph.pose(a.of).inverse() @ graph.pose(b.of)
    now = graph.pose(a.to).inverse() @ graph.pose(b.to)
    left = (then @ b.pose).inverse() @ (a.pose @ now)
    more = 1.0 + PAIR_SHARE * way / PAIR_M
    return math.hypot(left.x, left.y) < PAIR_M * more and abs(left.yaw) < PAIR_RAD * more


def linked(graph: Graph, other: int, key: int, found: Fit) -> Link:
    return Link(other, key, graph.pose(other).inverse() @ found.pose, turned(found.information, found.pose.yaw))


def enough_sides(found: Fit) -> bool:
    """Whether the fit holds in every direction: along a bare corridor nothing does."""
    low, high = np.linalg.eigvalsh(found.information[:2, :2])
    return bool(low > THIN * high)


def earlier(graph: Graph, drift: Drift, key: int, reach: float) -> list[int]:
    """The nearest keyframe of each of the earlier passes by here, the nearest first."""
    here = graph.poses[key]
    old = np.nonzero(np.abs(drift.way[key] - np.array(drift.way[: len(graph)])) > LOOP_M)[0]
    away = np.hypot(*(graph.poses[old, :2] - here[:2]).T)
    near = away < reach
    old, away = old[near], away[near]
    if not len(old):
        return []
    turn = np.abs(np.remainder(graph.poses[old, 2] - here[2] + math.pi, math.tau) - math.pi)
    cost = away + TURN_M * turn
    passes = np.split(np.arange(len(old)), np.nonzero(np.diff(np.array(drift.way)[old]) > 2.0)[0] + 1)
    best = [int(p[np.argmin(cost[p])]) for p in passes]
    return [int(old[b]) for b in sorted(best, key=lambda b: float(cost[b]))[:GROUPS]]


def around(graph: Graph, clouds: Sequence[Cloud], drift: Drift, other: int, key: int) -> Surface | None:
    """What was seen about a keyframe, on the way to it and from it, as the graph says now; nothing near `key`'s way."""
    chosen: list[int] = []
    at = drift.way[other]
    for step in (1, -1):
        k = other if step == 1 else other - 1
        while 0 <= k < len(graph) and abs(drift.way[k] - at) < AROUND_M and len(chosen) < 60:
            if abs(drift.way[k] - drift.way[key]) > LOOP_M / 2.0:
                chosen.append(k)
            k += step
    return Surface.of((graph.pose(k), clouds[k]) for k in chosen)


def _query(graph: Graph, clouds: Sequence[Cloud], drift: Drift, key: int) -> Cloud | None:
    """What was seen on the last stretch, in the frame of its last keyframe."""
    back = graph.pose(key).inverse()
    keys = [key]
    while keys[-1] > 0 and drift.way[key] - drift.way[keys[-1] - 1] < QUERY_M and len(keys) < 20:
        keys.append(keys[-1] - 1)
    surface = Surface.of((back @ graph.pose(k), clouds[k]) for k in keys)
    return None if surface is None else Cloud(surface.points, surface.normals)
