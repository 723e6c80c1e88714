"""Exercising with her: go to where she is seen well, say what to do, count what is seen, and say how it goes."""

from __future__ import annotations

import py_trees
from py_trees.common import Status

from behaviors.dialogue.page import Activity
from behaviors.exercise import coach
from behaviors.exercise.coach import PLANS, State
from behaviors.tree.leaf import Leaf
from behaviors.turn import turn_rate
from kangban.profile import Behaviors
from kangban.values import Person

LIMIT_S = 480.0
ENDS_S = 6.0


def exercise(times: Behaviors) -> py_trees.behaviour.Behaviour:
    return Exercise("exercise with her", LIMIT_S)


class Exercise(Leaf):
    """SUCCESS at the end, however many she did; put aside it goes on with the count it had."""

    talks = True
    _of = ""
    _state: State | None = None

    def begin(self) -> None:
        wish, now = self.ports.missions.running(), self.ports.clock.now()
        self._plan = PLANS[dict(wish.detail).get("exercise", "arm_raise")] if wish is not None else PLANS["arm_raise"]
        if self._state is None or wish is None or wish.id != self._of:
            self._of, self._state = "" if wish is None else wish.id, coach.start(now)
        self._frame: tuple[Person, ...] = ()
        self._words = f"exercise_{self._plan.name}"
        self._explained = self._turning = False
        self._ended_at: float | None = None
        self.ports.talk.tell(self._words)

    def act(self) -> Status:
        assert self._state is not None
        now, talk = self.ports.clock.now(), self.ports.talk
        self.tell("exercise", self._plan.name, "do_exercise")
        self._face()
        if self._ended_at is not None:
            return Status.SUCCESS if talk.quiet() or now - self._ended_at > ENDS_S else Status.RUNNING
        self._show(self._state.counter.count)
        if not self._explained:
            self._explained = talk.quiet()
            self._state = coach.start(now) if self._explained and not self._state.counter.count else self._state
            return Status.RUNNING
        people = self.ports.senses.people()
        if people is self._frame:
            return Status.RUNNING  # each frame counts once
        self._frame = people
        self._state, advice = coach.step(self._state, _nearest(people), self._plan, now)
        code = advice.over or advice.say
        if code is not None and (advice.over or talk.quiet()):
            self._words = code
            talk.tell(code, (("count", str(advice.count)),))
        if advice.over is not None:
            self._ended_at = now
        self._show(advice.count)
        return Status.RUNNING

    def over(self) -> Status:
        return Status.SUCCESS

    def end(self) -> None:
        if self._turning:
            self.ports.wheels.turn(0.0)
        self.ports.talk.hush()
        self.ports.stage.show(None)

    def _show(self, count: int) -> None:
        params = (("count", str(count)),)
        self.ports.stage.show(Activity("exercise", "page_exercise", self._words, params, count))

    def _face(self) -> None:
        """Turned to her, so that the camera sees what she does."""
        rate = None if self.ports.senses.fall_suspected() else turn_rate(self._turning, self._bearing())
        if rate is not None:
            self.ports.wheels.turn(rate)
        elif self._turning:
            self.ports.wheels.turn(0.0)
        self._turning = rate is not None

    def _bearing(self) -> float | None:
        return self.ports.senses.bearing_to_person()


def _nearest(people: tuple[Person, ...]) -> Person | None:
    """Of those in view; who has no place counts last."""
    seen = [person for person in people if person.seen]
    far = (1e9, 0.0, 0.0)
    return min(seen, key=lambda p: sum(c * c for c in (p.position_in_base or far)[:2]), default=None)
