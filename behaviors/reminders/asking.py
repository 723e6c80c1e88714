"""What she is asked about a reminder, and what is said to her answer. Pure."""

from __future__ import annotations

from behaviors.dialogue.machine import Question
from behaviors.reminders import course
from behaviors.reminders.course import What
from behaviors.reminders.values import Kind, Reminder, Time

CHOICES = {
    Kind.MEDICINE: ("taken", "later", "not_taken", "help"),
    Kind.CHECK_IN: ("fine", "unwell", "help"),
    Kind.WATER: ("taken", "later", "no", "help"),
}
OTHER_CHOICES = ("yes", "later", "no", "help")


def question(id_: str, time: Time, reminder: Reminder, wait_s: float) -> Question | None:
    """None: nothing is to be confirmed, it is only said (`words`)."""
    if not reminder.confirm:
        return None
    asks = course.ASKINGS if reminder.kind is Kind.CHECK_IN else 1
    choices = CHOICES.get(reminder.kind, OTHER_CHOICES)
    return Question(id_, _code(time, reminder), choices, wait_s, (("text", reminder.text),), asks)


def words(reminder: Reminder) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The code and parameters of what is said where nothing is asked."""
    code = "tell_water" if reminder.kind is Kind.WATER else "tell_other"
    return code, (("text", reminder.text),)


def reply(what: What, reminder: Reminder, waits: bool) -> str | None:
    """The code of what is said to her answer. `waits`: she will be asked again."""
    check_in = reminder.kind is Kind.CHECK_IN
    if what in (What.TAKEN, What.YES, What.FINE):
        return "say_check_in_fine" if check_in else "say_reminder_taken"
    if what is What.LATER and waits:
        return "say_reminder_later"
    if what in (What.NOT_TAKEN, What.NO, What.UNWELL) and reminder.kind in course.TELLING:
        return "say_check_in_unwell" if check_in else "say_reminder_no"
    return None if waits or reminder.kind not in course.TELLING else "say_reminder_silent"


def _code(time: Time, reminder: Reminder) -> str:
    if reminder.kind is Kind.MEDICINE:
        return "ask_medicine_again" if time.asked > 1 else "ask_medicine"
    return {Kind.CHECK_IN: "ask_check_in", Kind.WATER: "ask_water"}.get(reminder.kind, "ask_other")
