"""Reminders and what became of each time one was due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

EVENT = "reminder-"  # the care event of a time that is told: this and its id


class Kind(StrEnum):
    MEDICINE = "medicine"
    WATER = "water"
    APPOINTMENT = "appointment"
    EXERCISE = "exercise"
    OTHER = "other"
    CHECK_IN = "check_in"  # the home's own good-morning question; never set by a service


@dataclass(frozen=True, slots=True)
class Reminder:
    """`at`: five cron fields, or one moment as 2026-11-23T09:00, of the home's clock."""

    id: str
    kind: Kind
    text: str
    language: str
    at: str
    confirm: bool
    enabled: bool = True


class Stage(StrEnum):
    DUE = "due"  # not asked yet
    WAITING = "waiting"  # asked, or put off; comes again at `next_at`
    CONFIRMED = "confirmed"
    SAID = "said"  # nothing to confirm
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"
    MISSED = "missed"  # the robot was off or busy for too long


OPEN = (Stage.DUE, Stage.WAITING)


@dataclass(frozen=True, slots=True)
class Time:
    """One time that a reminder was due. `due` and `next_at`: naive local times. `by`: who confirmed it, or her words.

    `told`: those who must know have been told (or need not); `said`: she has been told that it was missed.
    """

    reminder_id: str
    due: datetime
    stage: Stage = Stage.DUE
    asked: int = 0
    put_off: int = 0
    next_at: datetime | None = None
    by: str = ""
    told: bool = False

    @property
    def id(self) -> str:
        return f"{self.reminder_id}@{self.due:%Y-%m-%dT%H:%M}"
