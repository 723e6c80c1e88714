"""From incidents to the outbox: what they call for is on disk before a courier is woken."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from kangban.values import Incidents, Note
from teleop.contacts import Recipient
from teleop.courier import Courier
from teleop.notices import Notice, Sender, news, plan
from teleop.outbox import Outbox


class Telling:
    """Keeps the outbox up to what the incidents call for."""

    def __init__(
        self, outbox: Outbox, people: Sequence[Recipient], couriers: Sequence[Courier], sender: Sender
    ) -> None:
        self._outbox, self._people, self._couriers, self._sender = outbox, people, couriers, sender

    def tell(self, incidents: Incidents, wall: float) -> str | None:
        """Add what is new and wake the couriers; what went wrong in words, None where all is on disk.

        After a failure the next incidents (each second) try again: nothing counts as told that is not on disk.
        """
        return self._send(plan(incidents.incidents, self._people, self._outbox.known, self._sender, wall), wall)

    def note(self, note: Note, wall: float) -> str | None:
        """News for the family, once. What went wrong in words."""
        return self._send(news(note, self._people, self._outbox.known, self._sender, wall), wall)

    def _send(self, notices: tuple[Notice, ...], wall: float) -> str | None:
        if not notices:
            return None
        try:
            self._outbox.add(notices, wall)
        except sqlite3.Error as error:
            return f"the outbox could not be written ({error}): contacts are not told; check the disk's space"
        for courier in self._couriers:
            courier.wake()
        return None
