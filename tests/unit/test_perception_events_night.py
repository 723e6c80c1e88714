"""`bed_exit` and `night_wandering`: by the bed, by the hour, by the room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangban.values import Posture
from perception.events import bed_exit, night_wandering
from perception.events.bed_exit import Bed, from_edge
from perception.events.night_wandering import Wander
from perception.events.seen import Seen
from tests.unit.perception_events import CARE, DAY, NIGHT, SITE, seen, times

assert SITE.hours is not None
assert SITE.hours.bed_exit is not None
assert SITE.hours.night is not None
HOURS, SLEEP = SITE.hours.bed_exit, SITE.hours.night
BED = next(thing for thing in SITE.furniture if thing.kind == "bed")
IN_BED = seen(Posture.LYING_FURNITURE, (8.5, 6.2, 0.55), rests_on="bed")
ON_EDGE = seen(Posture.SITTING, (7.6, 6.2, 0.6), rests_on="bed")
BESIDE = seen(Posture.STANDING, (6.9, 6.0, 0.9))
AT_DOOR = seen(Posture.WALKING, (7.0, 4.4, 0.9))
LIVING = seen(Posture.WALKING, (2.0, 2.0, 0.9))
BATH = seen(Posture.STANDING, (1.0, 5.0, 0.9))


def exits(state: Bed, people: tuple[Seen, ...], begin: float, seconds: float, day: float | None = NIGHT) -> Bed:
    for now in times(begin, seconds):
        state = bed_exit.step(state, BED, people, now, day, HOURS, CARE)
    return state


def in_bed(seconds: float = 5.0) -> Bed:
    return exits(Bed(), (IN_BED,), 0.0, seconds)


@pytest.mark.parametrize("before", [IN_BED, ON_EDGE], ids=["lay", "sat"])
def test_leaving_the_bed_at_night_is_told(before: Seen) -> None:
    state = exits(Bed(), (before,), 0.0, 5.0)
    state = exits(state, (BESIDE,), 5.0, CARE.bed_exit_after_s - 0.3)
    assert state.telling is None
    state = exits(state, (BESIDE,), 5.0 + CARE.bed_exit_after_s - 0.3, 1.0)
    assert state.telling is not None
    assert state.telling.words[:2] == ("left the bed at 02:00", "was in it for 5 s")
    assert state.telling.began == pytest.approx(5.1, abs=0.05)
    assert (state.telling.person, state.telling.room) == (1, "bedroom")


NOT_TOLD = {
    "by day": ((BESIDE,), DAY),
    "no clock": ((BESIDE,), None),
    "sits on the edge": ((ON_EDGE,), NIGHT),
    "bends for her slippers": ((seen(Posture.BENDING, (6.9, 6.0, 0.7)),), NIGHT),
    "lies beside it": ((seen(Posture.LYING_FLOOR, (6.9, 6.0, 0.1)),), NIGHT),
    "somebody else by the door": ((seen(Posture.STANDING, (7.0, 4.4, 0.9), person=3),), NIGHT),
    "somebody new, far from the bed": ((seen(Posture.STANDING, (2.0, 2.0, 0.9), person=3, first_seen=15.0),), NIGHT),
    "nobody to be seen": ((), NIGHT),
    "a carer stands by, she lies in it": ((IN_BED, seen(Posture.STANDING, (6.9, 6.0, 0.9), person=2)), NIGHT),
    "a carer came long before and hides her": ((seen(Posture.STANDING, (6.9, 6.0, 0.9), person=2),), NIGHT),
    "seen no more": ((seen(Posture.STANDING, (6.9, 6.0, 0.9), seen=False),), NIGHT),
}


@pytest.mark.parametrize(("people", "day"), NOT_TOLD.values(), ids=NOT_TOLD.keys())
def test_what_is_no_bed_exit(people: tuple[Seen, ...], day: float | None) -> None:
    state = exits(in_bed(10.0), (IN_BED, *(p for p in people if p.person == 2)), 10.0, 5.0, day)
    assert exits(state, people, 15.0, 20.0, day).telling is None


def test_a_moment_on_the_bed_is_no_use_of_it() -> None:
    state = exits(Bed(), (ON_EDGE,), 0.0, 1.0)
    assert exits(state, (BESIDE,), 1.0, 10.0).telling is None


def test_who_appears_beside_a_bed_in_use_came_out_of_it() -> None:
    """Under the blanket nobody was recognised for an hour; then somebody new stands beside the bed."""
    state = exits(in_bed(), (), 5.0, 1.0)
    fresh = seen(Posture.STANDING, (6.9, 6.0, 0.9), person=7, first_seen=3600.0)
    state = exits(state, (fresh,), 3600.0, 3.0)
    assert state.telling is not None
    assert state.telling.person == 7
    assert state.telling.confidence < 0.9


def test_whoever_was_in_it_and_walks_elsewhere_has_left_it() -> None:
    assert exits(in_bed(), (LIVING,), 5.0, 3.0).telling is not None


def test_back_in_bed_it_is_over_and_the_next_time_is_told_again() -> None:
    out = exits(in_bed(), (BESIDE,), 5.0, 5.0)
    assert exits(out, (LIVING,), 10.0, 60.0).telling is not None  # out of the room it still goes on
    touched = exits(out, (ON_EDGE,), 10.0, 0.5)
    assert touched.telling is not None
    back = exits(out, (IN_BED,), 10.0, 5.0)
    assert back.telling is None
    again = exits(back, (BESIDE,), 15.0, 5.0)
    assert again.telling is not None
    assert again.telling.began > 15.0


def test_in_the_morning_it_is_over() -> None:
    out = exits(in_bed(), (BESIDE,), 5.0, 5.0)
    assert exits(out, (BESIDE,), 10.0, 0.1, DAY).telling is None


def test_distance_from_the_edge() -> None:
    assert from_edge(BED, 8.5, 6.2) == 0.0
    assert from_edge(BED, 7.05, 6.2) == pytest.approx(0.5, abs=1e-4)  # its length lies along x: 7.55 to 9.55
    assert from_edge(BED, 7.25, 5.05) == pytest.approx(0.5, abs=1e-4)


PLACES = [IN_BED, ON_EDGE, BESIDE, AT_DOOR, LIVING]


@given(st.lists(st.tuples(st.sampled_from(PLACES), st.floats(0.02, 3.0), st.booleans()), max_size=60))
def test_a_bed_that_nobody_used_is_never_left(steps) -> None:  # type: ignore[no-untyped-def]
    state, now, used = Bed(), 0.0, 0.0
    for e, passed, night in steps:
        now += passed
        state = bed_exit.step(state, BED, (e,), now, NIGHT if night else DAY, HOURS, CARE)
        used += passed if e.rests_on else 0.0
        if state.telling is not None:
            assert used > 0.0
            assert night


# Wandering


def walk(state: Wander, people: tuple[Seen, ...], begin: float, seconds: float, day: float | None = NIGHT) -> Wander:
    for now in times(begin, seconds):
        state = night_wandering.step(state, people, now, day, SLEEP, CARE)
    return state


LONG = CARE.wandering_after_s


def test_walking_about_at_night_is_told_once_it_is_longer_than_a_trip() -> None:
    state = walk(Wander(), (LIVING,), 0.0, LONG - 5.0)
    assert state.telling is None
    state = walk(state, (LIVING,), LONG - 5.0, 10.0)
    assert state.telling is not None
    assert state.telling.words == ("on her feet at 02:00, at night", "walks about for 5 min")
    assert state.telling.room == "living_room"


QUIET = {
    "by day": ((LIVING,), DAY),
    "no clock": ((LIVING,), None),
    "in the bathroom": ((BATH,), NIGHT),
    "beside the bed": ((BESIDE,), NIGHT),
    "sits in the living room": ((seen(Posture.SITTING),), NIGHT),
    "nobody": ((), NIGHT),
    "with a carer": ((LIVING, seen(Posture.STANDING, person=2)), NIGHT),
    "nowhere known": ((seen(Posture.WALKING, room="", place=None),), NIGHT),
}


@pytest.mark.parametrize(("people", "day"), QUIET.values(), ids=QUIET.keys())
def test_what_is_no_wandering(people: tuple[Seen, ...], day: float | None) -> None:
    if people and people[0].room == "" and people[0].place is not None:
        people = (seen(Posture.WALKING, room=""),)
    assert walk(Wander(), people, 0.0, 2 * LONG, day).telling is None


def test_a_trip_to_the_bathroom_and_back_is_left_in_peace() -> None:
    state, now = Wander(), 0.0
    for people, seconds in (((IN_BED,), 10.0), ((LIVING,), 20.0), ((), 240.0), ((LIVING,), 20.0), ((IN_BED,), 10.0)):
        state = walk(state, people, now, seconds)
        now += seconds
        assert state.telling is None
    assert len(state.trips) == 1


def test_again_and_again_is_told() -> None:
    state, now = Wander(), 0.0
    for k in range(CARE.wandering_trips):
        assert state.telling is None, k
        state = walk(state, (LIVING,), now, 20.0)
        if k + 1 < CARE.wandering_trips:
            state = walk(state, (IN_BED,), now + 20.0, 100.0)
        now += 120.0
    assert state.telling is not None
    assert state.telling.words[-1].startswith(f"up {CARE.wandering_trips} times within ")


def test_trips_of_long_ago_do_not_count() -> None:
    state, now = Wander(), 0.0
    for _ in range(CARE.wandering_trips):
        state = walk(state, (LIVING,), now, 20.0)
        state = walk(state, (IN_BED,), now + 20.0, 10.0)
        now += CARE.wandering_within_s / (CARE.wandering_trips - 1) + 10.0
        assert state.telling is None


def test_back_in_bed_wandering_is_over_and_unseen_minutes_do_not_count() -> None:
    state = walk(Wander(), (LIVING,), 0.0, LONG + 5.0)
    assert walk(state, (IN_BED,), LONG + 5.0, 8.0).telling is None
    seldom = Wander()
    for k in range(20):  # a glimpse a minute
        seldom = walk(seldom, (LIVING,), 60.0 * k, 1.0)
    assert seldom.up_s < 30.0
    assert seldom.telling is None


@given(st.lists(st.tuples(st.sampled_from([*PLACES, BATH, None]), st.floats(0.02, 20.0)), max_size=80))
def test_never_more_time_on_her_feet_than_passed(steps) -> None:  # type: ignore[no-untyped-def]
    state, now = Wander(), 0.0
    for e, passed in steps:
        now += passed
        state = night_wandering.step(state, () if e is None else (e,), now, NIGHT, SLEEP, CARE)
        assert 0.0 <= state.up_s <= now
        assert len(set(state.trips)) == len(state.trips)
