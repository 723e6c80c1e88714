"""Flats as a lidar sees them, for many runs of localisation: what the map does not tell, people close by, wheels that
slip, and a robot that wanders about without knowing where it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numba as nb
import numpy as np
import yaml
from numpy.typing import NDArray

from kangban.site import Furniture, Site
from kangban.values import STILL, Array, GridMap, Odometry, Pose2D, Scan, Twist2D
from navigation import sitemap
from navigation.field import Field

FINE_M, MAP_M = 0.02, 0.02
RAYS, REACH_M, NOISE_M, DROPPED = 360, 10.0, 0.01, 0.01
BODY_M = 0.22  # how near to things the robot drives
DT, SCAN_EVERY = 0.05, 2
SLIP, SLIP_NOISE = 0.05, 0.02
LEG_M, STRIDE_M = 0.07, 0.11
NEAR_M, FAR_M = 0.6, 2.0  # how near two people stay
MOUNT = Pose2D(0.12, 0.0, 0.0)
CLUTTER = 3  # things that the map does not know
MOVED, MEASURED = np.array([0.4, 0.4, 1.0]), np.array([0.03, 0.03, 0.03])  # chairs; all else, as it was measured


@dataclass(frozen=True)
class Flat:
    """`distance` (rows, columns): m from each fine cell to the nearest thing that stands there really."""

    name: str
    field: Field
    distance: NDArray[np.float32]
    x: float
    y: float


def of_site(name: str, site: Site, rng: np.random.Generator) -> Flat:
    """Tables and chairs stand on legs, chairs are not where they were, and a few things are new."""
    things = []
    for thing in site.furniture:
        if thing.kind != "rug":
            far = MOVED if thing.kind == "chair" else MEASURED
            dx, dy, turn = rng.uniform(-1.0, 1.0, 3) * far
            place = (thing.at_m[0] + float(dx), thing.at_m[1] + float(dy))
            thing = thing.model_copy(update={"at_m": place, "yaw_rad": thing.yaw_rad + float(turn)})
        things += legs(thing) if thing.kind in ("chair", "table") else [thing]
    really = sitemap.build(site.model_copy(update={"furniture": tuple(things)}), FINE_M)
    return _flat(name, sitemap.build(site, MAP_M), really, rng)


def of_file(path: Path, rng: np.random.Generator) -> Flat:
    """A map in the `map_server` format."""
    about = yaml.safe_load(path.read_text(encoding="utf-8"))
    pixels = cv2.imread(str(path.parent / about["image"]), cv2.IMREAD_GRAYSCALE)
    if pixels is None:
        raise SystemExit(f"{path}: its image {about['image']} can't be read")
    dark = 1.0 - np.flipud(pixels) / 255.0
    cells = np.full(dark.shape, sitemap.UNKNOWN, np.int8)
    cells[dark < about["free_thresh"]] = sitemap.FREE
    cells[dark > about["occupied_thresh"]] = sitemap.OCCUPIED
    resolution, origin = float(about["resolution"]), Pose2D(about["origin"][0], about["origin"][1], 0.0)
    grid = GridMap(0.0, resolution, origin, cells)
    times = max(1, round(resolution / FINE_M))
    finer = GridMap(0.0, resolution / times, origin, np.repeat(np.repeat(cells, times, axis=0), times, axis=1))
    return _flat(path.parent.name, grid, finer, rng)


def legs(thing: Furniture) -> list[Furniture]:
    half_x, half_y = thing.size_m[0] / 2 - 0.03, thing.size_m[1] / 2 - 0.03
    corners = np.array([[x, y] for x in (-half_x, half_x) for y in (-half_y, half_y)])
    shape = {"kind": "lamp", "size_m": (0.05, 0.05, 0.7), "rest_height_m": None}
    return [
        thing.model_copy(update={"at_m": (float(x), float(y)), **shape})
        for x, y in Pose2D(*thing.at_m, thing.yaw_rad).transform(corners)
    ]


def _flat(name: str, told: GridMap, really: GridMap, rng: np.random.Generator) -> Flat:
    free = (really.cells == sitemap.FREE).astype(np.uint8)
    edge = cv2.distanceTransform(free, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) * really.resolution
    near_walls = np.argwhere((edge > 0.15) & (edge < 0.35))
    for row, column in near_walls[rng.integers(len(near_walls), size=CLUTTER)]:
        half = rng.integers(4, 13, size=2)
        free[max(0, row - half[0]) : row + half[0], max(0, column - half[1]) : column + half[1]] = 0
    distance = cv2.distanceTransform(free, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) * really.resolution
    really_at = really.origin_in_map
    scaled = np.ascontiguousarray(distance, np.float32)
    if abs(really.resolution - FINE_M) > 1e-9:
        scaled = cv2.resize(scaled, None, fx=really.resolution / FINE_M, fy=really.resolution / FINE_M)
    return Flat(name, Field.of(told), np.ascontiguousarray(scaled, np.float32), really_at.x, really_at.y)


def somewhere(flat: Flat, rng: np.random.Generator) -> Pose2D:
    """A place where the robot has room."""
    cells = np.argwhere(flat.distance > BODY_M + 0.15)
    row, column = cells[rng.integers(len(cells))]
    x, y = flat.x + (column + 0.5) * FINE_M, flat.y + (row + 0.5) * FINE_M
    return Pose2D(float(x), float(y), float(rng.uniform(-math.pi, math.pi)))


@nb.njit(cache=True)
def _cast(distance, x0, y0, x, y, angles, reach, discs):  # type: ignore[no-untyped-def]
    """Ranges (n,) from a place, inf beyond `reach`: things by sphere tracing, `discs` (k, 3: x, y, radius) exactly."""
    out = np.empty(len(angles))
    rows, columns = distance.shape
    for i in range(len(angles)):
        c, s = math.cos(angles[i]), math.sin(angles[i])
        r = 0.0
        while r < reach:
            row, column = int((y + r * s - y0) / 0.02), int((x + r * c - x0) / 0.02)
            if row < 0 or column < 0 or row >= rows or column >= columns or distance[row, column] < 0.012:
                break
            r += max(0.008, distance[row, column] - 0.02)
        for k in range(len(discs)):
            dx, dy = discs[k, 0] - x, discs[k, 1] - y
            along = dx * c + dy * s
            beside = dx * dx + dy * dy - along * along
            if along > 0.0 and beside < discs[k, 2] ** 2:
                r = min(r, along - math.sqrt(discs[k, 2] ** 2 - beside))
        out[i] = r if r < reach else np.inf
    return out


class Wanderer:
    """A robot in a flat, what its wheels and its lidar say, and two people who stay near it."""

    def __init__(self, flat: Flat, pose: Pose2D, seed: int, people: int = 2) -> None:
        self.flat, self.pose, self.now = flat, pose, 100.0
        self.rng = np.random.default_rng((seed, 77))
        self.odometry = Pose2D(*self.rng.uniform(-1.0, 1.0, 3))
        self.slip = 1.0 + SLIP * self.rng.choice([-1.0, 1.0], 2)
        self.around = np.column_stack([self.rng.uniform(NEAR_M, FAR_M, people), self.rng.uniform(-3, 3, people)])
        self.walked = self.rng.uniform(0.0, 6.0, people)
        self.velocity, self.turn = STILL, 0.0
        self.ticks, self.scan = 0, self._look()

    def tick(self) -> tuple[Odometry, Scan | None]:
        self.ticks, self.now = self.ticks + 1, self.now + DT
        self._steer()
        self._drive()
        self._walk()
        told = Odometry(self.now, self.odometry, self.velocity)
        if self.ticks % SCAN_EVERY:
            return told, None
        self.scan = self._look()
        return told, self.scan

    def put(self, pose: Pose2D) -> None:
        """Carried there: the wheels do not turn."""
        self.pose = pose

    def _steer(self) -> None:
        """By the last scan alone: on while there is room ahead, else turn to where there is more."""
        angles = -math.pi + np.arange(RAYS) * math.tau / RAYS
        seen = np.where(np.isfinite(self.scan.ranges), self.scan.ranges, REACH_M)
        x, y = seen * np.cos(angles), seen * np.sin(angles)
        blocked = ((x > 0.0) & (x < 0.45) & (np.abs(y) < BODY_M + 0.03)).any()
        if blocked and self.turn == 0.0:
            left, right = seen[(angles > 0.3) & (angles < 1.6)], seen[(angles < -0.3) & (angles > -1.6)]
            self.turn = 0.8 if np.minimum(left, 2.0).mean() > np.minimum(right, 2.0).mean() else -0.8
        elif not blocked and self.rng.random() < 0.1:
            self.turn = 0.0
        wander = float(self.rng.normal(0.0, 0.5))
        self.velocity = Twist2D(0.0, 0.0, self.turn) if self.turn else Twist2D(0.35, 0.0, wander)

    def _drive(self) -> None:
        step = Pose2D(self.velocity.vx * DT, 0.0, self.velocity.wz * DT)
        ahead = self.pose @ step
        if _at(self.flat, ahead.x, ahead.y) < BODY_M and _at(self.flat, ahead.x, ahead.y) < _at(
            self.flat, self.pose.x, self.pose.y
        ):
            step = Pose2D(0.0, 0.0, step.yaw)  # it stands before something
            self.turn = self.turn or 0.8
        self.pose = self.pose @ step
        noise = self.slip * (1.0 + self.rng.normal(0.0, SLIP_NOISE, 2))
        self.odometry = self.odometry @ Pose2D(step.x * float(noise[0]), 0.0, step.yaw * float(noise[1]))

    def _walk(self) -> None:
        self.around[:, 0] += self.rng.normal(0.0, 0.06, len(self.around))
        self.around[:, 1] += self.rng.normal(0.0, 0.06, len(self.around))
        self.around[:, 0] = np.clip(self.around[:, 0], NEAR_M, FAR_M)
        self.walked += self.rng.uniform(0.1, 0.5, len(self.walked))

    def people(self) -> Array:
        """Legs as discs (k, 3): x, y, radius. Who would stand in a wall is nearer, or beside it."""
        discs = []
        for (apart, bearing), walked in zip(self.around, self.walked, strict=True):
            place = self._room_for(float(apart), self.pose.yaw + float(bearing))
            if place is None:
                continue
            (x, y), way = place
            swing = 0.15 * math.sin(walked)
            for side in (-1.0, 1.0):
                dx, dy = side * swing, side * STRIDE_M
                discs.append([x + dx * math.cos(way) - dy * math.sin(way), y + dx * math.sin(way) + dy * math.cos(way)])
        return np.column_stack([np.array(discs).reshape(-1, 2), np.full(len(discs), LEG_M)])

    def _room_for(self, apart: float, way: float) -> tuple[tuple[float, float], float] | None:
        for aside in (0.0, 0.5, -0.5, 1.0, -1.0, 1.5, -1.5, 2.0, -2.0, 2.5, -2.5):
            for nearer in np.arange(apart, NEAR_M - 1e-9, -0.1):
                x, y = _polar(self.pose, float(nearer), way + aside)
                if _at(self.flat, x, y) >= 0.15:
                    return (x, y), way + aside
        return None

    def _look(self) -> Scan:
        angles = -math.pi + np.arange(RAYS) * math.tau / RAYS
        at = self.pose @ MOUNT
        ranges = _cast(
            self.flat.distance, self.flat.x, self.flat.y, at.x, at.y, angles + at.yaw, REACH_M, self.people()
        ) + self.rng.normal(0.0, NOISE_M, RAYS)
        ranges[self.rng.random(RAYS) < DROPPED] = math.nan
        return Scan(self.now, -math.pi, math.tau / RAYS, 0.10, REACH_M, ranges)


def _polar(pose: Pose2D, apart: float, way: float) -> tuple[float, float]:
    return pose.x + apart * math.cos(way), pose.y + apart * math.sin(way)


def _at(flat: Flat, x: float, y: float) -> float:
    row, column = int((y - flat.y) / FINE_M), int((x - flat.x) / FINE_M)
    if row < 0 or column < 0 or row >= flat.distance.shape[0] or column >= flat.distance.shape[1]:
        return 0.0
    return float(flat.distance[row, column])
