"""The node on a real ROS graph: falls in; a goal to navigation, speech, the alarm out; acknowledged; asked to speak."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rclpy
from kangban_msgs.action import NavigateTo, Patrol, Say
from kangban_msgs.srv import AcknowledgeIncident
from rclpy.action import ActionClient, ActionServer
from rclpy.executors import SingleThreadedExecutor

from behaviors.node import BehaviorsNode
from kangban import streams
from kangban.config import load
from kangban.node import KangbanNode
from kangban.values import (
    STILL,
    CareEventKind,
    CareEvents,
    ChainState,
    ControllerState,
    Falls,
    HomeReading,
    HomeReadings,
    MapPose,
    PictureKept,
    Pose2D,
    SensorKind,
    VelocityCommand,
)
from tests.unit.behaviors_world import care, empty_room, fall

QUICK = [
    "profile.behaviors.answer_wait_s=0.6", "profile.behaviors.asks=1", "profile.behaviors.resolve_after_s=0.5",
    "profile.behaviors.repeat_alarm_s=5.0", "profile.behaviors.approach_limit_s=10.0",
]  # fmt: skip
PATIENCE_S = 20.0  # a bound for a machine that is busy, not an expectation


class Surroundings(KangbanNode):
    """Everything around the behaviours, as the other processes would be."""

    def __init__(self, config: Any) -> None:
        super().__init__("surroundings", config)
        self.falls, self.care = self.output(streams.FALLS), self.output(streams.CARE_EVENTS)
        self._pose, self._map = self.output(streams.POSE), self.output(streams.MAP)
        self._chain, self._controller = self.output(streams.CHAIN), self.output(streams.CONTROLLER)
        self.incidents = self.input(streams.INCIDENTS)
        self.mission = self.input(streams.MISSION)
        self.said: list[str] = []
        self.input(streams.SPEECH_SAID, lambda speech: self.said.append(speech.text))
        self.goals: list[Any] = []
        self.stands = Pose2D(1.0, 3.5, 0.0)
        self._server = ActionServer(self, NavigateTo, streams.NAVIGATE_TO, self._drive)
        self.acknowledging = self.create_client(AcknowledgeIncident, streams.ACKNOWLEDGE_INCIDENT)
        self.saying = ActionClient(self, Say, streams.SAY)
        self.patrolling = ActionClient(self, Patrol, streams.PATROL)
        self.home = self.output(streams.HOME_READINGS)
        self.input(streams.CMD_VEL_BEHAVIOR, self._turn)
        self.tree = self.input(streams.TREE)
        kept = self.output(streams.PICTURE_KEPT)
        self.input(streams.PICTURE_WISH, lambda wish: kept(PictureKept(wish.stamp, wish.name, "no_look")))
        self.every(0.05, self._publish)

    def _drive(self, goal: Any) -> Any:
        target = goal.request.target_in_map
        self.goals.append(target)
        self.stands = Pose2D(target.x, target.y, target.theta)
        goal.succeed()
        return NavigateTo.Result(reached=True, reason="")

    def _turn(self, command: VelocityCommand) -> None:
        """At once, a good part of what is left."""
        self.stands = Pose2D(self.stands.x, self.stands.y, self.stands.yaw + 0.6 * command.velocity.wz)

    def _publish(self) -> None:
        now = self.now()
        self._pose(MapPose(now, self.stands, 0.02))
        self._chain(ChainState(now, None, STILL, STILL, (), False, ""))
        self._controller(ControllerState(now, True, True, False, False, (), (), STILL, 24.0, 0, 0, 0, None))

    def begin(self) -> None:
        self._map(empty_room())


@pytest.fixture
def stage(tmp_path: Path, domain: int) -> Iterator[tuple[Surroundings, Callable[..., None], Callable[[], None]]]:
    config = load("companion", "demo_flat", tmp_path / "state", tmp_path, QUICK)
    rclpy.init(domain_id=domain)
    executor = SingleThreadedExecutor()
    around = Surroundings(config)
    nodes: list[Any] = [around, BehaviorsNode(config)]
    for node in nodes:
        executor.add_node(node)

    def until(condition: Callable[[], Any], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, f"{what} did not come; mission: {around.mission.last}"
            executor.spin_once(timeout_sec=0.05)

    def restart() -> None:
        old = nodes.pop()
        old._ledger.close()  # a killed process closes nothing else
        executor.remove_node(old)
        old.destroy_node()
        nodes.append(BehaviorsNode(config))
        executor.add_node(nodes[-1])

    around.begin()
    yield around, until, restart
    nodes[-1].close()
    executor.shutdown()
    for node in nodes:
        node.destroy_node()
    rclpy.try_shutdown()


def test_from_a_fall_to_the_acknowledgement_and_over_a_restart(stage: Any) -> None:
    around, until, restart = stage

    def state() -> str:
        last = around.incidents.last
        return last.incidents[-1].state.value if last and last.incidents else "none"

    until(lambda: around.mission.last and around.mission.last.name == "idle", "the idle mission")
    around.falls(Falls(around.now(), (fall(since=around.now()),)))
    until(lambda: around.goals, "a goal for navigation")
    until(lambda: state() == "alarmed", "the alarm")
    assert any("Are you all right" in words for words in around.said)
    restart()
    until(lambda: "restarted" in str(around.incidents.last.incidents[-1].log[-1]), "the incident after a restart")
    assert state() == "alarmed"
    until(around.acknowledging.service_is_ready, "the service")
    ask = AcknowledgeIncident.Request(incident_id="fall-a", who="Nurse Li", note="")
    answer = around.acknowledging.call_async(ask)
    until(answer.done, "an answer")
    assert answer.result().accepted
    until(lambda: state() == "resolved", "the end")


def test_a_care_event_becomes_an_incident_words_and_where_it_helps_a_goal(stage: Any) -> None:
    around, until, _ = stage

    def incidents() -> dict[str, str]:
        last = around.incidents.last
        return {i.kind: i.state.value for i in last.incidents} if last else {}

    until(lambda: around.mission.last and around.mission.last.name == "idle", "the idle mission")
    before = len(around.goals)
    wanders = care(CareEventKind.NIGHT_WANDERING, "c-night")
    around.care(CareEvents(around.now(), (wanders,)))
    until(lambda: incidents().get("night_wandering") == "alarmed", "the nurse's call")
    until(lambda: any(words.startswith("It is night.") for words in around.said), "a kind word")
    assert len(around.goals) == before, "it keeps out of her way"
    waves = care(CareEventKind.HELP_GESTURE, "c-wave", person_id=2, place_in_map=(4.0, 2.5, 0.0))
    around.care(CareEvents(around.now(), (wanders, waves)))
    until(lambda: len(around.goals) > before, "a goal for navigation")
    until(lambda: incidents().get("help_gesture") == "alarmed", "the alarm after no answer")
    until(lambda: any("Are you all right" in words for words in around.said), "the question, after the kind word")


def test_it_says_what_others_ask_for(stage: Any) -> None:
    around, until, _ = stage
    until(around.saying.server_is_ready, "the say action")
    until(lambda: around.mission.last and around.mission.last.name == "idle", "the idle mission")
    sent = around.saying.send_goal_async(Say.Goal(text="Tea!", language="", kind="inform"))
    until(sent.done, "an answer to the request")
    assert sent.result().accepted
    ended = sent.result().get_result_async()
    until(ended.done, "the end of the sentence")
    assert ended.result().result.said and "Tea!" in around.said
    refused = around.saying.send_goal_async(Say.Goal(text=" ", language="", kind="inform"))
    until(refused.done, "an answer to an empty request")
    assert not refused.result().accepted


def test_a_round_is_asked_for_told_of_and_reported(stage: Any, tmp_path: Path) -> None:
    around, until, _ = stage
    until(around.patrolling.server_is_ready, "the patrol action")
    until(lambda: around.mission.last and around.mission.last.name == "idle", "the idle mission")
    refused = around.patrolling.send_goal_async(Patrol.Goal(rooms=["attic"]))
    until(refused.done, "an answer about a room that is none")
    assert not refused.result().accepted
    told: list[Any] = []
    goal = Patrol.Goal(rooms=["living_room", "bathroom"])
    sent = around.patrolling.send_goal_async(goal, feedback_callback=lambda m: told.append(m.feedback))
    until(sent.done, "an answer to the request")
    assert sent.result().accepted
    until(lambda: around.mission.last.name == "patrol" and around.mission.last.phase == "look", "a look")
    lines = {line.name: line for line in around.tree.last.lines}
    until(lambda: any(line.status == "running" for line in around.tree.last.lines if line.name == "look around"), "it")
    assert lines["companion"].depth == 0 and any(f.room == "living_room" and f.rooms_left == 1 for f in told)
    ended = sent.result().get_result_async()
    until(ended.done, "the end of the round")
    result = ended.result().result
    assert result.done and result.reason == "" and Path(result.report).parent == tmp_path / "state" / "reports"
    assert "nobody may look into this room" in Path(result.report).read_text()


def test_a_round_that_is_taken_back_ends_with_what_it_has(stage: Any) -> None:
    around, until, _ = stage
    until(around.patrolling.server_is_ready, "the patrol action")
    sent = around.patrolling.send_goal_async(Patrol.Goal(rooms=[]))
    until(sent.done, "an answer to the request")
    until(lambda: around.mission.last and around.mission.last.name == "patrol", "the round")
    sent.result().cancel_goal_async()
    ended = sent.result().get_result_async()
    until(ended.done, "the end of the round")
    result = ended.result().result
    assert not result.done and result.reason == "it was taken back" and "Ended early" in Path(result.report).read_text()


def test_a_smoke_alarm_of_the_home_becomes_an_incident(stage: Any) -> None:
    around, until, _ = stage
    until(lambda: around.mission.last and around.mission.last.name == "idle", "the idle mission")
    smoke = HomeReading(around.now(), "ceiling", SensorKind.SMOKE, "kitchen", True)
    around.home(HomeReadings(around.now(), True, (smoke,)))
    until(lambda: around.incidents.last and around.incidents.last.incidents, "an incident")
    incident = around.incidents.last.incidents[0]
    assert (incident.kind, incident.level.value, incident.room) == ("smoke", "family", "kitchen")
    until(lambda: any(words.startswith("Smoke alarm!") for words in around.said), "a warning")
