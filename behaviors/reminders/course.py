"""What becomes of one reminder that is due. Pure: `step(time, reminder, event, now, rules) -> time, what follows`.

Asked once, asked again after a while, then those who look after her are told: of a medicine that nobody confirmed, and
of a morning question without an answer. "Later" puts it off, a few times. What is due for too long is not asked any
more: a medicine must not be taken at an odd hour because the robot came back late. It is told as missed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from behaviors.reminders.values import OPEN, Kind, Reminder, Stage, Time

ASKINGS = 2
MOST_PUT_OFF = 3
TELLING = (Kind.MEDICINE, Kind.CHECK_IN)  # not confirmed: somebody must know


@dataclass(frozen=True, slots=True)
class Rules:
    ask_again: timedelta
    later: timedelta
    late: timedelta


class What(StrEnum):
    PASSED = "passed"  # time
    ASKED = "asked"  # it begins to ask her, or to tell her
    TAKEN = "taken"
    FINE = "fine"
    YES = "yes"
    LATER = "later"
    NOT_TAKEN = "not_taken"
    UNWELL = "unwell"
    NO = "no"
    SILENT = "silent"  # asked, and no answer
    NOT_REACHED = "not_reached"  # it could not get to asking, or was interrupted in it
    CONFIRMED = "confirmed"  # by a human, by name


class Follows(StrEnum):
    VISIT = "visit"  # go to her and ask
    TELL_CONTACT = "tell_contact"
    TELL_MISSED = "tell_missed"  # say to her that it was missed
    ALL_WELL = "all_well"
    TAKE_BACK = "take_back"  # who was told may hear that it was confirmed after all


@dataclass(frozen=True, slots=True)
class Event:
    what: What
    by: str = ""


_YES = {What.TAKEN, What.FINE, What.YES, What.CONFIRMED}
_NO = {What.NOT_TAKEN, What.UNWELL, What.NO}


def step(time: Time, reminder: Reminder, event: Event, now: datetime, rules: Rules) -> tuple[Time, tuple[Follows, ...]]:
    if time.stage not in OPEN:
        return _afterwards(time, reminder, event)
    what = event.what
    if what in _YES:
        morning = reminder.kind is Kind.CHECK_IN
        after = replace(time, stage=Stage.CONFIRMED, by=event.by, next_at=None, told=not morning)
        return after, (Follows.ALL_WELL,) if morning else ()
    if what in _NO:
        return _told(replace(time, stage=Stage.REFUSED, by=event.by, next_at=None), reminder)
    if what is What.ASKED:
        return _asked(time, reminder, now, rules), ()
    if what is What.LATER:
        if time.put_off >= MOST_PUT_OFF:
            return _told(replace(time, stage=Stage.UNCONFIRMED, by=event.by, next_at=None), reminder)
        # It is a new beginning: the second asking still comes after it.
        off = replace(time, stage=Stage.WAITING, put_off=time.put_off + 1, asked=0, next_at=now + rules.later)
        return off, ()
    if what is What.SILENT and time.asked >= ASKINGS:
        return _told(replace(time, stage=Stage.UNCONFIRMED, next_at=None), reminder)
    if what is What.PASSED:
        return _passed(time, reminder, now, rules)
    return time, ()


def _asked(time: Time, reminder: Reminder, now: datetime, rules: Rules) -> Time:
    """On disk before it is said. Where nothing is confirmed that was all."""
    if not reminder.confirm:
        return replace(time, stage=Stage.SAID, asked=time.asked + 1, next_at=None, told=True)
    return replace(time, stage=Stage.WAITING, asked=time.asked + 1, next_at=now + rules.ask_again)


def _passed(time: Time, reminder: Reminder, now: datetime, rules: Rules) -> tuple[Time, tuple[Follows, ...]]:
    began = time.due if time.put_off == 0 or time.next_at is None else max(time.due, time.next_at)
    if time.asked == 0 and now - began > rules.late:
        missed, follows = _told(replace(time, stage=Stage.MISSED, next_at=None), reminder)
        return missed, (*follows, *((Follows.TELL_MISSED,) if reminder.kind in _WORTH_TELLING else ()))
    if time.stage is Stage.DUE:
        return time, (Follows.VISIT,)
    assert time.next_at is not None
    if time.asked and now - time.next_at > rules.late:
        # Asked, and then the robot was off or busy for long: no second asking at an odd hour.
        return _told(replace(time, stage=Stage.UNCONFIRMED, next_at=None), reminder)
    if now < time.next_at:
        return time, ()
    if time.asked >= ASKINGS:
        return _told(replace(time, stage=Stage.UNCONFIRMED, next_at=None), reminder)
    return time, (Follows.VISIT,)


_WORTH_TELLING = (Kind.MEDICINE, Kind.APPOINTMENT)


def _told(time: Time, reminder: Reminder) -> tuple[Time, tuple[Follows, ...]]:
    """`told` becomes True only once it is told; until then it is told again (`outstanding`)."""
    if reminder.kind not in TELLING:
        return replace(time, told=True), ()
    return time, (Follows.TELL_CONTACT,)


def outstanding(time: Time, reminder: Reminder) -> tuple[Follows, ...]:
    """What has to be done again after a restart: the end is on disk, and nobody was told yet."""
    if time.stage in OPEN or time.told or reminder.kind not in TELLING:
        return ()
    return (Follows.ALL_WELL,) if time.stage is Stage.CONFIRMED else (Follows.TELL_CONTACT,)


def _afterwards(time: Time, reminder: Reminder, event: Event) -> tuple[Time, tuple[Follows, ...]]:
    """It is over. A human, or she herself, may still say that it was taken after all."""
    late_yes = event.what in (What.CONFIRMED, What.TAKEN)
    if late_yes and time.stage in (Stage.UNCONFIRMED, Stage.REFUSED) and reminder.kind in TELLING:
        return replace(time, stage=Stage.CONFIRMED, by=event.by, told=True), (Follows.TAKE_BACK,)
    return time, ()
