"""What others asked for: today, to say something (`say`), such as navigation's "may I pass, please?".

Speaking needs no wheels. So it is no branch that takes its turn among the others, but runs beside all of them:
whatever the robot does goes on while it speaks, a drive above all, which may be the very one that asks to be let past.
Only while a leaf talks with somebody (`Leaf.talks`: it asks and listens, tells a story, counts) nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable

import py_trees
from py_trees.common import ParallelPolicy, Status

from behaviors.tree.leaf import Check, Leaf

LONGEST_S = 60.0


def beside(acts: py_trees.behaviour.Behaviour, name: str) -> py_trees.behaviour.Behaviour:
    """Do as `acts` says, whose outcome counts, and say meanwhile what others ask for."""
    policy = ParallelPolicy.SuccessOnSelected([acts], synchronise=False)
    return py_trees.composites.Parallel(name, policy, children=[acts, _speak(acts)])


def _speak(acts: py_trees.behaviour.Behaviour) -> py_trees.behaviour.Behaviour:
    def asked_for(check: Check) -> bool:
        return check.ports is not None and check.ports.requests.waiting() and not _talks(acts)

    say = py_trees.composites.Sequence("request", memory=True, children=[
        Check("asked for something?", asked_for),
        SayIt("say it", LONGEST_S),
    ])  # fmt: skip
    say = py_trees.decorators.FailureIsRunning("or nothing to say", say)
    return py_trees.decorators.SuccessIsRunning("speak", say)


def _talks(acts: py_trees.behaviour.Behaviour) -> bool:
    """Does a leaf talk with somebody, as this tick left it?"""
    return any(isinstance(node, Leaf) and node.talks and node.status is Status.RUNNING for node in acts.iterate())


class SayIt(Leaf):
    """What was begun is said to its end, or until something more urgent has to be said."""

    writes: Iterable[str] = ()

    def begin(self) -> None:
        self.ports.requests.begin()

    def act(self) -> Status:
        self.feedback_message, self.told = "do_say", ("do_say", ())
        return Status.SUCCESS if self.ports.requests.done() else Status.RUNNING
