"""Looking around in a room: each direction in turn."""

from __future__ import annotations

from py_trees.common import Status

from behaviors.patrol import round as rounds
from behaviors.patrol.findings import of_readings
from behaviors.patrol.floor import Thing, findings, lasting
from behaviors.patrol.round import Picture
from behaviors.patrol.views import first_from
from behaviors.tree.rounds import RoundLeaf, Tour
from behaviors.turn import turn_rate
from kangban.values import wrap_angle

TURN_S, LOOK_S = 8.0, 1.6  # for each direction


class LookAround(RoundLeaf):
    """Turn to each direction of the view, stand, look: people, things on the floor, a picture."""

    def __init__(self, name: str, limit_s: float, tour: Tour) -> None:
        super().__init__(name, limit_s)
        self._tour = tour

    def begin(self) -> None:
        round_, pose = self.round(), self.ports.senses.pose_in_map()
        self._room = None if round_ is None else round_.room
        view = None if self._room is None else self._tour.views.get(self._room)
        self._left = list(first_from(view, pose.yaw)) if view is not None and pose is not None else []
        self._turned_at: float | None = None
        self._since = self.ports.clock.now()
        self._turning = False
        self._scans: list[tuple[Thing, ...]] = []
        self._scan_stamp = 0.0
        self._things: list[Thing] = []

    def act(self) -> Status:
        pose, now = self.ports.senses.pose_in_map(), self.ports.clock.now()
        if self._room is None:
            return Status.FAILURE
        self.tell("patrol", "look", "do_round_look", ("room", self.room_label(self._room)))
        self.notice()
        if not self._left:
            return self._done(now)
        if pose is None:
            return Status.RUNNING  # the limit counts
        if self.ports.senses.fall_suspected():
            self._stop()  # the camera is held still until that is known
            return Status.RUNNING
        if self._turned_at is None:
            self._turn(wrap_angle(self._left[0] - pose.yaw), now)
        else:
            self._look(now)
        return Status.RUNNING

    def over(self) -> Status:
        return self.missed("why_time")

    def end(self) -> None:
        self._stop()

    def _turn(self, bearing: float, now: float) -> None:
        rate = turn_rate(True, bearing)
        if rate is not None and now - self._since < TURN_S:
            self._turning = True
            self.ports.wheels.turn(rate)
            return
        self._stop()
        self._turned_at, self._scans = now, []
        assert self._room is not None
        name = self._picture_name()
        if name is not None:
            self.ports.book.move(lambda r: rounds.wished(r, Picture(name, self._room or "")))
            self.ports.camera.wish(name)

    def _look(self, now: float) -> None:
        assert self._turned_at is not None
        scan, grid = self.ports.senses.scan_in_map(), self.ports.senses.map()
        if scan is not None and grid is not None and scan[0] > max(self._turned_at, self._scan_stamp):
            self._scan_stamp = scan[0]
            self._scans.append(self._tour.floor(grid).things(scan[1]))
        if now - self._turned_at >= LOOK_S:
            self._things += lasting(self._scans)
            self._left, self._turned_at, self._since = self._left[1:], None, now

    def _done(self, now: float) -> Status:
        round_ = self.round()
        people = [met.place_in_map for met in round_.met] if round_ else []
        there = findings(self._things, self.ports.site, people)
        sensed = of_readings(self.ports.senses.readings(), self._room)
        self.ports.book.move(lambda r: rounds.looked(rounds.found(r, (*there, *sensed)), now))
        return Status.SUCCESS

    def _picture_name(self) -> str | None:
        round_ = self.round()
        return None if round_ is None else f"{round_.id}-{len(round_.pictures):02d}"

    def _stop(self) -> None:
        if self._turning:
            self._turning = False
            self.ports.wheels.turn(0.0)
