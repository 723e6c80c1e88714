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
from kangban.values import Array, CareEvent, Fall, Falls, Person, Persons, Point3, Pose2D
from perception.falls import Case, Evidence, Stage, Verdict, step
from perception.gap import GAP_S, after_gap
from perception.landmarks import Pose, box
from perception.life import Household, Life
from perception.matching import Colours
from perception.measure import Measure, measure
from perception.place import Place, View, locate
from perception.temporal.judge import Judge
from perception.trace import Moment, Trace
from perception.tracks import Track, Tracks
from perception.way_down import DOWN_HIP_M, WayDown, came_down, is_down, is_up, remember, way_down

Ways = tuple[WayDown | None, WayDown | None]  # to being down; to where the shoulders are now
HICCUP_S = 0.1  # a clock that goes back by less has not begun anew
JUDGED_UNSEEN_S = 2.0  # what the learned judge makes of somebody out of sight for longer is worth nothing


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
        self,
        limits: Perception,
        furniture: tuple[Furniture, ...] = (),
        new_id: Callable[[], str] = new_fall_id,
        judge: Judge | None = None,
        household: Household | None = None,
    ) -> None:
        self.limits = limits
        self.tracks = Tracks()
        self.cases: dict[int, Case] = {}
        self.judge = Judge.trained() if judge is None else judge
        self.trace: Trace | None = None  # hears what is thought of each person in each frame
        self.care_events: tuple[CareEvent, ...] = ()  # as of the last frame: going on, or ended lately
        self._life = Life(furniture, household, new_id)
        self._new_id = new_id
        self._places: dict[int, Point3 | None] = {}  # of falls, in the map
        self._located: list[tuple[Pose, Place | None]] = []  # this frame's
        self._known_ways: dict[int, tuple[tuple[Measure, ...], Ways]] = {}
        self._last_looked: float | None = None  # at a picture that showed something

    def associate(self, poses: Sequence[Pose], scene: Scene, colours: Colours | None = None) -> list[Track]:
        """First half of a frame: who is who. Returns the people worth a second look: lost low, going down, or small.

        `colours`: looks at a pose's clothes, where there is a picture.
        """
        self._mind_the_gap(scene.stamp)
        self._located = [(pose, self._locate(pose, scene)) for pose in poses]
        in_map = [_in_map(place, scene) for _, place in self._located]
        self.tracks.follow(poses, in_map, scene.stamp, scene.size, colours)
        self.tracks.join(self._in_fall())
        return [t for t in self.tracks.all if t.pose is None and t.known and self._worth_a_look(t, scene)]

    def decide(self, scene: Scene, blind: bool = False) -> tuple[Persons, Falls]:
        """Second half: postures, cases, and what others are told. The `care_events` stand in this follower then."""
        for track in self.tracks.all:
            if track.pose is not None:
                self._measure(track, track.pose, scene)
            if track.known:
                self._judge(track, scene)
        self._forget(scene.stamp)
        return self._tell(scene, blind)

    def look_away(self, scene: Scene, blind: bool = False) -> tuple[Persons, Falls]:
        """A frame that shows nothing: nobody is judged by it, and nobody is forgotten for it."""
        for track in self.tracks.all:
            track.pose = None
        return self._tell(scene, blind)

    def begin_anew(self, now: float) -> None:
        """The camera shows another place, or its clock began anew: nobody is where she was; only falls are kept."""
        self.cases = {who: case for who, case in self.cases.items() if case.stage in (Stage.CONFIRMED, Stage.RECOVERED)}
        for track in self.tracks.all:
            track.pose, track.last_seen = None, min(track.last_seen, now)
        self.tracks.forget(math.inf, frozenset(self.cases), now)
        self.judge.forget_all_but(self.cases)

    def _mind_the_gap(self, now: float) -> None:
        last, self._last_looked = self._last_looked, now
        if last is None or -HICCUP_S < now - last <= GAP_S:
            return  # a stamp told twice is no new time
        if now <= last:
            self.begin_anew(now)
        for track in self.tracks.all:
            track.going_down = False  # the picture vanished, not she
        self.cases = {person: after_gap(case, now - last) for person, case in self.cases.items()}

    def _tell(self, scene: Scene, blind: bool) -> tuple[Persons, Falls]:
        self.care_events = self._life.events(self.tracks.all, scene, self._in_fall(), blind)
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

    def _worth_a_look(self, track: Track, scene: Scene) -> bool:
        case = self.cases.get(track.id)
        in_fall = case is not None and case.stage in (Stage.SUSPECTED, Stage.CONFIRMED)
        return in_fall or track.low or track.small(scene.size)

    def _measure(self, track: Track, pose: Pose, scene: Scene) -> None:
        place = next((p for known, p in self._located if known is pose), None) or self._locate(pose, scene)
        before, track.place = track.hip_in_map, place
        hip = _in_map(place, scene)
        newest, track.footing = measure(pose, place, scene.view, track.footing, scene.size, scene.stamp)
        track.across_mps = _speed_across(track, before, hip, scene.stamp)
        track.history = remember(track.history, newest)
        self.judge.see(track.id, pose, newest, track.footing, scene.size, track.across_mps)
        track.hip_in_map = hip
        points = None if place is None else place.points
        robot = scene.robot_in_map
        track.points_in_map = None if robot is None or points is None else robot.transform(points)
        self._live(track, pose, scene)

    def _live(self, track: Track, pose: Pose, scene: Scene) -> None:
        track.rests_on = self._life.see(track, pose, scene).surely_on

    def _judge(self, track: Track, scene: Scene) -> None:
        before, evidence = self.cases.get(track.id, Case()), self._evidence(track, scene)
        case = step(before, evidence, scene.stamp, self.limits, self._new_id)
        self.cases[track.id] = case
        if self.trace is not None:
            self.trace(Moment(scene.stamp, track.id, track.pose, track.history[-1], evidence, case))
        if case.state is not None and track.hip_in_map is not None and (evidence.seen or before.state is None):
            self._places[track.id] = track.hip_in_map

    def _evidence(self, track: Track, scene: Scene) -> Evidence:
        last, seen = track.history[-1], track.pose is not None
        way, drop = self._ways(track)
        left = not seen and self._life.is_outside(track)
        return Evidence(
            seen=seen,
            down=seen and is_down(last),
            up=seen and is_up(last),
            way=way,
            vanished=not seen and not left and scene.stamp - track.last_seen > 0.15 and track.vanishing,
            rests_on=track.rests_on,
            measured=last.measured,
            confidence=last.certain,
            drop=drop,
            raised=last.measured and last.hip > DOWN_HIP_M,
            verdict=None if left else self._verdict(track, scene.stamp),
            left=left,
            lean=last.tilt,
        )

    def _ways(self, track: Track) -> Ways:
        """The ways down in her history; looked for anew only where it has grown."""
        known = self._known_ways.get(track.id)
        if known is None or known[0] is not track.history:
            known = (track.history, (way_down(track.history), came_down(track.history)))
            self._known_ways[track.id] = known
        return known[1]

    def _verdict(self, track: Track, now: float) -> Verdict | None:
        if self.judge.model is None or now - track.last_seen > JUDGED_UNSEEN_S:
            return None
        fallen = self.judge.fallen(track.id, now)
        return None if fallen is None else Verdict(fallen, self.judge.model.threshold)

    def _in_fall(self) -> frozenset[int]:
        return frozenset(person for person, case in self.cases.items() if case.state is not None)

    def _forget(self, now: float) -> None:
        self.tracks.forget(now - self.limits.forget_after_s, self._in_fall(), now)
        followed = {t.id for t in self.tracks.all}
        self.judge.forget_all_but(followed)
        self.cases = {person: case for person, case in self.cases.items() if person in followed}
        self._places = {person: place for person, place in self._places.items() if person in followed}
        self._known_ways = {person: ways for person, ways in self._known_ways.items() if person in followed}

    def _person(self, track: Track, scene: Scene) -> Person:
        posture, confidence = self._life.posture(track)
        pose = track.pose
        in_base, points = _in_base_now(track, scene)
        return Person(
            id=track.id,
            seen=pose is not None,
            posture=posture,
            confidence=confidence,
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
