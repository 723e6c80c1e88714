"""The owner of the reminders: finds what is due, has her asked, takes the answer, tells who must know.

The order is always: decide, write to disk, act. Where the disk refuses, nothing is acknowledged and nothing is asked
twice by mistake: the line in `diagnostics` says so, and it is tried again. A robot whose reminders can't be written
still asks what it holds in memory: a medicine that is due is worth more than its record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from behaviors.dialogue.intents import Intent, intents_of
from behaviors.dialogue.machine import Question
from behaviors.missions.desk import Missions
from behaviors.missions.wish import Ended, Rank, Wish
from behaviors.reminders import asking, course, schedule, setting
from behaviors.reminders.course import Event, Follows, Rules, What
from behaviors.reminders.setting import CHECK_IN
from behaviors.reminders.store import ReminderStore, StoreError
from behaviors.reminders.values import EVENT, OPEN, Kind, Reminder, Time
from kangban.cron import HomeClock
from kangban.profile import Company

MISSION = "reminder"
LASTS_S = 240.0  # the turn of one visit
RETRY_S = 5.0


@dataclass(frozen=True, slots=True)
class Told:
    """What the desk wants told outside. `follows` says to whom; `at`: when it was due."""

    follows: Follows
    reminder: Reminder
    time: Time


class Reminders:
    """Implements the port `Errands`. Call `tick` often. `tell` gets what others must know; `fault`: what is wrong."""

    def __init__(
        self,
        folder: Path,
        home: HomeClock,
        times: Company,
        language: str,
        missions: Missions,
        tell: Callable[[Told], None],
        check_in: str | None = None,
    ) -> None:
        """`check_in`: the cron fields of the morning's question. Never raises: `fault` tells what is wrong."""
        self._folder, self._home, self._times, self._language = folder, home, times, language
        self._missions, self._tell = missions, tell
        self._rules = Rules(*(timedelta(seconds=s) for s in (times.ask_again_s, times.later_s, times.late_s)))
        self._check_in = check_in
        self._store: ReminderStore | None = None
        self._reminders: dict[str, Reminder] = {}
        self._handled: dict[str, datetime] = {}
        self._open: dict[str, Time] = {}
        self._unwritten: dict[str, Time] = {}  # what the disk refused
        self._retry_at: datetime | None = None
        self.fault: str | None = None
        missions.on_end(MISSION, self._ended)

    @property
    def unread(self) -> str | None:
        """What of the file can't be read, in words; the rest of it counts."""
        odd = {} if self._store is None else self._store.unread
        rows = "; ".join(f"{name}: {why}" for name, why in odd.items())
        return f"{self._folder}: of the reminders these can't be read, set them anew: {rows}" if rows else None

    # What is set

    def put(self, reminder: Reminder, remove: bool) -> tuple[bool, str, str]:
        """Add, change or remove one: (accepted, id, why not). Acknowledged only once it is on disk."""
        self._ready()
        if self._store is None:
            return False, "", self.fault or "the reminders are not open"
        name = setting.plain_id(reminder.id)
        if remove:
            return self._remove(name)
        why = setting.why_not(reminder, name, self._reminders, self._home.now())
        if why is not None:
            return False, "", why
        name = name or setting.free_id(reminder.kind, self._reminders)
        reminder = replace(reminder, id=name, text=reminder.text.strip())
        now = self._home.now()
        try:
            self._store.put(reminder, now)
        except StoreError as error:
            self.fault = str(error)
            return False, "", str(error)
        self.fault = None
        self._reminders[name], self._handled[name] = reminder, now
        return True, name, ""

    def list(self) -> list[tuple[Reminder, Time | None, datetime | None]]:
        """Each reminder with what became of its last time, and when it is next due."""
        self._ready()
        now = self._home.now()
        found = []
        for name in sorted(self._reminders):
            reminder = self._reminders[name]
            try:
                last = self._store.last(name) if self._store else None
            except StoreError as error:
                self.fault, last = str(error), None
            found.append((reminder, last, schedule.next_moment(reminder.at, now) if reminder.enabled else None))
        return found

    def looked_after(self, event_ids: tuple[str, ...], who: str, note: str) -> bool:
        """A human took over incidents with these events. Does the note say that she took it? Then it is confirmed."""
        if Intent.TAKEN not in intents_of(note):
            return False
        times = [event.removeprefix(EVENT) for event in event_ids if event.startswith(EVENT)]
        return sum(self._confirm(time, who) for time in times) > 0

    def _confirm(self, time_id: str, by: str) -> bool:
        time = self._open.get(time_id)
        if time is None and self._store is not None:
            try:
                last = self._store.last(time_id.partition("@")[0])
            except StoreError as error:
                self.fault, last = str(error), None
            time = last if last is not None and last.id == time_id else None
        return time is not None and self._apply(time, Event(What.CONFIRMED, by))

    # What is due

    def tick(self) -> None:
        if not self._ready():
            return
        now = self._home.now()
        for time in list(self._unwritten.values()):
            self._write(time)
        for name, reminder in self._reminders.items():
            if reminder.enabled:
                self._look(name, reminder, now)
        for time in list(self._open.values()):
            held = self._reminders.get(time.reminder_id)
            if held is None:
                del self._open[time.id]
            elif time.stage in OPEN:
                self._apply(time, Event(What.PASSED))
            else:
                self._follow(time, held, course.outstanding(time, held))

    def _look(self, name: str, reminder: Reminder, now: datetime) -> None:
        before = self._handled.get(name, now)
        found = schedule.look(reminder, before, now)
        if found.handled == before:
            return
        self._handled[name] = found.handled
        if found.due is None:
            return  # set back: what is due from here on is found again
        time = Time(name, found.due)
        self._open.setdefault(time.id, time)
        self._write(time, found.handled)

    def _write(self, time: Time, handled: datetime | None = None) -> bool:
        """False: the disk refused it; it is tried again."""
        assert self._store is not None
        try:
            self._store.write(time, handled or self._handled.get(time.reminder_id))
        except StoreError as error:
            self.fault = str(error)
            self._unwritten[time.id] = time
            return False
        self._unwritten.pop(time.id, None)
        self.fault = self.fault if self._unwritten else None
        return True

    def _apply(self, time: Time, event: Event) -> bool:
        reminder = self._reminders.get(time.reminder_id)
        if reminder is None:
            return False
        after, follows = course.step(time, reminder, event, self._home.now(), self._rules)
        if after != time:
            self._write(after)
            self._keep(after, reminder)
        self._follow(after, reminder, follows)
        return after != time

    def _keep(self, time: Time, reminder: Reminder) -> None:
        if time.stage in OPEN or course.outstanding(time, reminder):
            self._open[time.id] = time
        else:
            self._open.pop(time.id, None)

    def _follow(self, time: Time, reminder: Reminder, follows: tuple[Follows, ...]) -> None:
        for each in follows:
            if each is Follows.VISIT:
                self._wish(time, reminder)
                continue
            self._tell(Told(each, reminder, time))
            if each in (Follows.TELL_CONTACT, Follows.ALL_WELL):
                told = replace(time, told=True)
                self._write(told)
                self._keep(told, reminder)

    def _wish(self, time: Time, reminder: Reminder) -> None:
        name = f"{MISSION}-{time.id}-{time.asked + 1}-{time.put_off}"
        if not self._missions.stands(name):
            late = self._times.late_s
            self._missions.wish(Wish(name, MISSION, Rank.REMINDER, late, LASTS_S, (("time", time.id),)))

    # The visit: the leaf asks here

    def question(self, wish: Wish) -> Question | None:
        """What to ask her; None: nothing is to be confirmed, it is only said (`words`)."""
        found = self._of(wish)
        return None if found is None else asking.question(wish.id, *found, self._times.answer_wait_s)

    def words(self, wish: Wish) -> tuple[str, tuple[tuple[str, str], ...]] | None:
        """The code and parameters of what is said where nothing is asked."""
        found = self._of(wish)
        return None if found is None else asking.words(found[1])

    def asking(self, wish: Wish) -> None:
        """It begins to ask: on disk first, so that a kill in the middle is no third asking."""
        found = self._of(wish)
        if found is not None:
            self._apply(found[0], Event(What.ASKED))

    def answered(self, wish: Wish, choice: str, text: str) -> str | None:
        """Her answer (empty: none); the code of what to say to it."""
        found = self._of(wish)
        if found is None:
            return None
        time, reminder = found
        if not choice and reminder.kind is Kind.CHECK_IN:
            time = replace(time, asked=course.ASKINGS)  # both askings were in this one visit
        what = What(choice) if choice else What.SILENT
        self._apply(time, Event(what, text))
        if time.id in self._unwritten:
            return None  # no word of a note that is not on disk
        after = self._open.get(time.id)
        return asking.reply(what, reminder, after is not None and after.stage in OPEN)

    def close(self) -> None:
        if self._store is not None:
            self._store.close()

    def _of(self, wish: Wish) -> tuple[Time, Reminder] | None:
        time = self._open.get(dict(wish.detail).get("time", ""))
        reminder = None if time is None else self._reminders.get(time.reminder_id)
        return None if time is None or reminder is None else (time, reminder)

    def _ended(self, ended: Ended) -> None:
        found = self._of(ended.wish)
        if found is not None and found[0].stage in OPEN:
            self._apply(found[0], Event(What.NOT_REACHED))

    def _remove(self, name: str) -> tuple[bool, str, str]:
        assert self._store is not None
        if name not in self._reminders or name == CHECK_IN:
            return False, "", f"there is no reminder {name!r}"
        try:
            self._store.remove(name)
        except StoreError as error:
            self.fault = str(error)
            return False, "", str(error)
        del self._reminders[name]
        self._handled.pop(name, None)
        return True, name, ""

    def _ready(self) -> bool:
        """Is the file open? Tries again now and then."""
        now = self._home.now()
        if self._store is None and (
            self._retry_at is None or now >= self._retry_at or now < self._retry_at - self._rules.late
        ):
            self._retry_at = now + timedelta(seconds=RETRY_S)
            try:
                self._store = ReminderStore(self._folder)
                self._restore(now)
                self.fault = None
            except StoreError as error:
                self.fault = str(error)
        return self._store is not None

    def _restore(self, now: datetime) -> None:
        assert self._store is not None
        self._reminders = {reminder.id: reminder for reminder in self._store.reminders()}
        self._handled = self._store.handled()
        if self._check_in is not None:
            morning = Reminder(CHECK_IN, Kind.CHECK_IN, "", self._language, self._check_in, True)
            self._reminders[CHECK_IN] = morning
            self._handled.setdefault(CHECK_IN, now)
        self._open = {time.id: time for time in self._store.unfinished() if time.reminder_id in self._reminders}
