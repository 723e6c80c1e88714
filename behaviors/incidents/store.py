"""The incidents on disk: STATE_DIR/incidents.sqlite, written before anybody is told, readable after `kill -9`.

Two tables: `events`, append-only (the database itself refuses to change or delete a line), and `incidents`, the state
after the last event. Both are written in one transaction with synchronous=FULL. One process owns the file: a second
one is refused by a lock that the kernel lets go when the owner dies, however it dies.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from behaviors.incidents.record import Approach, Entry, Record
from kangban.values import AlarmLevel, IncidentState

SCHEMA_VERSION = 2  # 2: a record names its care events; `falls` holds their names too, as care:ID
FILE, LOCK = "incidents.sqlite", "incidents.lock"
_SCHEMA = """
CREATE TABLE incidents (
    id TEXT PRIMARY KEY, state TEXT NOT NULL, level TEXT NOT NULL, changed REAL NOT NULL, record TEXT NOT NULL);
CREATE TABLE falls (fall_id TEXT PRIMARY KEY, incident_id TEXT NOT NULL REFERENCES incidents(id));
CREATE TABLE events (
    seq INTEGER PRIMARY KEY, incident_id TEXT NOT NULL REFERENCES incidents(id),
    at REAL NOT NULL, wall REAL NOT NULL, code TEXT NOT NULL, params TEXT NOT NULL);
CREATE INDEX events_by_incident ON events (incident_id, seq);
CREATE TRIGGER events_stay BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_remain BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
"""


class StoreError(Exception):
    """The incidents can't be read or written; the message says what is wrong, where, and what to do."""


class StoreBusyError(StoreError):
    """Another process owns the incidents of this robot."""


class StoreNewerError(StoreError):
    """The file was written by a newer Kangban."""


class StoreDamagedError(StoreError):
    """The file is there but is no usable database."""


class StoreFullError(StoreError):
    """The disk, or its quota, has no room for another event."""


class IncidentStore:
    """Raises StoreError (and its kinds) from the constructor and every method; nothing is half written then."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._lock = _own(folder)
        try:
            self._db = _open(self.path)
        except BaseException:
            os.close(self._lock)
            raise

    def write(self, record: Record, entries: tuple[Entry, ...]) -> None:
        """Append the entries and set the incident's current state, both or neither. On disk when this returns."""
        row = (record.id, record.state.value, record.level.value, record.changed, _to_json(record))
        lines = [(record.id, e.at, e.wall, e.code, json.dumps(e.params, ensure_ascii=False)) for e in entries]
        with _named(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.execute(
                    "INSERT INTO incidents VALUES (?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET"
                    " state=excluded.state, level=excluded.level, changed=excluded.changed, record=excluded.record",
                    row,
                )
                names = [(name, record.id) for name in (*record.fall_ids, *map(_care_name, record.event_ids))]
                self._db.executemany("INSERT OR REPLACE INTO falls VALUES (?,?)", names)
                self._db.executemany(
                    "INSERT INTO events (incident_id, at, wall, code, params) VALUES (?,?,?,?,?)", lines
                )
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def open_records(self) -> list[Record]:
        """Every incident not resolved, with its log, oldest first."""
        return self._records("state != ? ORDER BY rowid", (IncidentState.RESOLVED.value,))

    def last_resolved(self, count: int) -> list[Record]:
        """The incidents resolved last, with their logs, newest first."""
        return self._records("state = ? ORDER BY rowid DESC LIMIT ?", (IncidentState.RESOLVED.value, count))

    def by_fall(self, fall_id: str) -> Record | None:
        """The incident that a fall of this name last belonged to."""
        found = self._records("id = (SELECT incident_id FROM falls WHERE fall_id = ?)", (fall_id,))
        return found[0] if found else None

    def by_event(self, event_id: str) -> Record | None:
        """The incident that a care event of this name last belonged to."""
        return self.by_fall(_care_name(event_id))

    def has(self, incident_id: str) -> bool:
        with _named(self.path):
            return self._db.execute("SELECT 1 FROM incidents WHERE id = ?", (incident_id,)).fetchone() is not None

    def close(self) -> None:
        self._db.close()
        os.close(self._lock)

    def _records(self, where: str, params: tuple[object, ...]) -> list[Record]:
        with _named(self.path):
            rows = self._db.execute(f"SELECT id, record FROM incidents WHERE {where}", params).fetchall()
            return [_from_json(record, self._log(id_)) for id_, record in rows]

    def _log(self, incident_id: str) -> tuple[Entry, ...]:
        rows = self._db.execute(
            "SELECT at, wall, code, params FROM events WHERE incident_id = ? ORDER BY seq", (incident_id,)
        ).fetchall()
        return tuple(Entry(at, wall, code, _pairs(params)) for at, wall, code, params in rows)


def _own(folder: Path) -> int:
    """Take the lock of a state folder (a file descriptor, held until it is closed), or say who has it."""
    path = folder / LOCK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"{path}: can't be opened: {error.strerror}; make the folder writable") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        owner = os.read(lock, 20).decode(errors="replace").strip() or "another"
        os.close(lock)
        raise StoreBusyError(f"{path}: process {owner} owns this robot's incidents; end it first") from error
    with suppress(OSError):  # the number is only for that message; a full disk must not keep the robot from starting
        os.ftruncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
    return lock


def _open(path: Path) -> sqlite3.Connection:
    with _named(path):
        db = sqlite3.connect(path, isolation_level=None, timeout=1.0, check_same_thread=True)
        try:
            version = int(db.execute("PRAGMA user_version").fetchone()[0])
            if version > SCHEMA_VERSION:
                known = f"schema {version}, this one knows {SCHEMA_VERSION}"
                raise StoreNewerError(f"{path}: written by a newer Kangban ({known}); update Kangban")
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            db.execute("PRAGMA foreign_keys=ON")
            if version == 0:
                db.executescript(f"BEGIN;{_SCHEMA}PRAGMA user_version={SCHEMA_VERSION};COMMIT;")
            elif version == 1:  # the tables are the same; what is new in a record has a default
                db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        except BaseException:
            db.close()
            raise
        return db


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours."""
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "") or ""
        if name == "SQLITE_FULL":
            raise StoreFullError(
                f"{path}: the disk is full; free some space; until then incidents are in memory"
            ) from error
        if name in ("SQLITE_NOTADB", "SQLITE_CORRUPT") or name.startswith("SQLITE_CORRUPT"):
            raise StoreDamagedError(f"{path}: not a usable database ({error})") from error
        raise StoreError(f"{path}: {error} ({name or type(error).__name__}); check the disk and its rights") from error


def _care_name(event_id: str) -> str:
    """Perception names falls and care events apart from each other; so does the table."""
    return f"care:{event_id}"


def _pairs(document: str) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(value)) for name, value in json.loads(document))


def _to_json(record: Record) -> str:
    return json.dumps(asdict(replace(record, log=())), ensure_ascii=False)


def _from_json(document: str, log: tuple[Entry, ...]) -> Record:
    data: dict[str, Any] = json.loads(document)
    place = data["place_in_map"]
    data |= {
        "state": IncidentState(data["state"]),
        "level": AlarmLevel(data["level"]),
        "approach": Approach(data["approach"]),
        "place_in_map": None if place is None else (place[0], place[1], place[2]),
        "evidence": tuple(data["evidence"]),
        "fall_ids": tuple(data["fall_ids"]),
        "event_ids": tuple(data.get("event_ids", ())),
        "over_ids": tuple(data.get("over_ids", ())),
        "log": log,
    }
    return Record(**data)
