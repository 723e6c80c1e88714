"""The conversation. Pure: `step(state, event, now) -> state, outcomes`.

One question at a time. It is answered by words or by a button of the page, which are the same thing here. Words that
answer nothing are said not to have been understood, once or twice, with what can be answered; silence is asked again,
and in the end told to whoever asked. Without a question her wishes are taken, where she speaks to the robot: by its
name, right after it spoke with her, or where the recogniser is sure that the words are an answer. A television is not.
A cry for help wins in every state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from behaviors.dialogue.intents import Intent
from behaviors.incidents.events import Announcement
from kangban.values import SpeechKind

I = Intent  # noqa: E741
# A choice of the page -> the intents that say the same. Each is a code of `texts.py`, as choose_NAME.
CHOICES: Mapping[str, tuple[Intent, ...]] = {
    "taken": (I.TAKEN, I.YES),
    "not_taken": (I.NOT_TAKEN, I.NO),
    "later": (I.LATER,),
    "fine": (I.WELL, I.YES),
    "unwell": (I.UNWELL, I.NO),
    "yes": (I.YES, I.WELL, I.TAKEN),
    "no": (I.NO, I.NOT_TAKEN),
    "help": (I.HELP,),
}
WISHES = (
    I.STOP, I.BATHROOM, I.FOLLOW, I.COME, I.BREATHE, I.EXERCISE, I.STORY, I.MUSIC, I.TIME, I.LOUDER, I.SOFTER,
    I.SLOWER, I.FASTER, I.THANKS,
)  # fmt: skip
MANNERS = (I.LOUDER, I.SOFTER, I.SLOWER, I.FASTER)
OPEN_S = 20.0  # after it spoke with her she need not say its name
UNCLEAR = 2  # so often it says that it did not understand


@dataclass(frozen=True, slots=True)
class Question:
    """`code`: what is asked aloud (`texts.py`), `asks` times, each with `wait_s` of wait; `choices`: of CHOICES."""

    id: str
    code: str
    choices: tuple[str, ...]
    wait_s: float
    params: tuple[tuple[str, str], ...] = ()
    asks: int = 1

    def __post_init__(self) -> None:
        unknown = [choice for choice in self.choices if choice not in CHOICES]
        if unknown or not self.choices or self.asks < 1 or not self.wait_s > 0:
            raise ValueError(
                f"question {self.id!r}: {unknown or self.choices} asked {self.asks} times, {self.wait_s} s"
            )


@dataclass(frozen=True, slots=True)
class Asked:
    question: Question


@dataclass(frozen=True, slots=True)
class Heard:
    """`to_me`: she called the robot by its name, or the recogniser is sure that it is meant."""

    text: str
    intents: tuple[Intent, ...]
    to_me: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """A button; a key of CHOICES, or of the page's wishes."""

    choice: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """Whoever asked does not want to know any more."""

    question_id: str


@dataclass(frozen=True, slots=True)
class Spoke:
    """The robot said something to her that is no question, such as a story."""

    said: Announcement


@dataclass(frozen=True, slots=True)
class Passed:
    """Time."""


Event = Asked | Heard | Chosen | Dropped | Spoke | Passed


@dataclass(frozen=True, slots=True)
class Say:
    said: Announcement


@dataclass(frozen=True, slots=True)
class Answered:
    """`choice`: empty: she stayed silent. `text`: her words, or that she pressed a button."""

    question_id: str
    choice: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    intent: Intent
    text: str = ""


@dataclass(frozen=True, slots=True)
class Cried:
    text: str


Outcome = Say | Answered | Wanted | Cried


@dataclass(frozen=True, slots=True)
class State:
    """`asked`: times the question was put; `waits_since`: since when an answer is waited for."""

    question: Question | None = None
    asked: int = 0
    waits_since: float = 0.0
    unclear: int = 0
    open_until: float = float("-inf")
    last: Announcement | None = None


def step(state: State, event: Event, now: float) -> tuple[State, tuple[Outcome, ...]]:
    match event:
        case Asked(question):
            if state.question is not None and state.question.id == question.id:
                return state, ()
            before = _silent(state)
            state, said = _put(replace(state, question=question, asked=0, unclear=0), now)
            return state, (*before, *said)
        case Heard():
            return _hear(state, event, now)
        case Chosen(choice):
            return _choose(state, choice, now)
        case Dropped(question_id):
            open_ = state.question is not None and state.question.id == question_id
            return (replace(state, question=None), ()) if open_ else (state, ())
        case Spoke(said):
            return replace(state, last=said, open_until=now + OPEN_S), ()
        case Passed():
            return _pass(state, now)


def _put(state: State, now: float) -> tuple[State, tuple[Outcome, ...]]:
    question = state.question
    assert question is not None
    said = Announcement(question.code, SpeechKind.ASK, question.params)
    state = replace(state, asked=state.asked + 1, waits_since=now, last=said, open_until=now + question.wait_s + OPEN_S)
    return state, (Say(said),)


def _silent(state: State) -> tuple[Outcome, ...]:
    return () if state.question is None else (Answered(state.question.id, ""),)


def _hear(state: State, heard: Heard, now: float) -> tuple[State, tuple[Outcome, ...]]:
    if Intent.HELP in heard.intents:
        return state, (Cried(heard.text),)
    if not heard.intents and not heard.text.strip():
        return state, ()
    if state.question is not None:
        return _answer(state, state.question, heard, now)
    if not (heard.to_me or now <= state.open_until):
        return state, ()
    return _free(state, heard, now)


def _answer(state: State, question: Question, heard: Heard, now: float) -> tuple[State, tuple[Outcome, ...]]:
    for intent in heard.intents:
        found = next((choice for choice in question.choices if intent in CHOICES[choice]), None)
        if found is not None:
            return _closed(state, question, found, heard.text, now)
        if intent is Intent.REPEAT:
            return _again(state, now)
        if intent in MANNERS:
            state, said = _again(state, now)
            return state, (Wanted(intent, heard.text), *said)
        if intent is Intent.STOP:
            return state, (Wanted(intent, heard.text),)
    if state.unclear >= UNCLEAR:
        return state, ()
    return replace(state, unclear=state.unclear + 1, waits_since=now), (Say(not_understood(question.choices)),)


def _again(state: State, now: float) -> tuple[State, tuple[Outcome, ...]]:
    """Asked to say it once more: that is no second asking."""
    after, said = _put(replace(state, asked=state.asked - 1), now)
    return after, said


def _closed(state: State, question: Question, choice: str, text: str, now: float) -> tuple[State, tuple[Outcome, ...]]:
    return replace(state, question=None, open_until=now + OPEN_S), (Answered(question.id, choice, text),)


def _free(state: State, heard: Heard, now: float) -> tuple[State, tuple[Outcome, ...]]:
    wished = next((intent for intent in heard.intents if intent in WISHES), None)
    if wished is not None:
        return replace(state, open_until=now + OPEN_S, unclear=0), (Wanted(wished, heard.text),)
    if Intent.REPEAT in heard.intents:
        if state.last is None:
            return state, ()
        return replace(state, open_until=now + OPEN_S), (
            Say(Announcement(state.last.code, SpeechKind.INFORM, state.last.params)),
        )
    if heard.intents or not heard.to_me or state.unclear >= UNCLEAR:
        return state, ()  # a yes to nothing, or talk between others
    return replace(state, unclear=state.unclear + 1), (Say(Announcement("say_not_understood_wish", SpeechKind.INFORM)),)


def _choose(state: State, choice: str, now: float) -> tuple[State, tuple[Outcome, ...]]:
    if choice == "help":
        return state, (Cried("pressed the button for help"),)
    question = state.question
    if question is not None and choice in question.choices:
        return _closed(state, question, choice, "", now)
    if choice in {wish.value for wish in WISHES}:
        return replace(state, open_until=now + OPEN_S), (Wanted(Intent(choice)),)
    return state, ()


def _pass(state: State, now: float) -> tuple[State, tuple[Outcome, ...]]:
    question = state.question
    if question is None or now - state.waits_since < question.wait_s:
        return state, ()
    if state.asked < question.asks:
        return _put(state, now)
    return replace(state, question=None), (Answered(question.id, ""),)


def not_understood(choices: tuple[str, ...]) -> Announcement:
    """With the answers that there are, to be said or pressed."""
    names = [f"choose_{choice}" for choice in choices if choice != "help"][:3]
    params = tuple((f"choice{k + 1}", name) for k, name in enumerate(names))
    return Announcement(f"say_not_understood_{len(names)}", SpeechKind.INFORM, params)
