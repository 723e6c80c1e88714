"""The recorder on a real ROS graph: the minutes around an incident, on disk; and a disk that refuses."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import rclpy
from mcap_ros2.reader import read_ros2_messages
from rclpy.executors import SingleThreadedExecutor

from kangban import streams
from kangban.config import Config, load
from kangban.node import KangbanNode
from kangban.processes import environment
from kangban.values import AlarmLevel, Diagnostics, Health, Incident, Incidents, IncidentState, Speech, SpeechKind
from observe.nodes.recorder import RecorderNode

PATIENCE_S = 20.0


class Robot(KangbanNode):
    """The streams that the recorder looks at."""

    def __init__(self, config: Config) -> None:
        super().__init__("robot", config)
        self.say, self.tell = self.output(streams.SPEECH_SAID), self.output(streams.INCIDENTS)
        self.health: dict[str, tuple[Health, str]] = {}
        self.input(streams.DIAGNOSTICS, self._heard)

    def _heard(self, diagnostics: Diagnostics) -> None:
        self.health.update({line.name: (line.health, line.message) for line in diagnostics.lines})

    def speak(self, text: str) -> None:
        self.say(Speech(self.now(), text, "en", SpeechKind.INFORM))

    def incident(self, state: IncidentState) -> None:
        now = self.now()
        made = Incident("a", "fall", state, AlarmLevel.NURSE, now, 0.0, now, 1, None, "living_room", (), (), "", ())
        self.tell(Incidents(now, (made,)))


class Stage:
    def __init__(self, config: Config) -> None:
        self.config, self.executor = config, SingleThreadedExecutor()
        self.robot, self.recorder = Robot(config), RecorderNode(config)
        for node in (self.robot, self.recorder):
            self.executor.add_node(node)

    @property
    def files(self) -> list[Path]:
        return sorted((self.config.state_dir / "recordings").glob("*.mcap"))

    def until(self, condition: Callable[[], object], what: str, meanwhile: Callable[[], None] = lambda: None) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, f"{what} did not come; {self.robot.health}"
            meanwhile()
            self.executor.spin_once(timeout_sec=0.05)

    def recording(self) -> tuple[Health, str]:
        return self.robot.health.get("recorder: recording", (Health.OK, ""))


def configured(folder: Path) -> Config:
    config = load("companion", "demo_flat", folder, folder / "state")
    plan = config.profile.recorder.model_copy(update={"after_s": 0.5})
    return replace(config, profile=config.profile.model_copy(update={"recorder": plan}))


@pytest.fixture
def stage(tmp_path: Path, domain: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    config = configured(tmp_path)
    for key, value in environment(config, domain).items():
        if key.startswith(("ROS_", "FASTRTPS_", "RMW_")):
            monkeypatch.setenv(key, value)
    rclpy.init(args=[])
    made = Stage(config)
    try:
        yield made
    finally:
        made.recorder.close()
        made.executor.shutdown()
        rclpy.try_shutdown()


def said(path: Path) -> list[str]:
    topic = "/companion/speech/said"
    return [m.ros_msg.text for m in read_ros2_messages(path) if m.channel.topic == topic]


def heard_before(stage: Stage) -> None:
    """Until the recorder has something in its ring."""
    stage.until(
        lambda: any(sent.topic.endswith("speech/said") for sent in stage.recorder._ring.held()),
        "a message", lambda: stage.robot.speak("before"),
    )  # fmt: skip


def test_what_was_said_before_and_during_an_incident_is_kept(stage: Stage) -> None:
    heard_before(stage)
    stage.until(lambda: "records" in stage.recording()[1], "the file", lambda: stage.robot.incident(IncidentState.OPEN))
    assert stage.files == []  # it is not whole yet
    stage.robot.speak("during")
    stage.until(lambda: stage.files, "the whole file", lambda: stage.robot.incident(IncidentState.RESOLVED))
    words = said(stage.files[0])
    assert words[0] == "before" and "during" in words
    stage.until(lambda: "kept incident" in stage.recording()[1], "the word of it")


def test_a_place_that_cannot_be_written_costs_the_recording_and_nothing_else(stage: Stage) -> None:
    folder = stage.config.state_dir / "recordings"
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file is where the folder should be")
    heard_before(stage)
    stage.until(
        lambda: stage.recording()[0] is Health.ERROR, "the error", lambda: stage.robot.incident(IncidentState.OPEN)
    )
    assert "can't be written" in stage.recording()[1] and "free space" in stage.recording()[1]
    stage.until(lambda: not stage.recorder._state.full, "the end", lambda: stage.robot.incident(IncidentState.RESOLVED))
    folder.unlink()
    stage.until(  # the next incident is kept
        lambda: "records" in stage.recording()[1], "the next file", lambda: stage.robot.incident(IncidentState.OPEN)
    )


KILLED = """
import sys, os, signal
from pathlib import Path
from rclpy.serialization import serialize_message
from std_msgs.msg import String
from observe.mcap_file import McapFile
from observe.ring import Sent
file = McapFile(Path(sys.argv[1]) / "incident.mcap", {"/said": String})
for k in range(200):
    file.add(Sent(float(k), "/said", serialize_message(String(data=f"{k} " + os.urandom(3000).hex()))))
file.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_after_kill_nine_the_next_start_mends_what_reached_the_disk(
    tmp_path: Path, domain: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = configured(tmp_path)
    folder = config.state_dir / "recordings"
    folder.mkdir(parents=True)
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder)], timeout=60, cwd=Path(__file__).parents[2])
    assert done.returncode == -9
    assert [path.suffix for path in folder.iterdir()] == [".part"]
    monkeypatch.setitem(os.environ, "ROS_DOMAIN_ID", str(domain))
    rclpy.init(args=[])
    try:
        RecorderNode(config).close()
    finally:
        rclpy.try_shutdown()
    (whole,) = folder.iterdir()
    kept = [int(m.ros_msg.data.split()[0]) for m in read_ros2_messages(whole)]
    assert kept == list(range(len(kept))) and len(kept) > 100
