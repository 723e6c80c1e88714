"""The `say` action: others ask the robot to speak. Requests wait in a short queue until the tree serves them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from kangban_msgs.action import Say
from rclpy.action import ActionServer, CancelResponse, GoalResponse

from behaviors.speech.speaker import Speaker, Utterance
from kangban import streams
from kangban.node import KangbanNode
from kangban.values import SpeechKind

LONGEST_TEXT, MOST_WAITING = 400, 8
_KINDS = {"ask": SpeechKind.ASK, "inform": SpeechKind.INFORM, "alarm": SpeechKind.ALARM, "": SpeechKind.INFORM}


class SayServer:
    """Implements `Requests` of `tree/ports.py`. A goal is accepted, waits, is spoken, then ended; nothing blocks.

    Call `tick` often: it ends the goals whose sentence is over or was cancelled.
    """

    def __init__(self, node: KangbanNode, speaker: Speaker, language: str) -> None:
        self._speaker, self._language = speaker, language
        self._waiting: deque[Any] = deque()
        self._spoken: list[tuple[Any, Utterance]] = []
        self._outcomes: dict[bytes, Callable[[], Any]] = {}
        self._server = ActionServer(
            node,
            Say,
            streams.SAY,
            execute_callback=lambda goal: self._outcomes.pop(bytes(goal.goal_id.uuid))(),
            goal_callback=self._asked,
            handle_accepted_callback=self._waiting.append,
            cancel_callback=lambda goal: CancelResponse.ACCEPT,
        )

    def waiting(self) -> bool:
        return bool(self._waiting)

    def begin(self) -> None:
        goal = self._waiting.popleft()
        ask = goal.request
        utterance = self._speaker.say(ask.text.strip(), ask.language or self._language, _KINDS[ask.kind])
        self._spoken.append((goal, utterance))

    def done(self) -> bool:
        return not self._spoken

    def tick(self) -> None:
        for goal in [g for g in self._waiting if g.is_cancel_requested]:
            self._waiting.remove(goal)
            self._end(goal, said=False)
        for goal, utterance in list(self._spoken):
            if goal.is_cancel_requested and not utterance.over:
                self._speaker.take_back(utterance)
            if utterance.over:
                self._spoken.remove((goal, utterance))
                self._end(goal, said=not utterance.dropped)

    def _end(self, goal: Any, said: bool) -> None:
        """A goal is executed only to conclude it: while it waited it was merely accepted."""

        def outcome() -> Any:
            if goal.is_cancel_requested:
                goal.canceled()
                return Say.Result(said=False, reason="cancelled")
            if said:
                goal.succeed()
                return Say.Result(said=True, reason="")
            goal.abort()
            return Say.Result(said=False, reason="something more urgent had to be said")

        self._outcomes[bytes(goal.goal_id.uuid)] = outcome
        goal.execute()

    def _asked(self, request: Any) -> GoalResponse:
        known = request.kind in _KINDS and request.language in ("", "zh", "en")
        fits = 0 < len(request.text.strip()) <= LONGEST_TEXT and len(self._waiting) < MOST_WAITING
        return GoalResponse.ACCEPT if known and fits else GoalResponse.REJECT
