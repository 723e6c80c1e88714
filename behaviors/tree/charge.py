"""Going to the dock when the battery is low, and staying until it has something to give again."""

from __future__ import annotations

import py_trees
from py_trees.common import Status

from behaviors.incidents.events import Announcement
from behaviors.missions.wish import Rank
from behaviors.tree.drive import RETRY_S, THERE_M
from behaviors.tree.leaf import Check, Do, Leaf
from behaviors.tree.ports import Going
from kangban.values import Pose2D, SpeechKind

DRIVE_LIMIT_S = 900.0
CHARGE_LIMIT_S = 4 * 3600.0
AWAY_S = 2.5 * RETRY_S
AGAIN_S = 60.0  # after it gave docking up
SAY_AGAIN_S = 600.0  # that it can't charge
UNFED_S = 5.0  # standing at the dock and not charged for so long: it was pushed, or the dock has no current


def charge() -> py_trees.behaviour.Behaviour:
    go = py_trees.composites.Sequence("charge at the dock", memory=True, children=[
        Do("say that it goes", _announce),
        IntoDock("into the dock", DRIVE_LIMIT_S),
        Charge("charge", CHARGE_LIMIT_S),
    ])  # fmt: skip
    again = py_trees.decorators.FailureIsRunning("and try again", go)
    return py_trees.composites.Sequence("charge", memory=False, children=[Check("battery low?", _its_turn), again])


def _its_turn(check: Check) -> bool:
    return check.ports is not None and check.ports.missions.turn() is Rank.CHARGE


def _announce(leaf: Leaf) -> None:
    if not leaf.ports.senses.charging():
        leaf.ports.voice.announce(Announcement("say_charge", SpeechKind.INFORM))


def feeds_itself(leaf: Leaf) -> bool:
    """Has the home a dock, and the robot contacts for it? Else it only drives to the place and somebody plugs it in."""
    return leaf.ports.site.dock.station is not None and leaf.ports.profile.docking is not None


class IntoDock(Leaf):
    """Dock, or drive to where somebody can plug it in. Tries again until the limit; says aloud why it can't."""

    def __init__(self, name: str, limit_s: float) -> None:
        super().__init__(name, limit_s)
        self._said: str | None = None
        self._said_at = 0.0

    def begin(self) -> None:
        self._retry_at: float | None = None
        self._why: str | None = None  # it does not drive
        self._since: float | None = None  # it has not driven
        self._gave_up = False
        self._goal: Pose2D | None = None
        self._there = self._there_already()
        if not self._there:
            self._go()

    def act(self) -> Status:
        if self._there:
            return Status.SUCCESS
        now = self.ports.clock.now()
        if self._retry_at is not None:
            if now < self._retry_at:
                self._tell(now)
                return Status.RUNNING
            self._retry_at = None
            self._go()
        progress = self.ports.navigator.progress()
        if progress.going is Going.REACHED:
            return Status.SUCCESS
        if progress.going is Going.RUNNING:
            self._why = self._since = None
            self._tell(now)
            return Status.RUNNING
        self._why, self._since = progress.why, now if self._since is None else self._since
        self._gave_up = progress.going is Going.FAILED
        self._retry_at = now + (AGAIN_S if progress.going is Going.FAILED else RETRY_S)
        self._tell(now)
        if progress.going is Going.FAILED:
            self._say(progress.why, now)
        return Status.RUNNING

    def end(self) -> None:
        self.ports.navigator.cancel(self._goal)

    def _tell(self, now: float) -> None:
        """A goal that is sent again at once, as where another mission has just let go of the wheels, is no news."""
        if self._why is not None and self._since is not None and (self._gave_up or now - self._since > AWAY_S):
            self.tell("charge", "cannot", "do_dock_waits", ("why", self._why))
        else:
            self.tell("charge", "drive", "do_dock_in" if feeds_itself(self) else "do_dock")

    def _there_already(self) -> bool:
        if feeds_itself(self):
            return bool(self.ports.senses.charging())
        pose, dock = self.ports.senses.pose_in_map(), self.ports.site.dock
        return pose is not None and pose.distance_to(dock.x_m, dock.y_m) <= THERE_M

    def _go(self) -> None:
        dock = self.ports.site.dock
        self._goal = Pose2D(dock.x_m, dock.y_m, dock.yaw_rad)
        if feeds_itself(self):
            self.ports.navigator.dock(self._goal)
        else:
            self.ports.navigator.go(self._goal)

    def _say(self, why: str, now: float) -> None:
        if why == self._said and now - self._said_at < SAY_AGAIN_S:
            return
        self._said, self._said_at = why, now
        self.ports.voice.announce(Announcement("say_cannot_dock", SpeechKind.INFORM, (("why", why),)))


class Charge(Leaf):
    """Stand at the dock; the check above ends this when the battery is charged. Pushed out of it, it docks anew."""

    def begin(self) -> None:
        self._unfed_since: float | None = None

    def act(self) -> Status:
        self.tell("charge", "dock", "do_charge")
        now = self.ports.clock.now()
        if self.ports.senses.charging() is not False or not feeds_itself(self):
            self._unfed_since = None
            return Status.RUNNING
        self._unfed_since = now if self._unfed_since is None else self._unfed_since
        return Status.FAILURE if now - self._unfed_since >= UNFED_S else Status.RUNNING
