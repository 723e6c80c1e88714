"""Reminders on disk: STATE_DIR/reminders.sqlite (WAL, synchronous=FULL), written before anything is said or answered.

Three tables: the reminders, up to when each has been looked after, and each time one was due with what became of it.
What changes together is one transaction. The process that owns the incidents owns this file too.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from behaviors.reminders import schedule
from behaviors.reminders.values import OPEN, Kind, Reminder, Stage, Time

T = TypeVar("T")
Row = tuple[Any, ...]

SCHEMA_VERSION = 1
FILE = "reminders.sqlite"
KEPT = 400  # times of each reminder; older ones are deleted
_SCHEMA = """
CREATE TABLE reminders (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, text TEXT NOT NULL, language TEXT NOT NULL, at TEXT NOT NULL,
    confirm INTEGER NOT NULL, enabled INTEGER NOT NULL);
CREATE TABLE handled (reminder_id TEXT PRIMARY KEY, until TEXT NOT NULL);
CREATE TABLE times (
    reminder_id TEXT NOT NULL, due TEXT NOT NULL, stage TEXT NOT NULL, asked INTEGER NOT NULL, put_off INTEGER NOT NULL,
    next_at TEXT, by TEXT NOT NULL, told INTEGER NOT NULL, PRIMARY KEY (reminder_id, due));
"""


class StoreError(Exception):
    """The reminders can't be read or written; the message says what is wrong, where, and what to do."""


class ReminderStore:
    """Raises StoreError from the constructor and every method; nothing is half written then."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self.unread: dict[str, str] = {}  # a row that can't be read, left as it is: why
        with self._named():
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StoreError(f"{folder}: can't be made ({error.strerror}); make its parent writable") from error
            self._db = sqlite3.connect(self.path, isolation_level=None, timeout=1.0)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def _prepare(self) -> None:
        version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        if version > SCHEMA_VERSION:
            raise StoreError(
                f"{self.path}: written by a newer Kangban (schema {version}, this one knows {SCHEMA_VERSION}); "
                "update Kangban"
            )
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        if version == 0:
            self._db.executescript(f"BEGIN;{_SCHEMA}PRAGMA user_version={SCHEMA_VERSION};COMMIT;")

    def put(self, reminder: Reminder, handled: datetime) -> None:
        """Add or change a reminder; what was due before `handled` is not made up for."""
        row = (
            reminder.id, reminder.kind.value, reminder.text, reminder.language, reminder.at, reminder.confirm,
            reminder.enabled,
        )  # fmt: skip
        with self._together():
            self._db.execute("INSERT OR REPLACE INTO reminders VALUES (?,?,?,?,?,?,?)", row)
            self._handle(reminder.id, handled)
        self.unread.pop(reminder.id, None)

    def remove(self, reminder_id: str) -> None:
        """With all its times: nobody is asked about it any more."""
        with self._together():
            for table, column in (("reminders", "id"), ("handled", "reminder_id"), ("times", "reminder_id")):
                self._db.execute(f"DELETE FROM {table} WHERE {column} = ?", (reminder_id,))

    def write(self, time: Time, handled: datetime | None = None) -> None:
        """Set what became of one time, and with it, where given, up to when its reminder has been looked after."""
        next_at = None if time.next_at is None else time.next_at.isoformat()
        row = (
            time.reminder_id, time.due.isoformat(), time.stage.value, time.asked, time.put_off, next_at, time.by,
            time.told,
        )  # fmt: skip
        with self._together():
            self._db.execute("INSERT OR REPLACE INTO times VALUES (?,?,?,?,?,?,?,?)", row)
            if handled is not None:
                self._handle(time.reminder_id, handled)
                self._db.execute(
                    "DELETE FROM times WHERE reminder_id = ? AND due NOT IN"
                    " (SELECT due FROM times WHERE reminder_id = ? ORDER BY due DESC LIMIT ?)",
                    (time.reminder_id, time.reminder_id, KEPT),
                )

    def handle(self, reminder_id: str, until: datetime) -> None:
        with self._together():
            self._handle(reminder_id, until)

    def reminders(self) -> list[Reminder]:
        with self._named():
            rows = self._db.execute("SELECT id, kind, text, language, at, confirm, enabled FROM reminders ORDER BY id")
            return self._read(rows, _reminder)

    def handled(self) -> dict[str, datetime]:
        with self._named():
            rows = self._db.execute("SELECT reminder_id, until FROM handled")
            return dict(self._read(rows, lambda r: (r[0], datetime.fromisoformat(r[1]))))

    def unfinished(self) -> list[Time]:
        """The times that are not over, or that nobody was told of yet, oldest first."""
        marks = ",".join("?" for _ in OPEN)
        query = f"SELECT * FROM times WHERE stage IN ({marks}) OR told = 0 ORDER BY due"
        return self._times(query, tuple(stage.value for stage in OPEN))

    def last(self, reminder_id: str) -> Time | None:
        query = "SELECT * FROM times WHERE reminder_id = ? ORDER BY due DESC LIMIT 1"
        return next(iter(self._times(query, (reminder_id,))), None)

    def close(self) -> None:
        self._db.close()

    def _times(self, query: str, params: tuple[object, ...]) -> list[Time]:
        with self._named():
            return self._read(self._db.execute(query, params), _time)

    def _read(self, rows: Iterable[Row], made: Callable[[Row], T]) -> list[T]:
        """One row that can't be read costs only itself: the other medicines are still asked for."""
        found = []
        for row in rows:
            try:
                found.append(made(row))
            except (ValueError, TypeError) as error:
                self.unread[str(row[0])] = str(error)
        return found

    def _handle(self, reminder_id: str, until: datetime) -> None:
        self._db.execute("INSERT OR REPLACE INTO handled VALUES (?,?)", (reminder_id, until.isoformat()))

    @contextmanager
    def _together(self) -> Iterator[None]:
        with self._named():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Turn SQLite's errors into ours."""
        try:
            yield
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", "") or type(error).__name__
            if name == "SQLITE_FULL":
                raise StoreError(
                    f"{self.path}: the disk is full; free some space; until then nothing is changed"
                ) from error
            if name in ("SQLITE_NOTADB", "SQLITE_CORRUPT"):
                raise StoreError(f"{self.path}: not a usable database; move it away to begin anew ({error})") from error
            raise StoreError(f"{self.path}: {error} ({name}); check the disk and its rights") from error


def _reminder(row: Row) -> Reminder:
    why = schedule.why_no_time(row[4])
    if why is not None:
        raise ValueError(why)
    return Reminder(row[0], Kind(row[1]), row[2], row[3], row[4], bool(row[5]), bool(row[6]))


def _time(row: Row) -> Time:
    next_at = None if row[5] is None else datetime.fromisoformat(row[5])
    due, stage = datetime.fromisoformat(row[1]), Stage(row[2])
    return Time(row[0], due, stage, int(row[3]), int(row[4]), next_at, row[6], bool(row[7]))
