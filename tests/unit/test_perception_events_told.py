"""From landmarks to told events: ids, begin and end, and the whole way through the follower."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangban.values import Array, CareEvent, CareEventKind, FallState, Pose2D, Posture
from perception.events import notes
from perception.events.home import Home
from perception.events.notes import KEEP_OVER_S
from perception.events.telling import Telling, lasted
from perception.follow import Follower, Scene
from perception.life import Household
from tests.unit import perception_bodies as b
from tests.unit.perception_events import CARE, DAY, NIGHT, SITE

KEY = (CareEventKind.BED_EXIT, "bed")
OTHER = (CareEventKind.LONG_LIE, "1")


def ids() -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"c{next(numbers)}"


def said(began: float, *words: str) -> Telling:
    return Telling(1, began, 0.8, words, None, "bedroom")


def test_an_event_keeps_its_id_and_tells_its_end() -> None:
    new_id = ids()
    first = notes.step({}, {KEY: said(9.0, "a")}, 10.0, new_id)
    later = notes.step(first, {KEY: said(9.0, "a", "b")}, 11.0, new_id)
    (event,) = notes.events(later)
    assert (event.id, event.kind, event.began, event.told, event.over) == ("c1", KEY[0], 9.0, 10.0, False)
    assert event.evidence == ("a", "b")
    over = notes.step(later, {}, 12.0, new_id)
    (ended,) = notes.events(over)
    assert (ended.id, ended.over, ended.evidence) == ("c1", True, ("a", "b"))
    assert notes.events(notes.step(over, {}, 12.0 + KEEP_OVER_S, new_id)) == (ended,)
    assert notes.step(over, {}, 12.1 + KEEP_OVER_S, new_id) == {}


def test_the_same_again_is_a_new_event_beside_the_one_that_ended() -> None:
    new_id = ids()
    state = notes.step({}, {KEY: said(9.0)}, 10.0, new_id)
    state = notes.step(state, {}, 12.0, new_id)
    state = notes.step(state, {KEY: said(13.0), OTHER: said(13.0)}, 14.0, new_id)
    assert [(e.id, e.over) for e in notes.events(state)] == [("c1", True), ("c2", False), ("c3", False)]


def test_a_new_beginning_without_a_pause_is_a_new_event() -> None:
    new_id = ids()
    state = notes.step({}, {KEY: said(9.0)}, 10.0, new_id)
    state = notes.step(state, {KEY: said(10.5)}, 11.0, new_id)
    assert [(e.id, e.over) for e in notes.events(state)] == [("c1", True), ("c2", False)]


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.floats(0.05, 8.0)), max_size=60))
def test_never_two_of_a_kind_at_once_and_ids_are_never_used_again(steps) -> None:  # type: ignore[no-untyped-def]
    state: notes.Notes = {}
    now, new_id, ended = 0.0, ids(), set()
    for one, two, passed in steps:
        now += passed
        tellings = {key: said(now - 0.01) for key, on in ((KEY, one), (OTHER, two)) if on}
        state = notes.step(state, tellings, now, new_id)
        told = notes.events(state)
        going = [e for e in told if not e.over]
        assert {(e.kind) for e in going} == {key[0] for key in tellings}
        assert len(going) == len(tellings)
        assert not ended & {e.id for e in going}
        ended |= {e.id for e in told if e.over}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1.5, "2 s"), (99.4, "99 s"), (300.0, "5 min"), (3599.0, "1 h 0 min"), (11400.0, "3 h 10 min")],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert lasted(seconds) == words


# All the way: bodies before a camera

FPS = 10.0
VIEW = b.camera(fov=1.3)
SOONER = CARE.model_copy(update={"long_lie_after_s": 4.0})  # the machines have their own tests of how long


def follow(
    story: Callable[[float], Array | None],
    seconds: float,
    robot: Pose2D | None,
    day: float | None = NIGHT,
    with_depth: bool = True,
) -> tuple[list[CareEvent], list[Posture]]:
    """The events as they were when first told, and the postures told, of one person whose body is `story(t)`, placed
    in the robot's frame."""
    household = Household(
        SOONER, Home.of(SITE) if robot else Home(), lambda stamp: None if day is None else day + stamp
    )
    follower = Follower(b.LIMITS, SITE.furniture if robot else (), household=household)
    told: dict[str, CareEvent] = {}
    postures: list[Posture] = []
    for k in range(round(seconds * FPS)):
        t = k / FPS
        joints = story(t)
        millimetres = b.depth(joints, VIEW) if joints is not None and with_depth else None
        scene = Scene(t, (640, 480), VIEW if robot else None, millimetres, robot)
        follower.associate([] if joints is None else [b.seen(joints, VIEW)], scene)
        persons, _ = follower.decide(scene)
        for event in follower.care_events:
            told.setdefault(event.id, event)
        postures += [p.posture for p in persons.people if not postures or postures[-1] is not p.posture]
    return list(told.values()), postures


AT_BED = Pose2D(5.6, 6.2, 0.0)  # in the bedroom, looking along x at the bed, whose middle is 2.95 m away


def out_of_bed(t: float) -> Array:
    lying = b.placed(b.lying(), 2.9, 0.0, math.pi / 2, lift=0.48)
    if t < 6.0:
        return lying
    if t < 7.0:
        return b.between(lying, b.placed(b.standing(), 1.6, 0.8), t - 6.0)
    return b.placed(b.standing(), 1.6, 0.8)


@pytest.mark.parametrize(("day", "kinds"), [(NIGHT, [CareEventKind.BED_EXIT]), (DAY, [])])
def test_getting_out_of_bed(day: float | None, kinds: list[CareEventKind]) -> None:
    events, postures = follow(out_of_bed, 10.0, AT_BED, day)
    assert [e.kind for e in events] == kinds
    assert Posture.LYING_FURNITURE in postures
    assert postures[-1] is Posture.STANDING
    for event in events:
        assert event.room == "bedroom"
        assert event.place_in_map == pytest.approx((7.2, 7.0, 0.9), abs=0.2)
        assert event.began == pytest.approx(6.8, abs=1.0)


def test_lying_beside_the_bed_is_a_long_lie_or_a_fall_and_lying_on_it_is_not() -> None:
    def beside(t: float) -> Array:
        return b.placed(b.lying(), 1.4, 0.0, math.pi / 2)

    def on_it(t: float) -> Array:
        return b.placed(b.lying(), 2.9, 0.0, math.pi / 2, lift=0.48)

    assert Posture.LYING_FLOOR in follow(beside, 2.0, AT_BED)[1]
    events, postures = follow(on_it, 8.0, AT_BED)
    assert events == []
    assert postures == [Posture.LYING_FURNITURE]


def test_lying_down_on_the_floor_and_staying_there_is_a_long_lie() -> None:
    standing, lying = b.placed(b.standing(), 2.5, 0.0, math.pi / 2), b.placed(b.lying(), 2.5, 0.0, math.pi / 2)
    kneeling = b.placed(b.kneeling(), 2.5, 0.0, math.pi / 2)

    def lies_down(t: float) -> Array:
        if t < 4.0:
            return b.between(standing, kneeling, min(1.0, max(0.0, (t - 1.0) / 2.0)))
        return b.between(kneeling, lying, min(1.0, (t - 4.0) / 3.0))

    (event,), postures = follow(lies_down, 8.0 + SOONER.long_lie_after_s, Pose2D(1.0, 2.0, 0.0), DAY)
    assert event.kind is CareEventKind.LONG_LIE
    assert event.room == "living_room"
    assert event.began == pytest.approx(6.0, abs=1.5)
    assert "the fall itself was not seen" in event.evidence
    assert Posture.KNEELING in postures
    assert postures[-1] is Posture.LYING_FLOOR


def waving(t: float) -> Array:
    joints = b.standing()
    if t > 1.0:
        out = np.array([0.0, 0.22 + 0.13 * math.sin(2 * math.pi * 1.3 * t), 0.42])
        joints[[15, 17, 19, 21]] = joints[11] + out
        joints[13] = joints[11] + (0.0, 0.2, 0.15)
    return b.placed(joints, 2.5, 0.0)


@pytest.mark.parametrize("robot", [None, Pose2D(1.0, 2.0, 0.0)], ids=["a video", "at home"])
def test_a_wave_is_told_with_and_without_a_home(robot: Pose2D | None) -> None:
    events, _ = follow(waving, 8.0, robot, None)
    assert [e.kind for e in events] == [CareEventKind.HELP_GESTURE]
    assert events[0].person_id == 1
    assert (events[0].place_in_map is None) is (robot is None)


def test_hanging_arms_are_no_call() -> None:
    assert follow(lambda t: b.placed(b.standing(), 2.5, 0.0), 8.0, None, None)[0] == []


def test_without_a_household_there_are_postures_and_no_events() -> None:
    follower = Follower(b.LIMITS)
    for k in range(20):
        scene = Scene(k / FPS, (640, 480))
        follower.associate([b.seen(waving(k / FPS), VIEW)], scene)
        persons, _ = follower.decide(scene)
    assert follower.care_events == ()
    assert persons.people[0].posture is Posture.STANDING


def test_who_goes_out_of_the_door_has_not_fallen() -> None:
    """Behind the door frame a body is badly seen and seems to sink, and then it is seen no more."""

    def leaves(t: float) -> Array | None:
        upright = b.placed(b.standing(), min(1.5 + 0.7 * t, 3.7), 0.0, 0.0)
        low = b.placed(b.lying(), 3.7, 0.0, math.pi / 2)
        return upright if t < 3.5 else b.between(upright, low, (t - 3.5) / 0.6) if t < 4.0 else None

    def falls(x: float) -> list[bool]:
        follower = Follower(
            b.LIMITS, SITE.furniture, household=Household(CARE, Home.of(SITE), lambda stamp: NIGHT + stamp)
        )
        told = []
        for k in range(100):
            joints = leaves(k / FPS)
            robot = Pose2D(x, 3.6, 0.0)
            depth = None if joints is None else b.depth(joints, VIEW)
            scene = Scene(k / FPS, (640, 480), VIEW, depth, robot)
            follower.associate([] if joints is None else [b.seen(joints, VIEW)], scene)
            told.append(any(f.state is FallState.CONFIRMED for f in follower.decide(scene)[1].falls))
        return told

    assert any(falls(5.0))  # the same inside is looked into
    assert not any(falls(6.1))  # the front door is 3.5 m ahead


def test_who_is_out_of_sight_does_not_walk() -> None:
    def walking(t: float) -> Array | None:
        return b.placed(b.standing(), 3.0, -1.0 + 0.6 * t) if t < 2.0 else None

    _, postures = follow(walking, 3.0, None, None)
    assert postures[-2:] == [Posture.WALKING, Posture.UNKNOWN]
