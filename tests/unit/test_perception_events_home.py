"""`left_home` and `inactivity`: doors, hours, and rooms in which nobody moves."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangban.values import Pose2D, Posture
from perception.events import inactivity, left_home
from perception.events.home import Home, looks_at
from perception.events.inactivity import Motionless, Quiet
from perception.events.left_home import Way
from perception.events.seen import Seen
from perception.events.stillness import Stillness
from tests.unit import perception_bodies as b
from tests.unit.perception_events import CARE, DAY, DT, NIGHT, SITE, seen, times

assert SITE.hours is not None
assert SITE.hours.left_home is not None
HOURS, RULE, DOOR = SITE.hours.left_home, SITE.hours.movement[0], SITE.exits[0]  # the door: x = 9.6, outside is +x
GONE_S = CARE.gone_after_s


def at_door(outside: float, beside: float = 0.0, **more: object) -> Seen:
    return seen(Posture.WALKING, (9.6 + outside, 3.6 + beside, 0.9), **{"room": "corridor", **more})


def step(state: Way, people: tuple[Seen, ...], now: float, day: float | None = NIGHT, looks: bool = True) -> Way:
    return left_home.step(state, DOOR, people, looks, now, day, HOURS, CARE)


def wait(state: Way, people: tuple[Seen, ...], begin: float, seconds: float, **more: object) -> Way:
    for now in times(begin, seconds):
        state = step(state, people, now, **more)  # type: ignore[arg-type]
    return state


def walk_to(end: float, beside: float = 0.0, day: float | None = NIGHT, begin: float = 0.0) -> tuple[Way, float]:
    """She walks out along the corridor at 0.6 m/s and is last seen `end` m outside of the door."""
    state, now, x = Way(), begin, -2.5
    while x < end:
        x, now = x + 0.06, now + DT
        state = step(state, (at_door(min(x, end), beside),), now, day)
    return state, now


@pytest.mark.parametrize(
    ("end", "words"), [(0.2, "was last seen beyond it"), (-0.4, "was last seen on the way out of it")]
)
def test_out_of_the_door_and_not_back_is_told(end: float, words: str) -> None:
    state, now = walk_to(end)
    state = wait(state, (), now, GONE_S - 0.5)
    assert state.telling is None
    state = wait(state, (), now + GONE_S - 0.5, 1.0)
    assert state.telling is not None
    assert state.telling.words == (
        "walked to the front door at 01:59",
        words,
        f"has not come back for {GONE_S:.0f} s",
    )
    assert state.telling.began == pytest.approx(now, abs=DT)
    assert (state.telling.person, state.telling.room) == (1, "corridor")


def test_out_of_the_middle_of_the_corridor_nobody_left() -> None:
    for end, beside in ((-1.2, 0.0), (-0.4, 1.5)):
        state, now = walk_to(end, beside)
        assert wait(state, (), now, 60.0).telling is None


def test_by_day_or_without_a_clock_nobody_is_told() -> None:
    for day in (DAY, None):
        state, now = walk_to(0.2, day=day)
        assert wait(state, (), now, 60.0, day=day).telling is None


def test_standing_at_the_door_with_a_parcel_is_no_leaving() -> None:
    state, now = walk_to(-0.3)
    state = wait(state, (at_door(-0.3),), now, 30.0)
    assert state.telling is None
    hidden = wait(state, (), now + 30.0, 30.0)  # lost while she stood still: not on her way out
    assert hidden.telling is None
    state = wait(state, (at_door(-2.5),), now + 30.0, 30.0)
    assert state.telling is None


def test_seen_again_inside_she_was_only_at_the_door() -> None:
    state, now = walk_to(0.1)
    state = wait(state, (), now, GONE_S - 1.0)
    state = wait(state, (at_door(-1.5, first_seen=now + GONE_S - 1.0, person=9),), now + GONE_S - 1.0, 5.0)
    assert state.telling is None


def test_where_the_camera_does_not_look_nobody_is_missed() -> None:
    state, now = walk_to(-0.4)
    assert wait(state, (), now, 60.0, looks=False).telling is None


def test_somebody_else_at_home_is_said() -> None:
    state, now = walk_to(0.2)
    other = seen(Posture.SITTING, (2.0, 2.0, 0.5), person=2)
    state = wait(state, (other,), now, GONE_S + 1.0)
    assert state.telling is not None
    assert "somebody else is at home" in state.telling.words


def test_coming_back_through_the_door_ends_it() -> None:
    state, now = walk_to(0.2)
    state = wait(state, (), now, GONE_S + 1.0)
    assert state.telling is not None
    resident = seen(Posture.SITTING, (2.0, 2.0, 0.5), person=2)
    assert wait(state, (resident,), now + 20.0, 60.0).telling is not None
    back = at_door(-0.5, person=5, first_seen=now + 80.0)
    assert wait(state, (back,), now + 80.0, 0.5).telling is None


OUTSIDE = st.floats(-4.0, 1.0)


@given(st.lists(st.tuples(OUTSIDE, st.floats(-1.5, 1.5), st.booleans(), st.floats(0.05, 4.0)), max_size=60))
def test_nobody_is_gone_who_was_never_near_the_door(steps) -> None:  # type: ignore[no-untyped-def]
    state, now, near = Way(), 0.0, False
    for outside, beside, here, passed in steps:
        now += passed
        near = near or (here and outside > -1.0 and abs(beside) < DOOR.width_m / 2 + 0.4)
        state = step(state, (at_door(outside, beside),) if here else (), now)
        assert near or state.telling is None


def test_does_the_camera_look_at_the_door() -> None:
    view = b.camera()
    assert looks_at(view, Pose2D(6.5, 3.6, 0.0), DOOR)
    assert not looks_at(view, Pose2D(6.5, 3.6, math.pi), DOOR)  # turned away
    assert not looks_at(view, Pose2D(6.5, 3.6, 1.2), DOOR)
    assert not looks_at(view, Pose2D(0.1, 3.6, 0.0), DOOR)  # too far to recognise anybody
    assert not looks_at(None, Pose2D(6.5, 3.6, 0.0), DOOR)
    assert not looks_at(view, None, DOOR)


def test_rooms_of_places() -> None:
    home = Home.of(SITE)
    assert home.room_of((8.5, 6.0, 0.5)) == "bedroom"
    assert home.room_of(Pose2D(1.0, 3.5, 0.0)) == "living_room"
    assert home.room_of((-5.0, 0.0, 0.0)) == ""
    assert home.room_of(None) == ""
    assert Home().room_of((1.0, 1.0, 0.0)) == ""
    assert [bed.name for bed in home.beds] == ["bed"]


def test_outside_is_beyond_an_exit_and_in_no_room() -> None:
    home = Home.of(SITE)
    assert home.is_outside((10.3, 3.9, 0.8))
    assert not home.is_outside((9.4, 3.6, 0.8))  # still in the corridor
    assert not home.is_outside((10.3, 6.5, 0.8))  # beyond a wall: badly placed, not gone
    assert not home.is_outside((-1.0, 3.6, 0.8))
    assert not home.is_outside(None)
    assert not Home().is_outside((10.3, 3.9, 0.8))


# Nobody moves


def quiet(
    state: Quiet,
    people: tuple[Seen, ...],
    begin: float,
    seconds: float,
    room: str = "living_room",
    day: float | None = DAY,
    blind: bool = False,
) -> Quiet:
    """At a frame a second."""
    for k in range(1, round(seconds) + 1):
        state = inactivity.step(state, RULE, people, room, blind, begin + k, day)
    return state


STATUE = seen(Posture.SITTING, stillness=Stillness(0.0, 0.0))
LONG = RULE.within_s


def test_nobody_for_so_long_is_told() -> None:
    state = quiet(Quiet(), (), 0.0, LONG - 10)
    assert state.telling is None
    state = quiet(state, (), LONG - 10, 20)
    assert state.telling is not None
    assert state.telling.words == (
        "nobody has moved here for 3 h 0 min",
        "somebody should, from 09:00 to 20:00",
        "nobody is seen",
    )
    assert (state.telling.person, state.telling.room) == (0, "living_room")


def test_somebody_who_does_not_move_is_named() -> None:
    state = quiet(Quiet(), (STATUE,), 0.0, LONG + 10)
    assert state.telling is not None
    assert state.telling.person == 1
    assert "somebody is there, motionless" in state.telling.words


@pytest.mark.parametrize(
    "more",
    [{"day": NIGHT}, {"day": None}, {"room": "bedroom"}, {"room": ""}, {"blind": True}],
    ids=["at night", "no clock", "the camera is elsewhere", "lost", "blind"],
)
def test_what_does_not_count_as_nobody_moving(more: dict[str, object]) -> None:
    assert quiet(Quiet(), (), 0.0, 2 * LONG, **more).telling is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "alive",
    [seen(Posture.WALKING), seen(Posture.SITTING, stillness=Stillness(LONG, LONG, moves=(LONG - 9.5,)))],
    ids=["walks", "moves on her chair"],
)
def test_a_sign_of_life_begins_it_again_and_ends_it(alive: Seen) -> None:
    state = quiet(Quiet(), (), 0.0, LONG - 10)
    state = inactivity.step(state, RULE, (alive,), "living_room", False, LONG - 9, DAY)
    assert quiet(state, (), LONG - 9, LONG - 10).telling is None
    told = quiet(Quiet(), (), 0.0, LONG + 10)
    assert inactivity.step(told, RULE, (seen(Posture.WALKING),), "living_room", False, LONG + 11, DAY).telling is None


def test_time_without_pictures_is_not_counted() -> None:
    state = quiet(Quiet(), (), 0.0, 10)
    state = inactivity.step(state, RULE, (), "living_room", False, 10 + 5 * LONG, DAY)  # a gap of hours
    assert state.watched < 20
    assert state.telling is None


STILL_S = CARE.motionless_after_s


@pytest.mark.parametrize(
    ("e", "told"),
    [
        (seen(Posture.SITTING, stillness=Stillness(0.0, 0.0, ever_moved=True)), True),
        (seen(Posture.SITTING, stillness=Stillness(0.0, 0.0, ever_moved=False)), False),  # a picture on the wall
        (seen(Posture.SITTING, stillness=Stillness(60.0, 60.0, ever_moved=True)), False),
        (seen(Posture.SITTING, stillness=Stillness(None, ever_moved=True)), False),
        (seen(Posture.LYING_FURNITURE, stillness=Stillness(0.0, 0.0, ever_moved=True)), False),  # a nap
        (seen(Posture.STANDING, stillness=Stillness(0.0, 0.0, ever_moved=True)), False),
    ],
)
def test_motionless_on_a_seat(e: Seen, told: bool) -> None:
    state = inactivity.sit_still(Motionless(), e, STILL_S + 1.0, CARE)
    assert (state.telling is not None) is told
    if state.telling is not None:
        assert state.telling.words[0] == "sits without moving for 2 h 0 min"
        hidden = replace(e, seen=False)
        assert inactivity.sit_still(state, hidden, STILL_S + 9.0, CARE) == state
        moved = replace(e, stillness=Stillness(STILL_S, STILL_S, ever_moved=True))
        assert inactivity.sit_still(state, moved, STILL_S + 9.0, CARE).telling is None
