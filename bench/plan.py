"""The planner against published optima, and against pyastar2d and scikit-image on the same queries in the same run.

With a MovingAI map: every query of its .scen file. Without one: ways through the demo flat with people and things in
it, on the costs that the robot drives by. A query of ours is the search and the pulling taut; peers only search. What
is made once for a map (`prepare_ms`) is in nobody's query.
"""

from __future__ import annotations

import statistics
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyastar2d
from skimage.graph import MCP_Geometric

from bench import paths
from bench.measure import ratios, shown, spread, spread_of, timed
from bench.worlds.movingai import FileError, Query, read_map, read_queries
from bench.worlds.planflat import in_the_flat
from navigation.terrain import Cell, Terrain

PYASTAR_QUERIES, SKIMAGE_QUERIES = 200, 24  # scikit-image takes up to a second each
ROUNDS = 3
SHOWN = 10  # queries that went wrong are listed up to here
WANTED = 1.0
UNEQUAL = {"no way", "a way where none is published", "not the published optimum"}

Result = dict[str, Any]


def run(map: Path | None = None, scen: Path | None = None) -> Result:  # noqa: A002  (the word on the command line)
    if map is None:
        if scen is not None:
            raise FileError(f"--scen {scen}: of which map? Name the .map file too")
        return in_the_flat()
    blocked = read_map(map)
    queries = read_queries(scen or map.with_name(map.name + ".scen"), (blocked.shape[0], blocked.shape[1]))
    weight = np.where(blocked, np.inf, 0.0)
    Terrain(np.zeros((3, 3))).way((0, 0), (2, 2))  # loads what is compiled
    begun = time.perf_counter()
    terrain = Terrain(weight)
    prepared = time.perf_counter() - begun
    judged = [_judge(terrain, blocked, query) for query in shown(queries, "queries")]
    return {
        "map": map.name,
        "rows": blocked.shape[0],
        "columns": blocked.shape[1],
        "free_share": round(float(1.0 - blocked.mean()), 3),
        **_agreement(judged),
        "prepare_ms": round(1e3 * prepared, 2),
        "first_query_ms": judged[0]["ms"],
        "ms_per_query": spread_of([row["ms"] for row in judged]),
        "ms_per_query_without_pulling": spread_of([row["search_ms"] for row in judged]),
        **_against_peers(terrain, blocked, [row["query"] for row in judged if row["cost"] is not None]),
    }


def _judge(terrain: Terrain, blocked: paths.Mask, query: Query) -> Result:
    """One query, once, and what is wrong with its answer. Cells of `cost` and `taut`; None: no way found."""
    begun = time.perf_counter()
    cost, way = terrain.way(query.start, query.goal)
    searched = time.perf_counter()
    corners = terrain.taut(way)
    done = time.perf_counter()
    row: Result = {"query": query, "ms": 1e3 * (done - begun), "search_ms": 1e3 * (searched - begun)}
    row["ms"], row["search_ms"] = round(row["ms"], 4), round(row["search_ms"], 4)
    if not len(way):
        return {**row, "cost": None, "off": None, "taut": None, "faults": [] if np.isinf(query.optimum) else ["no way"]}
    columns = blocked.shape[1]
    cells, bends = (np.stack(np.divmod(flat, columns), axis=1) for flat in (way, corners))
    true, taut = paths.steps_cost(blocked, cells), paths.length(bends)
    off = abs(cost - query.optimum) if np.isfinite(query.optimum) else None
    ends = [tuple(c) for c in (cells[0], cells[-1], bends[0], bends[-1])]
    faults = [
        fault
        for fault, found in (
            ("a way where none is published", off is None),
            ("not the published optimum", off is not None and off > query.tolerance),
            ("not a way of 8-connected steps of that cost", true is None or abs(true - cost) > 1e-6),
            ("not from start to goal", ends != [query.start, query.goal] * 2),
            ("pulled taut it touches something", not paths.is_free(blocked, bends)),
            ("pulled taut it is longer", taut > cost + 1e-6),
        )
        if found
    ]
    return {**row, "cost": cost, "off": off, "taut": taut, "faults": faults}


def _agreement(judged: list[Result]) -> Result:
    wrong = [row for row in judged if row["faults"]]
    found = [row for row in judged if row["cost"]]  # a start that is the goal has no length to compare
    shares = [row["taut"] / row["cost"] for row in found]
    equal = [row for row in judged if UNEQUAL.isdisjoint(row["faults"])]
    return {
        "queries": len(judged),
        "equal_to_published": len(equal),
        "largest_deviation": max((row["off"] for row in judged if row["off"] is not None), default=None),
        "tolerance": max((row["query"].tolerance for row in judged), default=None),
        "unreachable": sum(row["cost"] is None for row in judged),
        "pulled_over_8_connected": round(statistics.fmean(shares), 4) if shares else None,
        "pulled_over_8_connected_largest": round(max(shares), 6) if shares else None,
        "pulled_shorter": sum(row["taut"] < row["cost"] - 1e-9 for row in found),
        "pulled_longer": sum("pulled taut it is longer" in row["faults"] for row in judged),
        "pulled_invalid": sum("pulled taut it touches something" in row["faults"] for row in judged),
        "wrong": len(wrong),
        "first_wrong": [
            {
                "line": row["query"].line,
                "faults": row["faults"],
                "published": _finite(row["query"].optimum),
                "found": row["cost"],
            }
            for row in wrong[:SHOWN]
        ],
    }


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _against_peers(terrain: Terrain, blocked: paths.Mask, queries: list[Query]) -> Result:
    """Milliseconds of a sample, spread evenly over the queries in order of length; in turns, query by query."""
    by_length = sorted(queries, key=lambda query: (query.optimum, query.line))
    sample = spread(by_length, PYASTAR_QUERIES)
    slow = {id(query) for query in spread(by_length, SKIMAGE_QUERIES)}
    sample += [query for query in by_length if id(query) in slow and query not in sample]
    sample.sort(key=lambda query: (query.optimum, query.line))
    weights = np.where(blocked, np.inf, 1.0).astype(np.float32)
    lattice = MCP_Geometric(np.where(blocked, -1.0, 1.0), fully_connected=True)
    rows = []
    for query in shown(sample, "queries beside the peers"):
        s, g = query.start, query.goal
        turns = {"ours": partial(ours, terrain, s, g), "pyastar2d": partial(pyastar, weights, s, g)}
        times = timed(turns, ROUNDS)
        if id(query) in slow:
            times |= timed({"skimage": partial(skimage, lattice, s, g)}, 1)
        rows.append(times)
    return {
        "peers_sample": f"pyastar2d: {len(rows)}, skimage: {len(slow)} queries, evenly over all in order of length",
        **ratios(rows, "pyastar2d"),
        **ratios(rows, "skimage"),
        "wanted_at_most": WANTED,
    }


def ours(terrain: Terrain, start: Cell, goal: Cell) -> object:
    return terrain.taut(terrain.way(start, goal)[1])


def pyastar(weights: Any, start: Cell, goal: Cell) -> object:
    return pyastar2d.astar_path(weights, start, goal, allow_diagonal=True)


def skimage(lattice: Any, start: Cell, goal: Cell) -> object:
    lattice.find_costs([start], [goal])
    return lattice.traceback(goal)
