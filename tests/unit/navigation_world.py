"""The demo flat as a lidar sees it, and a robot with slipping wheels in it, for the tests of navigation.

The lidar sees what the map does not tell: tables are four legs, people stand about, rays drop out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from kangban.config import load
from kangban.site import Furniture, Site
from kangban.values import STILL, Array, Odometry, Pose2D, Scan, Twist2D
from navigation import sitemap
from navigation.field import Field
from navigation.surroundings import returns_in_base

CONFIG = load("companion", "demo_flat", Path(), Path())
SITE, MOUNT = CONFIG.site, CONFIG.profile.lidar.mount
DOCK = Pose2D(SITE.dock.x_m, SITE.dock.y_m, SITE.dock.yaw_rad)
FIELD = Field.of(sitemap.build(SITE, 0.02))
RAYS, FINE = 240, 0.01
ORIGIN = Pose2D(0.0, 0.0, 0.0)
ALONG = np.arange(0.05, 10.0, FINE)


def legs(thing: Furniture) -> list[Furniture]:
    """What a lidar at ankle height sees of a table or a chair."""
    half_x, half_y = thing.size_m[0] / 2 - 0.03, thing.size_m[1] / 2 - 0.03
    corners = np.array([[x, y] for x in (-half_x, half_x) for y in (-half_y, half_y)])
    at = Pose2D(*thing.at_m, thing.yaw_rad).transform(corners)
    shape = {"kind": "lamp", "size_m": (0.05, 0.05, 0.7)}
    return [
        thing.model_copy(update={"name": f"{thing.name}_{i}", "at_m": (float(x), float(y)), **shape})
        for i, (x, y) in enumerate(at)
    ]


def as_it_stands(site: Site) -> Site:
    things = [leg for t in site.furniture for leg in (legs(t) if t.kind in ("table", "chair") else [t])]
    return site.model_copy(update={"furniture": tuple(things)})


TRUTH = sitemap.build(as_it_stands(SITE), FINE)


def scan_at(pose: Pose2D, stamp: float, rng: np.random.Generator, people: Array | None = None) -> Scan:
    """A noisy scan from a true pose of the base; `people` are legs (n, 2), m, of 6 cm radius."""
    angles = np.arange(RAYS) * math.tau / RAYS - math.pi
    lidar = pose @ Pose2D(MOUNT.x_m, MOUNT.y_m, MOUNT.yaw_rad)
    x = lidar.x + np.cos(angles + lidar.yaw)[:, None] * ALONG
    y = lidar.y + np.sin(angles + lidar.yaw)[:, None] * ALONG
    row = np.clip(((y - TRUTH.origin_in_map.y) / FINE).astype(int), 0, TRUTH.cells.shape[0] - 1)
    column = np.clip(((x - TRUTH.origin_in_map.x) / FINE).astype(int), 0, TRUTH.cells.shape[1] - 1)
    hit = TRUTH.cells[row, column] != 0
    for px, py in np.empty((0, 2)) if people is None else people:
        hit |= (x - px) ** 2 + (y - py) ** 2 < 0.06**2
    ranges = np.where(hit.any(axis=1), ALONG[hit.argmax(axis=1)], np.inf) + rng.normal(0.0, 0.01, RAYS)
    ranges[rng.random(RAYS) < 0.01] = math.nan
    return Scan(stamp, -math.pi, math.tau / RAYS, 0.10, 10.0, ranges)


def points_at(pose: Pose2D, rng: np.random.Generator, people: Array | None = None) -> Array:
    return returns_in_base(scan_at(pose, 0.0, rng, people), MOUNT)


@dataclass
class Robot:
    """A true pose and what the odometry makes of it: 5 % too long, 4 % too little turned."""

    pose: Pose2D = DOCK
    odometry: Pose2D = ORIGIN
    now: float = 10.0
    slip: tuple[float, float] = (1.05, 0.96)
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(7))

    def read(self) -> Odometry:
        return Odometry(self.now, self.odometry, STILL)

    def drive(self, velocity: Twist2D, seconds: float) -> Iterator[tuple[Odometry, Scan | None]]:
        """Odometry at 20 Hz with every second a scan."""
        for k in range(round(seconds / 0.05)):
            step = Pose2D(velocity.vx * 0.05, 0.0, velocity.wz * 0.05)
            self.pose = self.pose @ step
            self.odometry = self.odometry @ Pose2D(step.x * self.slip[0], 0.0, step.yaw * self.slip[1])
            self.now += 0.05
            yield self.read(), scan_at(self.pose, self.now, self.rng) if k % 2 else None
