"""The home and the people of the flat world: what a lidar and a camera see of them, and how people walk."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from kangban.config import Config
from kangban.profile import Profile
from kangban.site import Furniture, Site
from kangban.values import Array, GridMap, Pose2D, wrap_angle
from navigation import sitemap
from navigation.field import Field
from sim.person.way import Way, along

DT = 0.05
FINE_M = 0.01
BODY = np.array([[0.0, 0.0], [0.0, 0.22], [0.0, -0.22], [0.12, 0.1], [-0.12, -0.1], [0.12, -0.1], [-0.12, 0.1]])
LEG_M, HIP_M = 0.06, 0.10
STOPS_M = 1.1  # from her middle to the robot's, for somebody who looks where she goes
LEGS_OF = frozenset({"table", "chair"})


@dataclass
class Figure:
    """A person on a timed way, of which `walked` s are behind her, after `waits` s.

    `looks`: she stands still while the robot is close before her, as people do; else she walks on whatever is there.
    `steps_aside`: where she goes when asked, after so long.
    """

    way: Way
    waits: float = 0.0
    looks: bool = False
    steps_aside: tuple[tuple[float, float], float] | None = None
    walked: float = 0.0

    @property
    def pose(self) -> Pose2D:
        x, y, yaw = self.way.at(self.walked)
        return Pose2D(x, y, wrap_angle(yaw))

    def step(self, robot: Pose2D) -> None:
        there = self.pose.inverse() @ robot
        before_her = math.hypot(there.x, there.y) < STOPS_M and there.x > 0.5 * STOPS_M
        if self.waits > 0.0:
            self.waits -= DT
        elif not (self.looks and before_her):
            self.walked += DT

    def asked(self) -> None:
        if self.steps_aside is None:
            return
        (place, after), self.steps_aside = self.steps_aside, None
        at = self.pose
        self.way, self.walked, self.waits = along((at.x, at.y, at.yaw), np.array([place]), 0.6), 0.0, after


@dataclass(frozen=True)
class Home:
    """The site as it stands (tables on legs), as the lidar sees it, and as the map says."""

    site: Site
    distance: Array  # m to the nearest thing that the lidar sees, FINE_M a cell
    solid: Array  # the same with table tops: what the body touches
    x: float
    y: float
    map: GridMap
    field: Field


_HOMES: dict[str, Home] = {}


def home_of(config: Config) -> Home:
    """Made once for each site of a name."""
    name = config.site.name
    if name not in _HOMES:
        _HOMES[name] = _build(config.site, config.profile.navigation.map_resolution_m)
    return _HOMES[name]


def _build(site: Site, resolution: float) -> Home:
    things = [leg for t in site.furniture for leg in (_legs(t) if t.kind in LEGS_OF else [t])]
    seen = sitemap.build(site.model_copy(update={"furniture": tuple(things)}), FINE_M)
    whole = sitemap.build(site, FINE_M)
    apart = [
        cv2.distanceTransform((m.cells == 0).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE).astype(np.float64)
        * FINE_M for m in (seen, whole)
    ]  # fmt: skip
    at, grid = seen.origin_in_map, sitemap.build(site, resolution)
    return Home(site, apart[0], apart[1], at.x, at.y, grid, Field.of(sitemap.build(site, 0.02)))


def _legs(thing: Furniture) -> list[Furniture]:
    half_x, half_y = thing.size_m[0] / 2 - 0.03, thing.size_m[1] / 2 - 0.03
    corners = np.array([[x, y] for x in (-half_x, half_x) for y in (-half_y, half_y)])
    at = Pose2D(*thing.at_m, thing.yaw_rad).transform(corners)
    return [
        thing.model_copy(
            update={"name": f"{thing.name}_{i}", "kind": "lamp", "at_m": (float(x), float(y)),
                    "size_m": (0.05, 0.05, 0.7), "rest_height_m": None}
        )
        for i, (x, y) in enumerate(at)
    ]  # fmt: skip


def read(home: Home, grid: Array, points: Array) -> Array:
    """A distance grid at points (n, 2), m; 0 outside."""
    column = ((points[:, 0] - home.x) / FINE_M).astype(np.int64)
    row = ((points[:, 1] - home.y) / FINE_M).astype(np.int64)
    inside = (row >= 0) & (column >= 0) & (row < grid.shape[0]) & (column < grid.shape[1])
    return np.where(inside, grid[np.where(inside, row, 0), np.where(inside, column, 0)], 0.0)


def cast(home: Home, start: Array, angles: Array, reach: float) -> Array:
    """Ranges (n,), m, by stepping as far as nothing can be (sphere tracing)."""
    gone = np.full(len(angles), 0.02)
    ways = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    for _ in range(60):
        step = read(home, home.distance, start + gone[:, None] * ways)
        gone = np.minimum(gone + np.where(step > 0.015, step, 0.0), reach)
    return np.where(gone >= reach, np.inf, gone)


def sees(home: Home, profile: Profile, robot: Pose2D, body: Pose2D) -> bool:
    """Whether the camera has somebody in its picture, and no wall is between."""
    camera = profile.camera
    eye = robot @ Pose2D(camera.mount.x_m, camera.mount.y_m, camera.mount.yaw_rad)
    there = eye.inverse() @ body
    far, bearing = math.hypot(there.x, there.y), math.atan2(there.y, there.x)
    half = math.atan(math.tan(camera.vertical_fov_rad / 2) * camera.width_px / camera.height_px)
    if not 0.4 < far < 6.0 or abs(bearing) > half:
        return False
    reach = cast(home, np.array([eye.x, eye.y]), np.array([bearing + eye.yaw]), far)[0]
    return bool(reach > far - 0.05)


def disc(at: Pose2D, angles: Array, middle: Array, radius: float) -> Array:
    """Ranges to a disc, inf where a ray misses it."""
    dx, dy = middle[0] - at.x, middle[1] - at.y
    ahead = dx * np.cos(angles) + dy * np.sin(angles)
    off = dx**2 + dy**2 - ahead**2
    inside = radius**2 - off
    hit = (inside > 0.0) & (ahead > 0.0)
    return np.where(hit, ahead - np.sqrt(np.maximum(inside, 0.0)), np.inf)
