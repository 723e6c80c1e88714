"""What may be set as a reminder, and how one is named and told of. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime

from behaviors.reminders import schedule
from behaviors.reminders.values import Kind, Reminder, Stage, Time

CHECK_IN = "check_in"
LONGEST_TEXT, MOST = 200, 200
_ID = re.compile(r"[^a-z0-9_-]+")


def plain_id(name: str) -> str:
    return _ID.sub("-", name.strip().lower()).strip("-")[:60]


def free_id(kind: Kind, known: Collection[str]) -> str:
    return next(name for name in (f"{kind.value}-{k}" for k in range(1, MOST + 2)) if name not in known)


def why_not(reminder: Reminder, name: str, known: Collection[str], now: datetime) -> str | None:
    """Why this can't be set under this name, with the field and what is allowed; None: it can."""
    if not reminder.text.strip() or len(reminder.text) > LONGEST_TEXT:
        return f"text: say what she is reminded of, in at most {LONGEST_TEXT} signs"
    if any(ord(sign) < 32 for sign in reminder.text):
        return "text: no control characters"
    if reminder.language not in ("zh", "en"):
        return f"language: {reminder.language!r} is not allowed: zh or en"
    if reminder.kind is Kind.CHECK_IN or name == CHECK_IN:
        return "the morning's question is set in the site file (company.check_in)"
    why = schedule.why_no_time(reminder.at)
    if why is not None:
        return f"at: {why}"
    if reminder.enabled and schedule.next_moment(reminder.at, now) is None:
        return f"at: {reminder.at!r} lies in the past"
    return f"there are {MOST} reminders already; remove one" if len(known) >= MOST and name not in known else None


def in_words(last: Time | None) -> str:
    """What became of the last time, in plain words."""
    if last is None:
        return "not due yet"
    when, by = f"{last.due:%Y-%m-%d %H:%M}", f" ({last.by})" if last.by else ""
    words = {
        Stage.DUE: "is due",
        Stage.WAITING: f"asked {last.asked} times, waits until {last.next_at:%H:%M}" if last.next_at else "waits",
        Stage.CONFIRMED: f"confirmed{by}",
        Stage.SAID: "said",
        Stage.REFUSED: f"not taken{by}",
        Stage.UNCONFIRMED: "not confirmed; those who look after her were told",
        Stage.MISSED: "missed: the robot was off or busy",
    }
    return f"{when}: {words[last.stage]}"
