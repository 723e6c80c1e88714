"""The webhook against a real local server that hangs, fails, drops and at last accepts, and over `kill -9`.

Run as a program (`python -m tests.contract.test_webhook DATABASE URL [--add-only]`) this file is the console's sending
half in a process of its own, which the tests kill.
"""

from __future__ import annotations

import json
import queue
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kangban import config
from kangban.clock import MonotonicClock
from kangban.values import AlarmLevel, Health, Incidents, IncidentState
from teleop.contacts import Recipient
from teleop.courier import Courier
from teleop.notices import Sender, idempotency_key
from teleop.outbox import Outbox
from teleop.records import open_records
from teleop.telling import Telling
from tests.browser.demo import fall

TIMEOUT_S, RETRY_S, PATIENCE_S = 0.4, 0.02, 20.0
SENDER = Sender("companion", config.load_site("demo_flat"), "http://127.0.0.1:8765/")
NURSE, FAMILY = "nurse/Duty nurse", "family/Daughter"
ALARMED = Incidents(1.0, (fall("f1", IncidentState.ALARMED, 1.0),))
HANG, DROP = "hang", "drop"


@dataclass
class Webhook:
    """A server that answers by a script (status, HANG or DROP; 200 when it has run out) and notes what it was sent."""

    answers: list[int | str] = field(default_factory=list)
    calls: queue.Queue[tuple[str, str, bytes]] = field(default_factory=queue.Queue)
    let_go: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def next_call(self) -> tuple[str, str, bytes]:
        """Idempotency key, content type and body of the next request."""
        return self.calls.get(timeout=PATIENCE_S)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    state = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            answer = state.answers.pop(0) if state.answers else 200
            state.calls.put((self.headers["idempotency-key"], self.headers["content-type"], body))
            if answer == HANG:
                state.let_go.wait(PATIENCE_S)
            elif answer != DROP:
                self.send_response(int(answer))
                if answer == 302:
                    self.send_header("location", state.url + "elsewhere")
                self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Quiet: the base class writes to stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield state
    state.let_go.set()
    server.shutdown()
    server.server_close()


class Console:
    """The sending half of one console process."""

    def __init__(self, path: Path, **urls: str) -> None:
        self.database = open_records(path)
        self.outbox = Outbox(self.database, threading.Lock())
        names = {"nurse": "Duty nurse", "family": "Daughter"}
        people = [Recipient(AlarmLevel(level), names[level], url) for level, url in urls.items()]
        self.couriers = [Courier(self.outbox, p, TIMEOUT_S, RETRY_S, MonotonicClock()) for p in people]
        self.telling = Telling(self.outbox, people, self.couriers, SENDER)

    def start(self) -> None:
        for courier in self.couriers:
            courier.start()

    def close(self) -> None:
        for courier in self.couriers:
            courier.close()
        self.database.close()


@pytest.fixture
def made() -> Iterator[list[Console]]:
    consoles: list[Console] = []
    yield consoles
    for console in consoles:
        console.close()


def wait_until_delivered(path: Path, count: int) -> None:
    """Until `count` notices are marked as delivered in the file, seen from outside as another process would."""
    finished = threading.Event()
    for _ in range(int(PATIENCE_S / 0.05)):
        with sqlite3.connect(path) as database:
            (done,) = database.execute("SELECT count(*) FROM outbox WHERE delivered_wall IS NOT NULL").fetchone()
        database.close()
        if done >= count:
            return
        finished.wait(0.05)
    raise AssertionError(f"only {done} of {count} notices were delivered within {PATIENCE_S} s")


def test_it_is_sent_until_it_is_accepted_always_under_one_key(
    webhook: Webhook, tmp_path: Path, made: list[Console]
) -> None:
    webhook.answers = [500, DROP, HANG, 404, 302, 429, 204]
    console = Console(tmp_path / "console.sqlite", nurse=webhook.url)
    made.append(console)
    console.start()
    assert console.telling.tell(ALARMED, 1.0) is None
    calls = [webhook.next_call() for _ in range(7)]
    wait_until_delivered(tmp_path / "console.sqlite", 1)
    assert len(set(calls)) == 1, "the same key and the same body each time"
    key, kind, body = calls[0]
    assert key == idempotency_key(f"f1/alarm/{NURSE}") and kind == "application/json"
    assert json.loads(body)["id"] == key
    assert console.telling.tell(ALARMED, 2.0) is None
    assert webhook.calls.empty() and console.couriers[0].status[0] is Health.OK


def test_a_contact_that_hangs_delays_no_other(webhook: Webhook, tmp_path: Path, made: list[Console]) -> None:
    webhook.answers = [HANG]
    console = Console(tmp_path / "console.sqlite", nurse=webhook.url)
    made.append(console)
    console.start()
    console.telling.tell(ALARMED, 1.0)
    webhook.next_call()  # the nurse's hangs from here on
    other = Console(tmp_path / "console.sqlite", nurse=webhook.url, family=webhook.url)
    made.append(other)
    other.couriers[1].start()
    other.telling.tell(Incidents(2.0, (fall("f2", IncidentState.ALARMED, 2.0, level=AlarmLevel.FAMILY),)), 2.0)
    assert webhook.next_call()[0] == idempotency_key(f"f2/alarm/{FAMILY}")


def test_the_trouble_is_told_without_the_secret_address(webhook: Webhook, tmp_path: Path, made: list[Console]) -> None:
    webhook.answers = [503] * 100
    console = Console(tmp_path / "console.sqlite", nurse=webhook.url + "secret")
    made.append(console)
    console.start()
    console.telling.tell(ALARMED, 1.0)
    webhook.next_call()
    webhook.next_call()  # so the first has been noted
    health, message = console.couriers[0].status
    assert health is Health.ERROR and "503" in message and "next try in" in message and "secret" not in message
    assert console.outbox.deliveries() == {"f1": {NURSE: "waiting"}}


def test_alarm_acknowledged_resolved_arrive_in_this_order(
    webhook: Webhook, tmp_path: Path, made: list[Console]
) -> None:
    webhook.answers = [500, 500, 500]
    console = Console(tmp_path / "console.sqlite", nurse=webhook.url)
    made.append(console)
    for stamp, state in enumerate((IncidentState.ALARMED, IncidentState.ACKNOWLEDGED, IncidentState.RESOLVED)):
        console.telling.tell(Incidents(float(stamp), (fall("f1", state, 1.0),)), 1.0)
    console.start()
    events = [json.loads(webhook.next_call()[2])["event"] for _ in range(6)]
    assert events == ["alarm"] * 4 + ["acknowledged", "resolved"]


# --- kill -9 ----------------------------------------------------------------------------------------------------


def start_process(path: Path, url: str, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.contract.test_webhook", str(path), url, *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    assert process.stdout is not None and process.stdout.readline() == "on disk\n"
    return process


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate(timeout=PATIENCE_S)


def test_killed_after_it_was_put_on_disk_and_before_anything_was_sent(webhook: Webhook, tmp_path: Path) -> None:
    path = tmp_path / "console.sqlite"
    kill(start_process(path, webhook.url, "--add-only"))
    assert webhook.calls.empty()
    process = start_process(path, webhook.url)
    assert webhook.next_call()[0] == idempotency_key(f"f1/alarm/{NURSE}")
    wait_until_delivered(path, 1)
    kill(process)
    assert webhook.calls.empty()


def test_killed_while_the_webhook_had_not_answered(webhook: Webhook, tmp_path: Path) -> None:
    path = tmp_path / "console.sqlite"
    webhook.answers = [HANG]
    process = start_process(path, webhook.url)
    first = webhook.next_call()
    kill(process)
    process = start_process(path, webhook.url)
    assert webhook.next_call() == first
    wait_until_delivered(path, 1)
    kill(process)


def test_killed_after_the_webhook_accepted_and_before_it_was_noted(webhook: Webhook, tmp_path: Path) -> None:
    path = tmp_path / "console.sqlite"
    kill(start_process(path, webhook.url, "--add-only"))
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")  # nothing can be noted while this lasts
    process = start_process(path, webhook.url, "--send-only")
    first = webhook.next_call()
    kill(process)
    holder.execute("ROLLBACK")
    holder.close()
    process = start_process(path, webhook.url)
    assert webhook.next_call() == first, "sent again, under the same key"
    wait_until_delivered(path, 1)
    kill(process)
    final = start_process(path, webhook.url)
    kill(final)
    assert webhook.calls.empty(), "what was noted is not sent again"


def main(path: str, url: str, *options: str) -> None:
    if "--send-only" in options:
        # The schema exists; opening must not write while the test holds the file.
        database = sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False)
        outbox = Outbox(database, threading.Lock())
        courier = Courier(outbox, Recipient(AlarmLevel.NURSE, "Duty nurse", url), TIMEOUT_S, RETRY_S, MonotonicClock())
        courier.start()
    else:
        console = Console(Path(path), nurse=url)
        if console.telling.tell(ALARMED, 1.0) is not None:
            raise SystemExit("the outbox could not be written")
        if "--add-only" not in options:
            console.start()
    sys.stdout.write("on disk\n")
    sys.stdout.flush()
    threading.Event().wait()  # until killed


if __name__ == "__main__":
    main(*sys.argv[1:])
