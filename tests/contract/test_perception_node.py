"""The perception node on a real ROS graph: what leaves it on every stream and in every file, what it says of sight.

The pose model is played (its poses are bodies of known geometry); everything else is the node as it runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.serialization import deserialize_message, serialize_message

import perception.node as perception_node
import perception.room_camera_node as room_camera_node
from kangban import conversions, streams
from kangban.config import Config, load
from kangban.node import _QOS, KangbanNode
from kangban.values import Diagnostics, Falls, Health, Image, MapPose, Pose2D
from perception.landmarks import Pose
from perception.recording_mcap import read_mcap
from tests import pixels as px
from tests.unit import perception_bodies as b

PATIENCE_S = 30.0  # a bound for a machine that is busy, not an expectation
RATE = 10.0
VIEW = b.camera()
RNG = np.random.default_rng(3)
ROOM = np.clip(np.kron(RNG.integers(20, 236, (60, 80, 3)), np.ones((8, 8, 1))), 0, 255).astype(np.uint8)


class PlayedModel:
    """Stands for two seconds, falls, stays down: what the pose model would see."""

    def __init__(self, *_: object) -> None:
        self._first: float | None = None

    def prepare(self) -> None:
        pass

    def close(self) -> None:
        pass

    def scan(self, pixels: px.Pixels, stamp: float) -> None:
        pass

    def look(self, pixels: px.Pixels) -> list[Pose]:
        return []

    def track(self, pixels: px.Pixels, stamp: float) -> list[Pose]:
        self._first = stamp if self._first is None else self._first
        up, down = b.placed(b.standing(), 3.0, 0.0), b.placed(b.lying(), 3.0, 0.0, 1.4)
        share = min(1.0, max(0.0, (stamp - self._first - 1.5) / 0.5))
        return [b.seen(b.between(up, down, share), VIEW)]


class Surroundings(KangbanNode):
    """Sends pictures, and takes every message of every other stream as bytes."""

    def __init__(self, config: Config) -> None:
        super().__init__("surroundings", config)
        self._image, self._pose = self.output(streams.CAMERA_IMAGE), self.output(streams.POSE)
        self.frames: list[px.Pixels] = []
        self.heard: dict[str, list[bytes]] = {}
        self.lines: dict[str, Health] = {}
        self.silent = False
        self.place = Pose2D(3.0, 2.0, 0.0)
        for stream in streams.ALL:
            if stream.name != streams.CAMERA_IMAGE.name:
                self._listen(stream)
        self.every(1.0 / RATE, self._show)

    def _listen(self, stream: streams.Stream[Any]) -> None:
        def take(message: Any) -> None:
            self.heard.setdefault(stream.name, []).append(serialize_message(message))
            if stream is streams.DIAGNOSTICS:
                value: Diagnostics = conversions.from_ros(message, Diagnostics)
                self.lines.update({line.name: line.health for line in value.lines})

        self.create_subscription(conversions.message_type(stream.value), stream.name, take, _QOS[stream.qos])

    def _show(self) -> None:
        now = self.now()
        self._pose(MapPose(now, self.place, 0.02))
        if self.silent:
            return
        frame = np.clip(ROOM.astype(int) + RNG.integers(-4, 5, ROOM.shape), 0, 255).astype(np.uint8)
        self.frames = [*self.frames[-3:], frame]
        self._image(Image(now, frame))


class Stage:
    def __init__(self, config: Config) -> None:
        self.config = config
        self.executor = SingleThreadedExecutor()
        self.around, self.node = Surroundings(config), perception_node.PerceptionNode(config)
        self.executor.add_node(self.around)
        self.executor.add_node(self.node)

    def until(self, condition: Callable[[], Any], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, f"{what} did not come; {self.around.lines}"
            self.executor.spin_once(timeout_sec=0.05)

    def end(self) -> None:
        self.node.close()
        for node in (self.node, self.around):
            self.executor.remove_node(node)
            node.destroy_node()
        self.executor.shutdown()

    @property
    def pictures(self) -> list[Path]:
        return sorted((self.config.state_dir / "pictures").glob("*.png"))

    def fallen(self) -> bool:
        """Was a fall told, and the next moment's falls too, so that its picture is written?"""
        return sum(b"does not get up" in m or b"stays down" in m for m in self.around.heard.get("falls", [])) >= 2


def film_of_the_room(path: Path) -> Path:
    """Half a minute of the empty room; who falls in it the played model says."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), RATE, (640, 480))
    frames = [np.clip(ROOM.astype(int) + RNG.integers(-9, 10, ROOM.shape), 0, 255).astype(np.uint8) for _ in range(8)]
    for k in range(int(PATIENCE_S * RATE)):
        writer.write(frames[k % len(frames)])
    writer.release()
    return path


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, domain: int) -> Iterator[Callable[..., Stage]]:
    monkeypatch.setattr(perception_node, "PoseModel", PlayedModel)
    rclpy.init(domain_id=domain)
    made: list[Stage] = []

    def begin(*overrides: str) -> Stage:
        made.append(Stage(load("companion", "demo_flat", tmp_path / "state", tmp_path / "run", overrides)))
        return made[-1]

    yield begin
    for stage in made:
        stage.end()
    rclpy.shutdown()


def test_no_raw_picture_leaves_on_any_stream_or_in_any_file(start: Callable[..., Stage]) -> None:
    stage = start("profile.perception.record=landmarks")
    stage.until(lambda: stage.pictures and stage.fallen(), "the fall and its picture")
    stage.until(lambda: {"persons", "falls", "care_events", "diagnostics"} <= set(stage.around.heard), "every stream")
    stage.node.close()
    for name, messages in stage.around.heard.items():
        assert name not in streams.PIXELS
        assert px.shows(b"".join(messages), stage.around.frames) is None, name
    folders = [stage.config.state_dir, stage.config.run_dir]
    assert px.leaks(folders, stage.around.frames) == []
    assert [p.parent.name for p in stage.pictures] == ["pictures"]
    # What was recorded instead: landmarks, which can be watched again.
    recordings = sorted((stage.config.state_dir / "landmarks").glob("*.mcap"))
    assert sum(len(frame.poses) for frame in read_mcap(recordings[0])) > 10


def test_where_the_home_allows_it_the_picture_of_a_fall_is_the_raw_one_and_the_search_finds_it(
    start: Callable[..., Stage],
) -> None:
    stage = start("site.privacy.raw_pictures=incident")
    stage.until(lambda: stage.pictures, "the picture")
    found = px.leaks([stage.config.state_dir], stage.around.frames)
    assert len(found) == 1
    assert found[0].startswith("pictures/")


def test_of_a_room_that_nobody_may_look_into_no_picture_is_kept(start: Callable[..., Stage]) -> None:
    stage = start("site.privacy.raw_pictures=incident")
    bathroom = next(room for room in stage.config.site.rooms if room.name == "bathroom")
    stage.around.place = Pose2D(bathroom.min_m[0] + 1.0, bathroom.min_m[1] + 1.0, 0.0)
    stage.until(stage.fallen, "the fall")
    stage.until(lambda: "perception: pictures" in stage.around.lines, "word of the picture")
    assert stage.pictures == []
    assert px.image_files(stage.config.state_dir) == []


def test_a_camera_that_falls_silent_is_told_and_so_is_its_return(start: Callable[..., Stage]) -> None:
    stage = start()
    stage.until(lambda: stage.around.lines.get("perception: sight") is Health.OK, "sight")
    stage.around.silent = True
    stage.until(lambda: stage.around.lines.get("perception: sight") is Health.ERROR, "blindness")
    stage.around.silent = False
    stage.until(lambda: stage.around.lines.get("perception: sight") is Health.OK, "sight again")


def test_a_fall_that_a_room_camera_alone_sees_is_told_with_the_robots_own(
    start: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The camera is a film; the robot's own camera is silent. Its people have numbers of their own."""
    film = film_of_the_room(tmp_path / "room.avi")
    mount = "{x_m: 0.0, y_m: 0.0, z_m: 1.2, yaw_rad: 0.0, pitch_rad: 0.3}"
    camera = (f"site.cameras=[{{name: ceiling, device: '{film}', width_px: 640, height_px: 480, "
              f"vertical_fov_rad: 1.05, rate_hz: 15.0, mount: {mount}}}]")  # fmt: skip
    stage = start(camera)
    stage.around.silent = True
    monkeypatch.setattr(room_camera_node, "PoseModel", PlayedModel)
    room = room_camera_node.RoomCameraNode(stage.config, "ceiling")
    stage.executor.add_node(room)
    try:
        stage.until(stage.fallen, "the fall")
    finally:
        room.close()
        stage.executor.remove_node(room)
        room.destroy_node()
    told = deserialize_message(stage.around.heard["falls"][-1], conversions.message_type(Falls))
    falls = conversions.from_ros(told, Falls).falls
    assert [f.person_id for f in falls] == [10_001]
    assert falls[0].place_in_map == pytest.approx((3.0, 0.0, 0.1), abs=0.5)
