"""How everybody moves: a small Kalman filter for each person that perception tracks, on the map. Pure.

Constant velocity with random acceleration (Bar-Shalom et al. 2001, ch. 6), the same in x and y. Somebody slower than a
walk stands: small shifts of an estimate are no walk.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from kangban.values import Array, Person, Persons, Pose2D, Posture

MEASURED_STD = 0.08  # m; how far a located hip jumps about from picture to picture
ACCELERATION_STD = 0.7  # m/s^2; people start, stop and turn
FIRST_SPEED_STD = 0.5  # m/s; of somebody just seen
WALKS, STANDS = 0.25, 0.15  # m/s; from here she walks, from here she stands again
SURE = 0.3  # m/s; a speed that is less certain than this tells nothing
NEW_PLACE_M = 0.8  # farther off than this from where she was expected it is somebody else, or a new start
SAME_M = 0.6  # the camera and the lidar see the same person
CARRIED_S = 1.0  # somebody who left the picture is thought to walk on for about so long
STILL_THERE_M, REMEMBERED_S = 0.35, 30.0
IN_DOOR_M = 0.3
BESIDE_M = 0.2  # a return so near to her body is hers
REACH = (0.20, 0.35)  # m; of a walking body about its middle: arms and legs
LOW = frozenset({Posture.SITTING, Posture.LYING_FLOOR, Posture.LYING_FURNITURE, Posture.KNEELING})
NOBODY: Array = np.empty((0, 6))
MOST_POINTS = 8  # of a body that stands; the outermost matter, and each costs


@dataclass(frozen=True, slots=True)
class Walker:
    """A person on the map at `at`, s: place, velocity, and the variances of an axis (of place, of speed, shared).

    `points` (k, 2), m: her located points at that time; `reach`: how far they lie from her middle; `low`: she sits or
    lies and can't step aside.
    """

    id: int
    at: float
    x: float
    y: float
    vx: float
    vy: float
    var_place: float
    var_speed: float
    shared: float
    walks: bool
    low: bool
    points: Array
    reach: float

    @property
    def speed(self) -> float:
        return math.hypot(self.vx, self.vy)


def follow(
    known: tuple[Walker, ...], persons: Persons, robot_in_map: Pose2D, others: tuple[Walker, ...] = ()
) -> tuple[Walker, ...]:
    """After a picture; `robot_in_map` is where the robot was when it was taken. Who is not in it any more is dropped.

    `others`: whom the lidar saw walking: somebody who comes into the picture goes on as she went.
    """
    before = {walker.id: walker for walker in known}
    found = []
    for person in persons.people:
        walker = _one(before.get(person.id), person, persons.stamp, robot_in_map, others)
        if walker is not None:
            found.append(walker)
    return tuple(found)


def remember(
    before: tuple[Walker, ...], after: tuple[Walker, ...], unexplained_in_map: Array, now: float
) -> tuple[Walker, ...]:
    """`after`, and of those who are not in it any more whoever stood and whom the lidar still sees there.

    The camera forgets somebody it does not look at; her legs are where they were.
    """
    gone = {walker.id for walker in before} - {walker.id for walker in after}
    kept = []
    for walker in before:
        there = np.hypot(*(unexplained_in_map - [walker.x, walker.y]).T) < STILL_THERE_M
        if walker.id in gone and not walker.walks and now - walker.at < REMEMBERED_S and there.any():
            kept.append(walker)
    return (*after, *kept)


def bodies(walkers: tuple[Walker, ...], now: float) -> Array:
    """(k, 6): x, y, vx, vy, spread, radius at `now`: a walking person is one disc that moves, anybody else its points.

    Spread is the standard deviation of its place, m.
    """
    parts = []
    for walker in walkers:
        if walker.walks:
            parts.append(_ahead(walker, now)[None, :])
        else:
            still = np.zeros((len(walker.points), 6))
            still[:, :2] = walker.points
            parts.append(still)
    return np.concatenate(parts) if parts else NOBODY


def standing_points(walkers: tuple[Walker, ...]) -> Array:
    """Points (k, 2), m, of everybody who does not walk: a path leads around them. Who walks will be gone by then."""
    parts = [walker.points for walker in walkers if not walker.walks]
    return np.concatenate(parts) if parts else np.empty((0, 2))


def low_points(walkers: tuple[Walker, ...]) -> Array:
    """Points (k, 2), m, of those who sit or lie."""
    parts = [walker.points for walker in walkers if walker.low]
    return np.concatenate(parts) if parts else np.empty((0, 2))


def in_door(walkers: tuple[Walker, ...], middle_in_map: Pose2D, width: float) -> bool:
    """Whether somebody stands in an opening, or so near to it that she hides it."""
    within = width / 2.0 + IN_DOOR_M
    return any(math.dist((walker.x, walker.y), (middle_in_map.x, middle_in_map.y)) < within for walker in walkers)


def beside(points_in_map: Array, walkers: tuple[Walker, ...], at: float) -> Array:
    """Returns (n, 2) of a scan at `at`, s, without those of these people."""
    kept = np.ones(len(points_in_map), bool)
    for walker in walkers:
        apart = np.hypot(*(points_in_map - carried(walker, at)).T)
        kept &= apart > walker.reach + BESIDE_M
    return np.asarray(points_in_map[kept])


def walking(walkers: tuple[Walker, ...]) -> tuple[Walker, ...]:
    return tuple(walker for walker in walkers if walker.walks)


def _ahead(walker: Walker, now: float) -> Array:
    """Where a walking person is now, and how she goes on."""
    dt = max(0.0, now - walker.at)
    walked = CARRIED_S * (1.0 - math.exp(-dt / CARRIED_S))  # slower and slower while nobody sees her
    fade = math.exp(-dt / CARRIED_S) if dt > 0.3 else 1.0
    walked = dt if dt <= 0.3 else walked
    spread = math.sqrt(walker.var_place + walker.var_speed * dt * dt)
    return np.array(
        [walker.x + walker.vx * walked, walker.y + walker.vy * walked, walker.vx * fade, walker.vy * fade, spread,
         walker.reach]
    )  # fmt: skip


def carried(walker: Walker, now: float) -> tuple[float, float]:
    """Where somebody is thought to be now, m."""
    if not walker.walks:
        return walker.x, walker.y
    x, y = _ahead(walker, now)[:2]
    return float(x), float(y)


def _one(
    before: Walker | None, person: Person, stamp: float, robot: Pose2D, others: tuple[Walker, ...]
) -> Walker | None:
    points = _points(person, robot)
    if not len(points):
        return before
    if before is not None and not person.seen:
        return before  # perception carries on where she was last; so does the filter
    middle = np.array(person.position_in_map[:2]) if person.position_in_map is not None else points.mean(axis=0)
    reach = float(np.clip(np.hypot(*(points - middle).T).max(), *REACH))
    low = person.posture in LOW
    moved = None if before is None or stamp <= before.at else measured(before, middle, stamp)
    if before is None or moved is None:
        new = begin(person.id, stamp, middle, low, points, reach)
        same = [other for other in others if math.dist(carried(other, stamp), middle) < SAME_M and not low]
        return _as(new, same[0]) if same else new
    sure = math.sqrt(moved.var_speed) < SURE
    fast = moved.speed > (STANDS if before.walks else WALKS)
    return replace(moved, walks=sure and fast and not low, low=low, points=points, reach=reach)


def begin(number: int, stamp: float, middle: Array, low: bool, points: Array, reach: float) -> Walker:
    """Somebody just seen: nothing is known of how she moves."""
    place, speed = MEASURED_STD**2, FIRST_SPEED_STD**2
    x, y = float(middle[0]), float(middle[1])
    return Walker(number, stamp, x, y, 0.0, 0.0, place, speed, 0.0, False, low, points, reach)


def _as(new: Walker, walker: Walker) -> Walker:
    return replace(new, vx=walker.vx, vy=walker.vy, var_speed=walker.var_speed, walks=walker.walks)


def measured(walker: Walker, middle: Array, stamp: float) -> Walker | None:
    """Predict to the picture's time and correct by it; None where she can't have come from there."""
    dt = stamp - walker.at
    noise = ACCELERATION_STD**2
    place = walker.var_place + 2.0 * dt * walker.shared + dt**2 * walker.var_speed + noise * dt**4 / 4.0
    shared = walker.shared + dt * walker.var_speed + noise * dt**3 / 2.0
    speed = walker.var_speed + noise * dt**2
    off = middle - [walker.x + walker.vx * dt, walker.y + walker.vy * dt]
    if float(np.hypot(*off)) > NEW_PLACE_M:
        return None
    a, b = place / (place + MEASURED_STD**2), shared / (place + MEASURED_STD**2)
    return replace(
        walker,
        at=stamp,
        x=float(walker.x + walker.vx * dt + a * off[0]),
        y=float(walker.y + walker.vy * dt + a * off[1]),
        vx=float(walker.vx + b * off[0]),
        vy=float(walker.vy + b * off[1]),
        var_place=(1.0 - a) * place,
        shared=(1.0 - a) * shared,
        var_speed=speed - b * shared,
    )


def _points(person: Person, robot: Pose2D) -> Array:
    """Her located points (k, 2), m, on the map, thinned out."""
    parts = []
    if person.points_in_base is not None and len(person.points_in_base):
        parts.append(robot.transform(person.points_in_base[:, :2]))
    if person.position_in_map is not None:
        parts.append(np.array([person.position_in_map[:2]], float))
    if not parts:
        return np.empty((0, 2))
    points = np.concatenate(parts)
    points = points[np.isfinite(points).all(axis=1)]
    if len(points) <= MOST_POINTS:
        return np.asarray(points)
    # The outermost in eight directions: their hull is what the robot may come near to.
    angles = np.arange(MOST_POINTS) * math.tau / MOST_POINTS
    far = (points @ np.stack([np.cos(angles), np.sin(angles)])).argmax(axis=0)
    return np.asarray(points[np.unique(far)])
