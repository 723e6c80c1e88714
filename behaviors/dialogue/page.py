"""What the large-print page shows: one thing at a time, and everything that is asked aloud with its answers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from behaviors.dialogue.machine import Question
from behaviors.incidents.courses import course_of
from behaviors.incidents.record import Record
from behaviors.texts import text
from kangban.values import IncidentState, Screen

HELLO = ("come", "follow", "story", "exercise", "music", "help")
DOING = ("stop", "help")
INCIDENT_CHOICES = ("incident_fine", "incident_help")
Params = tuple[tuple[str, str], ...]
_LABEL = {"incident_fine": "choose_fine", "incident_help": "choose_help"}


@dataclass(frozen=True, slots=True)
class Activity:
    """What it does with her now: a code for the title, one for the text, and a number (of an exercise)."""

    name: str  # follow, story, exercise, ...
    title: str
    code: str = ""
    params: Params = ()
    count: int | None = None


def page(
    language: str,
    incident: Record | None,
    halting: Record | None,
    question: Question | None,
    activity: Activity | None,
    now: float,
) -> Screen:
    """An incident first, then a question, then what is done with her, else what she may wish for.

    `halting`: an alarm of the home that everybody must hear of (smoke, gas).
    """
    if halting is not None:
        code = course_of(halting.kind).opened or "say_help_coming"
        return _made(language, f"incident-{halting.id}", f"page_{halting.kind}", code, ("help",), now)
    if incident is not None:
        return _incident(language, incident, now)
    if question is not None:
        return _made(language, question.id, "page_question", question.code, question.choices, now, question.params)
    if activity is not None:
        words = activity.code or activity.title
        return _made(
            language, f"do-{activity.name}", activity.title, words, DOING, now, activity.params, activity.count
        )
    return _made(language, "hello", "page_hello", "page_hello_text", HELLO, now)


def _incident(language: str, record: Record, now: float) -> Screen:
    asked = record.state is IncidentState.CHECKING and record.asked > 0
    if asked:
        return _made(language, f"ask-{record.id}", "page_question", "say_ask", INCIDENT_CHOICES, now)
    if record.state in (IncidentState.ALARMED, IncidentState.ACKNOWLEDGED):
        who: Params = (("who", record.acknowledged_by),)
        code = "say_who_comes" if record.acknowledged_by else "say_help_coming"
        return _made(language, f"incident-{record.id}", "page_help_coming", code, ("help",), now, who)
    if record.state is IncidentState.ANSWERED:
        return _made(language, f"incident-{record.id}", "page_hello", "say_answered", ("help",), now)
    return _made(language, f"incident-{record.id}", "page_going_to_you", "page_going_to_you", ("help",), now)


def _made(
    language: str,
    id_: str,
    title: str,
    code: str,
    choices: tuple[str, ...],
    now: float,
    params: Params = (),
    count: int | None = None,
) -> Screen:
    labels = tuple((choice, text(_LABEL.get(choice, f"choose_{choice}"), language)) for choice in choices)
    words = text(code, language, params)
    head = text(title, language)
    return Screen(now, id_, language, head, "" if words == head else words, labels, count)


def choices_of(screen: Screen | None) -> Mapping[str, str]:
    return {} if screen is None else dict(screen.choices)
