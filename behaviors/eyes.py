"""What is known of the people around, on the map: gathers persons and poses, remembers where a body was last seen."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from behaviors.settling import Settling
from kangban.values import Array, MapPose, Person, Persons, Point3, Pose2D, wrap_angle

SAME_PERSON_M = 1.5
REMEMBER_S = 120.0  # a body that is no longer seen (too near, turned away) is still believed to be there
STEADY_S = 1.0  # the views of this long are compared: a single one may be off
STEADY_M = 0.3  # unless she moves
POSE_NEAR_S = 0.15  # a frame and a pose belong together within this
POSE_SETTLED_S = 0.03


@dataclass(frozen=True)
class Body:
    """A person's located points (k, 2) on the map, k >= 1, as last seen."""

    stamp: float
    person_id: int
    points_in_map: Array

    @property
    def middle(self) -> Array:
        middle: Array = self.points_in_map.mean(axis=0)
        return middle


class Eyes:
    def __init__(self) -> None:
        self._poses: deque[MapPose] = deque(maxlen=60)
        self._views: dict[int, deque[Body]] = {}
        self._coming: Settling[Persons] = Settling()
        self._settled: Persons | None = None
        self._pose: MapPose | None = None
        self._seen_at: float | None = None

    def take_pose(self, pose: MapPose) -> None:
        self._poses.append(pose)

    def take_persons(self, persons: Persons) -> None:
        self._coming.put(persons, persons.stamp)

    def settle(self, now: float) -> None:
        """Take in what is old enough; to be called before anything is asked."""
        self._pose = next((p for p in reversed(self._poses) if p.stamp <= now - POSE_SETTLED_S), None)
        for persons in self._coming.due(now):
            self._settled = persons
            self._take_in(persons)

    def pose(self) -> Pose2D | None:
        """Where the robot is."""
        return None if self._pose is None else self._pose.pose_in_map

    def people(self) -> tuple[Person, ...]:
        """Who was in the picture that was taken in last."""
        return () if self._settled is None else self._settled.people

    def seen_at(self) -> float | None:
        """When anybody was last seen (robot time); None: not since the start."""
        return self._seen_at

    def pose_at(self, stamp: float) -> Pose2D | None:
        """Where the robot was then, where that is known."""
        return self._pose_at(stamp)

    def bearing_to_nearest(self) -> float | None:
        """Direction (rad, base frame of now, left positive) of the nearest person last seen; None: nobody."""
        if self._settled is None:
            return None
        bearing, then = bearing_to_nearest(self._settled), self._pose_at(self._settled.stamp)
        if bearing is None or then is None or self._pose is None:
            return bearing
        return wrap_angle(bearing + then.yaw - self._pose.pose_in_map.yaw)

    def _take_in(self, persons: Persons) -> None:
        pose = self._pose_at(persons.stamp)
        if any(person.seen for person in persons.people):
            self._seen_at = persons.stamp
        for person in persons.people:
            points = _points(person, pose) if person.seen else None
            if points is not None:
                self._see(Body(persons.stamp, person.id, points))
        self._views = {n: v for n, v in self._views.items() if persons.stamp - v[-1].stamp <= REMEMBER_S}

    def _see(self, body: Body) -> None:
        views = self._views.setdefault(body.person_id, deque())
        views.append(body)
        while body.stamp - views[0].stamp > STEADY_S:
            views.popleft()

    @property
    def _bodies(self) -> list[Body]:
        return [_typical(views) for views in self._views.values()]

    def body(self, place_in_map: Point3 | None, person_id: int) -> Array | None:
        """The points (k, 2) of the person an incident is about; her place alone where no body was seen; None: unknown.

        Perception may have named her anew since, so the nearest body to the place is taken, the same name first.
        """
        if place_in_map is None:
            known = self._views.get(person_id)
            return None if known is None else _typical(known).points_in_map
        place = np.array(place_in_map[:2])
        near = [b for b in self._bodies if float(np.hypot(*(b.middle - place))) <= SAME_PERSON_M]
        best = min(near, key=lambda b: (b.person_id != person_id, -b.stamp), default=None)
        return place[None, :] if best is None else best.points_in_map

    def nearest_body(self, now: float, within_s: float = REMEMBER_S) -> Array | None:
        """The points (k, 2) of the nearest person seen lately; None: nobody."""
        recent = [b for b in self._bodies if now - b.stamp <= within_s]
        if not recent or self._pose is None:
            return None
        pose = self._pose.pose_in_map
        return min(recent, key=lambda b: pose.distance_to(float(b.middle[0]), float(b.middle[1]))).points_in_map

    def nearest(self, now: float, within_s: float = 5.0) -> tuple[Point3 | None, int]:
        """Place and name of the nearest person seen lately: who may have cried for help. (None, 0): nobody seen."""
        recent = [b for b in self._bodies if now - b.stamp <= within_s]
        pose = self._poses[-1].pose_in_map if self._poses else None
        if not recent or pose is None:
            return None, 0
        body = min(recent, key=lambda b: pose.distance_to(float(b.middle[0]), float(b.middle[1])))
        return (float(body.middle[0]), float(body.middle[1]), 0.0), body.person_id

    def _pose_at(self, stamp: float) -> Pose2D | None:
        best = min(self._poses, key=lambda p: abs(p.stamp - stamp), default=None)
        return best.pose_in_map if best is not None and abs(best.stamp - stamp) <= POSE_NEAR_S else None


def _typical(views: deque[Body]) -> Body:
    """Of the last views the one nearest to their median: an odd one decides nothing. Stamped as the newest."""
    newest = views[-1]
    near = [v for v in views if float(np.hypot(*(v.middle - newest.middle))) <= STEADY_M]
    median = np.median([v.middle for v in near], axis=0)
    best = min(near, key=lambda v: float(np.hypot(*(v.middle - median))))
    return Body(newest.stamp, newest.person_id, best.points_in_map)


def bearing_to_nearest(persons: Persons) -> float | None:
    """Direction (rad, base frame, left positive) of the nearest person in sight; None: nobody."""
    places = [p.position_in_base for p in persons.people if p.seen and p.position_in_base]
    if not places:
        return None
    x, y, _ = min(places, key=lambda place: math.hypot(place[0], place[1]))
    return math.atan2(y, x)


def _points(person: Person, pose: Pose2D | None) -> Array | None:
    if person.points_in_base is not None and len(person.points_in_base) and pose is not None:
        return pose.transform(np.asarray(person.points_in_base))[:, :2]
    return None if person.position_in_map is None else np.array([person.position_in_map[:2]])
