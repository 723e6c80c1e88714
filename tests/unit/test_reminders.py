"""Reminders: each stage with each event, what is due on an odd clock, the disk, kills, and days from end to end."""

from __future__ import annotations

import os
import signal
import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from behaviors.missions.desk import Missions
from behaviors.missions.wish import Rank
from behaviors.reminders import course, schedule, telling
from behaviors.reminders.course import Event, Follows, Rules, What, step
from behaviors.reminders.desk import LASTS_S, Reminders, Told
from behaviors.reminders.setting import in_words
from behaviors.reminders.store import FILE, ReminderStore, StoreError
from behaviors.reminders.values import OPEN, Kind, Reminder, Stage, Time
from kangban.clock import ManualClock
from kangban.config import load_profile
from kangban.cron import HomeClock
from kangban.values import CareEventKind

MONDAY = datetime(2026, 1, 5, 9, 0)
RULES = Rules(timedelta(seconds=300), timedelta(seconds=600), timedelta(seconds=1800))
PILLS = Reminder("pills", Kind.MEDICINE, "two white tablets", "en", "0 9 * * *", True)
WATER = Reminder("water", Kind.WATER, "a glass of water", "en", "0 9 * * *", False)
DOCTOR = Reminder("doctor", Kind.APPOINTMENT, "the doctor comes", "en", "2026-01-05T09:00", True)
MORNING = Reminder("check_in", Kind.CHECK_IN, "", "en", "0 9 * * *", True)
COMPANY = load_profile("companion").company

DUE = Time("pills", MONDAY)
ASKED = Time("pills", MONDAY, Stage.WAITING, asked=1, next_at=MONDAY + RULES.ask_again)
ASKED_TWICE = replace(ASKED, asked=2, next_at=MONDAY + 2 * RULES.ask_again)
PUT_OFF = Time("pills", MONDAY, Stage.WAITING, put_off=1, next_at=MONDAY + RULES.later)
PUT_OFF_OFTEN = replace(PUT_OFF, put_off=course.MOST_PUT_OFF)
ENDS = {stage: Time("pills", MONDAY, stage, asked=1, told=True) for stage in Stage if stage not in OPEN}
AT = MONDAY + timedelta(seconds=60)
Row = tuple[Stage, tuple[Follows, ...]]
S, F = Stage, Follows
TELL = (F.TELL_CONTACT,)
TABLE: list[tuple[What, dict[str, Row]]] = [
    # what -> from DUE, ASKED, ASKED_TWICE, PUT_OFF, PUT_OFF_OFTEN
    (What.PASSED, {"due": (S.DUE, (F.VISIT,)), "asked": (S.WAITING, ()), "twice": (S.WAITING, ()),
                   "off": (S.WAITING, ()), "often": (S.WAITING, ())}),
    (What.ASKED, {"due": (S.WAITING, ()), "asked": (S.WAITING, ()), "twice": (S.WAITING, ()), "off": (S.WAITING, ()),
                  "often": (S.WAITING, ())}),
    *[(yes, dict.fromkeys(("due", "asked", "twice", "off", "often"), (S.CONFIRMED, ())))
      for yes in (What.TAKEN, What.YES, What.FINE, What.CONFIRMED)],
    *[(no, dict.fromkeys(("due", "asked", "twice", "off", "often"), (S.REFUSED, TELL)))
      for no in (What.NOT_TAKEN, What.NO, What.UNWELL)],
    (What.LATER, {"due": (S.WAITING, ()), "asked": (S.WAITING, ()), "twice": (S.WAITING, ()), "off": (S.WAITING, ()),
                  "often": (S.UNCONFIRMED, TELL)}),
    (What.SILENT, {"due": (S.DUE, ()), "asked": (S.WAITING, ()), "twice": (S.UNCONFIRMED, TELL), "off": (S.WAITING, ()),
                   "often": (S.WAITING, ())}),
    (What.NOT_REACHED, {"due": (S.DUE, ()), "asked": (S.WAITING, ()), "twice": (S.WAITING, ()), "off": (S.WAITING, ()),
                        "often": (S.WAITING, ())}),
]  # fmt: skip
BEFORE = {"due": DUE, "asked": ASKED, "twice": ASKED_TWICE, "off": PUT_OFF, "often": PUT_OFF_OFTEN}


@pytest.mark.parametrize(("what", "rows"), TABLE)
@pytest.mark.parametrize("name", list(BEFORE))
def test_every_event_in_every_open_stage(name: str, what: What, rows: dict[str, Row]) -> None:
    after, follows = step(BEFORE[name], PILLS, Event(what, "Ann"), AT, RULES)
    assert (after.stage, follows) == rows[name]


@pytest.mark.parametrize("what", list(What))
@pytest.mark.parametrize("stage", list(ENDS))
def test_what_is_over_stays_so_unless_it_is_confirmed_after_all(stage: Stage, what: What) -> None:
    after, follows = step(ENDS[stage], PILLS, Event(what, "Ann"), AT, RULES)
    if what in (What.CONFIRMED, What.TAKEN) and stage in (Stage.UNCONFIRMED, Stage.REFUSED):
        assert (after.stage, after.by, follows) == (Stage.CONFIRMED, "Ann", (Follows.TAKE_BACK,))
    else:
        assert (after, follows) == (ENDS[stage], ())


def test_every_what_is_in_the_table() -> None:
    assert {what for what, _ in TABLE} == set(What)


@pytest.mark.parametrize(
    ("time", "reminder", "later_s", "stage", "follows"),
    [
        (DUE, PILLS, 1799, Stage.DUE, (F.VISIT,)),
        (DUE, PILLS, 1801, Stage.MISSED, (F.TELL_CONTACT, F.TELL_MISSED)),
        (DUE, DOCTOR, 1801, Stage.MISSED, (F.TELL_MISSED,)),
        (DUE, WATER, 1801, Stage.MISSED, ()),
        (ASKED, PILLS, 300, Stage.WAITING, (F.VISIT,)),
        (ASKED, PILLS, 2101, Stage.UNCONFIRMED, (F.TELL_CONTACT,)),
        (ASKED_TWICE, PILLS, 599, Stage.WAITING, ()),
        (ASKED_TWICE, PILLS, 600, Stage.UNCONFIRMED, (F.TELL_CONTACT,)),
        (PUT_OFF, PILLS, 600, Stage.WAITING, (F.VISIT,)),
        (PUT_OFF, PILLS, 2401, Stage.MISSED, (F.TELL_CONTACT, F.TELL_MISSED)),
    ],
)
def test_what_time_alone_does(
    time: Time, reminder: Reminder, later_s: float, stage: Stage, follows: tuple[Follows, ...]
) -> None:
    after, found = step(time, reminder, Event(What.PASSED), MONDAY + timedelta(seconds=later_s), RULES)
    assert (after.stage, found) == (stage, follows)


@given(st.lists(st.tuples(st.sampled_from(list(What)), st.integers(0, 4000)), max_size=14))
@settings(deadline=None, max_examples=150)
def test_she_is_asked_twice_at_most_between_two_laters_and_never_late(events: list[tuple[What, int]]) -> None:
    time, now, asked = DUE, MONDAY, 0
    for what, seconds in events:
        now += timedelta(seconds=seconds)
        after, follows = step(time, PILLS, Event(what), now, RULES)
        if Follows.VISIT in follows:
            since = time.next_at if time.next_at is not None else time.due
            assert now - since <= RULES.late, "no medicine at an odd hour"
            assert time.asked < course.ASKINGS
        asked = after.asked if after.stage in OPEN else asked
        time = after
    assert time.put_off <= course.MOST_PUT_OFF


# What is due


def test_each_moment_is_due_once_and_of_many_only_the_newest() -> None:
    found = schedule.look(PILLS, MONDAY - timedelta(hours=1), MONDAY)
    assert found.due == MONDAY and found.passed_over == 0
    assert schedule.look(PILLS, found.handled, MONDAY + timedelta(hours=5)).due is None
    days = schedule.look(PILLS, MONDAY - timedelta(days=9), MONDAY + timedelta(hours=1))
    assert days.due == MONDAY and days.passed_over == 1


def test_an_autumn_night_repeats_nothing_and_a_spring_night_leaves_nothing_out() -> None:
    at = replace(PILLS, at="30 2 * * *")
    half_past_two = datetime(2026, 10, 25, 2, 30)
    first = schedule.look(at, half_past_two - timedelta(hours=3), half_past_two)
    assert first.due == half_past_two
    again = schedule.look(at, first.handled, half_past_two - timedelta(minutes=20))  # the clock went back an hour
    assert again.due is None and again.handled == first.handled
    assert schedule.look(at, again.handled, half_past_two).due is None
    # In spring 02:30 does not come: it is found when the clock shows 03:00.
    spring = schedule.look(at, datetime(2026, 3, 29, 1, 59), datetime(2026, 3, 29, 3, 0))
    assert spring.due == datetime(2026, 3, 29, 2, 30)


def test_a_clock_that_was_set_anew_begins_again() -> None:
    future = MONDAY + timedelta(days=40)
    found = schedule.look(PILLS, future, MONDAY)
    assert found.due is None and found.handled == MONDAY
    assert schedule.look(PILLS, found.handled, MONDAY + timedelta(days=1)).due == MONDAY + timedelta(days=1)


def test_one_moment_is_due_once_however_late() -> None:
    assert schedule.look(DOCTOR, MONDAY - timedelta(days=30), MONDAY + timedelta(days=5)).due == MONDAY
    assert schedule.look(DOCTOR, MONDAY, MONDAY + timedelta(days=5)).due is None


@pytest.mark.parametrize(
    "at", ["", "soon", "0 9 * *", "99 9 * * *", "0 9 30 2 *", "2026-13-01T09:00", "2026-01-05 09:00"]
)
def test_a_time_that_is_none_is_refused_in_words(at: str) -> None:
    assert schedule.why_no_time(at)


@pytest.mark.parametrize("at", ["0 9 * * *", "*/30 8-20 * * mon-fri", "2026-01-05T09:00", "2026-01-05T09:00:30"])
def test_a_time_is_a_time(at: str) -> None:
    assert schedule.why_no_time(at) is None


# A day of it: the desk on a real file


class Day:
    def __init__(self, folder: Path, starts: str = "08:59", check_in: str | None = None) -> None:
        hours, minutes = starts.split(":")
        self.folder, self.check_in = folder, check_in
        self.clock = ManualClock(10.0)
        self.home = HomeClock(self.clock, 3600.0 * int(hours) + 60.0 * int(minutes))
        self.told: list[Told] = []
        self.asked: list[str] = []
        self.begin()

    def begin(self) -> None:
        """A process begins (again)."""
        self.missions = Missions(self.clock)
        self.desk = Reminders(self.folder, self.home, COMPANY, "en", self.missions, self.told.append, self.check_in)

    def kill(self) -> None:
        self.begin()

    def set(self, reminder: Reminder = PILLS) -> str:
        accepted, name, why = self.desk.put(reminder, False)
        assert accepted, why
        return name

    def run(self, seconds: float, answer: str | None = None, tick: float = 1.0) -> None:
        """The robot goes to her at once; she answers so, or (None) it can't get to her."""
        for _ in range(round(seconds / tick)):
            self.clock.advance(tick)
            self.desk.tick()
            self.missions.tick(())
            wish = self.missions.running()
            if wish is not None and answer is not None:
                self.asked.append(dict(wish.detail)["time"])
                self.desk.asking(wish)
                self.desk.answered(wish, answer, "her words")
                self.missions.withdraw(wish.id)

    def stages(self) -> dict[str, str]:
        rows = sqlite3.connect(self.folder / FILE).execute("SELECT reminder_id, stage FROM times").fetchall()
        return dict(rows)

    def follows(self) -> list[Follows]:
        return [told.follows for told in self.told]


def test_a_medicine_is_asked_and_confirmed(tmp_path: Path) -> None:
    day = Day(tmp_path)
    day.set()
    day.run(30.0)
    assert day.missions.running() is None
    day.run(60.0, "taken")
    assert day.asked == ["pills@2026-01-05T09:00"] and day.stages() == {"pills": "confirmed"} and day.told == []
    day.run(3600.0, "taken", tick=10.0)
    assert len(day.asked) == 1


def test_it_is_a_reminders_turn_that_can_be_interrupted(tmp_path: Path) -> None:
    day = Day(tmp_path)
    day.set()
    day.run(60.0)
    wish = day.missions.running()
    assert wish is not None and wish.rank is Rank.REMINDER and wish.lasts_s == LASTS_S


def test_silence_is_asked_once_more_and_then_told_once(tmp_path: Path) -> None:
    day = Day(tmp_path)
    day.set()
    day.run(60.0, "")
    assert len(day.asked) == 1 and day.told == []
    day.run(400.0, "")
    assert len(day.asked) == 2 and day.follows() == [Follows.TELL_CONTACT] and day.stages() == {"pills": "unconfirmed"}
    day.run(3000.0, "", tick=10.0)
    assert len(day.asked) == 2 and len(day.told) == 1
    event = telling.care_event(day.told[0], 1.0)
    assert event is not None and event.kind is CareEventKind.MEDICINE_UNCONFIRMED and not event.over
    assert event.evidence == ("two white tablets, 09:00", "asked twice, no confirmation")
    assert not day.desk.looked_after((event.id,), "Nurse Li", "she has not taken it; I am on my way")
    assert not day.desk.looked_after(("fall-1",), "Nurse Li", "she has taken it")
    assert (
        day.desk.looked_after(("fall-1", event.id), "Nurse Li", "she has taken it")
        and day.follows()[-1] is Follows.TAKE_BACK
    )
    over = telling.care_event(day.told[-1], 2.0)
    assert over is not None and over.over and over.id == event.id


def test_later_is_later_and_not_for_ever(tmp_path: Path) -> None:
    day = Day(tmp_path)
    day.set()
    day.run(61.0, "later")
    day.run(560.0, "later")
    assert len(day.asked) == 1
    day.run(50.0, "later")
    assert len(day.asked) == 2
    day.run(7200.0, "later", tick=5.0)
    assert len(day.asked) == 1 + course.MOST_PUT_OFF and day.follows() == [Follows.TELL_CONTACT]


def test_what_was_due_while_it_was_off_is_told_as_missed_and_not_asked(tmp_path: Path) -> None:
    day = Day(tmp_path)
    day.set()
    day.clock.advance(4 * 3600.0)  # off over noon
    day.kill()
    day.run(5.0, "taken")
    assert day.asked == [] and day.stages() == {"pills": "missed"}
    assert day.follows() == [Follows.TELL_CONTACT, Follows.TELL_MISSED]
    day.kill()
    day.run(5.0, "taken")
    assert day.asked == [] and len(day.told) == 2


def test_a_short_absence_only_makes_it_a_little_late(tmp_path: Path) -> None:
    day = Day(tmp_path)
    day.set()
    day.clock.advance(900.0)
    day.kill()
    day.run(5.0, "taken")
    assert day.stages() == {"pills": "confirmed"}


def test_water_is_said_and_nothing_more(tmp_path: Path) -> None:
    day = Day(tmp_path)
    day.set(WATER)
    day.run(60.0)
    wish = day.missions.running()
    assert wish is not None and day.desk.question(wish) is None
    assert day.desk.words(wish) == ("tell_water", (("text", "a glass of water"),))
    day.run(2.0, "")
    assert day.stages() == {"water": "said"} and day.told == []


def test_the_morning_asks_twice_in_one_visit_and_tells_either_way(tmp_path: Path) -> None:
    day = Day(tmp_path, check_in="0 9 * * *")
    day.run(60.0)
    wish = day.missions.running()
    question = None if wish is None else day.desk.question(wish)
    assert question is not None and question.code == "ask_check_in" and question.asks == 2
    day.run(5.0, "fine")
    (told,) = day.told
    note = telling.note(told, 1.0)
    assert note is not None and note.id == "all-well-2026-01-05" and note.words == "her words"
    assert telling.care_event(told, 1.0) is None

    day.kill()
    day.run(5.0)
    assert len(day.told) == 1, "it is told once"

    silent = Day(tmp_path / "silent", check_in="0 9 * * *")
    silent.run(70.0, "")
    event = telling.care_event(silent.told[0], 1.0)
    assert event is not None and event.kind is CareEventKind.CHECK_IN_UNANSWERED
    unwell = Day(tmp_path / "unwell", check_in="0 9 * * *")
    unwell.run(70.0, "unwell")
    event = telling.care_event(unwell.told[0], 1.0)
    assert event is not None and event.evidence[-1] == "her words"


def test_all_well_that_was_not_told_before_a_kill_is_told_after_it(tmp_path: Path) -> None:
    day = Day(tmp_path, check_in="0 9 * * *")
    day.run(60.0)
    store = day.desk._store
    assert store is not None
    store.write(Time("check_in", MONDAY, Stage.CONFIRMED, asked=1, by="fine"))  # killed right after this
    day.kill()
    day.run(2.0)
    assert day.follows() == [Follows.ALL_WELL]


def test_the_morning_s_question_is_the_site_s_alone(tmp_path: Path) -> None:
    day = Day(tmp_path, check_in="0 9 * * *")
    assert not day.desk.put(replace(PILLS, id="check_in"), False)[0]
    assert not day.desk.put(replace(PILLS, kind=Kind.CHECK_IN), False)[0]
    assert not day.desk.put(replace(PILLS, id="check_in"), True)[0]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ({"text": "  "}, "text"), ({"text": "x" * 201}, "text"), ({"text": "a\nb"}, "control"),
        ({"language": "fr"}, "language"),
        ({"at": "soon"}, "at:"), ({"at": "2020-01-05T09:00"}, "past"),
    ],
)  # fmt: skip
def test_what_can_not_be_is_refused_with_the_reason(tmp_path: Path, bad: dict[str, str], why: str) -> None:
    accepted, _, message = Day(tmp_path).desk.put(replace(PILLS, **bad), False)
    assert not accepted and why in message


def test_they_are_listed_changed_and_removed(tmp_path: Path) -> None:
    day = Day(tmp_path)
    assert day.set(replace(PILLS, id="")) == "medicine-1" and day.set(replace(PILLS, id="")) == "medicine-2"
    day.run(60.0, "taken")
    ((first, last, due), (_, _, _)) = day.desk.list()
    assert first.id == "medicine-1" and in_words(last) == "2026-01-05 09:00: confirmed (her words)"
    assert due == MONDAY + timedelta(days=1)
    day.set(replace(first, enabled=False))
    assert day.desk.list()[0][2] is None
    assert day.desk.put(replace(first), True)[0] and not day.desk.put(replace(first), True)[0]
    day.kill()
    assert [each.id for each, _, _ in day.desk.list()] == ["medicine-2"]


def test_a_full_disk_refuses_a_new_one_and_says_so(tmp_path: Path) -> None:
    day = Day(tmp_path)
    day.set()
    store = day.desk._store
    assert store is not None
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    text, refused = "x" * 190, []
    for k in range(60):
        accepted, _, message = day.desk.put(replace(PILLS, id=f"more-{k}", text=text), False)
        refused += [] if accepted else [message]
    assert refused and "the disk is full" in refused[0] and day.desk.fault == refused[-1]
    day.run(70.0, "taken")
    assert "pills@2026-01-05T09:00" in day.asked, "due all the same"
    store._db.execute("PRAGMA max_page_count = 1000000")
    day.run(5.0)
    assert day.desk.fault is None and day.stages()["pills"] == "confirmed", "what waited is on disk now"


def test_a_damaged_file_is_told_and_a_newer_one_left_alone(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"this is no database" * 100)
    day = Day(tmp_path)
    day.desk.tick()
    assert day.desk.fault is not None and "not a usable database" in day.desk.fault
    assert not day.desk.put(PILLS, False)[0]
    (tmp_path / "newer").mkdir()
    with sqlite3.connect(tmp_path / "newer" / FILE) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer Kangban"):
        ReminderStore(tmp_path / "newer")


@pytest.mark.parametrize(
    ("change", "odd"),
    [
        ("UPDATE reminders SET kind = 'poison' WHERE id = 'pills'", "pills: 'poison'"),
        ("UPDATE reminders SET at = 'noon' WHERE id = 'pills'", "pills: 'noon'"),
        ("UPDATE reminders SET at = 5 WHERE id = 'pills'", "pills: '5'"),
        ("UPDATE handled SET until = 'once' WHERE reminder_id = 'pills'", "pills: Invalid isoformat"),
        ("INSERT INTO times VALUES ('pills', 'then', 'due', 0, 0, NULL, '', 0)", "pills: Invalid isoformat"),
    ],
)
def test_one_row_that_can_not_be_read_costs_only_itself_and_is_told(tmp_path: Path, change: str, odd: str) -> None:
    day = Day(tmp_path)
    day.set()
    day.set(replace(PILLS, id="drops"))
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute(change)
    again = Day(tmp_path)
    again.run(70.0, "taken")
    assert "drops@2026-01-05T09:00" in again.asked and again.desk.fault is None
    assert again.desk.unread is not None and odd in again.desk.unread and "set them anew" in again.desk.unread


@pytest.mark.parametrize("answer", ["taken", "", "later"])
def test_killed_after_any_write_nothing_is_lost_and_nothing_is_asked_a_third_time(tmp_path: Path, answer: str) -> None:
    """A child process runs the day and kills itself (SIGKILL) right after its n-th write; another one goes on."""
    for n in range(1, 7):
        folder = tmp_path / f"{n}"
        child = os.fork()
        if child == 0:
            _killed_after(folder, n, answer)
        os.waitpid(child, 0)
        day = Day(folder)
        day.clock.advance(90.0)
        day.run(1500.0, answer, tick=5.0)
        with ReminderStoreOf(folder) as store:
            last = store.last("pills")
        if last is None:
            assert n == 1, "killed before the reminder itself was acknowledged"
            continue
        assert last.asked <= course.ASKINGS
        if answer == "taken":
            assert last.stage is Stage.CONFIRMED
        if answer == "" and last.stage is Stage.UNCONFIRMED:
            assert last.told


class ReminderStoreOf:
    def __init__(self, folder: Path) -> None:
        self._store = ReminderStore(folder)

    def __enter__(self) -> ReminderStore:
        return self._store

    def __exit__(self, *error: object) -> None:
        self._store.close()


def _killed_after(folder: Path, n: int, answer: str) -> None:
    """In the child: never returns."""
    try:
        day = Day(folder)
        writes = 0
        commit = ReminderStore._together

        def counted(self: ReminderStore):  # type: ignore[no-untyped-def]
            nonlocal writes
            writes += 1
            inner = commit(self)
            inner.__enter__()

            class Then:
                def __enter__(self) -> None: ...
                def __exit__(self, *error: object) -> None:
                    inner.__exit__(*error)  # type: ignore[arg-type]
                    if writes >= n:
                        os.kill(os.getpid(), signal.SIGKILL)

            return Then()

        ReminderStore._together = counted  # type: ignore[method-assign]
        day.set()
        day.run(600.0, answer, tick=5.0)
    finally:
        os.kill(os.getpid(), signal.SIGKILL)
