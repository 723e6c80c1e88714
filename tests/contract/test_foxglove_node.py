"""The viewers' process over DDS, looked at through a real WebSocket: what is shown, what is not, and no way back."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rclpy
from mcap.records import Schema
from mcap_ros2.decoder import DecoderFactory
from rclpy.executors import SingleThreadedExecutor

from kangban import streams
from kangban.config import Config, load
from kangban.conversions import BASE
from kangban.node import KangbanNode
from kangban.values import (
    Diagnostic,
    Diagnostics,
    GridMap,
    Health,
    Image,
    Person,
    Persons,
    Pose2D,
    Posture,
    Scan,
    Speech,
    SpeechKind,
)
from observe.nodes import viewers as process
from observe.nodes.viewers import ViewersNode
from tests.foxglove_client import PATIENCE_S, RefusedError, Viewer

ROBOT = "/companion"
MAP = GridMap(1.0, 0.05, Pose2D(-1.0, -2.0, 0.0), np.array([[0, 100], [-1, 0]], np.int8))


class Around(KangbanNode):
    """The robot, as far as a viewer sees it."""

    def __init__(self, config: Config) -> None:
        super().__init__("around", config)
        self.lines: dict[str, Diagnostic] = {}
        self.input(streams.DIAGNOSTICS, self._noted)
        self.scan, self.map, self.persons = (self.output(s) for s in (streams.SCAN, streams.MAP, streams.PERSONS))
        self.image, self.said = self.output(streams.CAMERA_IMAGE), self.output(streams.SPEECH_SAID)

    def _noted(self, diagnostics: Diagnostics) -> None:
        self.lines.update({line.name: line for line in diagnostics.lines})


class Scene:
    """One executor for both nodes; `turn` lets them work a little."""

    def __init__(self, config: Config) -> None:
        self.executor = SingleThreadedExecutor()
        self.around, self.node = Around(config), ViewersNode(config)
        self.executor.add_node(self.around)
        self.executor.add_node(self.node)

    def turn(self) -> None:
        self.executor.spin_once(timeout_sec=0.002)

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, f"waited for {what}"
            self.turn()

    @property
    def port(self) -> int:
        viewers = self.node._viewers
        assert viewers is not None, self.node._lines
        return viewers.port

    def viewer(self, **given: Any) -> Viewer:
        return Viewer(self.port, self.turn, **given)

    def health(self, line: str) -> Health | None:
        told = self.around.lines.get(f"foxglove: {line}")
        return None if told is None else told.health


@pytest.fixture
def make(domain: int, tmp_path: Path) -> Iterator[Callable[..., Scene]]:
    rclpy.init(domain_id=domain)
    scenes: list[Scene] = []

    def made(**settings: object) -> Scene:
        given = {"port": 0, **settings}
        text = ", ".join(f"{key}: {value}" for key, value in given.items())
        config = load("companion", "demo_flat", tmp_path / "state", tmp_path, [f"site.foxglove={{{text}}}"])
        scenes.append(Scene(config))
        return scenes[-1]

    yield made
    for scene in scenes:
        scene.node.close()
        scene.executor.shutdown()
    rclpy.try_shutdown()


def scan(stamp: float) -> Scan:
    return Scan(stamp, -1.0, 0.5, 0.1, 12.0, np.array([1.0, 2.0, np.nan, 4.0], np.float32))


def decoded(viewer: Viewer, topic: str, data: bytes) -> Any:
    """As a viewer does it: by nothing but the schema that was advertised."""
    channel = viewer.channels[topic]
    assert (channel["encoding"], channel["schemaEncoding"]) == ("cdr", "ros2msg")
    schema = Schema(1, name=channel["schemaName"], encoding="ros2msg", data=channel["schema"].encode())
    decoder = DecoderFactory().decoder_for("cdr", schema)
    assert decoder is not None
    return decoder(data)


def test_a_viewer_is_told_the_channels_and_a_scan_decodes(make: Callable[..., Scene]) -> None:
    scene = make()
    viewer = scene.viewer()
    viewer.subscribe(f"{ROBOT}/scan")
    sent = scan(12.5)

    def came() -> bool:
        scene.around.scan(sent)
        return bool(viewer.messages[f"{ROBOT}/scan"])

    viewer.wait(came, "a scan")
    message = decoded(viewer, f"{ROBOT}/scan", viewer.messages[f"{ROBOT}/scan"][0][1])
    assert message.header.stamp.sec == 12 and message.header.stamp.nanosec == 500_000_000
    assert message.header.frame_id == "lidar"
    assert np.array(message.ranges) == pytest.approx(sent.ranges, nan_ok=True)
    expected = {f"{ROBOT}/{s}" for s in ("scan", "map", "plan", "pose", "odom", "persons", "robot_description")}
    assert expected | {"/tf", "/tf_static", f"{ROBOT}/persons/scene"} <= set(viewer.channels)


def test_every_channel_has_a_schema_that_can_be_read(make: Callable[..., Scene]) -> None:
    viewer = make().viewer()
    viewer.wait(lambda: len(viewer.channels) >= 24, "the channels")
    for topic, channel in viewer.channels.items():
        if channel["schemaEncoding"] == "ros2msg":
            schema = Schema(1, name=channel["schemaName"], encoding="ros2msg", data=channel["schema"].encode())
            assert DecoderFactory().decoder_for("cdr", schema) is not None, topic


def test_whoever_comes_late_sees_the_map(make: Callable[..., Scene]) -> None:
    scene = make()
    first = scene.viewer()
    scene.around.map(MAP)
    first.subscribe(f"{ROBOT}/map")
    first.wait(lambda: first.messages[f"{ROBOT}/map"], "the map")
    late = scene.viewer()
    late.subscribe(f"{ROBOT}/map")
    late.wait(lambda: late.messages[f"{ROBOT}/map"], "the map, though it was sent long before")
    grid = decoded(late, f"{ROBOT}/map", late.messages[f"{ROBOT}/map"][0][1])
    assert (grid.info.width, grid.info.height, list(grid.data)) == (2, 2, [0, 100, -1, 0])
    assert (grid.info.origin.position.x, grid.info.origin.position.y) == (-1.0, -2.0)
    assert len(first.messages[f"{ROBOT}/map"]) == 1  # the other was not told twice


def test_a_topic_is_heard_only_while_somebody_looks(make: Callable[..., Scene]) -> None:
    scene = make()
    topic = f"{ROBOT}/scan"
    viewer = scene.viewer()
    viewer.wait(lambda: f"{ROBOT}/map" in scene.node._heard, "the first look")
    assert scene.around.count_subscribers(topic) == 0
    viewer.subscribe(topic)
    viewer.wait(lambda: scene.around.count_subscribers(topic) == 1, "a listener")
    viewer.unsubscribe(topic)
    viewer.wait(lambda: scene.around.count_subscribers(topic) == 0, "the listener's end")
    viewer.subscribe(topic)
    viewer.wait(lambda: scene.around.count_subscribers(topic) == 1, "a listener again")
    viewer.close()
    viewer.wait(lambda: scene.around.count_subscribers(topic) == 0, "the end, with the viewer gone")


def test_no_pixels_and_no_words_are_shown(make: Callable[..., Scene]) -> None:
    scene = make()
    viewer = scene.viewer()
    viewer.wait(lambda: len(viewer.channels) >= 24, "the channels")
    hidden = (*streams.PIXELS, "speech/said", "speech/heard", "incidents", "notes", "screen", "care_events",
              "home/readings", "picture/wish", "picture/kept")  # fmt: skip
    assert {f"{ROBOT}/{name}" for name in hidden} & set(viewer.channels) == set()
    scene.around.image(Image(1.0, np.full((2, 2, 3), 77, np.uint8)))
    scene.around.said(Speech(1.0, "good morning", "en", SpeechKind.INFORM))
    viewer.subscribe(*sorted(viewer.channels))
    viewer.wait(lambda: len(viewer.messages["/companion/diagnostics"]) >= 2, "diagnostics")
    everything = b"".join(data for told in viewer.messages.values() for _, data in told)
    assert b"good morning" not in everything and bytes([77] * 12) not in everything


def test_nothing_goes_back_to_the_robot(make: Callable[..., Scene]) -> None:
    scene = make()
    viewer = scene.viewer()
    viewer.wait(lambda: viewer.channels, "the channels")
    assert viewer.told[0]["op"] == "serverInfo" and viewer.told[0]["capabilities"] == []
    for tried in (
        {"op": "advertise", "channels": [{"id": 1, "topic": f"{ROBOT}/cmd_vel", "encoding": "json", "schemaName": ""}]},
        {"op": "setParameters", "parameters": [{"name": "a", "value": 1}]},
        {"op": "subscribeConnectionGraph"},
        {"op": "fetchAsset", "uri": "file:///etc/passwd", "requestId": 1},
    ):
        before = len(viewer.told)
        viewer.say(tried)
        viewer.wait(lambda before=before: len(viewer.told) > before, f"an answer to {tried['op']}")
        answer = viewer.told[before]
        assert answer["op"] == "status" and answer["level"] >= 1, answer
    viewer.say_bytes(b"\x01" + struct.pack("<I", 1) + b'{"twist": {"linear": {"x": 1.0}}}')
    viewer.say_bytes(b"\x02" + struct.pack("<III", 1, 1, 4) + b"json{}")
    viewer.subscribe(f"{ROBOT}/scan")  # it lives, and goes on showing
    viewer.wait(lambda: scene.around.count_subscribers(f"{ROBOT}/scan") == 1, "a listener")
    sends = {name for name, _ in scene.node.get_publisher_names_and_types_by_node("foxglove", ROBOT)}
    assert sends <= {f"{ROBOT}/diagnostics", "/rosout", "/parameter_events"}


def test_people_are_drawn_where_they_are(make: Callable[..., Scene]) -> None:
    scene = make()
    viewer = scene.viewer()
    topic = f"{ROBOT}/persons/scene"
    viewer.subscribe(topic)
    points = np.array([[1.5, 0.2, 0.1], [1.6, 0.2, 0.3]])
    her = Person(7, True, Posture.LYING_FLOOR, 0.9, None, None, None, points, (1.5, 0.2, 0.1), None)
    nowhere = Person(8, True, Posture.STANDING, 0.9, None, None, None, None, None, None)

    def came() -> bool:
        scene.around.persons(Persons(2.0, (her, nowhere)))
        return bool(viewer.messages[topic])

    viewer.wait(came, "the people")
    assert viewer.channels[topic]["schemaName"] == "foxglove.SceneUpdate"
    assert viewer.channels[topic]["encoding"] == "protobuf"
    drawn = viewer.messages[topic][0][1]
    for text in (BASE, "person 7", "lying_floor 7"):
        assert text.encode() in drawn
    for place in points.tolist():
        assert b"".join(bytes([9 + 8 * k]) + struct.pack("<d", at) for k, at in enumerate(place)) in drawn
    assert b"person 8" not in drawn  # nobody is drawn at an unknown place


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"origin": "https://evil.example"}, "may not look"),
        ({"origin": "http://127.0.0.1:8000"}, "may not look"),
        ({"origin": "null"}, "may not look"),
        ({"host": "robot.evil.example"}, "its own machine only"),
    ],
)
def test_a_page_of_others_is_turned_away(make: Callable[..., Scene], given: dict[str, str], words: str) -> None:
    scene = make()
    with pytest.raises(RefusedError, match="403") as caught:
        scene.viewer(**given)
    assert words in str(caught.value)
    assert "channels" not in str(caught.value)
    allowed = scene.viewer(origin="https://app.foxglove.dev")
    allowed.wait(lambda: allowed.channels, "the channels, for the page that may")
    allowed.wait(lambda: scene.health("refused") is Health.WARN, "the refusal in diagnostics")


def test_an_address_that_is_taken_is_told_and_tried_again(
    make: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "AGAIN_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        scene = make(port=port)
        scene.wait(lambda: scene.health("viewers") is Health.ERROR, "the reason in diagnostics")
        assert str(port) in scene.around.lines["foxglove: viewers"].message
        assert scene.node._viewers is None
    scene.wait(lambda: scene.node._viewers is not None, "another try")
    assert scene.port == port
    viewer = scene.viewer()
    viewer.wait(lambda: viewer.channels, "the channels")
    viewer.wait(lambda: scene.health("viewers") is Health.OK, "all well")


def test_open_to_the_network_is_told_with_its_reason(make: Callable[..., Scene]) -> None:
    scene = make(host="0.0.0.0", open_because="the tablet of the workshop looks on")
    viewer = scene.viewer()
    viewer.wait(lambda: scene.health("address") is Health.WARN, "a warning")
    assert "the tablet of the workshop" in scene.around.lines["foxglove: address"].message
