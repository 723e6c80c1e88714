"""The rooms of a home as a graph, and where in each of them to stand. From the site file and the map; metres."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from kangban.site import Door, Room, Site, Wall
from kangban.values import Array, GridMap, Pose2D

BESIDE_M = 0.45  # so far on either side of a door lies the room it leads to
TOUCH_M = 0.05
OPEN_M = 0.6  # two rooms that touch without a wall for so long are one way
FREE_OF_DOORS_M = 0.5  # who stands so far from a door lets others through
ENOUGH_M = 0.8  # more clearance than this is no better
CENTRAL = 0.1  # what a metre nearer to the middle is worth, in metres of clearance


@dataclass(frozen=True, slots=True)
class Doorway:
    """`pose_in_map`: its middle, x along the wall. `rooms`: on its right and left side; None: no room there."""

    name: str
    pose_in_map: Pose2D
    width: float
    rooms: tuple[str | None, str | None]

    @property
    def ends(self) -> Array:
        """(2, 2), m."""
        return self.pose_in_map.transform(np.array([[-self.width / 2.0, 0.0], [self.width / 2.0, 0.0]]))


@dataclass(frozen=True, slots=True)
class Link:
    """Two rooms that one can go between; `door` is None where they touch without a wall."""

    rooms: tuple[str, str]
    door: str | None


def doorways(site: Site) -> tuple[Doorway, ...]:
    """Raises ValueError for a door in no wall."""
    return tuple(_doorway(door, site) for door in site.doors)


def links(site: Site) -> tuple[Link, ...]:
    """Which rooms connect, through which door or openly."""
    found = []
    for door in doorways(site):
        a, b = door.rooms
        if a is not None and b is not None and a != b:
            found.append(Link((a, b), door.name))
    pairs = ((a, b) for i, a in enumerate(site.rooms) for b in site.rooms[i + 1 :])
    return (*found, *(Link((a.name, b.name), None) for a, b in pairs if _open_between(a, b, site)))


def way(found: tuple[Link, ...], start: str, goal: str, without: frozenset[str] = frozenset()) -> list[Link] | None:
    """The fewest links from a room to another, avoiding some doors; None where there is no way."""
    before: dict[str, Link | None] = {start: None}
    queue = deque([start])
    while queue and goal not in before:
        room = queue.popleft()
        for link in found:
            if room in link.rooms and link.door not in without:
                other = link.rooms[1] if link.rooms[0] == room else link.rooms[0]
                if other not in before:
                    before[other] = link
                    queue.append(other)
    if goal not in before:
        return None
    steps = []
    while (step := before[goal]) is not None:
        steps.append(step)
        goal = step.rooms[0] if step.rooms[1] == goal else step.rooms[1]
    return steps[::-1]


def standing_places(site: Site, grid: GridMap, keep_off: float) -> dict[str, Pose2D]:
    """In each room that it reaches from its dock: a clear, central place in nobody's way, facing most of the room.

    `keep_off`: what the robot's middle keeps from everything, m. Not in a keep-out zone, nor in one not to be looked
    at. Rooms without such a place are left out.
    """
    distance = ndimage.distance_transform_edt(np.pad(grid.cells == 0, 1))[1:-1, 1:-1] * grid.resolution
    row, column = np.indices(grid.cells.shape)
    points = grid.origin_in_map.transform(
        np.stack([(column + 0.5) * grid.resolution, (row + 0.5) * grid.resolution], axis=-1)
    )
    fit = distance >= keep_off
    forbidden = [zone for zone in site.zones if zone.kind == "keep_out"]
    for r, c in np.argwhere(fit) if forbidden else ():
        fit[r, c] = not any(zone.contains(*points[r, c]) for zone in forbidden)
    fit &= _reached(fit, points, site)
    doors = [(d.pose_in_map.x, d.pose_in_map.y, d.width / 2.0 + FREE_OF_DOORS_M) for d in doorways(site)]
    places = {}
    for room in site.rooms:
        middle = np.add(room.min_m, room.max_m) / 2.0
        inside = fit & ((points >= room.min_m) & (points <= room.max_m)).all(axis=-1)
        score = np.minimum(distance, ENOUGH_M) - CENTRAL * np.hypot(*np.moveaxis(points - middle, -1, 0))
        for x, y, apart in doors:
            score = np.where(np.hypot(points[..., 0] - x, points[..., 1] - y) < apart, score - ENOUGH_M, score)
        for k in np.argsort(np.where(inside, -score, np.inf), axis=None, kind="stable")[: int(inside.sum())]:
            x, y = (float(n) for n in points.reshape(-1, 2)[k])
            if not any(zone.kind == "no_look" and zone.contains(x, y) for zone in site.zones):
                places[room.name] = Pose2D(x, y, _facing(room, x, y))
                break
    return places


def _reached(fit: NDArray[np.bool_], points: Array, site: Site) -> NDArray[np.bool_]:
    """What hangs together with the ground nearest to the dock."""
    parts, _ = ndimage.label(fit)
    if not fit.any():
        return fit
    apart = np.hypot(points[..., 0] - site.dock.x_m, points[..., 1] - site.dock.y_m)
    nearest = int(np.argmin(np.where(fit, apart, np.inf)))
    return np.asarray(parts == parts.reshape(-1)[nearest])


def _facing(room: Room, x: float, y: float) -> float:
    """Towards the corner that is farthest, so that the most of the room is before the camera."""
    corners = [(cx, cy) for cx in (room.min_m[0], room.max_m[0]) for cy in (room.min_m[1], room.max_m[1])]
    cx, cy = max(corners, key=lambda c: math.hypot(c[0] - x, c[1] - y))
    return math.atan2(cy - y, cx - x)


def _doorway(door: Door, site: Site) -> Doorway:
    pose, _ = axis(site.walls[wall_of(door, site.walls)])
    at = Pose2D(*door.at_m, pose.yaw)
    sides = []
    for side in (-BESIDE_M, BESIDE_M):
        place = at @ Pose2D(0.0, side, 0.0)
        room = site.room_at(place.x, place.y)
        sides.append(None if room is None else room.name)
    return Doorway(door.name, at, door.width_m, (sides[0], sides[1]))


def _open_between(a: Room, b: Room, site: Site) -> bool:
    """Do two rooms touch along an edge that has no wall for long enough to go through?"""
    longest = 0.0
    for along in (0, 1):
        across = 1 - along
        if abs(a.max_m[across] - b.min_m[across]) < TOUCH_M:
            edge = a.max_m[across]
        elif abs(b.max_m[across] - a.min_m[across]) < TOUCH_M:
            edge = a.min_m[across]
        else:
            continue
        low, high = max(a.min_m[along], b.min_m[along]), min(a.max_m[along], b.max_m[along])
        run = 0.0
        for at in np.arange(low, high, 0.05):
            point = (float(at), edge) if along == 0 else (edge, float(at))
            run = 0.0 if any(_apart(point, w) <= w.thickness_m / 2.0 + 0.05 for w in site.walls) else run + 0.05
            longest = max(longest, run)
    return longest >= OPEN_M


def wall_of(door: Door, walls: tuple[Wall, ...]) -> int:
    """The nearest wall. Raises ValueError where the door lies in none."""
    apart = [_apart(door.at_m, wall) for wall in walls]
    nearest = int(np.argmin(apart)) if apart else -1
    if nearest < 0 or apart[nearest] > walls[nearest].thickness_m:
        raise ValueError(f"site: door {door.name} at {door.at_m} lies in no wall; move at_m onto one")
    return nearest


def axis(wall: Wall) -> tuple[Pose2D, float]:
    """The middle of a wall with the heading of its length, and that length."""
    (x0, y0), (x1, y1) = wall.start_m, wall.end_m
    return Pose2D((x0 + x1) / 2, (y0 + y1) / 2, math.atan2(y1 - y0, x1 - x0)), math.hypot(x1 - x0, y1 - y0)


def _apart(point: tuple[float, float], wall: Wall) -> float:
    """m from a point to the middle line of a wall."""
    pose, length = axis(wall)
    at = pose.inverse().transform(np.array([point]))[0]
    return math.hypot(max(0.0, abs(at[0]) - length / 2.0), at[1])
