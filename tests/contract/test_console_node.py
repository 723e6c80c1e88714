"""The console process on real ROS: shows what behaviors publishes, hands acknowledgements over, survives `kill -9`."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue

import httpx
import pytest
import rclpy
import yaml
from kangban_msgs.srv import AcknowledgeIncident
from rclpy.executors import SingleThreadedExecutor

from kangban import config, streams
from kangban.node import KangbanNode
from kangban.runs import own_domain
from kangban.values import Incidents, IncidentState
from tests.browser.demo import fall

ROOT = Path(__file__).parents[2]
PATIENCE_S = 30.0
pytestmark = pytest.mark.timeout(180)


class Behaviors(KangbanNode):
    """Publishes one alarmed fall and takes it as acknowledged, as the owner of the incidents does."""

    def __init__(self, settings: config.Config) -> None:
        super().__init__("behaviors", settings)
        self.incident = fall("f1", IncidentState.ALARMED, self.now() - 30.0)
        self.asked: list[tuple[str, str, str]] = []
        self._publish = self.output(streams.INCIDENTS)
        self.serve(streams.ACKNOWLEDGE_INCIDENT, AcknowledgeIncident, self._acknowledge)
        self.every(0.2, lambda: self._publish(Incidents(self.now(), (self.incident,))))

    def _acknowledge(self, request, answer):
        self.asked.append((request.incident_id, request.who, request.note))
        changes = {"acknowledged_by": request.who}
        self.incident = fall("f1", IncidentState.ACKNOWLEDGED, self.incident.opened, **changes)
        answer.accepted, answer.message = True, "noted"
        return answer


@contextlib.contextmanager
def behaviors(settings: config.Config) -> Iterator[Behaviors]:
    rclpy.init(domain_id=int(os.environ["ROS_DOMAIN_ID"]))
    node = Behaviors(settings)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    thread = threading.Thread(target=executor.spin, daemon=True)
    thread.start()
    try:
        yield node
    finally:
        executor.shutdown()
        thread.join(PATIENCE_S)
        node.destroy_node()
        rclpy.try_shutdown()


@pytest.fixture(autouse=True)
def domain(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A DDS domain that nobody else on this machine uses."""
    with own_domain() as number:
        monkeypatch.setenv("ROS_DOMAIN_ID", str(number))
        yield


@pytest.fixture
def hook() -> Iterator[tuple[str, Queue[dict]]]:
    """A webhook that accepts everything, and what it was sent."""
    calls: Queue[dict] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            calls.put(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Quiet: the base class writes to stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/secret", calls
    server.shutdown()
    server.server_close()


class Robot:
    """A run folder and the console process in it."""

    def __init__(self, folder: Path, overrides: tuple[str, ...] = ("profile.console.port=0",)) -> None:
        self.run_dir, self.state_dir = folder / "run", folder / "state"
        self.run_dir.mkdir()
        site = yaml.safe_load((config.config_dir() / "sites" / "demo_flat.yaml").read_text())
        site["contacts"][0]["webhook"] = "$NURSE_HOOK"
        (folder / "home.yaml").write_text(yaml.safe_dump(site))
        run = {"profile": "companion", "site": str(folder / "home.yaml"), "state_dir": str(self.state_dir)}
        (self.run_dir / "run.yaml").write_text(yaml.safe_dump({**run, "overrides": list(overrides)}))
        self.settings = config.load("companion", str(folder / "home.yaml"), self.state_dir, self.run_dir)
        self.process: subprocess.Popen[str] | None = None

    def start(self, hook_url: str | None) -> None:
        """Start the console and wait for the address it prints."""
        self.spawn(hook_url)
        assert self.process is not None and self.process.stderr is not None
        lines: list[str] = []
        for line in self.process.stderr:
            lines.append(line)
            if line.startswith("Nurse's console: "):
                self.login_url = line.split()[-1]
                threading.Thread(target=self.process.stderr.read, daemon=True).start()
                return
        raise AssertionError("the console did not start:\n" + "".join(lines))

    def spawn(self, hook_url: str | None) -> None:
        environment = {name: value for name, value in os.environ.items() if name != "NURSE_HOOK"}
        if hook_url is not None:
            environment["NURSE_HOOK"] = hook_url
        command = [sys.executable, "-m", "teleop.node", "--config", str(self.run_dir / "run.yaml")]
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)

    def stop(self, how: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(PATIENCE_S)


@pytest.fixture
def robot(tmp_path: Path) -> Iterator[Robot]:
    made = Robot(tmp_path)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop(signal.SIGKILL)


def next_state(client: httpx.Client, wanted: str, webhook: str | None = None) -> dict:
    """The first incident once it is in the wanted state (and the nurse's webhook too), from the event stream."""
    with client.stream("GET", "/api/events") as events:
        for line in events.iter_lines():
            if line.startswith("data: "):
                incidents = json.loads(line[6:])["incidents"]
                if not incidents or incidents[0]["state"] != wanted:
                    continue
                if webhook is None or incidents[0]["alarmed"][0]["webhook"] == webhook:
                    return incidents[0]
    raise AssertionError("the event stream ended")


def test_an_alarm_reaches_page_and_webhook_and_survives_kill_nine(robot: Robot, hook: tuple[str, Queue[dict]]) -> None:
    hook_url, calls = hook
    robot.start(hook_url)
    url, _, token = robot.login_url.partition("#")
    assert (robot.run_dir / "console.url").read_text().strip() == url
    with behaviors(robot.settings) as owner, httpx.Client(base_url=url, timeout=PATIENCE_S) as client:
        assert client.post("/login", json={"token": token}).status_code == 200
        shown = next_state(client, "alarmed")
        assert shown["age_s"] >= 30.0 and shown["room"]["en"] == "living room"
        assert calls.get(timeout=PATIENCE_S)["event"] == "alarm"
        next_state(client, "alarmed", webhook="sent")

        robot.stop(signal.SIGKILL)
        robot.start(hook_url)
        assert robot.login_url == f"{url}#{token}", "same run: same address, same token"
        assert next_state(client, "alarmed")["id"] == "f1", "the nurse is still signed in"

        answer = client.post("/api/incidents/f1/acknowledge", json={"who": "李娜", "note": "coming"})
        assert answer.json() == {"accepted": True, "code": "robot", "message": "noted", "recorded": True}
        assert owner.asked == [("f1", "李娜", "coming")]
        assert next_state(client, "acknowledged")["acknowledged_by"] == "李娜"
        told = calls.get(timeout=PATIENCE_S)
        assert (told["event"], told["acknowledged_by"]) == ("acknowledged", "李娜"), "the alarm was not sent again"


def test_without_its_owner_an_acknowledgement_is_not_claimed(robot: Robot, hook: tuple[str, Queue[dict]]) -> None:
    robot.start(hook[0])
    url, _, token = robot.login_url.partition("#")
    with httpx.Client(base_url=url, timeout=PATIENCE_S) as client:
        client.post("/login", json={"token": token})
        with behaviors(robot.settings):
            next_state(client, "alarmed")
        answer = client.post("/api/incidents/f1/acknowledge", json={"who": "Li Na"})
        assert answer.status_code == 503 and answer.json()["code"] in ("away", "timeout")
        assert not answer.json()["accepted"]


def test_it_ends_cleanly_with_a_page_open(robot: Robot, hook: tuple[str, Queue[dict]]) -> None:
    robot.start(hook[0])
    url, _, token = robot.login_url.partition("#")
    with httpx.Client(base_url=url, timeout=PATIENCE_S) as client:
        client.post("/login", json={"token": token})
        with client.stream("GET", "/api/events") as events:
            lines = events.iter_lines()
            assert any(line.startswith("data: ") for line in lines)
            assert robot.stop(signal.SIGTERM) == 0


def test_a_busy_port_ends_with_what_to_do(tmp_path: Path, hook: tuple[str, Queue[dict]]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        robot = Robot(tmp_path, (f"profile.console.port={port}",))
        robot.spawn(hook[0])
        assert robot.process is not None
        _, errors = robot.process.communicate(timeout=PATIENCE_S)
    assert robot.process.returncode == 1
    assert f"127.0.0.1:{port}" in errors and "another program" in errors and "Traceback" not in errors


def test_a_webhook_whose_variable_is_missing_is_named_at_start(robot: Robot) -> None:
    robot.spawn(None)
    assert robot.process is not None
    _, errors = robot.process.communicate(timeout=PATIENCE_S)
    assert robot.process.returncode == 1
    assert "NURSE_HOOK is not set" in errors and "contacts.0.webhook" in errors and "Traceback" not in errors
