"""The planner: optimal against scipy's Dijkstra, never through or between obstacles, string-pulled without loss."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from kangban.config import load
from kangban.values import Array, GridMap, Pose2D
from navigation import sitemap
from navigation.costs import Costs, Sizes, costs
from navigation.grid import Grid
from navigation.planner import NoRoute, Route, plan, route_is_free
from navigation.taut import line_cost, pull
from navigation.terrain import Terrain

CONFIG = load("companion", "demo_flat", Path(), Path())
SITE, PROFILE = CONFIG.site, CONFIG.profile
FLAT = sitemap.build(SITE, PROFILE.navigation.map_resolution_m)
SIZES, NONE = Sizes.of(PROFILE), np.empty((0, 2))
BARE = costs(FLAT, NONE, NONE, SIZES)
DOCK = (SITE.dock.x_m, SITE.dock.y_m)

Weights = NDArray[np.float64]


def drawn(seed: int) -> Weights:
    """A grid of 9 by 11: a quarter blocked, a third costly."""
    rng = np.random.default_rng(seed)
    weight = np.where(rng.random((9, 11)) < 0.33, rng.uniform(0.0, 3.0, (9, 11)), 0.0)
    return np.where(rng.random((9, 11)) < 0.25, np.inf, weight)


weights = st.integers(0, 10**6).map(drawn)
rows, columns = st.integers(0, 8), st.integers(0, 10)


def edges(weight: Weights) -> scipy.sparse.csr_matrix:
    """The same rules as the planner's, written out cell by cell."""
    high, wide = weight.shape
    graph = scipy.sparse.lil_matrix((high * wide, high * wide))
    for r, c in itertools.product(range(high), range(wide)):
        for dr, dc in itertools.product((-1, 0, 1), (-1, 0, 1)):
            a, b = r + dr, c + dc
            if (dr, dc) == (0, 0) or not (0 <= a < high and 0 <= b < wide):
                continue
            if any(math.isinf(weight[i, j]) for i, j in ((r, c), (a, b), (r, b), (a, c))):
                continue
            graph[r * wide + c, a * wide + b] = math.hypot(dr, dc) * (1 + (weight[r, c] + weight[a, b]) / 2)
    return graph.tocsr()


def cost_of(weight: Weights, path: NDArray[np.int64]) -> float:
    graph = edges(weight)
    steps = [graph[int(a), int(b)] for a, b in itertools.pairwise(path)]
    assert all(step > 0.0 for step in steps), "a step that the rules forbid"
    return float(sum(steps))


@given(weights, rows, columns, rows, columns)
@settings(max_examples=60)
def test_astar_is_optimal(weight: Weights, sr: int, sc: int, gr: int, gc: int) -> None:
    cost, path = Terrain(weight).way((sr, sc), (gr, gc))
    if math.isinf(weight[sr, sc]) or math.isinf(weight[gr, gc]):
        assert math.isinf(cost)
        assert len(path) == 0
        return
    start, goal = sr * 11 + sc, gr * 11 + gc
    best = float(dijkstra(edges(weight), indices=start)[goal])
    assert cost == pytest.approx(best)
    if math.isfinite(best):
        assert (path[0], path[-1]) == (start, goal)
        assert cost_of(weight, path) == pytest.approx(cost)


@given(weights, rows, columns, rows, columns)
@settings(max_examples=60)
def test_pulled_strings_stay_free_and_cost_no_more(weight: Weights, sr: int, sc: int, gr: int, gc: int) -> None:
    cost, path = Terrain(weight).way((sr, sc), (gr, gc))
    if math.isinf(cost):
        return
    kept = pull(weight, path)
    assert (kept[0], kept[-1]) == (0, len(path) - 1)
    corners = np.stack(np.divmod(path[kept], 11), axis=1) + 0.5
    legs = [line_cost(weight, *a, *b) for a, b in itertools.pairwise(corners)]
    assert sum(legs) <= cost + 1e-6


def test_no_corner_is_cut() -> None:
    blocked = np.zeros((5, 5))
    blocked[2, 2] = blocked[1, 1] = math.inf
    assert math.isinf(line_cost(blocked, 1.5, 2.5, 2.5, 1.5))  # between two that touch at a corner
    assert math.isinf(line_cost(blocked, 0.5, 2.5, 2.5, 4.5)) is False
    assert line_cost(np.zeros((3, 4)), 0.5, 0.5, 0.5, 3.5) == pytest.approx(3.0)
    assert math.isinf(line_cost(np.zeros((3, 4)), 0.5, 0.5, 5.5, 3.5))  # off the grid


@given(st.floats(0.1, 8.9), st.floats(0.1, 10.9), st.floats(0.1, 8.9), st.floats(0.1, 10.9), weights)
@settings(max_examples=100)
def test_line_cost_sees_every_cell_a_line_crosses(r0: float, c0: float, r1: float, c1: float, weight: Weights) -> None:
    along = np.linspace(0.0, 1.0, 400)
    at = np.floor([r0 + along * (r1 - r0), c0 + along * (c1 - c0)]).astype(int)
    if np.isinf(weight[at[0], at[1]]).any():
        assert math.isinf(line_cost(weight, r0, c0, r1, c1))
    elif math.isfinite(line_cost(weight, r0, c0, r1, c1)):
        sampled = math.hypot(r1 - r0, c1 - c0) * float(1.0 + weight[at[0], at[1]].mean())
        assert line_cost(weight, r0, c0, r1, c1) == pytest.approx(sampled, rel=0.02, abs=0.05)


# The map of the demo flat


def test_the_map_has_walls_doors_and_furniture() -> None:
    grid = Grid.of(FLAT)

    def at(x: float, y: float) -> int:
        row, column = grid.cells(np.array([[x, y]]))[0]
        return int(FLAT.cells[row, column])

    assert at(2.8, 0.0) == sitemap.OCCUPIED  # outer wall
    assert at(-0.2, 3.0) == sitemap.UNKNOWN  # outside
    for door in SITE.doors:
        assert at(*door.at_m) == sitemap.FREE, door.name
    for thing in SITE.furniture:
        assert at(*thing.at_m) == sitemap.OCCUPIED, thing.name
    assert at(*DOCK) == sitemap.FREE


def test_a_rug_is_floor_and_a_door_in_no_wall_is_refused() -> None:
    rug = SITE.furniture[0].model_copy(update={"kind": "rug", "name": "rug"})
    grid_map = sitemap.build(SITE.model_copy(update={"furniture": (rug,)}), 0.05)
    row, column = Grid.of(grid_map).cells(np.array([rug.at_m]))[0]
    assert grid_map.cells[row, column] == sitemap.FREE
    astray = SITE.doors[0].model_copy(update={"at_m": (3.0, 2.0)})
    with pytest.raises(ValueError, match=f"door {astray.name}.*lies in no wall"):
        sitemap.build(SITE.model_copy(update={"doors": (astray,)}), 0.05)


@pytest.mark.parametrize("resolution", [0.02, 0.05, 0.1])
def test_walls_have_their_thickness_and_doors_their_width(resolution: float) -> None:
    grid_map = sitemap.build(SITE, resolution)
    grid = Grid.of(grid_map)
    row = grid.cells(np.array([[0.0, 3.6]]))[0, 0]  # through the door of the corridor
    assert (grid_map.cells[row, :] == sitemap.OCCUPIED).sum() * resolution == pytest.approx(0.24, abs=2.1 * resolution)
    column = grid.cells(np.array([[5.6, 0.0]]))[0, 1]
    along = grid_map.cells[:, column]
    low, high = grid.cells(np.array([[5.6, 3.05], [5.6, 4.15]]))[:, 0]
    assert (along[low:high] == sitemap.FREE).sum() * resolution == pytest.approx(1.0, abs=2.1 * resolution)


def test_no_path_leads_where_the_guard_would_stop_it() -> None:
    guard, radius = PROFILE.safety.guard, PROFILE.base.footprint_radius_m
    assert np.isinf(BARE.weight[BARE.distance < radius + guard.obstacle_margin_m]).all()
    someone = np.array([[2.6, 2.6]])
    around = costs(FLAT, NONE, someone, SIZES)
    centres = around.grid.centres(np.argwhere(np.isfinite(around.weight)))
    assert np.hypot(*(centres - someone[0]).T).min() >= radius + guard.person_stop_m


def test_a_turned_map_is_refused() -> None:
    with pytest.raises(ValueError, match="turned"):
        Grid.of(GridMap(0.0, 0.05, Pose2D(0.0, 0.0, 0.1), FLAT.cells))


@pytest.mark.parametrize("room", [room.name for room in SITE.rooms])
def test_every_room_is_reached_from_the_dock_with_room_to_spare(room: str) -> None:
    place = next(r for r in SITE.rooms if r.name == room)
    grid = BARE.grid
    inside = np.argwhere(np.isfinite(BARE.weight))
    centres = grid.centres(inside)
    mine = centres[[place.contains(x, y) for x, y in centres]]
    goal = mine[np.argmin(np.hypot(*(mine - mine.mean(axis=0)).T))]
    found = plan(BARE, DOCK, (float(goal[0]), float(goal[1])), 0.08)
    assert isinstance(found, Route)
    keeps = [BARE.distance_at(*p) for a, b in itertools.pairwise(found.points_in_map) for p in np.linspace(a, b, 50)]
    assert min(keeps) >= PROFILE.base.footprint_radius_m + PROFILE.safety.guard.obstacle_margin_m


# Things and people that the map does not show


def test_something_in_the_way_is_driven_around() -> None:
    box = np.array([[2.6 + dx, 2.6 + dy] for dx in (0.0, 0.1, 0.2) for dy in np.arange(-0.4, 0.41, 0.05)])
    around = costs(FLAT, box, NONE, SIZES)
    before, after = plan(BARE, (1.5, 2.6), (4.2, 2.6), 0.08), plan(around, (1.5, 2.6), (4.2, 2.6), 0.08)
    assert isinstance(before, Route)
    assert isinstance(after, Route)
    assert after.length > before.length + 0.2
    assert route_is_free(BARE, before.points_in_map)
    assert not route_is_free(around, before.points_in_map)
    assert route_is_free(around, after.points_in_map)


def test_people_are_passed_at_the_distance_the_guard_keeps() -> None:
    someone = np.array([[2.6, 2.6]])
    found = plan(costs(FLAT, NONE, someone, SIZES), (1.2, 2.6), (4.2, 2.6), 0.08)
    assert isinstance(found, Route)
    points = [p for a, b in itertools.pairwise(found.points_in_map) for p in np.linspace(a, b, 100)]
    nearest = min(math.hypot(*(p - someone[0])) for p in points)
    assert nearest >= PROFILE.base.footprint_radius_m + PROFILE.safety.guard.person_stop_m


def test_a_door_that_is_shut_leaves_no_way() -> None:
    shut = np.array([[x, 4.2] for x in np.arange(3.7, 4.7, 0.04)])
    found = plan(costs(FLAT, shut, NONE, SIZES), DOCK, (3.6, 5.6), 0.08)
    assert isinstance(found, NoRoute)
    assert found.where == "between"


@pytest.mark.parametrize(
    ("goal", "where", "says"),
    [
        ((0.55, 1.7), "goal", "too near to something"),  # the sofa
        ((8.0, 6.2), "goal", "too near to something"),  # the bed, its middle far from free ground
        ((30.0, 2.0), "goal", "outside the map"),
        ((-0.2, 3.6), "goal", "too near to something"),
    ],
)
def test_a_goal_it_cannot_stand_on_is_named(goal: tuple[float, float], where: str, says: str) -> None:
    found = plan(BARE, DOCK, goal, 0.08)
    assert isinstance(found, NoRoute)
    assert found.where == where
    assert says in found.sentence


def test_a_goal_within_its_tolerance_of_free_ground_is_met() -> None:
    beside_wall = (2.0, 0.06 + SIZES.keep_off - 0.04)
    found = plan(BARE, DOCK, beside_wall, 0.08)
    assert isinstance(found, Route)
    assert math.hypot(*(found.points_in_map[-1] - beside_wall)) <= 0.08


@pytest.mark.parametrize("start", [(0.31, 3.6), (2.0, 0.3), (0.33, 3.95), (9.28, 4.5)])
def test_a_start_too_near_to_something_is_left_straight_away_from_it(start: tuple[float, float]) -> None:
    found = plan(BARE, start, (3.0, 2.6), 0.08)
    assert isinstance(found, Route)
    assert tuple(found.points_in_map[0]) == start
    away = [BARE.distance_at(*p) for p in np.linspace(found.points_in_map[0], found.points_in_map[1], 20)]
    assert min(away) >= away[0] - 0.03


def test_a_robot_in_a_wall_is_shut_in() -> None:
    walled = np.array([[2.5 + 0.45 * math.cos(a), 2.5 + 0.45 * math.sin(a)] for a in np.arange(0.0, 6.3, 0.05)])
    found = plan(costs(FLAT, walled, NONE, SIZES), (2.5, 2.5), (4.2, 2.6), 0.08)
    assert isinstance(found, NoRoute)


def random_costs(seed: int) -> Costs:
    things = np.random.default_rng(seed).uniform([0.3, 0.3], [9.3, 6.9], (12, 2))
    return costs(FLAT, things, NONE, SIZES)


@pytest.mark.parametrize("seed", range(8))
def test_whatever_stands_about_a_path_is_free(seed: int) -> None:
    around: Costs = random_costs(seed)
    found = plan(around, DOCK, (7.2, 5.0), 0.3)
    if isinstance(found, Route):
        points: Array = np.concatenate([np.linspace(a, b, 60) for a, b in itertools.pairwise(found.points_in_map)])
        assert min(around.distance_at(*p) for p in points[30:]) >= SIZES.keep_off - 0.04
        assert found.length >= math.hypot(7.2 - DOCK[0], 5.0 - DOCK[1]) - 0.31
