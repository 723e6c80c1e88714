"""Leaves that drive: to a fixed place, and near the person an incident is about."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np
from py_trees.common import Status

from behaviors.approach.places import near_enough, places
from behaviors.incidents.events import What
from behaviors.incidents.record import Record
from behaviors.tree.leaf import APPROACH_WHY, DOING, INCIDENT, Leaf, incident_of
from behaviors.tree.ports import Going
from kangban.site import Place
from kangban.values import Array, GridMap, IncidentState, Pose2D

RETRY_S = 2.0  # after navigation was away or refused
THERE_M = 0.4
MOVED_M = 0.7  # the person moved this far: choose anew
REVISE_S = 0.5  # she may still be settling, and is seen better from nearer: so often the place is looked at again;
REVISE_M = 0.15  # moved by more it goes there instead, without a stop,
REVISE_WITHIN_M = 0.8  # but not round to another side of her,
REVISE_BEFORE_M = 0.35  # nor when it is as good as there
UNPLACED_S = 5.0  # a person whose place stays unknown this long is spoken to from here


class DriveTo(Leaf):
    """Drive to a place of the site. SUCCESS there; tries again until the limit, then FAILURE."""

    def __init__(
        self, name: str, place: Callable[[Leaf], Place], limit_s: float, doing: tuple[str, str, str], waits: str
    ) -> None:
        super().__init__(name, limit_s)
        self._place, self._doing, self._waits = place, doing, waits

    def begin(self) -> None:
        self._retry_at: float | None = None
        pose, target = self.ports.senses.pose_in_map(), self._target()
        self._there = pose is not None and pose.distance_to(target.x, target.y) <= THERE_M
        self._goal: Pose2D | None = None
        if not self._there:
            self._go(target)

    def act(self) -> Status:
        if self._there:
            return Status.SUCCESS
        if self._retry_at is not None and self.ports.clock.now() >= self._retry_at:
            self._retry_at = None
            self._go(self._target())
        progress = self.ports.navigator.progress()
        if progress.going is Going.REACHED:
            return Status.SUCCESS
        if progress.going is Going.RUNNING:
            self.tell(*self._doing)
        else:
            self.tell(self._doing[0], self._doing[1], self._waits, ("why", progress.why))
            self._retry_at = self._retry_at or self.ports.clock.now() + RETRY_S
        return Status.RUNNING

    def end(self) -> None:
        self.ports.navigator.cancel(self._goal)

    def _go(self, target: Pose2D) -> None:
        self._goal = target
        self.ports.navigator.go(target)

    def _target(self) -> Pose2D:
        place = self._place(self)
        return Pose2D(place.x_m, place.y_m, place.yaw_rad)


class DriveNear(Leaf):
    """Drive to talking distance of the person, facing her: the best place first, the next one when it can't be reached.

    While nobody has been alarmed the time counts from the incident's opening, so that restarts and detours never delay
    the alarm. Why it failed is left on the blackboard.
    """

    reads: Iterable[str] = (INCIDENT,)
    writes: Iterable[str] = (DOING, APPROACH_WHY)

    def begin(self) -> None:
        self._places: list[Pose2D] | None = None
        self._body: Array | None = None
        self._retry_at = self._revised_at = -math.inf
        self._driving = False
        self._goal: Pose2D | None = None
        self.board.set(APPROACH_WHY, "why_time")

    def act(self) -> Status:
        record = incident_of(self)
        if record is None or self._time_is_over(record):
            return Status.FAILURE
        body = self.ports.senses.body_in_map(record)
        if body is None:
            return self._wait("why_no_place", self.elapsed() >= UNPLACED_S)
        if self._driving and not self._moved(body):
            return self._drive(body)
        return self._set_off(body)

    def end(self) -> None:
        self.ports.navigator.cancel(self._goal)

    def _set_off(self, body: Array) -> Status:
        if self.ports.clock.now() < self._retry_at:
            return Status.RUNNING
        if self._places is None or self._moved(body):
            pose, grid = self.ports.senses.pose_in_map(), self.ports.senses.map()
            if pose is None or grid is None:
                return self._wait("why_no_pose" if pose is None else "why_no_map", False)
            self._places, self._body = self._beside(body, pose, grid), body
            self._revised_at = self.ports.clock.now()
        if not self._places:
            if self.board.get(APPROACH_WHY) == "why_time":
                self.board.set(APPROACH_WHY, "why_no_path")
            return Status.FAILURE
        self.tell("incident", "approach", "do_approach")
        self._goal = self._places[0]
        self.ports.navigator.go(self._goal)
        self._driving = True
        return Status.RUNNING

    def _drive(self, body: Array) -> Status:
        progress = self.ports.navigator.progress()
        if progress.going is Going.RUNNING:
            self.tell("incident", "approach", "do_approach")
            self._revise(body)
            return Status.RUNNING
        self._driving = False
        if progress.going is Going.REACHED:
            record = incident_of(self)
            if record is not None:
                self.ports.desk.note(record.id, What.ARRIVED)
            return Status.SUCCESS
        if progress.going is Going.FAILED and self._places:
            self._places = self._places[1:]
            self.board.set(APPROACH_WHY, progress.why)
            return Status.RUNNING
        return self._wait(progress.why, False)

    def _revise(self, body: Array) -> None:
        """The place nearest to the goal that is right for where she is known to lie now."""
        now, pose, grid = self.ports.clock.now(), self.ports.senses.pose_in_map(), self.ports.senses.map()
        if now - self._revised_at < REVISE_S or self._goal is None or pose is None or grid is None:
            return
        self._revised_at = now
        goal = self._goal
        if pose.distance_to(goal.x, goal.y) < REVISE_BEFORE_M:
            return
        best = min(self._beside(body, pose, grid), key=lambda p: goal.distance_to(p.x, p.y), default=goal)
        if REVISE_M < goal.distance_to(best.x, best.y) <= REVISE_WITHIN_M:
            self._goal = best
            self.ports.navigator.lead(best)

    def _beside(self, body: Array, pose: Pose2D, grid: GridMap) -> list[Pose2D]:
        profile = self.ports.profile
        return places(body, pose, grid, profile.behaviors.approach_distance_m, profile.base.footprint_radius_m)

    def _wait(self, why: str, long_enough: bool) -> Status:
        """Something is missing that may come: look again soon."""
        self.board.set(APPROACH_WHY, why)
        self.tell("incident", "approach", "do_approach_waits", ("why", why))
        if self.ports.clock.now() >= self._retry_at:
            self._retry_at = self.ports.clock.now() + RETRY_S
        return Status.FAILURE if long_enough else Status.RUNNING

    def _moved(self, body: Array) -> bool:
        return self._body is None or float(np.hypot(*(body.mean(axis=0) - self._body.mean(axis=0)))) > MOVED_M

    def _time_is_over(self, record: Record) -> bool:
        if record.state not in (IncidentState.OPEN, IncidentState.CHECKING):
            return False  # the limit of the leaf itself counts
        return self.ports.clock.now() - record.attention_since >= self.ports.profile.behaviors.approach_limit_s


def is_near(leaf: Leaf) -> bool:
    """Does the robot stand beside the person of the current incident?"""
    record, pose = incident_of(leaf), leaf.ports.senses.pose_in_map()
    body = None if record is None else leaf.ports.senses.body_in_map(record)
    if pose is None or body is None:
        return False
    return near_enough(pose, body, leaf.ports.profile.behaviors.approach_distance_m)
