"""The console process: the robot's streams onto the board, the page and the couriers in threads of their own."""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from dataclasses import replace
from typing import Any

from kangban_msgs.srv import AcknowledgeIncident, Choose

from kangban import streams
from kangban.clock import MonotonicClock, wall_time
from kangban.config import Config, ConfigError
from kangban.node import KangbanNode, NodeError, run
from kangban.values import Health, Incidents, Note, Screen
from teleop.access import run_identity, token_of_run
from teleop.app import Console
from teleop.audit import Audit
from teleop.bell import Bell
from teleop.contacts import Recipient, recipients
from teleop.courier import Courier
from teleop.desk import Answer, Board, Situation
from teleop.home import HomeScreen
from teleop.notices import Sender
from teleop.outbox import Outbox
from teleop.pictures import Pictures
from teleop.records import RecordsError, open_records
from teleop.server import ConsoleServer, PortError
from teleop.telling import Telling

ACKNOWLEDGE_TIMEOUT_S = 5.0
FAILURE_SHOWN_S = 60.0
_READ = (
    streams.MISSION,
    streams.CHAIN,
    streams.CONTROLLER,
    streams.BATTERY,
    streams.DIAGNOSTICS,
    streams.TREE,
)


class ConsoleNode(KangbanNode):
    """The nurse's console: shows incidents, takes acknowledgements, tells the contacts."""

    def __init__(self, config: Config) -> None:
        super().__init__("console", config)
        self._steady = MonotonicClock()
        self._bell = Bell()
        self._failures: deque[str] = deque(maxlen=20)
        self._failed_at: float | None = None
        self._board = Board(self.clock, self._steady)
        self._acknowledge = self.create_client(AcknowledgeIncident, streams.ACKNOWLEDGE_INCIDENT)
        self._choose = self.create_client(Choose, streams.CHOOSE)
        try:
            config.state_dir.mkdir(parents=True, exist_ok=True)
            people = recipients(config.site, os.environ)
            token = token_of_run(config.state_dir / "console.token", run_identity(config.run_dir))
            screen_token = token_of_run(config.state_dir / "screen.token", "screen")  # it outlives a run
            self._database = open_records(config.state_dir / "console.sqlite")
        except (ConfigError, RecordsError) as error:
            raise NodeError(str(error)) from error
        except OSError as error:
            raise NodeError(f"{config.state_dir}: can't be written ({error}); check its owner and space") from error
        lock = threading.Lock()
        outbox = Outbox(self._database, lock)
        self._screen = HomeScreen(self, config.site, screen_token, self._steady)
        self._server = self._make_server(token, outbox, Audit(self._database, lock, self._fail))
        settings = config.profile.console
        self._couriers = [
            Courier(outbox, person, settings.webhook_timeout_s, settings.webhook_retry_s, self._steady)
            for person in people
            if person.url is not None
        ]
        sender = Sender(config.profile.name, config.site, self._server.url)
        self._telling = Telling(outbox, people, self._couriers, sender)
        for stream in _READ:
            self.input(stream, lambda value, stream=stream: self._board.put(stream, value))
        self.input(streams.INCIDENTS, self._on_incidents)
        self.input(streams.NOTES, self._on_note)
        self.input(streams.SCREEN, self._on_screen)
        self._report_contacts(people)
        for courier in self._couriers:
            courier.start()
        self._server.start()
        self._say_where()
        self.every(1.0, self._tend)

    # Desk: called from the web server's threads.

    def situation(self) -> Situation:
        return self._board.situation()

    def acknowledge(self, incident_id: str, who: str, note: str) -> Answer:
        request = AcknowledgeIncident.Request(incident_id=incident_id, who=who, note=note)
        response = self._call(self._acknowledge, request)
        if isinstance(response, Answer):
            return response
        return Answer(bool(response.accepted), "robot", str(response.message))

    def screen(self) -> Screen | None:
        return self._board.screen()

    def choose(self, screen_id: str, choice: str, who: str) -> Answer:
        request = Choose.Request(screen_id=screen_id, choice_id=choice, who=who)
        response = self._call(self._choose, request)
        if isinstance(response, Answer):
            return response
        return Answer(bool(response.accepted), "robot", str(response.message))

    def _call(self, client: Any, request: Any) -> Any:
        """The response, or an Answer that says why there is none. Called from the web server's threads."""
        if not client.service_is_ready():
            return Answer(False, "away", "behaviors does not answer")
        answered = threading.Event()
        future = client.call_async(request)
        future.add_done_callback(lambda _: answered.set())
        if not answered.wait(ACKNOWLEDGE_TIMEOUT_S):
            client.remove_pending_request(future)
            return Answer(False, "timeout", f"no answer within {ACKNOWLEDGE_TIMEOUT_S:g} s")
        return future.result()

    def close(self) -> None:
        self._server.close()
        for courier in self._couriers:
            courier.close()
        self._database.close()

    def _make_server(self, token: str, outbox: Outbox, audit: Audit) -> ConsoleServer:
        config, settings = self.config, self.config.profile.console
        console = Console(
            desk=self,
            site=config.site,
            robot=config.profile.name,
            token=token,
            clock=self._steady,
            pictures=Pictures(config.state_dir / "pictures"),
            audit=audit,
            deliveries=outbox.deliveries,
            bell=self._bell,
            home=self._screen,
        )
        try:
            return ConsoleServer(console, settings.host, settings.port, config.run_dir, self._fail)
        except PortError as error:
            self._database.close()
            raise NodeError(str(error)) from error

    def _on_screen(self, screen: Screen) -> None:
        before = self._board.screen()
        self._board.put(streams.SCREEN, screen)
        if before is None or replace(before, stamp=screen.stamp) != screen:
            self._screen.bell.ring()

    def _on_note(self, note: Note) -> None:
        trouble = self._telling.note(note, wall_time())
        if trouble is not None:
            self._fail(trouble)

    def _on_incidents(self, incidents: Incidents) -> None:
        self._board.put(streams.INCIDENTS, incidents)
        self._bell.ring()
        trouble = self._telling.tell(incidents, wall_time())
        if trouble is not None:
            self._fail(trouble)

    def _fail(self, message: str) -> None:
        """From any thread; reported at the next tick."""
        self._failures.append(message)

    def _tend(self) -> None:
        """Once a second: what the other threads have to say goes into diagnostics."""
        now = self._steady.now()
        while self._failures:
            self.report("records", Health.ERROR, self._failures.popleft())
            self._failed_at = now
        if self._failed_at is not None and now - self._failed_at > FAILURE_SHOWN_S:
            self.report("records", Health.OK, f"no failure for {FAILURE_SHOWN_S:.0f} s")
            self._failed_at = None
        if not self._server.alive:
            raise NodeError("the console's web server ended by itself; this process ends, to be started again")
        for courier in self._couriers:
            self.report(f"webhook of {courier.to.label}", *courier.status)

    def _report_contacts(self, people: tuple[Recipient, ...]) -> None:
        for person in people:
            if person.url is None:
                message = "no webhook in the site file: alarms are shown on the console only"
                self.report(f"webhook of {person.label}", Health.OK, message)

    def _say_where(self) -> None:
        """On stderr, for the one who started the robot, with the token; diagnostics get the address without it."""
        if not self._server.loopback:
            message = "the console can be reached from the network, unencrypted; put a TLS proxy before it"
            self.report("address", Health.WARN, f"{message} (console.host: {self.config.profile.console.host})")
            sys.stderr.write(f"WARNING: {message}, or set console.host to 127.0.0.1\n")
        else:
            self.report("address", Health.OK, f"{self._server.url} (this machine only)")
        sys.stderr.write(f"Nurse's console: {self._server.login_url}\n")
        sys.stderr.write(f"The robot's own screen: {self._server.home_url}\n")
        sys.stderr.flush()


if __name__ == "__main__":
    raise SystemExit(run(ConsoleNode))
