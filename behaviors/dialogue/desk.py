"""Keeps the conversation going: what is heard and pressed comes in, words go out, answers wait for whoever asked."""

from __future__ import annotations

from collections.abc import Callable

from behaviors.dialogue import machine
from behaviors.dialogue.intents import Intent, addressed, intents_of
from behaviors.dialogue.machine import Answered, Cried, Question, Say, Wanted
from behaviors.incidents.events import Announcement
from behaviors.speech.speaker import Speaker
from behaviors.texts import text
from kangban.clock import Clock
from kangban.values import SpeechKind


class Conversation:
    """Implements the port `Talk` of `tree/ports.py`. `wanted` gets her wishes, `cried` a call for help by voice or
    button. An answer is kept until it is asked for or the next question is put."""

    def __init__(
        self,
        speaker: Speaker,
        language: str,
        clock: Clock,
        wanted: Callable[[Intent, str], None],
        cried: Callable[[str], None],
    ) -> None:
        self._speaker, self._language, self._clock = speaker, language, clock
        self._wanted, self._cried = wanted, cried
        self._answers: dict[str, Answered] = {}
        self.state = machine.State()

    def ask(self, question: Question) -> None:
        self._answers = {}
        self._move(machine.Asked(question))

    def answer(self, question_id: str) -> Answered | None:
        """None: none yet. A choice that is empty: she stayed silent."""
        return self._answers.get(question_id)

    def drop(self, question_id: str) -> None:
        self._move(machine.Dropped(question_id))

    def tell(self, code: str, params: tuple[tuple[str, str], ...] = ()) -> None:
        """Say something to her that asks nothing; she may ask for it again."""
        said = Announcement(code, SpeechKind.INFORM, params)
        self._move(machine.Spoke(said))
        self._say(said)

    def quiet(self) -> bool:
        """Is all said that was to be said?"""
        return self._speaker.quiet

    def hush(self) -> None:
        """Say no more of what only informs."""
        self._speaker.hush()

    def heard(self, words: str, sure: bool) -> None:
        """`sure`: the recogniser takes it for words to the robot."""
        self._move(machine.Heard(words, intents_of(words), sure or addressed(words)))

    def chosen(self, choice: str) -> None:
        self._move(machine.Chosen(choice))

    def tick(self) -> None:
        # An answer is waited for from the end of the question on.
        if self.state.question is None or self._speaker.quiet:
            self._move(machine.Passed())

    def _move(self, event: machine.Event) -> None:
        self.state, outcomes = machine.step(self.state, event, self._clock.now())
        for outcome in outcomes:
            match outcome:
                case Say(said):
                    self._say(said)
                case Answered():
                    self._answers[outcome.question_id] = outcome
                case Wanted(intent, words):
                    self._wanted(intent, words)
                case Cried(words):
                    self._cried(words)

    def _say(self, said: Announcement) -> None:
        self._speaker.say(text(said.code, self._language, said.params), self._language, said.kind)
