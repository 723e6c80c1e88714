"""Going to the dock when the battery is low, and staying until it has something to give again."""

from __future__ import annotations

import py_trees
from py_trees.common import Status

from behaviors.incidents.events import Announcement
from behaviors.missions.wish import Rank
from behaviors.tree.drive import DriveTo
from behaviors.tree.leaf import Check, Do, Leaf
from kangban.values import SpeechKind

DRIVE_LIMIT_S = 600.0
CHARGE_LIMIT_S = 4 * 3600.0


def charge() -> py_trees.behaviour.Behaviour:
    drive = DriveTo(
        "drive to the dock", lambda leaf: leaf.ports.site.dock, DRIVE_LIMIT_S,
        ("charge", "drive", "do_dock"), "do_dock_waits",
    )  # fmt: skip
    go = py_trees.composites.Sequence("charge at the dock", memory=True, children=[
        Do("say that it goes", _announce),
        drive,
        Charge("charge", CHARGE_LIMIT_S),
    ])  # fmt: skip
    again = py_trees.decorators.FailureIsRunning("and try again", go)
    return py_trees.composites.Sequence("charge", memory=False, children=[Check("battery low?", _its_turn), again])


def _its_turn(check: Check) -> bool:
    return check.ports is not None and check.ports.missions.turn() is Rank.CHARGE


def _announce(leaf: Leaf) -> None:
    leaf.ports.voice.announce(Announcement("say_charge", SpeechKind.INFORM))


class Charge(Leaf):
    """Stand at the dock; the check above ends this when the battery is charged."""

    def act(self) -> Status:
        self.tell("charge", "dock", "do_charge")
        return Status.RUNNING
