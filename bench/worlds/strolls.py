"""Her ways through a home for the bench of following: drawn from the flat's own rooms and doors, in any home."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from bench.worlds.flathome import Figure, Home, home_of, read, sees
from kangban.config import Config
from kangban.rooms import Doorway, doorways
from kangban.values import Array, Pose2D, wrap_angle
from navigation import surroundings
from navigation.costs import Costs, Sizes, costs
from navigation.planner import Route, plan
from sim.person.way import Way, along

OFF_DOORS_M, OFF_THINGS_M = 0.9, 0.35
TRIES = 60


@dataclass
class Strolls(Figure):
    """Walks with stays in between: `legs` are ways and the seconds that she stays before each."""

    legs: tuple[tuple[float, Way], ...] = ()
    done: bool = False

    def step(self, robot: Pose2D) -> None:
        super().step(robot)
        if self.walked < self.way.duration:
            return
        if not self.legs:
            self.done = True
            return
        (self.waits, self.way), self.legs, self.walked = self.legs[0], self.legs[1:], 0.0


def strolls(start: tuple[float, float, float], legs: list[tuple[float, Array]], speed: float) -> Strolls:
    """She stays for so long, then walks so, and so on."""
    ways, at = [], start
    for stay, points in legs:
        way = along(at, points, speed)
        ways.append((stay, way))
        at = way.at(way.duration)
    return Strolls(ways[0][1], ways[0][0], looks=True, legs=tuple(ways[1:]))


def story(config: Config, speed: float, rng: np.random.Generator, doors: int = 2) -> tuple[Strolls, Pose2D] | None:
    """She goes from a room through a door, stays somewhere behind it, and on; and where the robot begins, seeing her.

    None: this draw has no such way.
    """
    home = home_of(config)
    floor = costs(home.map, surroundings.NOTHING, surroundings.NOTHING, Sizes.of(config.profile))
    places = _places(config, floor, rng, doors)
    if places is None:
        return None
    legs = []
    for a, b in itertools.pairwise(places):
        route = plan(floor, a, b, 0.1)
        if not isinstance(route, Route):
            return None
        legs.append((float(rng.uniform(2.0, 7.0)), route.points_in_map[1:]))
    towards = legs[0][1][0] - np.array(places[0])
    yaw = math.atan2(towards[1], towards[0])
    robot = _behind(home, config, places[0], yaw, rng)
    return None if robot is None else (strolls((*places[0], yaw), legs, speed), robot)


def _places(config: Config, floor: Costs, rng: np.random.Generator, many: int) -> list[tuple[float, float]] | None:
    """One in a room, then one behind each door on the way; never back through the same door, past the robot."""
    doors = [door for door in doorways(config.site) if not _private(config, door)]
    if not doors:
        return None
    door = doors[int(rng.integers(len(doors)))]
    room = door.rooms[int(rng.integers(2))]
    places = [_within(config, floor, room, door, rng)]
    for k in range(many):
        if k > 0:
            others = [other for other in doors if room in other.rooms and other is not door]
            if not others:
                break
            door = others[int(rng.integers(len(others)))]
        room = door.rooms[1] if door.rooms[0] == room else door.rooms[0]
        places.append(_within(config, floor, room, door, rng))
    found = [place for place in places if place is not None]
    return found if len(found) == len(places) else None


def _private(config: Config, door: Doorway) -> bool:
    beside = [door.pose_in_map @ Pose2D(0.0, side, 0.0) for side in (-0.5, 0.5)]
    return any(config.site.no_look_at(place.x, place.y) for place in beside)


def _within(
    config: Config, floor: Costs, name: str | None, door: Doorway, rng: np.random.Generator
) -> tuple[float, float] | None:
    room = next((room for room in config.site.rooms if room.name == name), None)
    home, at = home_of(config), (door.pose_in_map.x, door.pose_in_map.y)
    for _ in range(TRIES if room is not None else 0):
        assert room is not None
        place = float(rng.uniform(room.min_m[0], room.max_m[0])), float(rng.uniform(room.min_m[1], room.max_m[1]))
        free = math.dist(place, at) >= OFF_DOORS_M and not config.site.no_look_at(*place)
        if free and _room(home, place) > OFF_THINGS_M and isinstance(plan(floor, place, at, 0.1), Route):
            return place
    return None


def _room(home: Home, place: tuple[float, float]) -> float:
    return float(read(home, home.solid, np.array([place]))[0])


def _behind(
    home: Home, config: Config, her: tuple[float, float], yaw: float, rng: np.random.Generator
) -> Pose2D | None:
    for _ in range(3 * TRIES):
        far, way = float(rng.uniform(1.4, 2.6)), yaw + math.pi + float(rng.uniform(-1.6, 1.6))
        pose = Pose2D(her[0] + far * math.cos(way), her[1] + far * math.sin(way), wrap_angle(way + math.pi))
        if _room(home, (pose.x, pose.y)) > 0.4 and sees(home, config.profile, pose, Pose2D(*her, 0.0)):
            return pose
    return None
