"""What others asked for: today, to say something (`say`). Speaking needs no wheels, so it is also done while the robot
stays, stands still or charges; never while it asks a person and listens for her answer."""

from __future__ import annotations

import py_trees
from py_trees.common import ParallelPolicy, Status

from behaviors.tree.leaf import INCIDENT, Check, Leaf, incident_of
from kangban.values import IncidentState

LONGEST_S = 60.0


def serve_requests() -> py_trees.behaviour.Behaviour:
    """FAILURE while nothing is asked for."""
    return py_trees.composites.Sequence("request", memory=True, children=[
        Check("asked for something?", _asked_for, (INCIDENT,)),
        SayIt("say it", LONGEST_S),
    ])  # fmt: skip


def while_serving(leaf: py_trees.behaviour.Behaviour) -> py_trees.behaviour.Behaviour:
    """Go on with `leaf`, whose outcome counts, and say beside it what others ask for."""
    serve = serve_requests()
    serve = py_trees.decorators.FailureIsRunning("or nothing to say", serve)
    serve = py_trees.decorators.SuccessIsRunning("and the next", serve)
    policy = ParallelPolicy.SuccessOnSelected([leaf], synchronise=False)
    return py_trees.composites.Parallel(f"{leaf.name}, and speak", policy, children=[serve, leaf])


def _asked_for(check: Check) -> bool:
    record = incident_of(check)
    busy = record is not None and record.state in (IncidentState.OPEN, IncidentState.CHECKING)
    return check.ports is not None and check.ports.requests.waiting() and not busy


class SayIt(Leaf):
    def begin(self) -> None:
        self.ports.requests.begin()

    def act(self) -> Status:
        self.tell("request", "say", "do_say")
        return Status.SUCCESS if self.ports.requests.done() else Status.RUNNING
