"""What the robot does about an incident: see, come near, ask aloud, listen, and stay until a human has it.

Where the incident stands is on disk, not in the tree: each branch looks at its state, so a restart, a stop or another
incident in between goes on at the right place. When an alarm is raised, repeated or escalated is decided by time in
`incidents/due.py`, whatever the tree is doing.
"""

from __future__ import annotations

from collections.abc import Iterable

import py_trees
from py_trees.common import Status

from behaviors.incidents.events import What
from behaviors.incidents.record import Approach
from behaviors.tree.drive import DriveNear, is_near
from behaviors.tree.leaf import APPROACH_WHY, DOING, INCIDENT, NAMESPACE, Check, Do, Leaf, incident_of
from kangban.profile import Behaviors
from kangban.values import IncidentState

UNASKED = (IncidentState.OPEN, IncidentState.CHECKING)
PATIENCE_S = 5.0  # a stop this short is waited for before asking from where the robot stands
ASKING_S = 2.5  # the question takes about this long to say
WANDERED_M = 0.8  # beyond talking distance: go after her


def respond(times: Behaviors, may_move: bool) -> py_trees.behaviour.Behaviour:
    """The branch for an open incident; FAILURE while there is none. `may_move` False: the same without driving."""
    where = "" if may_move else " from here"
    check = py_trees.composites.Sequence(f"see to her{where}", memory=False, children=[
        Check("not looked after yet?", _unasked, (INCIDENT,)),
        py_trees.composites.Sequence(f"check{where}", memory=True, children=[
            SetOut("set out"),
            _come_near(times, to_ask=True) if may_move else Patience("wait for the stop to pass", PATIENCE_S),
            _ask(times),
        ]),
    ])  # fmt: skip
    stay: py_trees.behaviour.Behaviour = Stay(f"stay{where}", times.repeat_alarm_s, may_move)
    if may_move:
        beside = py_trees.composites.Selector("beside her", memory=True, children=[
            Check("she says she is fine?", _answered, (INCIDENT,)),
            _come_near(times, to_ask=False),
        ])  # fmt: skip
        stay = py_trees.composites.Sequence("stay with her", memory=True, children=[beside, stay])
    care = py_trees.composites.Selector(f"care{where}", memory=False, children=[check, stay])
    name = "incident" if may_move else "incident, standing"
    return py_trees.composites.Sequence(name, memory=False, children=[SameIncident("an incident?"), care])


def _come_near(times: Behaviors, to_ask: bool) -> py_trees.behaviour.Behaviour:
    return py_trees.composites.Selector("come near", memory=True, children=[
        NearAlready("beside her already?", to_ask),
        DriveNear("drive near", times.approach_limit_s),
        GiveUpDriving("say that it can't come near"),
    ])  # fmt: skip


def _ask(times: Behaviors) -> py_trees.behaviour.Behaviour:
    share = times.answer_wait_s / times.asks
    rounds: list[py_trees.behaviour.Behaviour] = [
        py_trees.composites.Sequence(f"question {n + 1}", memory=True, children=[
            Do("ask aloud", _note(What.ASKED), (INCIDENT,)),
            Listen("listen", share),
        ])
        for n in range(times.asks)
    ]  # fmt: skip
    silence = Do("no answer: alarm", _note(What.WAIT_OVER), (INCIDENT,))
    return py_trees.composites.Selector("ask until answered", memory=True, children=[*rounds, silence])


def _unasked(check: Check) -> bool:
    record = incident_of(check)
    return record is not None and record.state in UNASKED


def _answered(check: Check) -> bool:
    record = incident_of(check)
    return record is not None and record.state is IncidentState.ANSWERED


def _note(what: What):  # type: ignore[no-untyped-def]  # a deed for Do
    def deed(leaf: Leaf) -> None:
        record = incident_of(leaf)
        if record is not None:
            leaf.ports.desk.note(record.id, what)

    return deed


class SameIncident(py_trees.behaviour.Behaviour):  # type: ignore[misc]
    """Is there an open incident? When it is another one than on the last tick, RUNNING for one tick, which makes the
    sequence drop what it had begun for the other, without letting a lower branch in."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.board = self.attach_blackboard_client(name=name, namespace=NAMESPACE)
        self.board.register_key(key=INCIDENT, access=py_trees.common.Access.READ)
        self._last: str | None = None

    def update(self) -> Status:
        record = self.board.get(INCIDENT)
        before, self._last = self._last, None if record is None else record.id
        if record is None:
            return Status.FAILURE
        return Status.SUCCESS if before in (None, record.id) else Status.RUNNING


class SetOut(Leaf):
    """Note that somebody looks after it now. Takes two ticks, so that `mission` shows the approach in any case."""

    reads: Iterable[str] = (INCIDENT,)

    def __init__(self, name: str) -> None:
        super().__init__(name, limit_s=5.0)

    def begin(self) -> None:
        self._told = False

    def act(self) -> Status:
        record = incident_of(self)
        if record is None:
            return Status.FAILURE
        if self._told:
            return Status.SUCCESS
        self._told = True
        self.ports.desk.note(record.id, What.SET_OUT)
        self.tell("incident", "approach", "do_choose")
        return Status.RUNNING


class NearAlready(Leaf):
    """SUCCESS where the robot stands beside the person, and that is noted; else FAILURE, at once.

    `to_ask`: where it has arrived and asked before (and was then killed), asking again comes before driving again.
    """

    reads: Iterable[str] = (INCIDENT,)
    writes: Iterable[str] = ()

    def __init__(self, name: str, to_ask: bool) -> None:
        super().__init__(name, limit_s=1.0)
        self._to_ask = to_ask

    def act(self) -> Status:
        record = incident_of(self)
        asked_here = self._to_ask and record is not None and record.approach is Approach.ARRIVED and record.asked > 0
        if record is None or not (asked_here or is_near(self)):
            return Status.FAILURE
        self.ports.desk.note(record.id, What.ARRIVED)
        return Status.SUCCESS


class GiveUpDriving(Leaf):
    """Note why the robot can't come near; it speaks from where it stands."""

    reads: Iterable[str] = (INCIDENT, APPROACH_WHY)
    writes: Iterable[str] = ()

    def __init__(self, name: str) -> None:
        super().__init__(name, limit_s=1.0)

    def act(self) -> Status:
        record = incident_of(self)
        if record is not None:
            self.ports.desk.note(record.id, What.APPROACH_FAILED, self.board.get(APPROACH_WHY))
        return Status.SUCCESS


class Patience(Leaf):
    """Wait: what keeps the robot may pass in a moment. SUCCESS when the limit is over."""

    def act(self) -> Status:
        return Status.RUNNING

    def over(self) -> Status:
        return Status.SUCCESS


class Listen(Leaf):
    """Wait for an answer; the desk hears it and changes the incident, which ends this branch. FAILURE: silence."""

    talks = True

    def act(self) -> Status:
        asking = self.elapsed() < ASKING_S
        self.tell("incident", *(("ask", "do_ask") if asking else ("listen", "do_listen")))
        return Status.RUNNING


class Stay(Leaf):
    """Stay with the person. Ends, to come near again, when she is out of talking distance; what is said meanwhile
    follows from the incident itself."""

    reads: Iterable[str] = (INCIDENT,)
    writes: Iterable[str] = (DOING,)
    CODES = {
        IncidentState.ANSWERED: "do_stay_answered",
        IncidentState.ALARMED: "do_stay_alarmed",
        IncidentState.ACKNOWLEDGED: "do_stay_acknowledged",
    }

    def __init__(self, name: str, limit_s: float, may_move: bool) -> None:
        super().__init__(name, limit_s)
        self._may_move = may_move

    def begin(self) -> None:
        self._was_near = is_near(self)

    def act(self) -> Status:
        record = incident_of(self)
        if record is None or record.state not in self.CODES:
            return Status.FAILURE
        phase = "alarm" if record.state is IncidentState.ALARMED else "stay"
        self.tell("incident", phase, self.CODES[record.state], ("who", record.acknowledged_by))
        moved_off = self._may_move and self._was_near and self._gap() > WANDERED_M
        return Status.SUCCESS if moved_off else Status.RUNNING

    def over(self) -> Status:
        """Not beside her: try to come near again. Beside her: the tree begins this leaf anew."""
        return Status.SUCCESS

    def _gap(self) -> float:
        """How much farther than talking distance (m) the person is; 0 where that is not known."""
        record, pose = incident_of(self), self.ports.senses.pose_in_map()
        body = None if record is None else self.ports.senses.body_in_map(record)
        if pose is None or body is None:
            return 0.0
        nearest = min(pose.distance_to(float(x), float(y)) for x, y in body)
        return max(0.0, nearest - self.ports.profile.behaviors.approach_distance_m)
