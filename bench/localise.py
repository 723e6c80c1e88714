"""Localisation with two people always near, kidnapped robots, twin rooms; against odometry, ICP and the bare matcher.

Forty seeds over the demo flat, made-up flats and, where `--home` names a `map_server` YAML file, that home too. The
robot wanders by its lidar alone and never uses the pose.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import small_gicp

from bench.worlds import lidarflats, lidarland
from bench.worlds.lidarland import Flat, Wanderer
from kangban.config import load
from kangban.site import Site
from kangban.values import Array, Odometry, Pose2D, Scan, wrap_angle
from navigation import localise
from navigation.matching import Fit, fit

SEEDS = 40
TRACKED_S, WANDERED_S, SEARCHED_S, TWINS_S = 40.0, 6.0, 25.0, 15.0
FOUND_M, FOUND_RAD = 0.30, 0.30  # nearer is found
WRONG_M, WRONG_RAD = 0.50, 0.50  # farther is a wrong claim
NOTICED_S = 2.5  # after being carried off a pose that is still told is late, later it is wrong
WITHIN_S = 15.0
LOOSE = np.diag([0.1**2, 0.1**2, 0.1**2])


@dataclass
class Run:
    """What one seed came to. Errors: m and rad, at each scan with a pose."""

    seed: int
    flat: str
    off_m: list[float] = field(default_factory=list)
    off_rad: list[float] = field(default_factory=list)
    scans: int = 0
    wrong: int = 0  # scans with a wrong pose told
    found_s: float | None = None
    noticed_s: float | None = None
    spent_ms: list[float] = field(default_factory=list)
    others: dict[str, list[float]] = field(default_factory=dict)


def run(home: Path | None = None, seeds: int = SEEDS, jobs: int = 2) -> dict[str, object]:
    tasks = [(seed, home) for seed in range(1, seeds + 1)]
    with ProcessPoolExecutor(jobs) as pool:
        tracked = list(pool.map(_tracked, tasks))
        kidnapped = list(pool.map(_kidnapped, tasks))
        twins = list(pool.map(_twins, tasks))
    return {
        "tracked": _of_tracked(tracked),
        "kidnapped": _of_kidnapped(kidnapped),
        "twins": _of_kidnapped(twins),
        "update_ms": _spread([ms for r in [*tracked, *kidnapped] for ms in r.spent_ms], 3),
        "core_share_at_10_hz": {
            "known": round(float(np.mean([ms for r in tracked for ms in r.spent_ms])) / 100.0, 4),
            "searching": round(float(np.mean([ms for r in kidnapped for ms in r.spent_ms])) / 100.0, 4),
        },
    }


def flat_of(seed: int, home: Path | None) -> Flat:
    rng = np.random.default_rng((seed, 1))
    demo, kind = _site(), seed % (4 if home is None else 5)
    if kind == 4 and home is not None:
        return lidarland.of_file(home, rng)
    if kind == 0:
        return lidarland.of_site(demo.name, demo, rng)
    site = lidarflats.made_up(demo, seed)
    return lidarland.of_site(site.name, site, rng)


def _site() -> Site:
    return load("companion", "demo_flat", Path(), Path()).site


def _tracked(task: tuple[int, Path | None]) -> Run:
    """From a known place on, beside what odometry, ICP and the matcher alone make of the same readings."""
    seed, home = task
    flat = flat_of(seed, home)
    robot = Wanderer(flat, lidarland.somewhere(flat, np.random.default_rng((seed, 2))), seed)
    result = Run(seed, flat.name)
    others: dict[str, Callable[[Odometry, Scan], Pose2D]] = {
        "odometry": _Alone(robot.pose, robot.odometry).odometry,
        "icp": _Icp(flat, robot.pose, robot.odometry).step,
        "matcher": _Matcher(flat, robot.pose, robot.odometry).step,
    }
    begun = localise.begin((robot.pose,), Odometry(robot.now, robot.odometry, robot.velocity), seed)
    for belief, odometry, scan in _played(begun, robot, TRACKED_S, result):
        _score(result, belief, robot)
        for name, step in others.items():
            told = step(odometry, scan)
            result.others.setdefault(name, []).append(told.distance_to(robot.pose.x, robot.pose.y))
    return result


def _kidnapped(task: tuple[int, Path | None]) -> Run:
    """Even seeds: taken to be at a place where it is not. Odd: carried off while it drives and knows."""
    seed, home = task
    flat, rng = flat_of(seed, home), np.random.default_rng((seed, 3))
    robot = Wanderer(flat, lidarland.somewhere(flat, rng), seed + 500)
    result = Run(seed, flat.name)
    start = robot.pose if seed % 2 else lidarland.somewhere(flat, rng)
    belief = localise.begin((start,), Odometry(robot.now, robot.odometry, robot.velocity), seed)
    if seed % 2:
        *_, (belief, _, _) = _played(belief, robot, WANDERED_S, result)
        robot.put(_far_from(robot.pose, flat, rng))
    return _search(belief, robot, result, SEARCHED_S)


def _twins(task: tuple[int, Path | None]) -> Run:
    """Started anywhere in a home of two rooms alike."""
    seed = task[0]
    rng = np.random.default_rng((seed, 4))
    flat = lidarland.of_site("twins", lidarflats.twins(_site()), rng)
    robot = Wanderer(flat, lidarland.somewhere(flat, rng), seed + 900)
    belief = localise.begin((), Odometry(robot.now, robot.odometry, robot.velocity), seed)
    return _search(belief, robot, Run(seed, flat.name), TWINS_S)


def _search(lost: localise.Belief, robot: Wanderer, result: Run, seconds: float) -> Run:
    begun_at = robot.now
    for belief, _, _ in _played(lost, robot, seconds, result):
        off_m, off_rad = _off(belief, robot)
        after = robot.now - begun_at
        right = off_m is not None and off_m < FOUND_M and off_rad < FOUND_RAD
        if not right and result.noticed_s is None and off_m is None:
            result.noticed_s = after
        if right and result.found_s is None:
            result.found_s = after
        if off_m is not None and after > NOTICED_S and (off_m > WRONG_M or off_rad > WRONG_RAD):
            result.wrong += 1
    return result


def _far_from(pose: Pose2D, flat: Flat, rng: np.random.Generator) -> Pose2D:
    while True:
        there = lidarland.somewhere(flat, rng)
        if there.distance_to(pose.x, pose.y) > 2.0:
            return there


def _played(
    belief: localise.Belief, robot: Wanderer, seconds: float, result: Run
) -> Iterator[tuple[localise.Belief, Odometry, Scan]]:
    for _ in range(round(seconds / lidarland.DT)):
        odometry, scan = robot.tick()
        begun = time.process_time()
        belief = localise.moved(belief, odometry)
        if scan is not None:
            points = lidarland.MOUNT.transform(scan.points_in_lidar())
            belief = localise.corrected(belief, scan, points, robot.flat.field)
            result.spent_ms.append(1000.0 * (time.process_time() - begun))
            yield belief, odometry, scan


def _off(belief: localise.Belief, robot: Wanderer) -> tuple[float | None, float]:
    known = localise.pose(belief)
    if known is None:
        return None, 0.0
    pose = known.pose_in_map
    return pose.distance_to(robot.pose.x, robot.pose.y), abs(wrap_angle(pose.yaw - robot.pose.yaw))


def _score(result: Run, belief: localise.Belief, robot: Wanderer) -> None:
    result.scans += 1
    off_m, off_rad = _off(belief, robot)
    if off_m is not None:
        result.off_m.append(off_m)
        result.off_rad.append(off_rad)
        result.wrong += off_m > WRONG_M or off_rad > WRONG_RAD


# What it is compared with


class _Alone:
    def __init__(self, pose: Pose2D, odometry: Pose2D) -> None:
        self.pose, self.last = pose, odometry

    def odometry(self, odometry: Odometry, _: Scan) -> Pose2D:
        self.pose = self.pose @ (self.last.inverse() @ odometry.pose_in_odom)
        self.last = odometry.pose_in_odom
        return self.pose


class _Matcher(_Alone):
    """One pose, fitted to the map with each scan; what Kangban did before."""

    def __init__(self, flat: Flat, pose: Pose2D, odometry: Pose2D) -> None:
        super().__init__(pose, odometry)
        self.flat = flat

    def step(self, odometry: Odometry, scan: Scan) -> Pose2D:
        guess = self.odometry(odometry, scan)
        found: Fit | None = fit(self.flat.field, lidarland.MOUNT.transform(scan.points_in_lidar()), guess, LOOSE)
        self.pose = guess if found is None else found.pose_in_map
        return self.pose


class _Icp(_Alone):
    """small_gicp's point-to-point ICP of the scan on the map's surfaces."""

    def __init__(self, flat: Flat, pose: Pose2D, odometry: Pose2D) -> None:
        super().__init__(pose, odometry)
        grid = flat.field.grid
        surface = np.argwhere(np.abs(flat.field.distance) < 0.75 * grid.resolution)
        self.map = small_gicp.PointCloud(_flat_points(grid.centres(surface)))
        self.tree = small_gicp.KdTree(self.map)

    def step(self, odometry: Odometry, scan: Scan) -> Pose2D:
        guess = self.odometry(odometry, scan)
        c, s = math.cos(guess.yaw), math.sin(guess.yaw)
        start = np.array([[c, -s, 0.0, guess.x], [s, c, 0.0, guess.y], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
        cloud = small_gicp.PointCloud(_flat_points(lidarland.MOUNT.transform(scan.points_in_lidar())))
        found = small_gicp.align(
            self.map, cloud, self.tree, start, registration_type="ICP", max_correspondence_distance=0.3, num_threads=1
        ).T_target_source
        self.pose = Pose2D(float(found[0, 3]), float(found[1, 3]), math.atan2(found[1, 0], found[0, 0]))
        return self.pose


def _flat_points(points: Array) -> Array:
    return np.column_stack([points, np.zeros(len(points)), np.ones(len(points))])


# Sums


def _of_tracked(runs: list[Run]) -> dict[str, object]:
    degrees = [math.degrees(a) for r in runs for a in r.off_rad]
    names = runs[0].others
    return {
        "runs": len(runs),
        "flats": len({r.flat for r in runs}),
        "position_cm": _spread([100.0 * a for r in runs for a in r.off_m], 2),
        "heading_deg": _spread(degrees, 2),
        "known_share": round(sum(len(r.off_m) for r in runs) / max(1, sum(r.scans for r in runs)), 4),
        "wrong_share": round(sum(r.wrong for r in runs) / max(1, sum(r.scans for r in runs)), 5),
        "others_position_cm": {n: _spread([100.0 * a for r in runs for a in r.others[n]], 2) for n in names},
        "worst_seeds": [r.seed for r in sorted(runs, key=lambda r: -max(r.off_m, default=0.0))[:3]],
    }


def _of_kidnapped(runs: list[Run]) -> dict[str, object]:
    found = [r.found_s for r in runs if r.found_s is not None]
    return {
        "runs": len(runs),
        "flats": len({r.flat for r in runs}),
        "found_within_15_s": round(sum(s <= WITHIN_S for s in found) / len(runs), 3),
        "found_s": _spread(found, 2),
        "noticed_s": _spread([r.noticed_s for r in runs if r.noticed_s is not None], 2),
        "runs_with_a_wrong_claim": sum(r.wrong > 0 for r in runs),
        "scans_with_a_wrong_claim": sum(r.wrong for r in runs),
        "late_or_wrong_seeds": [r.seed for r in runs if r.wrong or r.found_s is None or r.found_s > WITHIN_S],
    }


def _spread(values: list[float], digits: int) -> dict[str, float] | None:
    if not values:
        return None
    median, p95, most = np.percentile(values, [50, 95, 100])
    return {"median": round(float(median), digits), "p95": round(float(p95), digits), "max": round(float(most), digits)}
