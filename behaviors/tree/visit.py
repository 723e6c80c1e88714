"""Going to her, politely, and asking or telling her something: reminders, the morning's question, "come here"."""

from __future__ import annotations

import py_trees
from py_trees.common import Status

from behaviors.approach.places import places
from behaviors.dialogue.page import Activity
from behaviors.tree.leaf import Leaf
from behaviors.tree.ports import Going
from kangban.profile import Behaviors
from kangban.values import Pose2D

ASK_LIMIT_S, HERE_LIMIT_S = 180.0, 20.0
RETRY_S = 2.0


def visit(times: Behaviors) -> py_trees.behaviour.Behaviour:
    """To her, and ask; where it can't get to her it asks from where it stands."""
    near = py_trees.decorators.FailureIsSuccess(
        "or from here", GoToHer("go to her", times.approach_limit_s, "reminder")
    )
    return py_trees.composites.Sequence("visit", memory=True, children=[near, AskHer("ask her", ASK_LIMIT_S)])


def come(times: Behaviors) -> py_trees.behaviour.Behaviour:
    """To her, because she called."""
    return py_trees.composites.Sequence("come", memory=True, children=[
        GoToHer("go to her", times.approach_limit_s, "come"),
        StayWithHer("stay a moment", HERE_LIMIT_S),
    ])  # fmt: skip


class GoToHer(Leaf):
    """Drive to talking distance of the nearest person known, facing her. FAILURE where there is none, or no way."""

    def __init__(self, name: str, limit_s: float, mission: str) -> None:
        super().__init__(name, limit_s)
        self._mission = mission

    def begin(self) -> None:
        self._places: list[Pose2D] | None = None
        self._driving = False
        self._goal: Pose2D | None = None
        self._retry_at: float | None = None

    def act(self) -> Status:
        self.tell(self._mission, "approach", "do_visit")
        if self.ports.senses.fall_suspected():
            self._let_go()  # somebody may be falling: the camera is held still until that is known
            return Status.RUNNING
        if self._retry_at is not None:
            if self.ports.clock.now() < self._retry_at:
                return Status.RUNNING
            self._retry_at = None
        return self._drive() if self._driving else self._set_off()

    def over(self) -> Status:
        self.because("why_time")
        return Status.FAILURE

    def end(self) -> None:
        self._let_go()

    def _set_off(self) -> Status:
        senses, profile = self.ports.senses, self.ports.profile
        if self._places is None:
            body, pose, grid = senses.nearest_body(), senses.pose_in_map(), senses.map()
            if body is None or pose is None or grid is None:
                self.because("why_no_place" if body is None else "why_no_pose" if pose is None else "why_no_map")
                return Status.FAILURE
            distance = profile.behaviors.approach_distance_m
            self._places = places(body, pose, grid, distance, profile.base.footprint_radius_m)
        if not self._places:
            self.because("why_no_path")
            return Status.FAILURE
        self._driving, self._goal = True, self._places[0]
        self.ports.navigator.go(self._goal)
        return Status.RUNNING

    def _drive(self) -> Status:
        progress = self.ports.navigator.progress()
        if progress.going is Going.REACHED:
            self._driving = False
            return Status.SUCCESS
        if progress.going is Going.FAILED:
            assert self._places is not None
            self._driving, self._places = False, self._places[1:]
            self.because(progress.why)
        elif progress.going is Going.AWAY:
            self._driving, self._retry_at = False, self.ports.clock.now() + RETRY_S
        return Status.RUNNING

    def _let_go(self) -> None:
        if self._driving:
            self._driving = False
            self.ports.navigator.cancel(self._goal)


class AskHer(Leaf):
    """Put the errand's question and wait for the answer; or say what it has to say. What she answers is answered."""

    talks = True

    def begin(self) -> None:
        self._wish = self.ports.missions.running()
        self._question = None if self._wish is None else self.ports.errands.question(self._wish)
        words = None if self._wish is None else self.ports.errands.words(self._wish)
        self._said = False
        if self._wish is None or words is None:
            return
        self.ports.errands.asking(self._wish)
        # After `asking`, which counts it: the second question has other words.
        self._question = self.ports.errands.question(self._wish) if self._question is not None else None
        if self._question is not None:
            self.ports.talk.ask(self._question)
        else:
            self.ports.stage.show(Activity("reminder", "page_question", *words))
            self.ports.talk.tell(*words)

    def act(self) -> Status:
        if self._wish is None or self._said:
            return Status.SUCCESS if self.ports.talk.quiet() else Status.RUNNING
        if self._question is None:
            self.tell("reminder", "tell", "do_visit_tell", ("text", self._text()))
            self._said = True
            return Status.RUNNING
        self.tell("reminder", "ask", "do_visit_ask", ("text", self._text()))
        answer = self.ports.talk.answer(self._question.id)
        if answer is None:
            return Status.RUNNING
        code = self.ports.errands.answered(self._wish, answer.choice, answer.text)
        if code is not None:
            self.ports.talk.tell(code)
        self._said = True
        return Status.RUNNING

    def over(self) -> Status:
        self.because("why_not_answered")
        return Status.FAILURE

    def end(self) -> None:
        self.ports.stage.show(None)
        if self._question is not None:
            self.ports.talk.drop(self._question.id)

    def _text(self) -> str:
        words = self.ports.errands.words(self._wish) if self._wish is not None else None
        return dict(words[1]).get("text", "") if words is not None else ""


class StayWithHer(Leaf):
    """She called, it is there: it stays for a moment and listens."""

    def act(self) -> Status:
        self.tell("come", "stay", "do_follow_stand")
        return Status.RUNNING

    def over(self) -> Status:
        return Status.SUCCESS
