"""In which order to visit places: the shortest way through all, from what it takes between any two. Pure.

Up to `EXACT` places exactly (Held and Karp 1962), more of them by exchanging and moving until nothing gets shorter.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from kangban.values import Array

EXACT = 9


def order(costs: Array, back: bool = False) -> list[int]:
    """The places 1..n in the order of the cheapest round from place 0; `back`: it ends at place 0 again.

    `costs` (n + 1, n + 1) from row to column; inf: no way. Places that can't be reached from place 0 (or from which it
    can't be reached, where it must) are left out. Raises ValueError for costs of another shape.
    """
    if costs.ndim != 2 or costs.shape[0] != costs.shape[1] or costs.shape[0] == 0 or np.isnan(costs).any():
        raise ValueError(f"costs must be square numbers, row to column; they are {costs.shape}")
    reached = [
        k for k in range(1, len(costs)) if math.isfinite(costs[0, k]) and (not back or math.isfinite(costs[k, 0]))
    ]
    if len(reached) < 2:
        return reached
    found = _exact(costs, reached, back) if len(reached) <= EXACT else _improved(costs, reached, back)
    return found if math.isfinite(length(costs, found, back)) else _as_far_as_it_goes(costs, found)


def length(costs: Array, places: list[int], back: bool = False) -> float:
    """What a round from place 0 through these comes to."""
    way = [0, *places, *([0] if back else [])]
    return float(sum(costs[a, b] for a, b in itertools.pairwise(way)))


def _exact(costs: Array, places: list[int], back: bool) -> list[int]:
    """The cheapest way to each (set of visited places, last of them), from smaller sets to larger ones."""
    best: dict[tuple[int, int], tuple[float, int]] = {
        (1 << k, k): (float(costs[0, p]), -1) for k, p in enumerate(places)
    }
    n = len(places)
    for visited in range(1, 1 << n):
        for last in range(n):
            if (visited, last) not in best:
                continue
            so_far = best[visited, last][0]
            for nxt in range(n):
                if visited >> nxt & 1:
                    continue
                key, total = (visited | 1 << nxt, nxt), so_far + float(costs[places[last], places[nxt]])
                if total < best.get(key, (math.inf, -1))[0] or key not in best:
                    best[key] = (total, last)
    everything = (1 << n) - 1
    last = min(range(n), key=lambda k: best[everything, k][0] + (float(costs[places[k], 0]) if back else 0.0))
    found, visited = [], everything
    while last >= 0:
        found.append(places[last])
        visited, last = visited & ~(1 << last), best[visited, last][1]
    return found[::-1]


def _improved(costs: Array, places: list[int], back: bool) -> list[int]:
    """From always the nearest next: turn stretches round (2-opt) and move places, while that is shorter."""
    found: list[int] = []
    left = list(places)
    while left:
        here = found[-1] if found else 0
        found.append(min(left, key=lambda k: costs[here, k]))
        left.remove(found[-1])
    shortest, better = length(costs, found, back), True
    while better:
        better = False
        for i, j in itertools.permutations(range(len(found)), 2):
            rest = found[:i] + found[i + 1 :]
            tries = [rest[:j] + [found[i]] + rest[j:]]
            if i < j:
                tries.append(found[:i] + found[i : j + 1][::-1] + found[j + 1 :])
            for tried in tries:
                if length(costs, tried, back) < shortest - 1e-9:
                    found, shortest, better = tried, length(costs, tried, back), True
    return found


def _as_far_as_it_goes(costs: Array, places: list[int]) -> list[int]:
    """Where some places can't be reached from others: those, in this order, that can be gone to one after the other."""
    found = [0]
    for place in places:
        if math.isfinite(costs[found[-1], place]):
            found.append(place)
    return found[1:]
