"""A robot that wanders a flat with two people close by, and what it believes of where it is, for the tests."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from bench.worlds import lidarflats, lidarland
from bench.worlds.lidarland import Flat, Wanderer
from kangban.values import Odometry, Persons, Pose2D, Scan, wrap_angle
from navigation import localise
from navigation.locating.belief import Belief
from tests.unit.navigation_world import SITE

Spoil = Callable[[Scan], Scan | None]
ORIGIN = Pose2D(0.0, 0.0, 0.0)


@functools.cache
def flat(name: str = "demo") -> Flat:
    rng = np.random.default_rng(3)
    if name == "twins":
        return lidarland.of_site(name, lidarflats.twins(SITE), rng)
    site = SITE if name == "demo" else lidarflats.made_up(SITE, 11)
    return lidarland.of_site(name, site, rng)


def wander(
    belief: Belief, robot: Wanderer, seconds: float, spoil: Spoil = lambda scan: scan, stands: bool = False
) -> list[Belief]:
    """The belief after each odometry."""
    beliefs = []
    for _ in range(round(seconds / lidarland.DT)):
        where = robot.pose, robot.odometry
        odometry, scan = robot.tick()
        if stands:
            robot.pose, robot.odometry = where
            odometry = replace(odometry, pose_in_odom=robot.odometry)
        belief = localise.moved(belief, odometry)
        taken = None if scan is None else spoil(scan)
        if taken is not None:
            belief = use(belief, taken, robot)
        beliefs.append(belief)
    return beliefs


def use(belief: Belief, scan: Scan, robot: Wanderer, persons: Persons | None = None) -> Belief:
    points = lidarland.MOUNT.transform(scan.points_in_lidar())
    return localise.corrected(belief, scan, points, robot.flat.field, persons)


def told(robot: Wanderer) -> Odometry:
    return Odometry(robot.now, robot.odometry, robot.velocity)


def off(belief: Belief, robot: Wanderer) -> tuple[float, float]:
    known = localise.pose(belief)
    assert known is not None, belief.told
    pose = known.pose_in_map
    return pose.distance_to(robot.pose.x, robot.pose.y), abs(wrap_angle(pose.yaw - robot.pose.yaw))


def noticed_after(belief: Belief, robot: Wanderer) -> tuple[float, Belief]:
    """How long a pose is told on after the robot was carried off, s."""
    for k in range(40):
        if not belief.known:
            return k * lidarland.DT, belief
        belief = wander(belief, robot, lidarland.DT)[-1]
    raise AssertionError("it never noticed")


def wander_right(belief: Belief, robot: Wanderer, seconds: float, stands: bool = False) -> Belief:
    """Wander on; a pose that is told on the way must be right."""
    for _ in range(round(seconds / lidarland.DT)):
        belief = wander(belief, robot, lidarland.DT, stands=stands)[-1]
        assert not belief.known or off(belief, robot)[0] < 0.1
    return belief


def known_robot(seed: int = 1, start: Pose2D = Pose2D(3.0, 2.5, 0.5)) -> tuple[Belief, Wanderer]:
    robot = Wanderer(flat(), start, seed)
    belief = wander(localise.begin((start,), told(robot)), robot, 2.0)[-1]
    assert off(belief, robot)[0] < 0.03
    return belief, robot
