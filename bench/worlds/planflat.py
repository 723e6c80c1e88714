"""Ways through the demo flat with people and things in it, on the costs the robot drives by: part of `bench plan`.

The costs are new at each planning, so all that is made from them counts: ours, pyastar2d's and scikit-image's. The
exact costs come from scipy's Dijkstra on the graph of the same rules, written out; scikit-image may cut corners and
pyastar2d counts a diagonal as a straight step, so their ways are other ones.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pyastar2d
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import dijkstra
from skimage.graph import MCP_Geometric

from bench.measure import ratios, shown, spread_of, timed
from kangban.config import load
from kangban.values import Array
from navigation import sitemap
from navigation.costs import Costs, Sizes, costs
from navigation.planner import Route, plan
from navigation.terrain import Terrain

WAYS, PEOPLE, THINGS, SEED = 120, 2, 4, 1
EXACT_WAYS = 30  # compared with scipy's Dijkstra
ROUNDS = 3


def in_the_flat() -> dict[str, Any]:
    config = load("companion", "demo_flat", Path(), Path())
    resolution = config.profile.navigation.map_resolution_m
    grid_map, sizes = sitemap.build(config.site, resolution), Sizes.of(config.profile)
    rng = np.random.default_rng(SEED)
    bare = costs(grid_map, np.empty((0, 2)), np.empty((0, 2)), sizes, config.site.zones)
    rows: list[dict[str, float]] = []
    costs_ms, off, longer, none = [], [], [], 0
    for k in shown(range(WAYS), "ways"):
        people, things = (_points(bare, rng, count) for count in (PEOPLE, THINGS))
        begun = time.perf_counter()
        around = costs(grid_map, things, people, sizes, config.site.zones)
        costs_ms.append(1e3 * (time.perf_counter() - begun))
        free = np.argwhere(np.isfinite(around.weight))
        cells = [(int(r), int(c)) for r, c in free[rng.integers(0, len(free), 2)]]
        start, goal = around.grid.centres(np.array(cells)).tolist()
        found = plan(around, (start[0], start[1]), (goal[0], goal[1]), 0.05)
        if k < EXACT_WAYS:
            off.append(abs(Terrain(around.weight).way(*cells)[0] - exact(around.weight, *cells)) if found else 0.0)
        if not isinstance(found, Route):
            none += 1
            continue
        alone = plan(bare, (start[0], start[1]), (goal[0], goal[1]), 0.05)
        if isinstance(alone, Route) and alone.length > 0.0:
            longer.append(found.length / alone.length)
        rows.append(_timed(around, (start[0], start[1]), (goal[0], goal[1]), cells))
    rows.sort(key=lambda row: row["ours"])
    return {
        "map": f"{config.site.name}, {around.grid.rows} x {around.grid.columns} cells",
        "ways": len(rows),
        "without_a_way": none,
        "compared_with_dijkstra": len(off),
        "largest_deviation_cells": float(np.nanmax(off)),
        "length_over_empty_flat_mean": round(float(np.mean(longer)), 3),
        "costs_ms": spread_of(costs_ms),
        **ratios(rows, "pyastar2d"),
        **ratios(rows, "skimage"),
        "wanted_at_most": 1.0,
    }


def _timed(around: Costs, start: tuple[float, float], goal: tuple[float, float], cells: list[Any]) -> dict[str, float]:
    weights = (1.0 + around.weight).astype(np.float32)
    walled = np.where(np.isfinite(around.weight), 1.0 + around.weight, -1.0)

    def skimage() -> object:
        lattice = MCP_Geometric(walled, fully_connected=True)
        lattice.find_costs([cells[0]], [cells[1]])
        return lattice.traceback(cells[1])

    turns = {
        "ours": lambda: plan(around, start, goal, 0.05),
        "pyastar2d": lambda: pyastar2d.astar_path(weights, *cells, allow_diagonal=True),
        "skimage": skimage,
    }
    return timed(turns, ROUNDS)


def _points(bare: Costs, rng: np.random.Generator, count: int) -> Array:
    """Discs of 0.2 m somewhere on free floor."""
    free = np.argwhere(np.isfinite(bare.weight))
    middles = bare.grid.centres(free[rng.integers(0, len(free), count)])
    turns = np.arange(12) * np.pi / 6.0
    disc = 0.2 * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    points: Array = (middles[:, None, :] + disc).reshape(-1, 2)
    return points


def exact(weight: Array, start: tuple[int, int], goal: tuple[int, int]) -> float:
    """The cheapest cost by scipy's Dijkstra; inf where there is no way."""
    columns = weight.shape[1]
    lengths = dijkstra(graph(weight), directed=False, indices=start[0] * columns + start[1])
    return float(lengths[goal[0] * columns + goal[1]])


def graph(weight: Array) -> csr_matrix:
    """The steps of the rules: to all eight neighbours, not past a blocked corner; mean weight of both cells."""
    rows, columns = weight.shape
    free, number = np.isfinite(weight), np.arange(weight.size).reshape(weight.shape)
    found = []
    for down, along in ((0, 1), (1, 0), (1, 1), (1, -1)):
        a = (slice(0, rows - down), slice(max(0, -along), columns - max(0, along)))
        b = (slice(down, rows), slice(max(0, along), columns + min(0, along)))
        both = free[a] & free[b]
        if down and along:
            both &= free[a[0], b[1]] & free[b[0], a[1]]
        cost = np.hypot(down, along) * (1.0 + (weight[a][both] + weight[b][both]) / 2.0)
        found.append((number[a][both], number[b][both], cost))
    start, end, cost = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return coo_matrix((cost, (start, end)), shape=(weight.size, weight.size)).tocsr()
