"""Who did what at the console, and when: appended, never changed."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass

from kangban.clock import wall_time


@dataclass(frozen=True, slots=True)
class Entry:
    seq: int
    wall: float
    event: str
    who: str
    address: str
    detail: str


class Audit:
    """The audit table; `on_failure` hears why an entry could not be written (a full disk must not stop a rescue)."""

    def __init__(self, database: sqlite3.Connection, lock: threading.Lock, on_failure: Callable[[str], None]) -> None:
        self._database, self._lock, self._on_failure = database, lock, on_failure

    def note(self, event: str, who: str, address: str, detail: str) -> bool:
        """Append one line, on disk when this returns True."""
        row = (wall_time(), event, who, address, detail)
        try:
            with self._lock:
                self._database.execute("INSERT INTO audit (wall, event, who, address, detail) VALUES (?,?,?,?,?)", row)
        except sqlite3.Error as error:
            self._on_failure(
                f"the audit could not be written ({error}); check the disk's space: {event} by {who or address}"
            )
            return False
        return True

    def entries(self) -> list[Entry]:
        with self._lock:
            rows = self._database.execute("SELECT seq, wall, event, who, address, detail FROM audit ORDER BY seq")
            return [Entry(*row) for row in rows]
