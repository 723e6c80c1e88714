"""The timeline on synthetic streams: what the stack says in public becomes events, each once, and an outcome."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kangban.values import (
    AlarmLevel,
    CareEvent,
    CareEventKind,
    CareEvents,
    Fall,
    Falls,
    FallState,
    Incident,
    Incidents,
    IncidentState,
    Mission,
    Note,
    Screen,
    Speech,
    SpeechKind,
    Twist2D,
)
from sim.timeline import ARRIVED_MARGIN_M, Timeline

ZERO = 10.0
APPROACH_M = 1.2


@pytest.fixture
def timeline() -> Timeline:
    made = Timeline(APPROACH_M)
    made.zero = ZERO
    return made


def falls(state: FallState, fall_id: str = "f1") -> Falls:
    return Falls(12.0, (Fall(fall_id, 1, state, 12.0, 0.9, None, ("went down quickly",)),))


def incidents(*states: IncidentState, level: AlarmLevel = AlarmLevel.NONE) -> Incidents:
    return Incidents(
        12.0,
        tuple(
            Incident(
                f"i{k}", "fall", state, level, 11.0, 0.0, 12.0, 1, None, "living_room", (), (), "Duty nurse", ("f1",)
            )
            for k, state in enumerate(states)
        ),
    )


def names(timeline: Timeline) -> list[str]:
    return [event.event for event in timeline.events]


@pytest.mark.parametrize(
    ("state", "seen"), [(FallState.SUSPECTED, False), (FallState.CONFIRMED, True), (FallState.RECOVERED, False)]
)
def test_only_a_confirmed_fall_is_seen(timeline: Timeline, state: FallState, seen: bool) -> None:
    timeline.falls(falls(state), 12.0)
    assert names(timeline) == (["seen"] if seen else [])


def test_a_fall_is_counted_once_and_a_second_one_too(timeline: Timeline) -> None:
    for fall_id in ("f1", "f1", "f2"):
        timeline.falls(falls(FallState.CONFIRMED, fall_id), 12.0)
    assert len(timeline.fall_ids) == 2 and names(timeline) == ["seen"]


@pytest.mark.parametrize("kind", list(SpeechKind))
def test_only_a_question_is_asking(timeline: Timeline, kind: SpeechKind) -> None:
    timeline.said(Speech(12.0, "Are you hurt?", "en", kind), 12.5)
    told = {SpeechKind.ASK: ["asked"], SpeechKind.INFORM: ["informed"]}
    assert names(timeline) == told.get(kind, [])
    assert kind is not SpeechKind.ASK or timeline.at("asked") == 2.5


@pytest.mark.parametrize(
    ("distance", "speed", "set_out", "there"),
    [
        (APPROACH_M, 0.0, True, True),
        (APPROACH_M + ARRIVED_MARGIN_M - 0.01, 0.0, True, True),
        (APPROACH_M + ARRIVED_MARGIN_M + 0.01, 0.0, True, False),  # not near enough
        (APPROACH_M, 0.1, True, False),  # still driving
        (APPROACH_M, 0.0, False, False),  # stood there before
    ],
)
def test_approached_is_standing_near_her_after_setting_out(
    timeline: Timeline, distance: float, speed: float, set_out: bool, there: bool
) -> None:
    if set_out:
        timeline.mission(Mission(11.0, "incident", "approach", "to the living room"), 11.0)
    for k in range(8):
        timeline.robot(distance, Twist2D(vx=speed), 13.0 + 0.025 * k)
    assert ("approached" in names(timeline)) is there
    assert timeline.at("approached") in (None, pytest.approx(13.0 - timeline.zero)), "when it came to a stand"


def test_who_falls_beside_it_is_approached_once_it_has_set_out(timeline: Timeline) -> None:
    for k in range(80):
        now = 10.0 + 0.025 * k
        if k == 40:
            timeline.mission(Mission(now, "incident", "approach", "to the living room"), now)
        timeline.robot(APPROACH_M, Twist2D(), now)
    assert timeline.at("approached") == timeline.at("set_out") == pytest.approx(11.0 - timeline.zero)
    assert names(timeline) == ["set_out", "approached"]


def test_a_moment_between_driving_and_turning_is_not_standing(timeline: Timeline) -> None:
    timeline.mission(Mission(11.0, "incident", "approach", "to the living room"), 11.0)
    for k in range(20):
        timeline.robot(APPROACH_M, Twist2D(wz=0.0 if k % 4 else 0.3), 13.0 + 0.025 * k)
    assert "approached" not in names(timeline)


@pytest.mark.parametrize(
    ("course", "events", "outcome"),
    [
        ([], [], "quiet"),
        ([(IncidentState.OPEN, AlarmLevel.NONE)], [], "open"),
        (
            [(IncidentState.CHECKING, AlarmLevel.NONE), (IncidentState.ANSWERED, AlarmLevel.NONE)],
            ["answered"],
            "answered",
        ),
        (
            [(IncidentState.ANSWERED, AlarmLevel.NONE), (IncidentState.RESOLVED, AlarmLevel.NONE)],
            ["answered", "resolved"],
            "answered",
        ),
        ([(IncidentState.ALARMED, AlarmLevel.NURSE)], ["alarm"], "alarmed"),
        (
            [
                (IncidentState.ALARMED, AlarmLevel.NURSE),
                (IncidentState.ALARMED, AlarmLevel.FAMILY),
                (IncidentState.ACKNOWLEDGED, AlarmLevel.FAMILY),
                (IncidentState.RESOLVED, AlarmLevel.FAMILY),
            ],
            ["alarm", "acknowledged", "resolved"],
            "resolved",
        ),
    ],
)
def test_an_incident_s_course_gives_events_and_an_outcome(
    timeline: Timeline, course: list[tuple[IncidentState, AlarmLevel]], events: list[str], outcome: str
) -> None:
    for k, (state, level) in enumerate(course):
        for again in (0.0, 0.1):  # the stream repeats itself
            timeline.incidents(incidents(state, level=level), 12.0 + k + again)
    assert names(timeline) == events and timeline.outcome == outcome
    assert [timeline.at(event) for event in events] == sorted(timeline.at(event) or 0.0 for event in events)


def test_what_is_only_written_down_is_noted(timeline: Timeline) -> None:
    for again in (0.0, 0.1):
        timeline.incidents(incidents(IncidentState.RESOLVED), 12.0 + again)
    assert names(timeline) == ["noted", "resolved"] and timeline.outcome == "noted"


def test_what_ended_before_anybody_asked_is_noted_and_after_the_question_answered(timeline: Timeline) -> None:
    timeline.incidents(incidents(IncidentState.OPEN), 12.0)
    timeline.incidents(incidents(IncidentState.RESOLVED), 13.0)
    assert timeline.outcome == "noted"
    timeline.said(Speech(13.5, "Are you all right?", "en", SpeechKind.ASK), 13.5)
    assert timeline.outcome == "answered"


def test_a_care_event_is_told_once_and_its_end_once(timeline: Timeline) -> None:
    made = CareEvent("c1", CareEventKind.BED_EXIT, 1, 11.0, 12.0, False, 0.9, None, "bedroom", ("left the bed",))
    for k, over in enumerate((False, False, True, True)):
        timeline.care(CareEvents(12.0 + k, (replace(made, over=over),)), 12.0 + k)
    assert [(e.t, e.event) for e in timeline.events] == [(2.0, "care:bed_exit"), (4.0, "care:bed_exit:over")]
    assert timeline.events[0].detail == "bedroom: left the bed"


def test_a_word_to_the_family_and_her_lit_way_are_events(timeline: Timeline) -> None:
    timeline.note(Note(12.0, "all-well-1", "all_well", "I am fine"), 12.0)
    timeline.screen(Screen(13.0, "do-follow", "en", "I come with you", "", (), None), 13.0)
    assert names(timeline) == ["note:all_well"]
    timeline.screen(Screen(14.0, "do-light", "en", "I light your way", "", (), None), 14.0)
    assert names(timeline) == ["note:all_well", "light"]


def test_it_is_resolved_only_when_every_incident_is(timeline: Timeline) -> None:
    timeline.incidents(incidents(IncidentState.RESOLVED, IncidentState.ALARMED, level=AlarmLevel.NURSE), 12.0)
    assert "resolved" not in names(timeline) and not timeline.settled and timeline.outcome == "alarmed"
    timeline.incidents(incidents(IncidentState.RESOLVED, IncidentState.RESOLVED, level=AlarmLevel.NURSE), 13.0)
    assert timeline.at("resolved") == 3.0 and timeline.settled and timeline.outcome == "resolved"


def test_who_took_it_over_and_where_is_told(timeline: Timeline) -> None:
    timeline.incidents(incidents(IncidentState.ALARMED, level=AlarmLevel.NURSE), 12.0)
    timeline.incidents(incidents(IncidentState.ACKNOWLEDGED, level=AlarmLevel.NURSE), 13.0)
    assert [(e.event, e.detail) for e in timeline.events] == [("alarm", "living_room"), ("acknowledged", "Duty nurse")]
    assert timeline.alarmed_levels == ["nurse"]
