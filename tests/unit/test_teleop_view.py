"""What the page shows of what the console knows."""

import dataclasses
import json
from pathlib import Path

import pytest

import teleop.view
from kangban import config
from kangban.values import (
    AlarmLevel,
    Battery,
    CareEventKind,
    ChainState,
    ControllerState,
    Diagnostic,
    Health,
    Incidents,
    IncidentState,
    Mission,
    TreeLine,
    TreeState,
    Twist2D,
)
from teleop.contacts import Recipient
from teleop.desk import Situation
from teleop.notices import Sender, plan
from teleop.view import levels_up_to, state
from tests.browser.demo import fall

SITE = config.load_site("demo_flat")
STILL = Twist2D()
CHAIN = ChainState(100.0, None, STILL, STILL, (), False, "")
MOTORS = ControllerState(100.0, True, True, False, False, (), (), STILL, 24.0, 0, 0, 0, None)


def shown(situation: Situation, **sent: str) -> dict:
    return state(situation, SITE, "companion", {"f1": sent}, lambda incident: 7 if incident.fall_ids else None)


def with_falls(*falls) -> Situation:
    return Situation(100.0, Incidents(100.0, falls), True)


def test_nothing_heard_is_null_everywhere_never_zero() -> None:
    page = shown(Situation(100.0))
    assert page["known"] is False and page["fresh"] is False and page["incidents"] == []
    assert page["mission"] is None and page["charge"] is None
    assert page["safety"]["code"] == "away" and page["motors"]["code"] == "away"


def test_an_alarm_with_room_age_people_and_picture() -> None:
    page = shown(with_falls(fall("f1", IncidentState.ALARMED, 40.0)), **{"nurse/Duty nurse": "sent"})
    incident = page["incidents"][0]
    assert incident["calling"] and incident["open"] and incident["age_s"] == 60.0
    assert incident["room"] == {"zh": "客厅", "en": "living room"}
    assert incident["alarmed"] == [{"name": "Duty nurse", "level": "nurse", "webhook": "sent"}]
    assert incident["picture"] == "/api/incidents/f1/picture?v=7"
    json.dumps(page)


@pytest.mark.parametrize("kind", ["fall", *CareEventKind])
def test_every_kind_has_its_words_place_and_evidence_in_both_languages(kind: str) -> None:
    """On the page, and in what is sent to people."""
    made = fall("f1", IncidentState.ALARMED, 40.0, kind=str(kind), evidence=("lies on the floor for 20 s", "odd words"))
    incident = shown(with_falls(made))["incidents"][0]
    assert incident["kind"] == kind and incident["room"]["zh"] == "客厅"
    assert incident["evidence"] == {
        "zh": ["躺在地上已 20 秒", "odd words"],
        "en": ["lies on the floor for 20 s", "odd words"],
    }
    words = (Path(teleop.view.__file__).parent / "static" / "words.js").read_text(encoding="utf-8")
    assert words.count(f' kind_{kind}: "') == 2
    people = [Recipient(AlarmLevel.NURSE, "Li", "http://localhost/")]
    notice = plan([made], people, (), Sender("companion", SITE, "http://console"), 0.0)[0]
    text = json.loads(notice.body)["text"]
    assert "living room" in text["en"] and "客厅" in text["zh"] and "Help is needed" not in text["en"]


def test_the_family_level_has_called_both() -> None:
    page = shown(with_falls(fall("f1", IncidentState.ALARMED, 40.0, level=AlarmLevel.FAMILY)))
    assert [c["name"] for c in page["incidents"][0]["alarmed"]] == ["Duty nurse", "Daughter"]
    assert [c["webhook"] for c in page["incidents"][0]["alarmed"]] == ["none", "none"]
    assert levels_up_to(AlarmLevel.NONE) == ()


def test_an_opening_after_now_has_no_age() -> None:
    page = shown(with_falls(fall("f1", IncidentState.ALARMED, 40.0), fall("f2", IncidentState.OPEN, 140.0)))
    assert page["incidents"][1]["age_s"] is None and page["incidents"][1]["changed_s"] is None


def test_an_unknown_room_and_a_missing_picture_are_null() -> None:
    incident = fall("f1", IncidentState.OPEN, 40.0, room="attic", fall_ids=())
    page = shown(with_falls(incident))
    assert page["incidents"][0]["room"] is None and page["incidents"][0]["picture"] is None


def test_who_calls_for_help_comes_first_and_what_is_over_last() -> None:
    order = (IncidentState.RESOLVED, IncidentState.ACKNOWLEDGED, IncidentState.ALARMED, IncidentState.CHECKING)
    page = shown(with_falls(*(fall(f"f{n}", s, 40.0) for n, s in enumerate(order))))
    assert [i["state"] for i in page["incidents"]] == ["alarmed", "checking", "acknowledged", "resolved"]
    assert [i["calling"] for i in page["incidents"]] == [True, False, False, False]


@pytest.mark.parametrize("each", IncidentState)
def test_every_state_is_shown(each: IncidentState) -> None:
    incident = shown(with_falls(fall("f1", each, 40.0)))["incidents"][0]
    assert incident["open"] is (each is not IncidentState.RESOLVED)


@pytest.mark.parametrize(
    ("changes", "code", "health"),
    [
        ({}, "ok", "ok"),
        ({"connected": False, "reasons": ("no answer",)}, "disconnected", "error"),
        ({"emergency_stop": True, "armed": False}, "emergency_stop", "warn"),
        ({"faults": ("stall",)}, "fault", "error"),
        ({"bumper": True}, "bumper", "warn"),
        ({"armed": False}, "disarmed", "warn"),
    ],
)
def test_the_motors_in_one_word_the_worst_first(changes: dict, code: str, health: str) -> None:
    motors = shown(Situation(100.0, controller=dataclasses.replace(MOTORS, **changes)))["motors"]
    assert (motors["code"], motors["health"]) == (code, health)


def test_a_latched_stop_is_shown_with_its_reason() -> None:
    chain = dataclasses.replace(CHAIN, stop_latched=True, stop_reason="nurse")
    page = shown(
        Situation(100.0, chain=chain, mission=Mission(100.0, "idle", "p", "d"), battery=Battery(100.0, 24, 0.5))
    )
    assert page["safety"] == {"health": "warn", "code": "stopped", "detail": "nurse"}
    assert page["mission"] == {"name": "idle", "phase": "p", "detail": "d"} and page["charge"] == 0.5


def test_a_process_is_as_well_as_its_worst_line() -> None:
    lines = (
        Diagnostic("safety: reads scan", Health.STALE, "nothing has come yet"),
        Diagnostic("safety: reads odom", Health.OK, "fresh"),
        Diagnostic("bridge: port", Health.ERROR, "gone"),
        Diagnostic("bridge: reads cmd_vel", Health.WARN, "slow"),
    )
    nodes = shown(Situation(100.0, lines=lines))["nodes"]
    assert [(n["name"], n["health"]) for n in nodes] == [("bridge", "error"), ("safety", "stale")]
    assert nodes[1]["troubles"] == ["reads scan: nothing has come yet"]


def test_the_tree_is_shown_without_what_is_not_asked() -> None:
    named = (("companion", 0, "running", ""), ("safety", 1, "idle", ""), ("watch", 1, "running", "x"))
    lines = tuple(TreeLine(depth, name, status, words) for name, depth, status, words in named)
    page = shown(Situation(now=100.0, tree=TreeState(99.5, lines)))
    assert [(line["depth"], line["name"], line["feedback"]) for line in page["tree"]] == [
        (0, "companion", ""), (1, "watch", "x")
    ]  # fmt: skip
    assert shown(Situation(now=100.0))["tree"] == []
