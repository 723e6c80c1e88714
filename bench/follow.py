"""Following through doors in the flat world, in three flats: how long she is lost, how near and how far it keeps.

`KANGBAN_BENCH_SEEDS=3 kangban bench follow` plays fewer seeds; a seed of a flat and a pace takes some seconds.
"""

from __future__ import annotations

import math
import os
import statistics
from pathlib import Path

import numpy as np

from bench.worlds.followland import Followland
from bench.worlds.strolls import story, strolls
from kangban.config import load
from kangban.values import Pose2D

DEFAULT_SEEDS = 10
SITES = ("demo_flat", "long_flat", "narrow_flat")
PACES_MPS = (0.4, 0.9)
LOST_S = 3.0  # what the scenarios allow
DRAWS = 20
LIMIT_S = 90.0


def to_the_study(seed: int) -> Followland:
    """The way of the scenario `follow`: through a door, and aside right behind it."""
    config, rng = load("companion", "demo_flat", Path(), Path()), np.random.default_rng(seed)
    x, y = np.array([3.0, 2.2]) + rng.uniform(-0.15, 0.15, 2)
    way = np.array([[4.2, 2.4], [4.6, 3.0], [4.3, 3.7], [4.2, 4.6], [3.9, 5.4], [3.3, 5.8]])
    legs = [(float(rng.uniform(5.0, 6.0)), way), (6.5, np.array([[2.9, 5.6]]))]
    her = strolls((float(x), float(y), 0.6), legs, float(rng.uniform(0.35, 0.45)))
    world = Followland(config, [her], seed, Pose2D(1.0, 3.5, -0.45))
    world.follow(60.0, 10.0)
    return world


def anywhere(site: str, pace_mps: float, seed: int) -> Followland | None:
    """Through doors of the flat that the seed draws; None: it draws no way."""
    config, rng = load("companion", site, Path(), Path()), np.random.default_rng(seed)
    told = next((told for _ in range(DRAWS) if (told := story(config, pace_mps, rng)) is not None), None)
    if told is None:
        return None
    world = Followland(config, [told[0]], seed, told[1])
    world.follow(LIMIT_S)
    return world


def run() -> dict[str, object]:
    seeds = range(1, 1 + int(os.environ.get("KANGBAN_BENCH_SEEDS", DEFAULT_SEEDS)))
    rows: dict[str, object] = {"to_the_study": row([to_the_study(seed) for seed in seeds])}
    for site in SITES:
        for pace in PACES_MPS:
            played = [anywhere(site, pace, seed) for seed in seeds]
            rows[f"{site} {pace} m/s"] = row([world for world in played if world is not None])
    return rows


def row(worlds: list[Followland]) -> dict[str, object]:
    met = [world for world in worlds if world.followed.distances_m]
    lost = [world.followed.lost_s for world in met]
    return {
        "played": len(worlds),
        "lost_at_most_3s": sum(seconds <= LOST_S for seconds in lost),
        "lost_median_s": round(statistics.median(lost), 1) if lost else None,
        "lost_longest_s": round(max(lost), 1) if lost else None,
        "distance_p90_m": round(max(world.followed.p90_m for world in met), 2) if met else None,
        "nearest_edge_m": round(min((world.trip.nearest_m for world in worlds), default=math.nan), 2),
        "inside_driving_at_her_s": round(sum(world.trip.inside_moving_s for world in worlds), 2),
        "contacts": sum(world.trip.contacts for world in worlds),
        "collisions": sum(world.trip.collisions for world in worlds),
        "gave_up": sum(world.followed.over is not None for world in worlds),
    }
