"""Which reminders are due. Pure: times are naive local ones of the home's clock (`kangban.cron`).

Each reminder remembers up to when it has been looked after (`handled`). So nothing is due twice, whatever the clock
does in an autumn night, and what was due while the robot was off is found when it is back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from behaviors.reminders.values import Reminder
from kangban.cron import next_due, why_no_cron

SET_BACK = timedelta(hours=3)  # a clock that goes back by more was set anew; less is the end of summer time
_MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$")
LOOKS_BACK = timedelta(days=2)  # what recurs and was due longer ago is not even counted


@dataclass(frozen=True, slots=True)
class Found:
    """`due`: the newest moment that is due, if any; `passed_over`: how many older ones; `handled`: from now on."""

    due: datetime | None
    passed_over: int
    handled: datetime


def why_no_time(at: str) -> str | None:
    """What is wrong with a time, in words; None: nothing."""
    if not _MOMENT.match(at):
        return why_no_cron(at) if len(at.split()) == 5 else f"{at!r} is neither five cron fields nor 2026-11-23T09:00"
    try:
        datetime.fromisoformat(at)
    except ValueError as error:
        return f"{at!r} is no moment: {error}"
    return None


def next_moment(at: str, after: datetime) -> datetime | None:
    if _MOMENT.match(at):
        moment = datetime.fromisoformat(at)
        return moment if moment > after else None
    return next_due(at, after)


def look(reminder: Reminder, handled: datetime, now: datetime) -> Found:
    """What has become due since `handled`. Of several (the robot was off for days) only the newest counts."""
    if handled > now + SET_BACK:
        return Found(None, 0, now)
    due, count = None, 0
    after = handled if _MOMENT.match(reminder.at) else max(handled, now - LOOKS_BACK)
    while (moment := next_moment(reminder.at, after)) is not None and moment <= now:
        due, count, after = moment, count + 1, moment
    return Found(due, max(0, count - 1), after)
