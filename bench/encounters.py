"""Drives among people in the flat world, over many seeds, as a table: how near, how fast, how far off, how long.

`KANGBAN_BENCH_SEEDS=5 kangban bench encounters` plays fewer seeds; a seed of everything takes about half a minute.
"""

from __future__ import annotations

import math
import os
import statistics
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.worlds.flathome import Figure
from bench.worlds.flatland import Flatland, Trip
from kangban.config import Config, load
from kangban.values import Pose2D
from navigation.planner import Route, plan
from sim.person.way import along

DEFAULT_SEEDS = 20
Cast = Callable[[np.random.Generator], list[Figure]]


def nobody(_: np.random.Generator) -> list[Figure]:
    return []


def walks(
    start: tuple[float, float], *points: tuple[float, float], wait: tuple[float, float] = (0.0, 0.0),
    speed: tuple[float, float] = (0.5, 0.8), scatter: float = 0.1, looks: bool = False,
) -> Cast:  # fmt: skip
    def cast(rng: np.random.Generator) -> list[Figure]:
        x, y = np.array(start) + rng.uniform(-scatter, scatter, 2)
        yaw = math.atan2(points[0][1] - y, points[0][0] - x)
        way = along((float(x), float(y), yaw), np.array(points), float(rng.uniform(*speed)))
        return [Figure(way, float(rng.uniform(*wait)), looks)]

    return cast


def stands(at: tuple[float, float], aside: tuple[float, float] | None, scatter: float = 0.1) -> Cast:
    """Somebody who stands there, and steps aside a while after she is asked, if at all."""

    def cast(rng: np.random.Generator) -> list[Figure]:
        x, y = np.array(at) + rng.uniform(-scatter, scatter, 2)
        way = along((float(x), float(y), 0.0), np.array([[x, y]]), 0.5)
        goes = None if aside is None else (aside, float(rng.uniform(1.0, 3.0)))
        return [Figure(way, steps_aside=goes)]

    return cast


# name: site, robot, start (None: the dock), goal, who is there, what the outcome must begin with
STORIES: dict[str, tuple[str, str, Pose2D | None, Pose2D, Cast, str]] = {
    "alone": ("long_flat", "companion", None, Pose2D(10.6, 1.2, -1.57), nobody, "reached"),
    "crossing": (
        "demo_flat", "companion", None, Pose2D(7.2, 2.0, -1.57),
        walks((3.0, 1.7), (3.9, 2.4), (4.2, 4.2), (4.2, 5.6), wait=(0.0, 4.0)), "reached",
    ),
    "from_a_door": (
        "demo_flat", "companion", None, Pose2D(7.2, 2.0, -1.57),
        walks((4.2, 5.4), (4.2, 3.2), (3.6, 1.9), (1.8, 1.2), wait=(1.0, 5.0), looks=True), "reached",
    ),
    "crossing_omni": (
        "demo_flat", "lekiwi", None, Pose2D(4.9, 3.5, 0.0),
        walks((3.0, 1.7), (3.9, 2.4), (4.2, 4.2), (4.2, 5.6), wait=(4.0, 14.0)), "reached",
    ),
    "oncoming": (
        "demo_flat", "companion", None, Pose2D(4.9, 3.3, 0.0),
        walks((4.9, 2.6), (1.6, 2.4), (1.6, 1.6), wait=(0.0, 3.0)), "reached",
    ),
    "ahead": (
        "long_flat", "companion", Pose2D(5.7, 3.05, 0.0), Pose2D(9.2, 3.05, 0.0),
        walks((6.9, 3.05), (10.6, 3.05), (10.6, 1.2), (9.4, 1.2), speed=(0.25, 0.4)), "reached",
    ),
    "overtaken": (
        "demo_flat", "companion", None, Pose2D(4.9, 3.4, 0.0),
        walks((0.9, 2.5), (2.6, 3.1), (4.6, 3.2), (4.6, 2.0), wait=(1.0, 3.0), speed=(0.6, 0.9)), "reached",
    ),
    "standing": (
        "demo_flat", "companion", None, Pose2D(4.9, 3.4, 0.0), stands((3.0, 3.4), None, 0.2), "reached",
    ),
    "in_the_door": (
        "demo_flat", "companion", None, Pose2D(7.2, 2.0, -1.57), stands((5.6, 3.6), (4.6, 2.2)), "reached",
    ),
    "on_goal": (
        "demo_flat", "companion", None, Pose2D(4.0, 3.0, 0.0), stands((4.0, 3.0), (4.6, 1.9)), "reached",
    ),
    "stays_on_goal": (
        "demo_flat", "companion", None, Pose2D(4.0, 3.0, 0.0), stands((4.0, 3.0), None),
        "blocked: a person stands on the goal",
    ),
    "narrow_door": (
        "narrow_flat", "companion", None, Pose2D(3.6, 4.4, 3.1), nobody, "reached",
    ),
    "narrow_crossing": (
        "narrow_flat", "companion", None, Pose2D(3.6, 4.4, 3.1),
        walks((0.8, 3.35), (7.2, 3.35), wait=(0.0, 5.0), looks=True), "reached",
    ),
}  # fmt: skip


def play(name: str, seed: int) -> tuple[Trip, Flatland]:
    site, robot, start, goal, cast, _ = STORIES[name]
    config = configuration(site, robot)
    world = Flatland(config, goal, cast(np.random.default_rng(seed)), seed, start)
    first = world.pose
    route = plan(world.bare, (first.x, first.y), (goal.x, goal.y), 0.05)
    trip = world.run()
    trip.optimal_m = route.length if isinstance(route, Route) else math.nan
    return trip, world


def configuration(site: str, robot: str) -> Config:
    return load(robot, site, Path(), Path())


def run() -> dict[str, object]:
    seeds = range(1, 1 + int(os.environ.get("KANGBAN_BENCH_SEEDS", DEFAULT_SEEDS)))
    return {name: row(name, [play(name, seed)[0] for seed in seeds]) for name in STORIES}


def row(name: str, trips: list[Trip]) -> dict[str, object]:
    wanted = STORIES[name][5]
    as_wanted = [trip for trip in trips if ended(trip).startswith(wanted)]
    arrived = [trip for trip in trips if trip.outcome is not None and trip.outcome.reached]
    others = sorted({ended(trip) for trip in trips if not ended(trip).startswith(wanted)})
    met = [trip for trip in trips if math.isfinite(trip.nearest_m)]
    return {
        "played": len(trips),
        "as_wanted": len(as_wanted),
        **({"otherwise": others} if others else {}),
        "contacts": sum(trip.contacts for trip in trips),
        "collisions": sum(trip.collisions for trip in trips),
        "inside_0.45m_s": round(sum(trip.inside_s for trip in trips), 2),
        "inside_driving_at_her_s": round(sum(trip.inside_moving_s for trip in trips), 2),
        "nearest_m": round(min(trip.nearest_m for trip in met), 3) if met else None,
        "fastest_within_1.2m_mps": round(max(trip.fastest_near_mps for trip in met), 3) if met else None,
        "clearance_m": round(min(trip.clearance_m for trip in trips), 3),
        "off_m": round(max(trip.off_m for trip in arrived), 3) if arrived else None,
        "off_deg": round(math.degrees(max(trip.off_rad for trip in arrived)), 2) if arrived else None,
        "seconds": round(statistics.median(trip.seconds for trip in trips), 1),
        "slowest_s": round(max(trip.seconds for trip in trips), 1),
        "path_ratio": round(statistics.median(trip.driven_m / trip.optimal_m for trip in trips), 3),
        "asked": sum(bool(trip.asked) for trip in trips),
    }


def ended(trip: Trip) -> str:
    if trip.outcome is None:
        return "never ended"
    return "reached" if trip.outcome.reached else trip.outcome.reason
