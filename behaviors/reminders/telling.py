"""What others hear of a reminder: an event for the incident desk, or a note to the family. Pure."""

from __future__ import annotations

from behaviors.reminders.course import Follows
from behaviors.reminders.desk import Told
from behaviors.reminders.values import EVENT, Kind, Stage
from kangban.values import CareEvent, CareEventKind, Note

# Read by a nurse in the home's language; the numbers and her own words are the same in both (`kangban/evidence.py`).
_ENDED = {
    Stage.UNCONFIRMED: "asked twice, no confirmation",
    Stage.REFUSED: "the answer was no",
    Stage.MISSED: "missed while the robot was off or busy",
}


def care_event(told: Told, now: float) -> CareEvent | None:
    """For TELL_CONTACT: it goes on; for TAKE_BACK: it is over; None for what no nurse is told."""
    if told.follows not in (Follows.TELL_CONTACT, Follows.TAKE_BACK):
        return None
    medicine = told.reminder.kind is Kind.MEDICINE
    kind = CareEventKind.MEDICINE_UNCONFIRMED if medicine else CareEventKind.CHECK_IN_UNANSWERED
    what = told.reminder.text or ("medicine" if medicine else "good-morning question")
    evidence: tuple[str, ...] = (f"{what}, {told.time.due:%H:%M}", _ENDED.get(told.time.stage, "confirmed after all"))
    if told.time.by and told.time.stage is Stage.REFUSED:
        evidence = (*evidence, told.time.by)
    over = told.follows is Follows.TAKE_BACK
    return CareEvent(f"{EVENT}{told.time.id}", kind, 0, now, now, over, 1.0, None, "", evidence)


def note(told: Told, now: float) -> Note | None:
    """For ALL_WELL: she said that she is fine."""
    if told.follows is not Follows.ALL_WELL:
        return None
    return Note(now, f"all-well-{told.time.due:%Y-%m-%d}", "all_well", told.time.by)
