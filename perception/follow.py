"""The decisions: poses of a frame in, people with postures and falls out. Needs no picture, so recordings of landmarks
run through the same code."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kangban.profile import Perception
from kangban.site import Furniture
from kangban.values import Array, Fall, Falls, Person, Persons, Point3, Pose2D, Posture
from perception.falls import Case, Evidence, Stage, step
from perception.landmarks import Pose, box
from perception.measure import measure
from perception.place import Place, View, locate
from perception.posture import Motion, classify, furniture_under
from perception.tracks import Track, Tracks
from perception.way_down import is_down, is_up, remember, sinking_speed, way_down


@dataclass(frozen=True)
class Scene:
    """What is known about a frame beside its people. `size`: (width, height) px."""

    stamp: float
    size: tuple[int, int]
    view: View | None = None
    millimetres: NDArray[np.uint16] | None = None
    robot_in_map: Pose2D | None = None


def new_fall_id() -> str:
    return uuid.uuid4().hex[:12]


class Follower:
    """Follows everyone and judges what happens to each. One per camera; from one thread."""

    def __init__(
        self, limits: Perception, furniture: tuple[Furniture, ...] = (), new_id: Callable[[], str] = new_fall_id
    ) -> None:
        self.limits = limits
        self.tracks = Tracks()
        self.cases: dict[int, Case] = {}
        self._furniture = furniture
        self._new_id = new_id
        self._places: dict[int, Point3 | None] = {}  # of falls, in the map
        self._located: list[tuple[Pose, Place | None]] = []  # this frame's

    def associate(self, poses: Sequence[Pose], scene: Scene) -> list[Track]:
        """First half of a frame: who is who. Returns the people worth a second look: low, or lost on the way down."""
        self._located = [(pose, self._locate(pose, scene)) for pose in poses]
        in_map = [_in_map(place, scene) for _, place in self._located]
        self.tracks.follow(poses, in_map, scene.stamp, scene.size)
        return [t for t in self.tracks.all if t.pose is None and t.known and self._worth_a_look(t)]

    def decide(self, scene: Scene, blind: bool = False) -> tuple[Persons, Falls]:
        """Second half: postures, cases, and what others are told."""
        for track in self.tracks.all:
            if track.pose is not None:
                self._measure(track, track.pose, scene)
            if track.known:
                self._judge(track, scene)
        self._forget(scene.stamp)
        people = tuple(self._person(t, scene) for t in self.tracks.all if t.known)
        return Persons(scene.stamp, people, blind), Falls(scene.stamp, self.falls())

    def last_landmarks(self, person: int) -> Array | None:
        """The landmarks (33, 5) in which a person was last seen."""
        poses = [t.last_pose for t in self.tracks.all if t.id == person and t.last_pose is not None]
        return poses[0].image if poses else None

    def falls(self) -> tuple[Fall, ...]:
        return tuple(
            Fall(case.id, person, case.state, case.since, case.confidence, self._places.get(person), case.words)
            for person, case in sorted(self.cases.items())
            if case.state is not None
        )

    def _locate(self, pose: Pose, scene: Scene) -> Place | None:
        return None if scene.view is None else locate(pose, scene.view, scene.millimetres)

    def _worth_a_look(self, track: Track) -> bool:
        case = self.cases.get(track.id)
        in_fall = case is not None and case.stage in (Stage.SUSPECTED, Stage.CONFIRMED)
        return in_fall or track.low

    def _measure(self, track: Track, pose: Pose, scene: Scene) -> None:
        place = next((p for known, p in self._located if known is pose), None) or self._locate(pose, scene)
        before, track.place = track.hip_in_map, place
        hip = _in_map(place, scene)
        newest, track.footing = measure(pose, place, scene.view, track.footing, scene.size, scene.stamp)
        track.across_mps = _speed_across(track, before, hip, scene.stamp)
        track.history = remember(track.history, newest)
        track.hip_in_map = hip
        points = None if place is None else place.points
        robot = scene.robot_in_map
        track.points_in_map = None if robot is None or points is None else robot.transform(points)
        track.rests_on = furniture_under(self._furniture, hip, newest.measured)

    def _judge(self, track: Track, scene: Scene) -> None:
        last = track.history[-1]
        seen = track.pose is not None
        evidence = Evidence(
            seen=seen,
            down=seen and is_down(last),
            up=seen and is_up(last),
            way=way_down(track.history),
            vanished=not seen and scene.stamp - track.last_seen > 0.15 and track.vanishing,
            rests_on=track.rests_on,
            measured=last.measured,
            confidence=last.certain,
        )
        before = self.cases.get(track.id, Case())
        case = step(before, evidence, scene.stamp, self.limits, self._new_id)
        self.cases[track.id] = case
        if case.state is not None and track.hip_in_map is not None and (seen or before.state is None):
            self._places[track.id] = track.hip_in_map

    def _forget(self, now: float) -> None:
        keep = frozenset(person for person, case in self.cases.items() if case.state is not None)
        self.tracks.forget(now - self.limits.forget_after_s, keep, now)
        followed = {t.id for t in self.tracks.all}
        self.cases = {person: case for person, case in self.cases.items() if person in followed}
        self._places = {person: place for person, place in self._places.items() if person in followed}

    def _person(self, track: Track, scene: Scene) -> Person:
        last, seen = track.history[-1], track.pose is not None
        motion = Motion(sinking_speed(track.history) if seen else 0.0, track.across_mps)
        posture, confidence = classify(last, motion, track.rests_on, track.hip_in_map is not None)
        if not seen and posture in (Posture.WALKING, Posture.FALLING):
            posture, confidence = Posture.UNKNOWN, 0.0  # nobody does that unseen for long
        pose = track.pose
        in_base, points = _in_base_now(track, scene)
        return Person(
            id=track.id,
            seen=seen,
            posture=posture,
            confidence=max(0.0, min(1.0, confidence)),
            box_in_image=box(pose) if pose is not None else None,
            landmarks_in_image=pose.image if pose is not None else None,
            landmarks_in_body=pose.body if pose is not None else None,
            points_in_base=points,
            position_in_base=in_base,
            position_in_map=track.hip_in_map,
        )


def _in_map(place: Place | None, scene: Scene) -> Point3 | None:
    if place is None or scene.robot_in_map is None:
        return None
    x, y, z = scene.robot_in_map.transform(np.array([place.hip]))[0]
    return float(x), float(y), float(z)


def _in_base_now(track: Track, scene: Scene) -> tuple[Point3 | None, NDArray[np.float64] | None]:
    """Hips and points in base_link: as seen in this frame, or carried over the map while she is out of sight."""
    if track.pose is not None:
        return (None, None) if track.place is None else (track.place.hip, track.place.points)
    if scene.robot_in_map is None or track.hip_in_map is None:
        return None, None
    back = scene.robot_in_map.inverse()
    x, y, z = back.transform(np.array([track.hip_in_map]))[0]
    points = None if track.points_in_map is None else back.transform(track.points_in_map)
    return (float(x), float(y), float(z)), points


def _speed_across(track: Track, before: Point3 | None, hip: Point3 | None, now: float) -> float | None:
    """Smoothed speed of the hips across the floor: on the map, else in the image by the body's size."""
    if before is not None and hip is not None and track.history and now - track.history[-1].stamp < 0.5:
        passed = max(1e-3, now - track.history[-1].stamp)
        fresh = math.dist(before[:2], hip[:2]) / passed
    else:
        fresh = float(np.linalg.norm(track.velocity)) / max(track.scale, 1e-6)
    old = fresh if track.across_mps is None else track.across_mps
    return 0.8 * old + 0.2 * fresh
