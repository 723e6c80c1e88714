"""A flat world in two dimensions for many drives in little time: the home as the lidar sees it, people who walk, a base
that obeys late and within its limits, and between wish and wheel the real safety chain and the real gate.

No physics and no pictures: people are placed by a plain camera model (field of view, walls, noise, delay), the pose is
the true one with the noise of a localisation. What drives is `navigation.drive`.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace

import numpy as np

from bench.worlds.flathome import BODY, DT, HIP_M, LEG_M, Figure, cast, disc, home_of, read, sees
from firmware_bridge import gate
from kangban.config import Config
from kangban.values import (
    STILL,
    Array,
    ChainState,
    ControllerState,
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
from navigation import drive, surroundings
from navigation.control import local, movers, people
from navigation.control.arrive import Goal
from navigation.control.limits import ControlLimits
from navigation.control.pilot import Surroundings
from navigation.costs import Costs, Sizes, costs
from navigation.drive import Drive, DriveLimits, Maps, Outcome, Situation
from navigation.recovery import Trouble
from safety import chain as chains
from safety import scan_watch
from safety.arbiter import ArbiterState, accept
from safety.guard import GuardLimits, Readings
from safety.latch import Latch

LAG_STEPS = 2  # from `cmd_vel` to the wheels
EYES_LATE_S = 0.10


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
        self.home = home_of(config)
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
                ranges = np.minimum(ranges, disc(at, angles + at.yaw, leg, LEG_M))
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
