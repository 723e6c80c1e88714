"""A round through the rooms: plan it, drive to where each room is seen, look, write the report.

The round itself is kept by the book (`patrol/book.py`): this branch may be stopped anywhere, and begun anew it goes on
with the rooms left.
"""

from __future__ import annotations

import math

import py_trees
from py_trees.common import Status

from behaviors.missions.wish import Rank, Wish
from behaviors.patrol import round as rounds
from behaviors.patrol.findings import of_readings
from behaviors.patrol.survey import Survey
from behaviors.patrol.views import first_from
from behaviors.tree.look import LookAround
from behaviors.tree.ports import Going
from behaviors.tree.rounds import RoundLeaf, Tour, horizontal_view
from kangban.profile import Behaviors
from kangban.values import Pose2D

PLAN_LIMIT_S, DRIVE_LIMIT_S, REPORT_LIMIT_S = 30.0, 120.0, 10.0
LOOK_LIMIT_S = 90.0
PICTURE_S = 3.0  # a report waits so long for the answers about its pictures
RETRY_S = 2.0
HOLD_S = 0.3
THERE_M = 0.25


def patrol(times: Behaviors) -> py_trees.behaviour.Behaviour:
    tour = Tour()
    look = py_trees.composites.Sequence("look into it", memory=True, children=[
        DriveToRoom("drive to the room", DRIVE_LIMIT_S, tour),
        LookAround("look around", LOOK_LIMIT_S, tour),
    ])  # fmt: skip
    a_room = py_trees.composites.Sequence("a room", memory=True, children=[
        RoomLeft("a room left?"),
        py_trees.decorators.FailureIsSuccess("or leave it", look),
    ])  # fmt: skip
    more = py_trees.decorators.SuccessIsRunning("and the next", a_room)
    return py_trees.composites.Sequence("a round", memory=True, children=[
        Plan("plan the round", PLAN_LIMIT_S, tour),
        py_trees.decorators.FailureIsSuccess("until all are seen", more),
        Report("write the report", REPORT_LIMIT_S),
    ])  # fmt: skip


class Plan(RoundLeaf):
    """Find out from where the rooms left are seen, and put them in order. Waits for a pose and a map."""

    def __init__(self, name: str, limit_s: float, tour: Tour) -> None:
        super().__init__(name, limit_s)
        self._tour = tour

    def begin(self) -> None:
        self._survey: Survey | None = None
        self._why = "why_no_pose"

    def act(self) -> Status:
        self.tell("patrol", "plan", "do_round_plan")
        round_ = self.round()
        if round_ is None:
            return Status.FAILURE
        if self._survey is None:
            pose, grid = self.ports.senses.pose_in_map(), self.ports.senses.map()
            if pose is None or grid is None:
                self._why = "why_no_pose" if pose is None else "why_no_map"
                return Status.RUNNING
            profile = self.ports.profile
            view = horizontal_view(profile.camera)
            footprint = profile.base.footprint_radius_m
            self._survey = Survey(self.ports.site, round_.left, grid, pose, footprint, view)
        if not self._survey.step():
            return Status.RUNNING
        order = self._survey.order()
        self._tour.views = dict(self._survey.views)
        self.ports.book.move(lambda r: rounds.ordered(r, order))
        return Status.SUCCESS

    def over(self) -> Status:
        self.because(self._why)
        return Status.FAILURE


class RoomLeft(RoundLeaf):
    """SUCCESS while there is a room left; else FAILURE, at once."""

    def __init__(self, name: str) -> None:
        super().__init__(name, limit_s=1.0)

    def act(self) -> Status:
        round_ = self.round()
        return Status.FAILURE if round_ is None or round_.room is None else Status.SUCCESS


class DriveToRoom(RoundLeaf):
    """Drive to where the room is seen, facing what is looked at first. What fails is noted; then FAILURE."""

    def __init__(self, name: str, limit_s: float, tour: Tour) -> None:
        super().__init__(name, limit_s)
        self._tour = tour

    def begin(self) -> None:
        self._target: Pose2D | None = None
        self._retry_at: float | None = None
        self._why = "why_time"
        self._there = False
        round_, pose = self.round(), self.ports.senses.pose_in_map()
        view = None if round_ is None or round_.room is None else self._tour.views.get(round_.room)
        if view is None:
            return
        ahead = math.atan2(view.y - pose.y, view.x - pose.x) if pose else 0.0
        self._target = Pose2D(view.x, view.y, first_from(view, ahead)[0])
        self._there = pose is not None and pose.distance_to(view.x, view.y) <= THERE_M
        if not self._there:
            self.ports.navigator.go(self._target)

    def act(self) -> Status:
        round_ = self.round()
        if round_ is None or round_.room is None:
            return Status.FAILURE
        if self._target is None:
            return self.missed("why_no_path")
        self.notice()
        self.tell("patrol", "drive", "do_round_drive", ("room", self.room_label(round_.room)))
        if self._there:
            return Status.SUCCESS
        now = self.ports.clock.now()
        if self.ports.senses.fall_suspected():
            return self._hold(now)
        if self._retry_at is not None and now >= self._retry_at:
            self._retry_at = None
            self.ports.navigator.go(self._target)
        if self._retry_at is not None:
            return Status.RUNNING
        progress = self.ports.navigator.progress()
        if progress.going is Going.REACHED:
            return Status.SUCCESS
        if progress.going is Going.FAILED:
            return self.missed(progress.why)
        if progress.going is Going.AWAY:
            self._why = progress.why
            self._retry_at = self._retry_at or now + RETRY_S
        return Status.RUNNING

    def _hold(self, now: float) -> Status:
        """Somebody may be falling: the camera is held still until that is known."""
        if self._retry_at is None:
            self.ports.navigator.cancel(self._target)
        self._retry_at = now + HOLD_S
        return Status.RUNNING

    def over(self) -> Status:
        return self.missed(self._why)

    def end(self) -> None:
        self.ports.navigator.cancel(self._target)


class Report(RoundLeaf):
    """Wait a moment for what became of the pictures, then write. FAILURE where it could not be written."""

    def act(self) -> Status:
        self.tell("patrol", "report", "do_round_end")
        round_ = self.round()
        if round_ is None:
            return Status.FAILURE
        if any(picture.why is None for picture in round_.pictures) and self.elapsed() < PICTURE_S:
            return Status.RUNNING
        sensed = of_readings(self.ports.senses.readings())
        self.ports.book.move(lambda r: rounds.found(r, sensed))
        if self.ports.book.end(self.ports.clock.now()) is None:
            self.because("why_no_report")
            return Status.FAILURE
        return Status.SUCCESS

    def over(self) -> Status:
        self.because("why_time")
        return Status.FAILURE


def round_wish(id_: str, name: str, rooms: tuple[str, ...], waits_s: float, lasts_s: float) -> Wish:
    """The wish for a round; both the schedule and the action hand it in."""
    return Wish(id_, "patrol", Rank.PATROL, waits_s, lasts_s, (("round", name), ("rooms", ",".join(rooms))))
