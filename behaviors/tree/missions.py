"""The missions' place in the tree: the branch of the one that has the turn, and what its end means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import py_trees
from py_trees.common import Access, Status

from behaviors.missions.wish import Outcome
from behaviors.tree.exercise import exercise
from behaviors.tree.follow import follow
from behaviors.tree.leaf import BECAUSE, NAMESPACE, Check
from behaviors.tree.patrol import patrol
from behaviors.tree.ports import Ports
from behaviors.tree.tell import tell
from behaviors.tree.visit import come, visit
from kangban.profile import Behaviors

Build = Callable[[Behaviors], py_trees.behaviour.Behaviour]

# A mission's name (`Wish.name`) -> its branch. Add yours here.
MISSIONS: Mapping[str, Build] = {
    "follow": follow, "come": come, "story": tell, "exercise": exercise, "reminder": visit, "patrol": patrol,
}  # fmt: skip


def missions(times: Behaviors, table: Mapping[str, Build] = MISSIONS) -> py_trees.behaviour.Behaviour:
    """The branch of all missions; FAILURE while none has the turn."""
    branches = [_turn(name, build(times)) for name, build in table.items()]
    return py_trees.composites.Selector("missions", memory=False, children=branches)


def _turn(name: str, branch: py_trees.behaviour.Behaviour) -> py_trees.behaviour.Behaviour:
    framed: py_trees.behaviour.Behaviour = Framed(f"{name}, to its end", branch)
    its_turn = Check(f"{name}'s turn?", lambda check: _running(check.ports) == name)
    return py_trees.composites.Sequence(name, memory=False, children=[its_turn, framed])


def _running(ports: Ports | None) -> str | None:
    wish = None if ports is None else ports.missions.running()
    return None if wish is None else wish.name


class Framed(py_trees.decorators.Decorator):  # type: ignore[misc]
    """Tells the arbiter how the branch ended. A branch of another wish of the same name begins anew."""

    def __init__(self, name: str, child: py_trees.behaviour.Behaviour) -> None:
        super().__init__(name=name, child=child)
        self.board = self.attach_blackboard_client(name=name, namespace=NAMESPACE)
        self.board.register_key(key=BECAUSE, access=Access.WRITE)
        self._wish: str | None = None
        self.ports: Ports | None = None

    def setup(self, **kwargs: Any) -> None:
        self.ports = kwargs["ports"]

    def tick(self) -> Any:
        wish = None if self.ports is None else self.ports.missions.running()
        if wish is not None and wish.id != self._wish:
            self.board.set(BECAUSE, "")
            if self.decorated.status is Status.RUNNING:
                self.decorated.stop(Status.INVALID)
        self._wish = None if wish is None else wish.id
        yield from super().tick()

    def update(self) -> Status:
        status = self.decorated.status
        if status in (Status.SUCCESS, Status.FAILURE) and self._wish is not None and self.ports is not None:
            done = status is Status.SUCCESS
            why = "" if done else self.board.get(BECAUSE) or "why_failed"
            self.ports.missions.over(self._wish, Outcome.DONE if done else Outcome.FAILED, why)
        # The arbiter ends it on the next tick; until then the turn is still its own, and no lower branch gets in.
        return Status.RUNNING
