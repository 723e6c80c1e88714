"""When something recurring is next due, by five cron fields on the home's own clock.

Moments are naive local times (`HomeClock`), so that a change to summer time moves a round by nothing: one that falls
into the hour that is left out is due right after it, one in the hour that comes twice is due once.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kangban.clock import Clock, wall_time

SOME_MONDAY = datetime(2026, 1, 5)  # the date of a home that sets its own time of day


class HomeClock:
    """What day and time it is in the home; never for a duration or a deadline.

    `starts_at`: the time of day at robot time zero, s since midnight, where a run sets its own. None: the wall clock.
    """

    def __init__(self, clock: Clock, starts_at: float | None = None) -> None:
        self._clock, self._starts_at = clock, starts_at

    def at(self, stamp: float) -> datetime:
        """The naive local time at robot time `stamp`."""
        if self._starts_at is not None:
            return SOME_MONDAY + timedelta(seconds=self._starts_at + stamp)
        return datetime.fromtimestamp(wall_time() - (self._clock.now() - stamp))

    def now(self) -> datetime:
        return self.at(self._clock.now())


def why_no_cron(fields: str) -> str | None:
    """What is wrong with five cron fields, in words; None: nothing."""
    from apscheduler.triggers.cron import CronTrigger

    try:
        trigger = CronTrigger.from_crontab(fields, timezone=UTC)
    except (ValueError, TypeError) as error:
        return f"{fields!r} is no time: {error}; write five cron fields: minute hour day month weekday"
    if trigger.get_next_fire_time(None, datetime(2026, 1, 1, tzinfo=UTC)) is None:
        return f"{fields!r} never comes"
    return None


def next_due(fields: str, after: datetime) -> datetime | None:
    """The first moment later than `after` (naive local) that the fields name; None: never again."""
    from apscheduler.triggers.cron import CronTrigger

    trigger = CronTrigger.from_crontab(fields, timezone=UTC)
    due = trigger.get_next_fire_time(None, (after + timedelta(microseconds=1)).replace(tzinfo=UTC))
    return None if due is None else due.replace(tzinfo=None)
