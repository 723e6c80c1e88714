"""Takes one contact's notices from the outbox to the webhook, in a thread of its own: a slow one delays no other."""

from __future__ import annotations

import sqlite3
import threading

import httpx

from kangban.clock import Clock, wall_time
from kangban.values import Health
from teleop.contacts import Recipient
from teleop.notices import idempotency_key
from teleop.outbox import Outbox, Row, backoff_s, due


class Courier:
    """Sends until the other side says 2xx. `status` tells how it goes, for diagnostics."""

    def __init__(self, outbox: Outbox, to: Recipient, timeout_s: float, retry_s: float, clock: Clock) -> None:
        """`clock`: this machine's steady clock; a webhook is in the world, whatever clock the robot follows."""
        if to.url is None:
            raise ValueError(f"{to.label} has no webhook")
        self.to = to
        self.status: tuple[Health, str] = (Health.OK, "nothing to send")
        self._url, self._outbox, self._clock = to.url, outbox, clock
        self._timeout_s, self._retry_s = timeout_s, retry_s
        self._not_before: dict[str, float] = {}
        self._wake, self._closing = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"courier {to.label}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """There may be something new in the outbox."""
        self._wake.set()

    def close(self) -> None:
        """Stop; what is not delivered stays in the outbox. A request under way is left to its end or the process's."""
        self._closing.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=1.0)

    def _run(self) -> None:
        with httpx.Client(timeout=self._timeout_s) as client:
            while not self._closing.is_set():
                self._wake.clear()
                try:
                    wait = self._deliver_due(client)
                except sqlite3.Error as error:
                    self.status = (Health.ERROR, f"the outbox can't be used ({error}); check the disk's space")
                    wait = self._retry_s
                self._wake.wait(wait)

    def _deliver_due(self, client: httpx.Client) -> float | None:
        """Send what is due; how long until the next is, s; None: until woken."""
        for row in due(self._outbox.pending(self.to.label), self._not_before, self._clock.now()):
            if self._closing.is_set():
                return None
            self._deliver(client, row)
        left = self._outbox.pending(self.to.label)
        if not left:
            return None
        now = self._clock.now()
        return max(0.0, min(self._not_before.get(row.key, now) for row in _heads(left)) - now)

    def _deliver(self, client: httpx.Client, row: Row) -> None:
        trouble = self._post(client, row)
        if trouble is None:
            self._not_before.pop(row.key, None)
            self._outbox.delivered(row, wall_time())
            self.status = (Health.OK, f"{row.event} of {row.incident_id} was delivered")
            return
        wait = backoff_s(row.attempts + 1, self._retry_s)
        self._not_before[row.key] = self._clock.now() + wait
        self.status = (
            Health.ERROR,
            f"{row.event} of {row.incident_id} not delivered: {trouble}; next try in {wait:.0f} s",
        )
        self._outbox.failed(row, trouble)

    def _post(self, client: httpx.Client, row: Row) -> str | None:
        """One attempt; None when it was taken, else what went wrong, without the address (it may hold a secret)."""
        headers = {"content-type": "application/json", "idempotency-key": idempotency_key(row.key)}
        try:
            with client.stream("POST", self._url, content=row.body.encode(), headers=headers) as answer:
                if answer.is_success:
                    return None
                return f"the webhook answered {answer.status_code}"
        except httpx.TimeoutException:
            return f"no answer from the webhook within {self._timeout_s:g} s"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return f"the webhook can't be reached ({type(error).__name__})"


def _heads(rows: list[Row]) -> list[Row]:
    return list(due(rows, {}, 0.0))
