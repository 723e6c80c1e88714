"""The search: as cheap as scipy's Dijkstra on every kind of grid, its ways real ones, and nothing left over between."""

from __future__ import annotations

import itertools
import math
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from bench import paths
from bench.worlds.planflat import graph
from navigation.compiled import forget_older
from navigation.terrain import Terrain

Mask = NDArray[np.bool_]


def littered(rng: np.random.Generator, rows: int, columns: int) -> Mask:
    return np.asarray(rng.random((rows, columns)) < rng.uniform(0.02, 0.5))


def city(rng: np.random.Generator, rows: int, columns: int) -> Mask:
    """Blocks of houses, some touching, some at a corner only."""
    blocked = np.zeros((rows, columns), bool)
    for _ in range(rows * columns // 40 + 1):
        r, c = rng.integers(0, rows), rng.integers(0, columns)
        blocked[r : r + rng.integers(1, 9), c : c + rng.integers(1, 9)] = True
    return blocked


def flat(rng: np.random.Generator, rows: int, columns: int) -> Mask:
    """Rooms of seven cells with doors."""
    blocked = np.zeros((rows, columns), bool)
    blocked[::7] = blocked[:, ::7] = True
    for r in range(0, rows, 7):
        for c in range(0, columns, 7):
            blocked[r, min(columns - 1, c + rng.integers(1, 7))] = rng.random() < 0.15
            blocked[min(rows - 1, r + rng.integers(1, 7)), c] = rng.random() < 0.15
    return blocked


def maze(rng: np.random.Generator, rows: int, columns: int) -> Mask:
    blocked = np.ones((rows, columns), bool)
    done, way = {(0, 0)}, [(0, 0)]
    blocked[0, 0] = False
    while way:
        r, c = way[-1]
        around = [(r + dr, c + dc) for dr, dc in ((2, 0), (-2, 0), (0, 2), (0, -2))]
        around = [(a, b) for a, b in around if 0 <= a < rows and 0 <= b < columns and (a, b) not in done]
        if not around:
            way.pop()
            continue
        a, b = around[rng.integers(len(around))]
        blocked[a, b] = blocked[(a + r) // 2, (b + c) // 2] = False
        done.add((a, b))
        way.append((a, b))
    return blocked


def check(terrain: Terrain, blocked: Mask, weight: NDArray[np.float64], rng: np.random.Generator, starts: int) -> None:
    """Ways from a few cells to many, the whole table of scipy beside them."""
    columns = blocked.shape[1]
    free, edges = np.argwhere(~blocked), graph(weight)
    for start in free[rng.integers(0, len(free), starts)]:
        best = dijkstra(edges, directed=False, indices=start[0] * columns + start[1])
        for goal in free[rng.integers(0, len(free), 12)]:
            cost, way = terrain.way((start[0], start[1]), (goal[0], goal[1]))
            expected = best[goal[0] * columns + goal[1]]
            assert cost == pytest.approx(expected, abs=1e-8)
            if math.isinf(expected):
                assert len(way) == 0
                continue
            cells, corners = (np.stack(np.divmod(f, columns), axis=1) for f in (way, terrain.taut(way)))
            assert cells[0].tolist() == corners[0].tolist() == start.tolist()
            assert cells[-1].tolist() == corners[-1].tolist() == goal.tolist()
            length = paths.steps_cost(blocked, cells)
            assert length is not None
            assert paths.is_free(blocked, corners)
            if np.ptp(weight[~blocked]) == 0.0:
                assert length * (1.0 + weight[tuple(start)]) == pytest.approx(cost)
                assert paths.length(corners) <= length + 1e-9
            steps = itertools.pairwise(cells)
            told = sum(math.hypot(*(b - a)) * (1.0 + (weight[tuple(a)] + weight[tuple(b)]) / 2.0) for a, b in steps)
            assert told == pytest.approx(cost, abs=1e-8)


@pytest.mark.parametrize("kind", [littered, city, flat, maze])
@given(seed=st.integers(0, 10**6), rows=st.integers(1, 40), columns=st.integers(1, 75))
@settings(max_examples=25, deadline=None)
def test_where_all_weighs_the_same_it_finds_the_optimum(kind, seed: int, rows: int, columns: int) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(seed)
    blocked = kind(rng, rows, columns)
    if blocked.all():
        return
    weight = np.where(blocked, np.inf, float(rng.integers(0, 3)))
    check(Terrain(weight), blocked, weight, rng, 3)


@given(seed=st.integers(0, 10**6), rows=st.integers(2, 25), columns=st.integers(2, 25))
@settings(max_examples=25, deadline=None)
def test_where_it_does_not_too(seed: int, rows: int, columns: int) -> None:
    rng = np.random.default_rng(seed)
    blocked = littered(rng, rows, columns)
    blocked[0, :2] = False
    weight = np.where(rng.random(blocked.shape) < 0.3, rng.uniform(0.0, 4.0, blocked.shape), 0.0)
    weight[0, :2] = 0.0, 1.0  # never all the same
    weight[blocked] = np.inf
    check(Terrain(weight), blocked, weight, rng, 3)


@pytest.mark.parametrize("shape", [(3, 200), (200, 3), (64, 64), (62, 62), (63, 127), (1, 130)])
def test_grids_about_the_width_of_a_word(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(shape[1])
    blocked = littered(rng, *shape)
    weight = np.where(blocked, np.inf, 0.0)
    check(Terrain(weight), blocked, weight, rng, 6)


def test_the_order_of_questions_does_not_matter() -> None:
    rng = np.random.default_rng(5)
    weight = np.where(city(rng, 40, 60), np.inf, 0.0)
    free, kept = np.argwhere(np.isfinite(weight)), Terrain(weight)
    for a, b in rng.integers(0, len(free), (60, 2)):
        start, goal = tuple(free[a]), tuple(free[b])
        assert kept.way(start, goal)[0] == Terrain(weight).way(start, goal)[0]
        assert kept.way(start, goal)[0] == pytest.approx(kept.way(goal, start)[0])


def test_no_way_is_inf_and_the_same_cell_is_nothing() -> None:
    weight = np.zeros((9, 9))
    weight[:, 4] = np.inf
    terrain = Terrain(weight)
    cost, way = terrain.way((2, 2), (2, 6))
    assert math.isinf(cost)
    assert len(way) == len(terrain.taut(way)) == 0
    assert math.isinf(terrain.way((2, 4), (2, 4))[0])
    cost, way = terrain.way((2, 2), (2, 2))
    assert (cost, way.tolist(), terrain.taut(way).tolist()) == (0.0, [20], [20])


def test_two_rooms_that_touch_at_a_corner_are_apart() -> None:
    weight = np.full((4, 4), np.inf)
    weight[:2, :2] = weight[2:, 2:] = 0.0
    assert math.isinf(Terrain(weight).way((0, 0), (3, 3))[0])


@pytest.mark.parametrize("cell", [(-1, 0), (0, -1), (5, 0), (0, 7)])
def test_a_cell_off_the_grid_is_named(cell: tuple[int, int]) -> None:
    with pytest.raises(IndexError, match="off the grid"):
        Terrain(np.zeros((5, 7))).way((0, 0), cell)


def test_an_empty_grid_is_crossed_in_a_straight_line() -> None:
    terrain = Terrain(np.zeros((50, 90)))
    cost, way = terrain.way((3, 4), (40, 80))
    assert cost == pytest.approx(37 * math.sqrt(2.0) + 39)
    assert terrain.taut(way).tolist() == [3 * 90 + 4, 40 * 90 + 80]


def test_what_was_compiled_from_an_older_helper_is_dropped(tmp_path: Path) -> None:
    module, helper, kept = tmp_path / "loops.py", tmp_path / "helper.py", tmp_path / "__pycache__"
    kept.mkdir()
    old, fresh, other = (kept / f"{name}.py311.nbi" for name in ("loops.a-1", "loops.b-2", "others.a-1"))
    for path, age in ((module, 1), (old, 2), (other, 2), (helper, 3), (fresh, 4)):
        path.touch()
        os.utime(path, (age, age))
    forget_older(str(module), str(helper))
    assert (old.exists(), fresh.exists(), other.exists()) == (False, True, True)
