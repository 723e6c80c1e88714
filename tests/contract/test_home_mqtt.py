"""The home's sensors over a real broker: both conventions, hostile messages, the broker killed and back, refused."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
import rclpy
from paho.mqtt.enums import CallbackAPIVersion
from rclpy.executors import SingleThreadedExecutor

from behaviors.home.link import Link, LinkError
from behaviors.home_node import HomeNode
from kangban import streams
from kangban.config import load
from kangban.home_site import Broker
from kangban.node import KangbanNode, NodeError
from kangban.values import Diagnostic, Diagnostics, Health, HomeReading, HomeReadings

PROGRAM = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="the broker `mosquitto` is not installed (Debian: mosquitto)")
PATIENCE_S = 20.0  # a bound for a machine that is busy, not an expectation
DOOR = "homeassistant/binary_sensor/front/config"
SENSORS = [
    {"name": "smoke", "kind": "smoke", "room": "kitchen", "speaks": "zigbee2mqtt", "topic": "zigbee2mqtt/smoke",
     "silent_after_s": 3600},
    {"name": "front", "kind": "door", "room": "corridor", "speaks": "homeassistant", "topic": DOOR,
     "silent_after_s": 3600},
    {"name": "call", "kind": "button", "room": None, "speaks": "zigbee2mqtt", "topic": "zigbee2mqtt/call",
     "silent_after_s": 3600},
]  # fmt: skip


class RealBroker:
    """mosquitto on a free loopback port, with a configuration of its own."""

    def __init__(self, folder: Path, *lines: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._config = folder / "mosquitto.conf"
        settings = lines or ("allow_anonymous true",)
        self._config.write_text("\n".join([f"listener {self.port} 127.0.0.1", "persistence false", *settings, ""]))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert PROGRAM is not None
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen([PROGRAM, "-c", str(self._config)], stdout=quiet, stderr=quiet)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class Device:
    """Something that publishes, as zigbee2mqtt or Home Assistant would."""

    def __init__(self, port: int) -> None:
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._port = port
        self._client.reconnect_delay_set(1, 1)
        self._client.connect_async("127.0.0.1", port)
        self._client.loop_start()

    @property
    def connected(self) -> bool:
        return bool(self._client.is_connected())

    def says(self, topic: str, content: Any, retain: bool = False) -> None:
        payload = content if isinstance(content, bytes) else json.dumps(content).encode()
        self._client.publish(topic, payload, 1, retain)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Listener(KangbanNode):
    def __init__(self, config: Any) -> None:
        super().__init__("listener", config)
        self.last: HomeReadings | None = None
        self.lines: dict[str, Diagnostic] = {}
        self.input(streams.HOME_READINGS, self._readings)
        self.input(streams.DIAGNOSTICS, self._diagnostics)

    def _readings(self, readings: HomeReadings) -> None:
        self.last = readings

    def _diagnostics(self, diagnostics: Diagnostics) -> None:
        self.lines.update({line.name: line for line in diagnostics.lines})

    def reading(self, name: str) -> HomeReading | None:
        return next((r for r in self.last.readings if r.sensor == name), None) if self.last else None

    def is_(self, name: str, active: bool | None) -> bool:
        reading = self.reading(name)
        return reading is not None and reading.active is active

    def trouble(self, name: str) -> str:
        line = self.lines.get(f"home: {name}")
        return line.message if line and line.health is not Health.OK else ""


Stage = tuple[RealBroker, Device, Listener, Callable[..., None]]


@pytest.fixture
def stage(tmp_path: Path, domain: int) -> Iterator[Stage]:
    broker = RealBroker(tmp_path)
    broker.start()
    home = {"broker": {"host": "127.0.0.1", "port": broker.port}, "unknown_after_s": 1.0, "sensors": SENSORS}
    config = load("companion", "demo_flat", tmp_path / "state", tmp_path, [f"site.home={json.dumps(home)}"])
    rclpy.init(domain_id=domain)
    executor = SingleThreadedExecutor()
    listener, node, device = Listener(config), HomeNode(config), Device(broker.port)
    executor.add_node(listener)
    executor.add_node(node)

    def until(condition: Callable[[], Any], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, f"{what} did not come: {listener.last}, {listener.lines}"
            executor.spin_once(timeout_sec=0.05)

    until(lambda: device.connected and listener.last and listener.last.connected, "the broker")
    yield broker, device, listener, until
    device.close()
    node.close()
    broker.kill()
    executor.shutdown()
    for each in (listener, node):
        each.destroy_node()
    rclpy.try_shutdown()


def test_both_conventions_and_what_is_wrong_with_them(stage: Stage) -> None:
    _, device, listener, until = stage
    assert listener.is_("smoke", None) and listener.is_("front", None)
    device.says("zigbee2mqtt/smoke", {"smoke": False, "battery": 80})
    until(lambda: listener.is_("smoke", False), "a calm smoke alarm")
    device.says("zigbee2mqtt/smoke", {"smoke": True})
    until(lambda: listener.is_("smoke", True), "smoke")
    device.says(DOOR, {"stat_t": "esp/front", "dev_cla": "door"}, retain=True)
    device.says("esp/front", b"ON", retain=True)
    until(lambda: listener.is_("front", True), "the open door")
    device.says("zigbee2mqtt/call", {"action": "single"})
    until(lambda: listener.is_("call", True), "the call")
    for bad in (b"[" * 5000, b"x" * 9000):
        device.says("zigbee2mqtt/smoke", bad)
        until(lambda: listener.trouble("sensor smoke"), "the trouble")
        assert listener.is_("smoke", True)
        device.says("zigbee2mqtt/smoke", {"smoke": True})
        until(lambda: not listener.trouble("sensor smoke"), "no trouble any more")
    device.says("zigbee2mqtt/smoke", b"y" * 200_000)  # larger than we let the broker send
    device.says("zigbee2mqtt/smoke", {"smoke": False})
    until(lambda: listener.is_("smoke", False), "the message after the huge one")
    assert listener.last is not None and listener.last.connected


def test_a_broker_that_dies_is_told_and_comes_back(stage: Stage) -> None:
    broker, device, listener, until = stage
    device.says("zigbee2mqtt/smoke", {"smoke": False})
    until(lambda: listener.is_("smoke", False), "a calm smoke alarm")
    broker.kill()
    until(lambda: listener.last and not listener.last.connected, "the broker's end")
    until(lambda: listener.is_("smoke", None), "unknown after a while")
    until(lambda: "broker" in listener.trouble("broker"), "a line that says so")
    broker.start()
    until(lambda: listener.last and listener.last.connected and device.connected, "the broker again")
    until(lambda: not listener.trouble("broker"), "a line that says so")
    assert listener.is_("smoke", False), "what is known is known again"
    device.says("zigbee2mqtt/smoke", {"smoke": True})
    until(lambda: listener.is_("smoke", True), "smoke after the return: it listens again")


def wait_for(condition: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def test_a_wrong_password_is_told_in_words_and_the_right_one_lets_in(tmp_path: Path) -> None:
    maker = shutil.which("mosquitto_passwd")
    if maker is None:
        pytest.skip("`mosquitto_passwd` is not installed (Debian: mosquitto)")
    passwords = tmp_path / "passwords"
    passwords.touch(mode=0o600)
    subprocess.run([maker, "-b", str(passwords), "robot", "right"], check=True, capture_output=True)
    as_root = ["user root"] if os.getuid() == 0 else []  # else it becomes another user, who may not read the file
    lines = ["allow_anonymous false", f"password_file {passwords}", *as_root]
    broker = RealBroker(tmp_path, *lines)
    broker.start()
    settings = Broker(host="127.0.0.1", port=broker.port, user="robot", password_env="PW")
    wrong, right = Link(settings, "a", {"PW": "wrong"}), Link(settings, "b", {"PW": "right"})
    try:
        for link in (wrong, right):
            link.start()
        wait_for(lambda: right.connected, f"connected: {right.status}")
        wait_for(lambda: "refuses" in wrong.status, f"refused: {wrong.status}")
        assert not wrong.connected and "user and password" in wrong.status
    finally:
        for link in (wrong, right):
            link.close()
        broker.kill()


def test_a_password_that_is_nowhere_and_missing_files_are_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="environment variable PW is not set"):
        Link(Broker(user="robot", password_env="PW"), "x", {})
    tls = {"ca_file": str(tmp_path / "missing.pem")}
    with pytest.raises(LinkError, match=r"home\.broker\.tls"):
        Link(Broker.model_validate({"tls": tls}), "x", {})


def test_a_home_without_sensors_has_no_such_process(tmp_path: Path, domain: int) -> None:
    config = load("companion", "demo_flat", tmp_path / "state", tmp_path)
    rclpy.init(domain_id=domain)
    try:
        with pytest.raises(NodeError, match="no section `home`"):
            HomeNode(config)
    finally:
        rclpy.try_shutdown()
