"""The companion on a real ROS graph: the page and its buttons, the reminders' services, her voice, and `follow`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from kangban_msgs.action import Follow
from kangban_msgs.msg import Reminder
from kangban_msgs.srv import Choose, ListReminders, SetReminder
from rclpy.action import ActionClient

from kangban import streams
from kangban.values import Falls, Person, Persons, Posture, Speech, SpeechKind
from tests.contract.test_behaviors_node import stage as stage
from tests.unit.behaviors_world import fall

PILLS = Reminder(kind="medicine", text="two white tablets", at="0 9 * * *", confirm=True, enabled=True)


class Screen:
    """The page's process, and somebody who may be seen and speaks."""

    def __init__(self, around: Any, until: Any) -> None:
        self._around, self._until = around, until
        self.shown = around.input(streams.SCREEN)
        self._heard = around.output(streams.SPEECH_HEARD)
        self._persons = around.output(streams.PERSONS)
        self._choosing = around.create_client(Choose, streams.CHOOSE)
        self._setting = around.create_client(SetReminder, streams.SET_REMINDER)
        self._listing = around.create_client(ListReminders, streams.LIST_REMINDERS)
        until(lambda: self.shown.last is not None, "the page")

    def title(self) -> str:
        return self.shown.last.title if self.shown.last else ""

    def press(self, screen: str, choice: str) -> Any:
        return self._call(self._choosing, Choose.Request(screen_id=screen, choice_id=choice, who="test"))

    def remind(self, reminder: Reminder, remove: bool = False) -> Any:
        return self._call(self._setting, SetReminder.Request(who="Ann", reminder=reminder, remove=remove))

    def reminders(self) -> Any:
        return self._call(self._listing, ListReminders.Request())

    def say(self, words: str, kind: SpeechKind = SpeechKind.UNKNOWN) -> None:
        self._heard(Speech(self._around.now(), words, "en", kind))

    def stand(self, x: float, y: float) -> None:
        pose = self._around.stands
        bx, by = (float(c) for c in pose.inverse().transform(np.array([[x, y]]))[0])
        points = np.array([[bx, by, 0.9]])
        one = Person(1, True, Posture.STANDING, 0.9, None, None, None, points, (bx, by, 0.9), (x, y, 0.9))
        self._persons(Persons(self._around.now(), (one,)))

    def _call(self, client: Any, request: Any) -> Any:
        self._until(client.service_is_ready, "the service")
        answer = client.call_async(request)
        self._until(answer.done, "an answer")
        return answer.result()


@pytest.fixture
def screen(stage: Any) -> Screen:
    around, until, _ = stage
    until(lambda: around.mission.last and around.mission.last.name == "idle", "the idle mission")
    return Screen(around, until)


def test_a_button_begins_what_it_says_and_stop_ends_it(stage: Any, screen: Screen) -> None:
    around, until, _ = stage
    assert screen.title() == "Hello, I am Kangban"
    assert screen.press("hello", "story").accepted
    until(lambda: around.mission.last.name == "story", "the story")
    until(lambda: screen.title() == "A story", "the story's page")
    late = screen.press("hello", "music")
    assert not late.accepted and late.message == "this page is not shown any more"
    assert not screen.press(screen.shown.last.id, "nonsense").accepted
    screen.say("stop", SpeechKind.ANSWER)
    until(lambda: screen.title() == "Hello, I am Kangban", "the end of it")


def test_the_question_after_a_fall_is_answered_on_the_page(stage: Any, screen: Screen) -> None:
    around, until, _ = stage
    around.falls(Falls(around.now(), (fall(since=around.now()),)))
    until(lambda: screen.shown.last.text.startswith("Are you all right?"), "the question on the page")
    assert [name for name, _ in screen.shown.last.choices] == ["incident_fine", "incident_help"]
    assert screen.press(screen.shown.last.id, "incident_fine").accepted
    until(lambda: around.incidents.last.incidents[-1].state.value in ("answered", "resolved"), "her answer")


def test_help_is_taken_whatever_is_shown_by_now(stage: Any, screen: Screen) -> None:
    around, until, _ = stage
    assert screen.press("a page of yesterday", "help").accepted
    until(lambda: around.incidents.last and around.incidents.last.incidents, "the incident")
    incident = around.incidents.last.incidents[-1]
    assert incident.kind == "cry_for_help" and incident.state.value == "alarmed"


def test_reminders_are_set_listed_refused_and_survive_a_restart(stage: Any, screen: Screen) -> None:
    _, _, restart = stage
    made = screen.remind(PILLS)
    assert made.accepted and made.id == "medicine-1"
    for wrong, why in (("soon", "at:"), ("2001-01-01T09:00", "past")):
        refused = screen.remind(Reminder(kind="water", text="a glass", at=wrong, enabled=True))
        assert not refused.accepted and why in refused.message
    assert "kind: 'dance' is not allowed" in screen.remind(Reminder(kind="dance", text="x", at="0 9 * * *")).message
    restart()
    listed = screen.reminders()
    assert [(r.id, r.text, r.at) for r in listed.reminders] == [("medicine-1", "two white tablets", "0 9 * * *")]
    assert listed.last[0].startswith("not due yet; next ")
    assert screen.remind(listed.reminders[0], remove=True).accepted and not screen.reminders().reminders


def test_follow_goes_after_her_and_tells_how_far_she_is(stage: Any, screen: Screen) -> None:
    around, until, _ = stage
    following = ActionClient(around, Follow, streams.FOLLOW)
    until(following.server_is_ready, "the action")
    told: list[Any] = []
    around.every(0.1, lambda: screen.stand(4.2, 2.6))
    sent = following.send_goal_async(Follow.Goal(person_id=0), feedback_callback=lambda m: told.append(m.feedback))
    until(sent.done, "the goal")
    handle = sent.result()
    assert handle.accepted
    until(lambda: any(f.seen and f.distance_m > 0.5 for f in told), "that she is seen")
    until(lambda: around.mission.last.name == "follow", "the mission")
    until(lambda: any(abs(np.hypot(g.x - 4.2, g.y - 2.6) - 1.4) < 0.3 for g in around.goals), "a goal behind her")
    handle.cancel_goal_async()
    result = handle.get_result_async()
    until(result.done, "the end")
    assert not result.result().result.done
    following.destroy()
