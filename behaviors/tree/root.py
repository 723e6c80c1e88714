"""The whole tree: safety, incident, charge, missions, idle, the first that has something to do, and speech beside."""

from __future__ import annotations

from uuid import UUID

import py_trees
from py_trees.common import Access

from behaviors.missions.claims import battery_low, claims
from behaviors.still import Why
from behaviors.tree.charge import charge
from behaviors.tree.idle import idle
from behaviors.tree.incident import respond
from behaviors.tree.leaf import APPROACH_WHY, BECAUSE, DOING, INCIDENT, NAMESPACE, STILL
from behaviors.tree.missions import missions
from behaviors.tree.ports import Doing, Ports
from behaviors.tree.request import beside
from behaviors.tree.safety import stand_still
from behaviors.tree.state import lines
from kangban.profile import Behaviors
from kangban.values import TreeLine

MOMENT_S = 1.0
STARTING = Doing("idle", "start", "do_start")


def build(times: Behaviors) -> py_trees.behaviour.Behaviour:
    """The tree, cold: it touches nothing until `setup`, so it can be drawn without a robot."""
    branches = [stand_still(times), respond(times, may_move=True), charge(), missions(times), idle()]
    acts = py_trees.composites.Selector("one of these", memory=False, children=branches)
    return beside(acts, "companion")


class Companion:
    """The tree with its blackboard: `tick` writes what is sensed, then ticks the tree."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._board = py_trees.blackboard.Client(name="companion", namespace=NAMESPACE)
        for key in (INCIDENT, STILL, DOING, APPROACH_WHY, BECAUSE):
            self._board.register_key(key=key, access=Access.WRITE)
            self._board.set(key, None)
        self._passing_since: float | None = None
        self._low = False
        self._asked: set[UUID] = set()
        self._root = build(ports.profile.behaviors)
        py_trees.trees.setup(self._root, ports=ports)

    @property
    def doing(self) -> Doing:
        return self._board.get(DOING) or STARTING

    def tick(self) -> None:
        incident, still = self._ports.desk.current(), self._why_still()
        self._board.set(INCIDENT, incident)
        self._board.set(STILL, still)
        self._low = battery_low(self._low, self._ports.senses.charge(), self._ports.profile.behaviors)
        self._ports.missions.tick(
            claims(still is not None, incident is not None or self._ports.desk.halts(), self._low)
        )
        self._asked = {node.id for node in self._root.tick()}

    def lines(self) -> tuple[TreeLine, ...]:
        """The tree as the last tick left it."""
        return lines(self._root, self._asked, self._ports.site.language)

    def _why_still(self) -> Why | None:
        """A stop that mends itself within a moment does not interrupt what it is doing; the wheels stand anyway."""
        why, now = self._ports.senses.why_still(), self._ports.clock.now()
        if why is None or not why.passing:
            self._passing_since = None
            return why
        self._passing_since = now if self._passing_since is None else self._passing_since
        return why if now - self._passing_since >= MOMENT_S else None

    def shutdown(self) -> None:
        """Cancel everything begun."""
        self._root.stop(py_trees.common.Status.INVALID)
