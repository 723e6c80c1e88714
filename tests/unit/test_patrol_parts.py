"""The pure parts of a round: when it is due, how it stands, from where a room is seen, what is found, what is told."""

from __future__ import annotations

import json
import math
import os
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from behaviors.approach.grid import Ground
from behaviors.patrol import round as rounds
from behaviors.patrol import schedule
from behaviors.patrol.book import DAY_S, Book
from behaviors.patrol.findings import Finding, compared, of_readings, worth_telling
from behaviors.patrol.floor import Floor, Thing, findings, lasting
from behaviors.patrol.round import Met, Picture, Round
from behaviors.patrol.survey import Survey
from behaviors.patrol.unseen import last_sign, lasted, not_found
from behaviors.patrol.views import FAR_M, best_view, first_from
from kangban.clock import ManualClock
from kangban.config import ConfigError, load_site
from kangban.cron import HomeClock, next_due, why_no_cron
from kangban.home_site import PatrolPlan
from kangban.values import GridMap, HomeReading, Pose2D, Posture, SensorKind
from tests.unit.behaviors_world import SITE, empty_room

MONDAY = datetime(2026, 1, 5, 8, 59)
PLAN = PatrolPlan.model_validate(
    {
        "rounds": [
            {"name": "morning", "at": "0 9 * * *"},
            {"name": "night", "at": "30 23 * * *", "rooms": ["kitchen"]},
        ],
        "ask_when_unseen_s": None,
        "late_s": 600,
        "longest_s": 1200,
    }
)
ROOMS = ("kitchen", "bathroom", "study")


def begun() -> Round:
    return rounds.begin("round-1", "morning", ROOMS, ("bathroom",), 10.0, 1000.0)


def reading(
    kind: SensorKind, active: bool | None, sensor: str = "s", room: str = "kitchen", at: float = 5.0
) -> HomeReading:
    return HomeReading(at, sensor, kind, room, active)


# When


def test_a_round_is_due_once_and_what_was_before_the_start_is_not_made_up_for() -> None:
    state = schedule.start(PLAN, MONDAY)
    state, due = schedule.step(state, PLAN, MONDAY.replace(minute=59, second=59))
    assert due == ()
    state, due = schedule.step(state, PLAN, datetime(2026, 1, 5, 9, 0))
    assert [(d.round.name, d.late) for d in due] == [("morning", False)]
    state, due = schedule.step(state, PLAN, datetime(2026, 1, 5, 9, 0, 1))
    assert due == ()
    assert schedule.start(PLAN, datetime(2026, 1, 5, 9, 1)).next["morning"] == datetime(2026, 1, 6, 9, 0)


def test_a_clock_that_jumps_forward_makes_one_late_round_not_many() -> None:
    state = schedule.start(PLAN, MONDAY)
    state, due = schedule.step(state, PLAN, datetime(2026, 3, 1, 12, 0))
    assert [(d.round.name, d.late) for d in due] == [("morning", True), ("night", True)]
    assert state.next["morning"] == datetime(2026, 3, 2, 9, 0)


def test_a_clock_that_is_set_back_asks_the_calendar_anew() -> None:
    state = schedule.start(PLAN, datetime(2026, 1, 5, 12, 0))
    state, due = schedule.step(state, PLAN, datetime(2026, 1, 5, 8, 0))
    assert due == () and state.next["morning"] == datetime(2026, 1, 5, 9, 0)


def test_the_hour_that_comes_twice_makes_one_round() -> None:
    plan = PLAN.model_copy(update={"rounds": PLAN.rounds[:1]})
    state = schedule.start(plan, datetime(2026, 10, 25, 8, 59, 30))
    state, first = schedule.step(state, plan, datetime(2026, 10, 25, 9, 2))
    state, again = schedule.step(state, plan, datetime(2026, 10, 25, 8, 58))
    state, third = schedule.step(state, plan, datetime(2026, 10, 25, 9, 0))
    assert len(first) == 1 and again == () and third == ()


@pytest.mark.parametrize("fields", ["9 o'clock", "0 9 * *", "61 * * * *", "0 0 30 2 *", "* * * * mon-xyz"])
def test_a_time_that_never_comes_is_refused_with_file_and_key(fields: str) -> None:
    assert why_no_cron(fields) is not None
    value = f'{{rounds: [{{name: a, at: "{fields}"}}], ask_when_unseen_s: null, late_s: 60, longest_s: 60}}'
    with pytest.raises(ConfigError, match=r"demo_flat.*patrol.*rounds.*at"):
        load_site("demo_flat", [f"patrol={value}"])


def test_a_room_that_is_none_is_refused() -> None:
    value = "{rounds: [{name: a, at: '0 9 * * *', rooms: [attic]}], ask_when_unseen_s: null, late_s: 60, longest_s: 60}"
    with pytest.raises(ConfigError, match=r"attic.*no room of this home"):
        load_site("demo_flat", [f"patrol={value}"])


def test_the_home_clock_follows_a_home_that_sets_its_own_time() -> None:
    clock = ManualClock(90.0)
    assert HomeClock(clock, 36_000.0).now() == datetime(2026, 1, 5, 10, 1, 30)
    assert next_due("1 10 * * mon", HomeClock(clock, 36_000.0).at(0.0)) == datetime(2026, 1, 5, 10, 1)


# How it stands


def test_rooms_that_nobody_may_look_into_are_left_out_and_said() -> None:
    round_ = begun()
    assert round_.left == ("kitchen", "study")
    assert [(v.room, v.why) for v in round_.visits] == [("bathroom", "why_no_look")]


def test_a_room_out_of_reach_is_tried_once_more_and_last() -> None:
    round_ = rounds.missed(begun(), "why_blocked", 11.0)
    assert round_.left == ("study", "kitchen") and round_.room == "study"
    round_ = rounds.missed(rounds.looked(round_, 12.0), "why_no_path", 13.0)
    assert round_.left == () and round_.looked == ("study",)
    assert [(v.room, v.why) for v in round_.visits[1:]] == [("study", ""), ("kitchen", "why_no_path")]


def test_given_up_says_why_for_each_room_left() -> None:
    round_ = rounds.given_up(begun(), "why_charge", 20.0)
    assert [(v.room, v.why) for v in round_.visits] == [
        ("bathroom", "why_no_look"), ("kitchen", "why_charge"), ("study", "why_charge")
    ]  # fmt: skip
    assert rounds.looked(round_, 21.0) is round_ and rounds.missed(round_, "why_time", 21.0) is round_


def test_the_same_person_at_the_same_place_is_met_once() -> None:
    round_ = rounds.met(begun(), Met("kitchen", 1.0, Posture.STANDING, (7.0, 1.0)))
    round_ = rounds.met(round_, Met("kitchen", 2.0, Posture.SITTING, (7.3, 1.1)))
    round_ = rounds.met(round_, Met("study", 3.0, Posture.SITTING, (4.0, 5.0)))
    assert [(m.room, m.posture) for m in round_.met] == [("kitchen", Posture.SITTING), ("study", Posture.SITTING)]


def test_a_picture_is_answered_once_and_only_by_its_name() -> None:
    round_ = rounds.wished(begun(), Picture("a", "kitchen"))
    assert rounds.answered(round_, "b", "").pictures[0].why is None
    round_ = rounds.answered(round_, "a", "no_look")
    assert rounds.answered(round_, "a", "").pictures[0].why == "no_look"


def test_the_order_names_what_is_left_and_forgets_nothing() -> None:
    assert rounds.ordered(begun(), ("study", "attic")).left == ("study", "kitchen")


# From where


def flat() -> GridMap:
    """Two rooms of 4 m x 4 m side by side with a door of 1 m between them."""
    cells = np.zeros((80, 160), dtype=np.int8)
    cells[[0, -1], :] = 100
    cells[:, [0, 80, -1]] = 100
    cells[30:50, 80] = 0
    return GridMap(0.0, 0.05, Pose2D(0.0, 0.0, 0.0), cells)


TWO = load_site("demo_flat").model_copy(
    update={
        "rooms": tuple(
            room.model_copy(update={"name": name, "min_m": low, "max_m": high})
            for room, name, low, high in zip(
                SITE.rooms, ("west", "east"), ((0.0, 0.0), (4.0, 0.0)), ((4.0, 4.0), (8.0, 4.0)), strict=False
            )
        ),
        "doors": (SITE.doors[0].model_copy(update={"name": "between", "at_m": (4.0, 2.0), "width_m": 1.0}),),
    }
)


def test_a_room_is_seen_from_a_place_inside_that_can_be_reached() -> None:
    grid = flat()
    ground = Ground(grid, 0.3)
    ways = ground.ways_from(np.array([1.0, 2.0]))
    for room in TWO.rooms:
        view = best_view(room, TWO, grid, ground, ways, 1.3)
        assert view is not None and room.contains(view.x, view.y) and view.share > 0.9
        assert math.isfinite(ground.lengths_to(ways, np.array([[view.x, view.y]]))[0])
        corners = [(x, y) for x in (room.min_m[0] + 0.3, room.max_m[0] - 0.3) for y in (0.3, 3.7)]
        for x, y in corners:  # every corner in sight is within one of the directions
            bearing = math.atan2(y - view.y, x - view.x)
            near = min(abs(math.remainder(bearing - h, math.tau)) for h in view.headings)
            assert near <= 0.65 or math.dist((x, y), (view.x, view.y)) > FAR_M
        assert first_from(view, view.headings[-1])[0] == view.headings[-1]


def test_a_room_behind_a_shut_door_is_seen_from_nowhere() -> None:
    grid = flat()
    grid.cells[:, 80] = 100
    ground = Ground(grid, 0.3)
    assert best_view(TWO.rooms[1], TWO, grid, ground, ground.ways_from(np.array([1.0, 2.0])), 1.3) is None


def test_the_survey_puts_the_rooms_in_order_and_the_unreachable_last() -> None:
    grid = flat()
    survey = Survey(TWO, ("east", "west"), grid, Pose2D(1.0, 2.0, 0.0), 0.25, 1.3)
    while not survey.step():
        pass
    assert survey.order() == ("west", "east")
    shut = flat()
    shut.cells[:, 80] = 100
    survey = Survey(TWO, ("east", "west"), shut, Pose2D(1.0, 2.0, 0.0), 0.25, 1.3)
    while not survey.step():
        pass
    assert survey.order() == ("west", "east") and survey.views["east"] is None


# What is found


def wall_of_returns(x: float, low: float, high: float) -> np.ndarray:
    return np.array([(x, y) for y in np.arange(low, high, 0.05)])


def test_what_stands_on_bare_floor_is_a_thing_and_a_wall_is_none() -> None:
    floor = Floor(flat())
    box = wall_of_returns(2.0, 1.0, 1.4)
    assert floor.things(wall_of_returns(0.03, 0.5, 3.5)) == ()
    (thing,) = floor.things(np.vstack([wall_of_returns(0.03, 0.5, 1.0), box]))
    assert math.dist((thing.x, thing.y), (2.0, 1.18)) < 0.05 and 0.3 <= thing.width <= 0.45
    assert floor.things(box[:2]) == (), "two returns may be noise"
    assert floor.things(np.array([[-5.0, 2.0]] * 5)) == (), "off the map nothing is known"


def test_who_walks_through_is_no_thing() -> None:
    still, walking = Thing(2.0, 1.0, 0.3), [Thing(1.0 + 0.4 * k, 3.0, 0.3) for k in range(5)]
    assert lasting([(still, walker) for walker in walking]) == (still,)
    assert lasting([]) == () and lasting([(still,)]) == ()


def test_a_thing_in_a_doorway_a_shut_door_and_a_person() -> None:
    assert [f.code for f in findings([Thing(4.0, 2.0, 0.3)], TWO, [])] == ["found_in_doorway"]
    assert [f.code for f in findings([Thing(4.0, 2.0, 0.95)], TWO, [])] == ["found_doorway_shut"]
    (found,) = findings([Thing(2.0, 1.0, 0.3)], TWO, [])
    assert (found.code, found.room) == ("found_thing", "west")
    assert findings([Thing(2.0, 1.0, 0.3)], TWO, [(2.3, 1.2)]) == ()


def test_the_sensors_say_what_is_open_on_wet_and_silent() -> None:
    given = [
        reading(SensorKind.DOOR, True, "front"), reading(SensorKind.STOVE, True, "hob"),
        reading(SensorKind.WATER, None, "sink"), reading(SensorKind.SMOKE, False, "ceiling"),
        reading(SensorKind.MOTION, True, "hall"), reading(SensorKind.DOOR, False, "back", room="study"),
    ]  # fmt: skip
    found = {f.key: f.code for f in of_readings(given)}
    assert found == {
        "door front": "found_door_open", "stove hob": "found_stove", "water sink": "found_silent",
        "door back": "found_door_shut",
    }  # fmt: skip
    assert {f.key for f in of_readings(given, "study")} == {"door back"}


def test_what_has_changed_is_said_and_a_shut_door_as_before_is_not_told() -> None:
    now = (Finding("door a", "found_door_open", "x"), Finding("door b", "found_door_shut", "x"),
           Finding("door c", "found_door_shut", "x"), Finding("stove d", "found_stove", "x"))  # fmt: skip
    before = {"door a": "found_door_open", "door b": "found_door_open"}
    assert [f.changed for f in compared(now, before)] == [False, True, False, True]
    assert [f.key for f in worth_telling(compared(now, before))] == ["stove d", "door b", "door a"]
    assert all(f.changed is None for f in compared(now, None)), "without a last round nothing is known of change"


def test_signs_of_life() -> None:
    assert last_sign([], None, 5.0, 100.0) == 5.0
    assert last_sign([], 60.0, 5.0, 100.0) == 60.0
    assert last_sign([reading(SensorKind.DOOR, True, at=70.0)], 60.0, 5.0, 100.0) == 70.0
    assert last_sign([reading(SensorKind.MATTRESS, True, at=7.0)], None, 5.0, 100.0) == 100.0, "she lies there now"
    assert last_sign([reading(SensorKind.MOTION, None, at=99.0)], None, 5.0, 100.0) == 5.0, "unknown is no sign"
    assert last_sign([reading(SensorKind.SMOKE, True, at=99.0)], None, 5.0, 100.0) == 5.0


def test_nobody_seen_is_told_only_after_long_enough() -> None:
    assert not_found(begun(), 0.0, 3599.0, 3600.0) is None
    event = not_found(begun(), 0.0, 3660.0, 3600.0)
    assert event is not None and event.evidence[1] == "no sign of anybody for 1 h 1 min"
    seen = rounds.met(begun(), Met("kitchen", 1.0, Posture.STANDING, (7.0, 1.0)))
    assert not_found(seen, 0.0, 9999.0, 3600.0) is None
    assert lasted(125.0) == "2 min"


# What is told


def book(folder: Path, clock: ManualClock, wall: float = 1_750_000_000.0) -> Book:
    return Book(SITE, folder, HomeClock(clock, 36_000.0), lambda: wall + clock.now())


def test_a_report_names_rooms_people_findings_pictures_and_why(tmp_path: Path) -> None:
    clock = ManualClock(10.0)
    kept = book(tmp_path, clock)
    kept.begin("round-1", "<morning>", ("kitchen", "bathroom", "study"), 10.0)
    kept.move(lambda r: rounds.wished(rounds.wished(r, Picture("p-0", "kitchen")), Picture("p-1", "kitchen")))
    kept.picture_kept("p-0", "")
    kept.picture_kept("p-1", "no_look")
    kept.move(lambda r: rounds.met(r, Met("kitchen", 12.0, Posture.SITTING, (7.0, 1.0))))
    kept.move(lambda r: rounds.found(r, (Finding("stove hob", "found_stove", "kitchen", (("sensor", "hob"),)),)))
    kept.move(lambda r: rounds.put_aside(r, "why_incident", 15.0))
    kept.move(lambda r: rounds.looked(r, 20.0))
    path = kept.end(30.0, "why_charge")
    assert path is not None and kept.round is None and kept.reports == {"round-1": path}
    html, data = path.read_text(), json.loads(path.with_suffix(".json").read_text())
    told = ("kitchen", "looked into", "nobody may look into this room", "the battery was low", "sitting")
    for words in (*told, "somebody needed help", "The stove is on (hob)", "../pictures/p-0.png", "&lt;morning&gt;"):
        assert words in html, words
    assert "p-1" not in html and "<morning>" not in html
    assert [(r["room"], r["looked"]) for r in data["rooms"]] == [
        ("bathroom", False), ("kitchen", True), ("study", False)
    ]  # fmt: skip
    assert data["pictures"][1] == {"file": "p-1.png", "room": "kitchen", "kept": False, "why": "no_look"}
    assert data["began"] == "2026-01-05T10:00:10" and data["ended_early"] == "why_charge"


def test_the_next_round_knows_what_was_so_before_also_after_a_restart(tmp_path: Path) -> None:
    clock = ManualClock(10.0)
    first = book(tmp_path, clock)
    for name, codes, changed in (("round-1", "found_door_open", None), ("round-2", "found_door_open", False),
                                 ("round-3", "found_door_shut", True)):  # fmt: skip
        kept = first if name != "round-3" else book(tmp_path, clock)
        kept.begin(name, "x", (), 10.0)
        kept.move(lambda r, code=codes: rounds.found(r, (Finding("door a", code, "kitchen"),)))
        path = kept.end(20.0)
        assert path is not None
        os.utime(path.with_suffix(".json"), (100.0 + int(name[-1]),) * 2)
        assert json.loads(path.with_suffix(".json").read_text())["findings"][0]["changed"] is changed


def test_a_killed_round_goes_on_with_the_rooms_left(tmp_path: Path) -> None:
    clock = ManualClock(500.0)
    killed = book(tmp_path, clock)
    killed.begin("round-1", "morning", ("kitchen", "study"), 490.0)
    killed.move(lambda r: rounds.met(r, Met("kitchen", 12.0, Posture.SITTING, (7.0, 1.0))))
    killed.move(lambda r: rounds.looked(r, 495.0))
    again = book(tmp_path, clock)
    left = again.left_over(500.0, 1200.0)
    assert left is not None and left == killed.round and left.left == ("study",)
    assert again.begin("round-1", "morning", ("study",), 500.0) is left
    clock.advance(1300.0)
    assert book(tmp_path, clock).left_over(1800.0, 1200.0) is None, "too long ago"
    assert again.end(1801.0) is not None
    assert book(tmp_path, clock).left_over(1801.0, 1e6) is None, "it is over"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"id": 1}', '{"id": "a", "begun": "x"}'])
def test_a_damaged_round_or_report_is_not_gone_on_with(tmp_path: Path, content: str) -> None:
    (tmp_path / "under_way.json").write_text(content)
    (tmp_path / "round-0.json").write_text(content)
    kept = book(tmp_path, ManualClock(5.0))
    assert kept.left_over(5.0, 1e9) is None


def test_old_reports_are_deleted_and_a_full_disk_is_told(tmp_path: Path) -> None:
    clock = ManualClock(5.0)
    kept = book(tmp_path, clock)
    old, new = tmp_path / "round-old.html", tmp_path / "round-new.html"
    for path, days in ((old, SITE.privacy.kept_days + 1), (new, SITE.privacy.kept_days - 1)):
        path.write_text("x")
        at = 1_750_000_005.0 - days * DAY_S
        os.utime(path, (at, at))
    kept.tidy()
    assert not old.exists() and new.exists()
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    unable = Book(SITE, blocked, HomeClock(clock, 0.0), lambda: 0.0)
    unable.begin("round-1", "x", (), 5.0)
    assert unable.end(6.0) is None and "can't be written" in str(unable.fault)


def test_the_map_of_the_tests_has_floor() -> None:
    assert Floor(empty_room()).things(wall_of_returns(3.0, 2.0, 2.4)) != ()
