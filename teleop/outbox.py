"""Notices on their way out: on disk before anything is sent, tried until the other side says 2xx.

A process may be killed between any two steps: a notice that was added is sent after the restart, one that was sent
but not marked is sent again under the same key. At least once, never silently dropped.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from teleop.notices import ALARM, Notice

MOST_BACKOFF = 6.0  # times the first wait: an alarm is never put off for long


@dataclass(frozen=True, slots=True)
class Row:
    """A notice not yet delivered."""

    seq: int
    key: str
    incident_id: str
    event: str
    contact: str
    body: str
    attempts: int


def backoff_s(attempts: int, first_s: float) -> float:
    """How long to wait after the n-th failed attempt, s: doubling from `first_s`, at most MOST_BACKOFF times it."""
    return first_s * min(2.0 ** max(0, min(attempts, 30) - 1), MOST_BACKOFF)


def due(rows: Sequence[Row], not_before: Mapping[str, float], now: float) -> tuple[Row, ...]:
    """Which rows to send now, in order.

    Of one incident and contact only the oldest: nobody reads "resolved" before "alarm". `not_before`: key -> time, s,
    on the clock of `now`; a key without one is due at once (it is new, or this process began after it).
    """
    heads: dict[tuple[str, str], Row] = {}
    for row in sorted(rows, key=lambda r: r.seq):
        heads.setdefault((row.incident_id, row.contact), row)
    return tuple(row for row in heads.values() if not_before.get(row.key, now) <= now)


class Outbox:
    """The table of notices, and its keys in memory. Thread-safe; every write is on disk when it returns."""

    def __init__(self, database: sqlite3.Connection, lock: threading.Lock) -> None:
        self._database, self._lock = database, lock
        self._sent: dict[str, dict[str, str]] = {}
        with lock:
            rows = database.execute("SELECT key, incident_id, event, contact, delivered_wall FROM outbox").fetchall()
        self._known = {row[0] for row in rows}
        for _, incident_id, event, contact, delivered in rows:
            self._mark(incident_id, event, contact, "waiting" if delivered is None else "sent")

    @property
    def known(self) -> frozenset[str]:
        """The keys of all notices ever added."""
        with self._lock:
            return frozenset(self._known)

    def add(self, notices: Iterable[Notice], wall: float) -> None:
        """Put notices on disk, all or none; a key that is there already is left as it is. Raises sqlite3.Error."""
        fields = "key, incident_id, event, level, contact, body, created_wall"
        with self._lock:
            unknown = [n for n in notices if n.key not in self._known]
            new = [(n.key, n.incident_id, n.event, n.level, n.contact, n.body, wall) for n in unknown]
            if not new:
                return
            self._database.execute("BEGIN IMMEDIATE")
            try:
                self._database.executemany(f"INSERT OR IGNORE INTO outbox ({fields}) VALUES (?,?,?,?,?,?,?)", new)
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise
            for key, incident_id, event, _, contact, _, _ in new:
                self._known.add(key)
                self._mark(incident_id, event, contact, "waiting")

    def pending(self, contact: str) -> list[Row]:
        """What this contact (Recipient.label) has not got yet, oldest first."""
        fields = "seq, key, incident_id, event, contact, body, attempts"
        query = f"SELECT {fields} FROM outbox WHERE delivered_wall IS NULL AND contact = ? ORDER BY seq"
        with self._lock:
            return [Row(*row) for row in self._database.execute(query, (contact,))]

    def delivered(self, row: Row, wall: float) -> None:
        change = "UPDATE outbox SET delivered_wall = ?, attempts = attempts + 1, last_error = '' WHERE key = ?"
        with self._lock:
            self._database.execute(change, (wall, row.key))
            self._mark(row.incident_id, row.event, row.contact, "sent")

    def failed(self, row: Row, error: str) -> None:
        with self._lock:
            change = "UPDATE outbox SET attempts = attempts + 1, last_error = ? WHERE key = ?"
            self._database.execute(change, (error, row.key))

    def deliveries(self) -> dict[str, dict[str, str]]:
        """incident id -> Recipient.label -> "sent" or "waiting": the alarms only."""
        with self._lock:
            return {incident: dict(people) for incident, people in self._sent.items()}

    def _mark(self, incident_id: str, event: str, contact: str, how: str) -> None:
        if event == ALARM:
            self._sent.setdefault(incident_id, {})[contact] = how
