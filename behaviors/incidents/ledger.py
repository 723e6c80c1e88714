"""Keeps writing to the store, whatever the disk does: what can't be written waits in memory, in order, for a retry."""

from __future__ import annotations

from collections import deque
from pathlib import Path

from behaviors.incidents.record import Entry, Record
from behaviors.incidents.store import IncidentStore, StoreBusyError, StoreDamagedError, StoreError, StoreNewerError

RETRY_S = 2.0


class Ledger:
    """`fault` says in words why incidents are not on disk now; None while they are.

    The constructor raises StoreBusyError and StoreNewerError, which no waiting mends. A damaged file is set aside under
    another name, never deleted, and a new one begun: a robot without incidents is worse than one without its old ones.
    """

    def __init__(self, folder: Path, wall: float) -> None:
        self._folder, self._wall = folder, wall
        self._store: IncidentStore | None = None
        self._waiting: deque[tuple[Record, tuple[Entry, ...]]] = deque()
        self._retry_at = float("-inf")
        self.fault: str | None = None
        self.set_aside: Path | None = None
        self._try_open()

    @property
    def is_open(self) -> bool:
        """Could the file be opened yet? Before, what an earlier process left in it is unknown."""
        return self._store is not None

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def write(self, record: Record, entries: tuple[Entry, ...], now: float) -> bool:
        """True: on disk. False: kept in memory, `fault` says why; `retry` goes on trying."""
        self._waiting.append((record, entries))
        return self._drain(now)

    def retry(self, now: float) -> None:
        if (self._waiting or self._store is None) and now >= self._retry_at:
            self._drain(now)

    def open_records(self) -> list[Record]:
        return self._store.open_records() if self._store else []

    def last_resolved(self, count: int) -> list[Record]:
        return self._store.last_resolved(count) if self._store else []

    def by_fall(self, fall_id: str) -> Record | None:
        return self._store.by_fall(fall_id) if self._store else None

    def by_event(self, event_id: str) -> Record | None:
        return self._store.by_event(event_id) if self._store else None

    def has(self, incident_id: str) -> bool:
        return self._store is not None and self._store.has(incident_id)

    def close(self) -> None:
        if self._store:
            self._store.close()
            self._store = None

    def _drain(self, now: float) -> bool:
        self._retry_at = now + RETRY_S
        if self._store is None:
            self._try_open()
        while self._waiting and self._store is not None:
            record, entries = self._waiting[0]
            try:
                self._store.write(record, entries)
            except StoreError as error:
                self.fault = str(error)
                return False
            self._waiting.popleft()
        if self._store is not None:
            self.fault = None
        return self._store is not None

    def _try_open(self) -> None:
        try:
            self._store = IncidentStore(self._folder)
        except (StoreBusyError, StoreNewerError):
            raise
        except StoreDamagedError as error:
            self.fault = str(error)
            self._begin_anew()
        except StoreError as error:
            self.fault = str(error)

    def _begin_anew(self) -> None:
        aside = self._folder / f"incidents.damaged-{int(self._wall)}.sqlite"
        try:
            for suffix in ("", "-wal", "-shm"):
                old = self._folder / f"incidents.sqlite{suffix}"
                if old.exists():
                    old.rename(aside.with_name(aside.name + suffix))
            self._store = IncidentStore(self._folder)
        except (OSError, StoreError) as error:
            self.fault = f"{self._folder}: incidents can't be written: {error}"
            return
        self.set_aside, self.fault = aside, None
