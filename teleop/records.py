"""STATE_DIR/console.sqlite: what this room must not lose, its outbox and its audit, on disk before it counts."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from kangban.clock import wall_time

SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    incident_id TEXT NOT NULL,
    event TEXT NOT NULL,
    level TEXT NOT NULL,
    contact TEXT NOT NULL,
    body TEXT NOT NULL,
    created_wall REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT NOT NULL DEFAULT '',
    delivered_wall REAL
);
CREATE TABLE IF NOT EXISTS audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    wall REAL NOT NULL,
    event TEXT NOT NULL,
    who TEXT NOT NULL,
    address TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE TRIGGER IF NOT EXISTS audit_is_never_changed BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER IF NOT EXISTS audit_is_never_shortened BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
"""


class RecordsError(Exception):
    """The console's records can't be used; the message says where and what to do."""


def open_records(path: Path) -> sqlite3.Connection:
    """The database, made where it is missing; shared between threads under its user's lock.

    A file that is no database is set aside with a new name, never deleted. Raises RecordsError.
    """
    try:
        return _open(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) or not path.exists():
            raise RecordsError(f"{path}: can't be opened ({error}); check the disk's space and who owns it") from error
    aside = path.with_name(f"{path.name}.broken-{wall_time():.0f}")
    path.rename(aside)
    for suffix in ("-wal", "-shm"):
        side = path.with_name(path.name + suffix)
        if side.exists():
            side.rename(aside.with_name(aside.name + suffix))
    try:
        return _open(path)
    except sqlite3.DatabaseError as error:
        raise RecordsError(f"{path}: can't be made ({error}); check the disk's space and who owns it") from error


def _open(path: Path) -> sqlite3.Connection:
    existed = path.exists()
    database = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
    try:
        if not existed:
            path.chmod(0o600)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.executescript(SCHEMA)
    except BaseException:
        database.close()
        raise
    return database
