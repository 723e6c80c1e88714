"""Going to the dock when the battery is low, and staying until it has something to give again."""

from __future__ import annotations

import py_trees
from py_trees.common import Status

from behaviors.incidents.events import Announcement
from behaviors.tree.drive import DriveTo
from behaviors.tree.leaf import Check, Do, Leaf
from behaviors.tree.request import while_serving
from kangban.profile import Behaviors
from kangban.values import SpeechKind

ENOUGH_ABOVE_LOW = 0.3  # leaves the dock at this much above `low_battery`
DRIVE_LIMIT_S = 600.0
CHARGE_LIMIT_S = 4 * 3600.0


def charge(times: Behaviors) -> py_trees.behaviour.Behaviour:
    drive = DriveTo(
        "drive to the dock", lambda leaf: leaf.ports.site.dock, DRIVE_LIMIT_S,
        ("charge", "drive", "do_dock"), "do_dock_waits",
    )  # fmt: skip
    go = py_trees.composites.Sequence("charge at the dock", memory=True, children=[
        Do("say that it goes", _announce),
        drive,
        while_serving(Charge("charge", CHARGE_LIMIT_S)),
    ])  # fmt: skip
    again = py_trees.decorators.FailureIsRunning("and try again", go)
    return py_trees.composites.Sequence("charge", memory=False, children=[BatteryLow("battery low?", times), again])


def _announce(leaf: Leaf) -> None:
    leaf.ports.voice.announce(Announcement("say_charge", SpeechKind.INFORM))


class BatteryLow(Check):
    """Low, or not yet charged well above low since. An unknown charge is not low."""

    def __init__(self, name: str, times: Behaviors) -> None:
        super().__init__(name, lambda _: self._low)
        self._times = times
        self._low = False

    def update(self) -> Status:
        level = self.ports.senses.charge() if self.ports else None
        if level is not None:
            limit = self._times.low_battery + (ENOUGH_ABOVE_LOW if self._low else 0.0)
            self._low = level < min(1.0, limit)
        return Status.SUCCESS if self._low else Status.FAILURE


class Charge(Leaf):
    """Stand at the dock; the check above ends this when the battery is charged."""

    def act(self) -> Status:
        self.tell("charge", "dock", "do_charge")
        return Status.RUNNING
