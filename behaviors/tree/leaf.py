"""What every leaf stands on: our clock, a time limit, the ports, and declared blackboard keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import py_trees
from py_trees.common import Access, Status

from behaviors.incidents.record import Record
from behaviors.still import Why
from behaviors.tree.ports import Doing, Ports

NAMESPACE = "companion"
# Written before each tick by `root.Companion`, read by the leaves; `doing` and `approach_why` are written by leaves.
INCIDENT, STILL, DOING, APPROACH_WHY = "incident", "still", "doing", "approach_why"
BECAUSE = "because"  # why the mission that has the turn failed, a code of texts.py


class Leaf(py_trees.behaviour.Behaviour):  # type: ignore[misc]  # py_trees is untyped
    """A leaf that takes time. It may run for `limit_s` of the robot's clock; then `over` decides what that means."""

    reads: Iterable[str] = ()
    writes: Iterable[str] = (DOING,)
    talks: bool = False  # with somebody: nothing that others want said is said in between
    ports: Ports

    def __init__(self, name: str, limit_s: float) -> None:
        super().__init__(name)
        if limit_s <= 0:
            raise ValueError(f"leaf {name!r}: limit_s must be above 0, is {limit_s}")
        self.limit_s = limit_s
        self._begun = 0.0
        self.told: tuple[str, tuple[tuple[str, str], ...]] = ("", ())
        self.board = self.attach_blackboard_client(name=name, namespace=NAMESPACE)
        _declare(self.board, self.reads, (*self.writes, BECAUSE))

    def setup(self, **kwargs: Any) -> None:
        self.ports = kwargs["ports"]

    def initialise(self) -> None:
        self._begun = self.ports.clock.now()
        self.begin()

    def update(self) -> Status:
        return self.over() if self.elapsed() >= self.limit_s else self.act()

    def terminate(self, new_status: Status) -> None:
        self.end()

    def elapsed(self) -> float:
        return self.ports.clock.now() - self._begun

    def tell(self, name: str, phase: str, code: str, *params: tuple[str, str]) -> None:
        """Say in `mission` what this is."""
        self.board.set(DOING, Doing(name, phase, code, params))
        self.feedback_message, self.told = code, (code, params)

    def because(self, code: str) -> None:
        """Leave word why the mission fails, a code of texts.py. For a leaf of a mission's branch (`missions.py`)."""
        self.board.set(BECAUSE, code)

    def begin(self) -> None:
        """On every start."""

    def act(self) -> Status:
        """On every tick within the limit."""
        raise TypeError(f"leaf {self.name!r} does nothing")

    def over(self) -> Status:
        """When the limit is reached."""
        return Status.FAILURE

    def end(self) -> None:
        """On every end, whatever its reason: let go of what was begun."""


class Check(py_trees.behaviour.Behaviour):  # type: ignore[misc]
    """A question with an immediate answer: SUCCESS for yes. Takes no time, so it has no limit."""

    def __init__(self, name: str, question: Callable[[Check], bool], reads: Iterable[str] = ()) -> None:
        super().__init__(name)
        self._question = question
        self.ports: Ports | None = None
        self.board = self.attach_blackboard_client(name=name, namespace=NAMESPACE)
        _declare(self.board, reads, ())

    def setup(self, **kwargs: Any) -> None:
        self.ports = kwargs["ports"]

    def update(self) -> Status:
        return Status.SUCCESS if self._question(self) else Status.FAILURE


class Do(Leaf):
    """Something done at once: SUCCESS on the first tick."""

    def __init__(self, name: str, deed: Callable[[Leaf], None], reads: Iterable[str] = ()) -> None:
        self.reads = reads
        super().__init__(name, limit_s=1.0)
        self._deed = deed

    def act(self) -> Status:
        self._deed(self)
        return Status.SUCCESS


def incident_of(leaf: Leaf | Check) -> Record | None:
    record: Record | None = leaf.board.get(INCIDENT)
    return record


def still_of(leaf: Leaf | Check) -> Why | None:
    why: Why | None = leaf.board.get(STILL)
    return why


def _declare(board: Any, reads: Iterable[str], writes: Iterable[str]) -> None:
    for key in reads:
        board.register_key(key=key, access=Access.READ)
    for key in writes:
        board.register_key(key=key, access=Access.WRITE)
