"""The safety node on a real ROS graph: what passes, what each silent source does, and a stop that outlives the node."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rclpy
from kangban_msgs.srv import Arm, Stop
from rclpy.executors import SingleThreadedExecutor

from kangban import streams
from kangban.config import Config, load
from kangban.node import KangbanNode
from kangban.values import STILL, ControllerState, Odometry, Persons, Pose2D, Scan, Twist2D, VelocityCommand
from safety.node import SafetyNode

PATIENCE_S = 20.0  # a bound for a machine that is busy, not an expectation
WISH = Twist2D(0.2, 0.0, 0.1)


class Surroundings(KangbanNode):
    """All that the safety node hears; `silent` names what has stopped talking."""

    def __init__(self, config: Config) -> None:
        super().__init__("surroundings", config)
        self.silent: set[str] = set()
        self.emergency_stop = False
        self.driven, self.drives = 0.0, 0.0  # m so far, m a message
        self._out = {
            s.name: self.output(s)
            for s in (streams.SCAN, streams.PERSONS, streams.ODOM, streams.CONTROLLER, streams.CMD_VEL_NAV)
        }
        self.commanded: list[Twist2D] = []  # everything that reached the wheels' topic
        self.command = self.input(streams.CMD_VEL, lambda command: self.commanded.append(command.velocity))
        self.chain = self.input(streams.CHAIN)
        self.stopping, self.arming = self.create_client(Stop, streams.STOP), self.create_client(Arm, streams.ARM)
        self.every(0.05, self._publish)

    def _publish(self) -> None:
        now = self.now()
        self.driven += self.drives
        values = {
            "scan": Scan(now, -3.14, 0.0174, 0.1, 10.0, np.full(360, np.inf)),
            "persons": Persons(now, ()),
            "odom": Odometry(now, Pose2D(self.driven, 0.0, 0.0), STILL),
            "controller": ControllerState(
                now, True, True, self.emergency_stop, False, (), (), STILL, 24.0, 0, 0, 0, 0.0
            ),
            "cmd_vel/nav": VelocityCommand(now, WISH),
        }
        for name, value in values.items():
            if name not in self.silent:
                self._out[name](value)

    def sent(self) -> Twist2D | None:
        command = self.command.fresh()
        return None if command is None else command.velocity

    def reasons(self) -> str:
        chain = self.chain.fresh()
        return "" if chain is None else "; ".join(chain.reasons)


class Stage:
    def __init__(self, config: Config) -> None:
        self.config = config
        self.executor = SingleThreadedExecutor()
        self.around = Surroundings(config)
        self.executor.add_node(self.around)
        self.node = self.start()

    def start(self) -> SafetyNode:
        self.node = SafetyNode(self.config)
        self.executor.add_node(self.node)
        return self.node

    def end_node(self) -> None:
        self.executor.remove_node(self.node)
        self.node.destroy_node()

    def until(self, condition: Callable[[], Any], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, f"{what} did not come; chain: {self.around.chain.last}"
            self.executor.spin_once(timeout_sec=0.05)

    def ask(self, client: Any, request: Any) -> Any:
        self.until(client.service_is_ready, "the service")
        future = client.call_async(request)
        self.until(future.done, "the answer")
        return future.result()

    def arm(self, expected: str) -> None:
        """Ask until it answers this; a node that has only just begun, or is late, refuses for want of readings."""
        self.until(lambda: expected in self.ask(self.around.arming, Arm.Request(who="nurse")).message, expected)


@pytest.fixture
def stage(tmp_path: Path, domain: int) -> Iterator[Stage]:
    rclpy.init(domain_id=domain)
    made = Stage(load("companion", "demo_flat", tmp_path / "state", tmp_path))
    yield made
    made.end_node()
    made.around.destroy_node()
    made.executor.shutdown()
    rclpy.shutdown()


def test_a_wish_passes_and_a_silent_source_is_zero(stage: Stage) -> None:
    stage.until(lambda: stage.around.sent() == WISH, "the wish")
    stage.around.silent.add("cmd_vel/nav")
    stage.until(lambda: stage.around.sent() == STILL and "nav_silent" in stage.around.reasons(), "zero")
    stage.around.silent.clear()
    stage.until(lambda: stage.around.sent() == WISH, "the wish again")


@pytest.mark.parametrize("source", ["scan", "persons", "odom", "controller"])
def test_each_silent_reading_stops_it_by_name(stage: Stage, source: str) -> None:
    stage.until(lambda: stage.around.sent() == WISH, "the wish")
    stage.around.silent.add(source)
    stage.until(lambda: stage.around.sent() == STILL and f"{source}_stale" in stage.around.reasons(), "the stop")


def test_a_lidar_that_repeats_itself_while_it_drives_stops_it_by_name(stage: Stage) -> None:
    stage.until(lambda: stage.around.sent() == WISH, "the wish")
    stage.around.drives = 0.02
    stage.until(lambda: stage.around.sent() == STILL and "scan_frozen" in stage.around.reasons(), "the stop")


def test_a_stop_outlives_the_node_and_needs_a_person(stage: Stage) -> None:
    stage.until(lambda: stage.around.sent() == WISH, "the wish")
    answer = stage.ask(stage.around.stopping, Stop.Request(who="nurse", reason="wet floor"))
    assert answer.stopped
    stage.until(lambda: stage.around.sent() == STILL, "the stop")
    stage.end_node()
    stage.around.commanded.clear()
    stage.start()
    stage.until(lambda: "nurse" in stage.around.reasons(), "the latch")
    stage.until(lambda: len(stage.around.commanded) >= 5, "commands")
    assert set(stage.around.commanded) == {STILL}
    assert not stage.ask(stage.around.arming, Arm.Request(who="")).armed
    stage.arm("released by nurse")
    stage.until(lambda: stage.around.sent() == WISH, "the wish after arming")


def test_the_button_on_the_robot_latches_and_holds_off_arming(stage: Stage) -> None:
    stage.until(lambda: stage.around.sent() == WISH, "the wish")
    stage.around.emergency_stop = True
    stage.until(lambda: "emergency_stop" in stage.around.reasons(), "the latch")
    stage.arm("still pressed")
    assert stage.node._latch.latched
    stage.around.emergency_stop = False
    stage.until(lambda: not stage.node._controller.last.emergency_stop, "the button pulled out")
    stage.around.commanded.clear()
    stage.until(lambda: len(stage.around.commanded) >= 5, "commands")
    assert set(stage.around.commanded) == {STILL}  # pulling it out moves nothing
    stage.arm("released by nurse")
    stage.until(lambda: stage.around.sent() == WISH, "the wish")


def test_a_full_disk_still_stops_and_says_so(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    stage.until(lambda: stage.around.sent() == WISH, "the wish")
    monkeypatch.setattr(type(stage.node._file), "save", full)
    answer = stage.ask(stage.around.stopping, Stop.Request(who="nurse", reason="smoke"))
    assert answer.stopped
    assert "No space left on device" in answer.message
    stage.until(lambda: stage.around.sent() == STILL, "the stop")


def test_a_wish_from_the_future_is_refused_by_name(stage: Stage) -> None:
    stage.until(lambda: stage.around.sent() == WISH, "the wish")
    stage.around.silent.add("cmd_vel/nav")
    lines = stage.node._lines

    def refused() -> bool:
        ahead = stage.around.now() + 5.0
        stage.around._out["cmd_vel/nav"](VelocityCommand(ahead, Twist2D(0.4, 0.0, 0.0)))
        return "wishes of nav" in lines and "future" in lines["wishes of nav"].message

    stage.until(refused, "the refusal")
    stage.until(lambda: stage.around.sent() == STILL, "zero")


def test_a_beat_of_its_own_never_meets_a_wish_also_where_the_wish_outran_the_time(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which of clock, wish and timer came first decides nothing: the same commands with the same stamps."""

    def played(order: str) -> list[float]:
        stage.end_node()
        node, sent = stage.start(), []
        monkeypatch.setattr(node, "_send_command", lambda command: sent.append(round(command.stamp, 3)))
        at = 0.0
        monkeypatch.setattr(node, "now", lambda: at)
        node._tick()
        for beat in range(2, 12):  # half periods; a wish comes with every second one until the middle
            wish = VelocityCommand(0.025 * beat, WISH) if beat % 2 == 0 and beat < 8 else None
            for what in order:
                if what == "t":
                    at = 0.025 * beat
                elif what == "b":
                    node._tick()
                elif wish is not None:
                    node._wished("nav", wish)
        return sent

    first = played("tbw")
    assert first == [0.0, 0.05, 0.1, 0.15, 0.225]  # then as soon as one is a period and a quarter late
    assert played("wtb") == first
    assert played("twb") == first
