"""A flat world in two dimensions for many drives in little time: the home as the lidar sees it, people who walk, a base
that obeys late and within its limits, and between wish and wheel the real safety chain and the real gate.

No physics and no pictures: people are placed by a plain camera model (field of view, walls, noise, delay), the pose is
the true one with the noise of a localisation. What drives is `navigation.drive`.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from firmware_bridge import gate
from kangban.config import Config
from kangban.profile import Profile
from kangban.site import Furniture, Site
from kangban.values import (
    STILL,
    Array,
    ChainState,
    ControllerState,
    GridMap,
    Odometry,
    Person,
    Persons,
    Pose2D,
    Posture,
    Scan,
    Twist2D,
    VelocityCommand,
    wrap_angle,
)
from navigation import drive, sitemap, surroundings
from navigation.control import local, movers, people
from navigation.control.arrive import Goal
from navigation.control.limits import ControlLimits
from navigation.control.pilot import Surroundings
from navigation.costs import Costs, Sizes, costs
from navigation.drive import Drive, DriveLimits, Maps, Outcome, Situation
from navigation.field import Field
from navigation.recovery import Trouble
from safety import chain as chains
from safety import scan_watch
from safety.arbiter import ArbiterState, accept
from safety.guard import GuardLimits, Readings
from safety.latch import Latch
from sim.person.way import Way, along

DT = 0.05
FINE_M = 0.01
LAG_STEPS = 2  # from `cmd_vel` to the wheels
EYES_LATE_S = 0.10
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


def _home(config: Config) -> Home:
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


@dataclass
class Trip:
    """What a drive came to."""

    outcome: Outcome | None = None
    seconds: float = 0.0
    driven_m: float = 0.0
    optimal_m: float = 0.0
    off_m: float = math.inf
    off_rad: float = math.inf
    nearest_m: float = math.inf  # edge of the robot to a point of a person
    inside_s: float = 0.0  # nearer to her than the guard's stop, whoever came
    inside_moving_s: float = 0.0  # the same while it drove towards her
    fastest_near_mps: float = 0.0  # within 1.2 m of her
    contacts: int = 0
    collisions: int = 0  # with things, faster than 0.05 m/s
    clearance_m: float = math.inf
    jerkiest: float = 0.0  # the largest change of the wished acceleration, m/s^3
    asked: list[str] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)
    track: list[tuple[float, float, float]] = field(default_factory=list)


class Flatland:
    """One drive from the dock, or another place, to a goal."""

    def __init__(
        self, config: Config, goal: Pose2D, figures: list[Figure], seed: int, start: Pose2D | None = None
    ) -> None:
        self.config, profile = config, config.profile
        self.home = _home(config)
        self.rng = np.random.default_rng(seed)
        dock = config.site.dock
        self.pose = start or Pose2D(dock.x_m, dock.y_m, dock.yaw_rad)
        self.velocity, self.now, self.figures = STILL, 100.0, figures
        self.late: deque[Twist2D] = deque([STILL] * LAG_STEPS)
        self.gate, self.gate_limits = gate.GateState(self.now), gate.GateLimits.of(profile, 0.3)
        self.chain_limits = chains.ChainLimits(profile.safety.sources, GuardLimits.of(profile))
        self.arbiter, self.chain = ArbiterState(), ChainState(self.now, None, STILL, STILL, (), False, "")
        self.sizes = Sizes.of(profile)
        self.map, self.field = self.home.map, self.home.field
        self.bare = costs(self.map, surroundings.NOTHING, surroundings.NOTHING, self.sizes)
        self.limits = DriveLimits(ControlLimits.of(profile), profile.navigation.blocked_after_s)
        navigation = profile.navigation
        self.drive: Drive = drive.begin(
            Goal(goal, navigation.position_tolerance_m, navigation.heading_tolerance_rad), self.now
        )
        self.goal, self.trip = goal, Trip()
        self.off = np.zeros(3)  # how wrong the told pose is
        self.scan: Scan | None = None
        self.watch = scan_watch.ScanWatch()
        self.scanned_at, self.movers = self.pose, movers.NONE
        self.pictures: deque[Persons] = deque()
        self.persons = Persons(self.now, ())
        self.walkers: tuple[people.Walker, ...] = ()
        self.last_seen: dict[int, tuple[float, Person, Pose2D]] = {}
        self.ticks = 0
        self.blind = False  # the camera places nobody
        self._wished = [STILL, STILL]
        self.timings: list[float] = []

    def told(self) -> Pose2D:
        return Pose2D(self.pose.x + self.off[0], self.pose.y + self.off[1], wrap_angle(self.pose.yaw + self.off[2]))

    def run(self, limit_s: float = 120.0) -> Trip:
        end = self.now + limit_s
        while self.trip.outcome is None and self.now < end:
            self.tick()
        trip, pose = self.trip, self.pose
        trip.off_m, trip.off_rad = pose.distance_to(self.goal.x, self.goal.y), abs(wrap_angle(pose.yaw - self.goal.yaw))
        return trip

    def tick(self) -> None:
        self.ticks += 1
        self.now += DT
        for figure in self.figures:
            figure.step(self.pose)
        self._sense()
        odometry = Odometry(self.now, self.pose, self.velocity)
        situation = Situation(self.told(), None, self.velocity, self.chain)
        maps = Maps(self._around, lambda: self._around(False), self.bare, self._surroundings)
        self.drive, wish, self.trip.outcome = drive.step(self.drive, situation, maps, self.limits, self.now)
        if self.drive.asks is not None:
            self._ask(self.drive.asks)
        self.arbiter, _ = accept(self.arbiter, "nav", VelocityCommand(self.now, wish), self.now)
        calm = ControllerState(self.now, True, True, False, False, (), (), STILL, None, 0, 0, 0, None)
        readings = Readings(self.scan, self.persons, odometry, calm, self.watch.frozen)
        self.chain = chains.step(self.arbiter, readings, Latch(), self.chain_limits, self.now)
        self.late.append(self.chain.sent)
        command = VelocityCommand(self.now, self.late.popleft())
        self.gate, passed = gate.step(self.gate, command, self.now, self.gate_limits)
        self.velocity = passed.velocity_in_base
        v, turn = self.velocity, self.velocity.wz * DT
        before = self.pose
        self.pose = self.pose @ Pose2D(0, 0, turn / 2) @ Pose2D(v.vx * DT, v.vy * DT, turn / 2)
        self._measure(before, wish)

    def _sense(self) -> None:
        self.off = 0.9 * self.off + self.rng.normal(0.0, 1.0, 3) * (0.004, 0.004, 0.002)
        if self.ticks % 2 == 0 or self.scan is None:
            self.scan, self.scanned_at = self._look_about(), self.told()
            self.watch = scan_watch.step(self.watch, self.scan, Odometry(self.now, self.pose, self.velocity))
            things = surroundings.unexplained(self._returns(()), self.field)
            self.movers = movers.follow(self.movers, things, self.now)
            self.pictures.append(self._picture())
        while self.pictures and self.pictures[0].stamp <= self.now - EYES_LATE_S + 1e-9:
            self.persons = self.pictures.popleft()
            after = people.follow(self.walkers, self.persons, self.told(), self.movers.walking)
            things = surroundings.unexplained(self._returns(()), self.field)
            self.walkers = people.remember(self.walkers, after, things, self.now)

    def _look_about(self) -> Scan:
        lidar = self.config.profile.lidar
        at = self.pose @ Pose2D(lidar.mount.x_m, lidar.mount.y_m, lidar.mount.yaw_rad)
        angles = -math.pi + np.arange(lidar.rays) * math.tau / lidar.rays
        ranges = cast(self.home, np.array([at.x, at.y]), angles + at.yaw, lidar.range_max_m)
        for figure in self.figures:
            body = figure.pose
            for leg in body.transform(np.array([[0.0, HIP_M], [0.0, -HIP_M]])):
                ranges = np.minimum(ranges, _disc(at, angles + at.yaw, leg, LEG_M))
        ranges = ranges + self.rng.normal(0.0, 0.008, len(ranges))
        ranges[self.rng.random(len(ranges)) < 0.005] = math.nan
        return Scan(self.now, -math.pi, math.tau / lidar.rays, lidar.range_min_m, lidar.range_max_m, ranges)

    def _picture(self) -> Persons:
        found = []
        profile = self.config.profile
        for number, figure in enumerate(self.figures, start=1):
            body = figure.pose
            if not self.blind and sees(self.home, profile, self.pose, body):
                noise = self.rng.normal(0.0, 0.03, 2)
                points = self.pose.inverse().transform(body.transform(BODY)) + noise
                heights = np.full((len(points), 1), 0.9)
                person = Person(
                    number, True, Posture.STANDING, 0.9, None, None, None, np.hstack([points, heights]),
                    (float(points[0, 0]), float(points[0, 1]), 0.9), None,
                )  # fmt: skip
                self.last_seen[number] = (self.now, person, self.pose)
                found.append(person)
            elif number in self.last_seen and self.now - self.last_seen[number][0] < profile.perception.forget_after_s:
                _, person, where = self.last_seen[number]
                assert person.points_in_base is not None
                points = self.pose.inverse().transform(where.transform(person.points_in_base))
                at = (float(points[0, 0]), float(points[0, 1]), 0.9)
                found.append(replace(person, seen=False, points_in_base=points, position_in_base=at))
        return Persons(self.now, tuple(found))

    def _everybody(self) -> tuple[people.Walker, ...]:
        return (*self.walkers, *movers.unseen_by_camera(self.movers, self.walkers, self.now))

    def _returns(self, hidden: tuple[people.Walker, ...]) -> Array:
        assert self.scan is not None
        points = self.scanned_at.transform(surroundings.returns_in_base(self.scan, self.config.profile.lidar.mount))
        return people.beside(points, hidden, self.scan.stamp)

    def _around(self, with_people: bool = True) -> Costs:
        walkers = self._everybody()
        hidden = people.walking(walkers) if with_people else walkers
        things = surroundings.unexplained(self._returns(hidden), self.field)
        standing = people.standing_points(walkers) if with_people else surroundings.NOTHING
        return costs(self.map, things, standing, self.sizes)

    def _surroundings(self) -> Surroundings:
        walkers = self._everybody()
        near = local.near(self._returns(people.walking(walkers)), self.told())
        return Surroundings(near, self.bare, people.bodies(walkers, self.now), people.low_points(walkers))

    def _ask(self, trouble: Trouble) -> None:
        self.trip.asked.append(trouble.name)
        for figure in self.figures:
            figure.asked()

    def _measure(self, before: Pose2D, wish: Twist2D) -> None:
        trip, v = self.trip, self.velocity
        radius = self.config.profile.base.footprint_radius_m
        trip.seconds += DT
        trip.driven_m += before.distance_to(self.pose.x, self.pose.y)
        room = float(read(self.home, self.home.solid, np.array([[self.pose.x, self.pose.y]]))[0]) - radius
        trip.clearance_m = min(trip.clearance_m, room)
        trip.collisions += int(room < 0.0 and v.speed > 0.05)
        last, older = self._wished
        trip.jerkiest = max(trip.jerkiest, abs(wish.vx - 2 * last.vx + older.vx) / DT**2)
        self._wished = [wish, last]
        for reason in self.chain.reasons:
            key = reason.split(":")[0]
            trip.reasons[key] = trip.reasons.get(key, 0) + 1
        if self.ticks % 4 == 0:
            trip.track.append((self.pose.x, self.pose.y, self.pose.yaw))
        for figure in self.figures:
            body = figure.pose.transform(BODY)
            gap = float(np.hypot(body[:, 0] - self.pose.x, body[:, 1] - self.pose.y).min()) - radius
            trip.nearest_m = min(trip.nearest_m, gap)
            trip.contacts += int(gap < 0.0)
            if gap < self.config.profile.safety.guard.person_stop_m:
                trip.inside_s += DT
                middle = self.pose.inverse().transform(body[:1])[0]
                trip.inside_moving_s += DT * (v.speed > 0.05 and v.vx * middle[0] + v.vy * middle[1] > 0.0)
            if gap < 1.2:
                trip.fastest_near_mps = max(trip.fastest_near_mps, v.speed)


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


def _disc(at: Pose2D, angles: Array, middle: Array, radius: float) -> Array:
    """Ranges to a disc, inf where a ray misses it."""
    dx, dy = middle[0] - at.x, middle[1] - at.y
    ahead = dx * np.cos(angles) + dy * np.sin(angles)
    off = dx**2 + dy**2 - ahead**2
    inside = radius**2 - off
    hit = (inside > 0.0) & (ahead > 0.0)
    return np.where(hit, ahead - np.sqrt(np.maximum(inside, 0.0)), np.inf)
