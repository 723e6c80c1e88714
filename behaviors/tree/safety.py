"""The first branch: while the robot can't move it holds, says why, and still sees to an incident with its voice."""

from __future__ import annotations

from collections.abc import Iterable

import py_trees
from py_trees.common import ParallelPolicy, Status

from behaviors.incidents.events import Announcement
from behaviors.still import Why
from behaviors.tree.incident import respond
from behaviors.tree.leaf import DOING, INCIDENT, STILL, Check, Leaf, incident_of, still_of
from kangban.profile import Behaviors
from kangban.values import SpeechKind

REPEAT_S = 30.0  # said again after this long
PASSING_S = 5.0  # a cause that may mend itself (a process that restarts) is only said aloud after this
LONGEST_S = 3600.0


def stand_still(times: Behaviors) -> py_trees.behaviour.Behaviour:
    hold = Hold("hold, and say why", LONGEST_S)
    care = py_trees.decorators.FailureIsRunning("if there is one", respond(times, may_move=False))
    care = py_trees.decorators.SuccessIsRunning("until it is over", care)
    both = py_trees.composites.Parallel(
        "hold and care", ParallelPolicy.SuccessOnSelected([hold], synchronise=False), children=[care, hold]
    )
    return py_trees.composites.Sequence("safety", memory=False, children=[
        Check("can't move?", lambda check: still_of(check) is not None, (STILL,)),
        both,
    ])  # fmt: skip


class Hold(Leaf):
    """Stand still. Last in its branch, so `mission` names the reason above all else."""

    reads: Iterable[str] = (STILL, INCIDENT)
    writes: Iterable[str] = (DOING,)

    def __init__(self, name: str, limit_s: float) -> None:
        super().__init__(name, limit_s)
        self._said: Why | None = None
        self._said_at = 0.0

    def act(self) -> Status:
        why, record = still_of(self), incident_of(self)
        if why is None:
            return Status.SUCCESS
        code = "do_still" if record is None else "do_still_incident"
        self.tell("safety", "hold", code, ("why", why.code), *why.params)
        if self._due(why):
            self._said, self._said_at = why, self.ports.clock.now()
            self.ports.voice.announce(Announcement("say_still", SpeechKind.INFORM, (("why", why.code), *why.params)))
        return Status.RUNNING

    def _due(self, why: Why) -> bool:
        if why.passing and self.elapsed() < PASSING_S:
            return False
        return why != self._said or self.ports.clock.now() - self._said_at >= REPEAT_S
