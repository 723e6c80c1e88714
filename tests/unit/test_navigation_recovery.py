"""What is done when a drive gets no further: every act against every trouble, and that it always ends."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kangban.values import STILL, Array, ChainState, Pose2D
from navigation import asking, recovery, trouble
from navigation.control.limits import ControlLimits
from navigation.control.local import near
from navigation.control.pilot import Surroundings
from navigation.recovery import (
    ASK_AGAIN_S,
    ASKED,
    BACK_S,
    CALM,
    LOOK_S,
    PATIENCE_S,
    REST_S,
    Act,
    Facts,
    Recovery,
    Trouble,
)
from tests.unit.test_navigation_drive import BARE, PROFILE

HERE = Pose2D(2.0, 2.0, 0.0)
STUCK = Facts(PATIENCE_S + 1.0, Trouble.THING, HERE, True, 15.0)
NOW = 100.0
LIMITS = ControlLimits.of(PROFILE)


def in_act(act: Act, gone_on: float, asked_ago: float = math.inf, asked: int = 0) -> Recovery:
    return Recovery(NOW - 5.0, HERE, act, NOW - gone_on, HERE, NOW - asked_ago, asked)


# act, how long, s since she was asked, how often, trouble, room behind -> next act
@pytest.mark.parametrize(
    ("act", "gone_on", "asked_ago", "asked", "why", "behind", "after"),
    [
        (Act.DRIVE, 9.0, math.inf, 0, Trouble.PERSON, True, Act.ASK),
        (Act.DRIVE, 9.0, math.inf, 0, Trouble.ON_GOAL, True, Act.ASK),
        (Act.ASK, 1.0, 1.0, 1, Trouble.PERSON, True, Act.ASK),
        (Act.ASK, ASK_AGAIN_S, ASK_AGAIN_S, 1, Trouble.PERSON, True, Act.ASK),
        (Act.ASK, REST_S, 3.0, 2, Trouble.PERSON, True, Act.BACK),
        (Act.ASK, REST_S, 3.0, 2, Trouble.PERSON, False, Act.ASK),
        (Act.DRIVE, 9.0, math.inf, 0, Trouble.LOW, True, Act.BACK),  # she can't step aside, so she is not asked
        (Act.DRIVE, 9.0, math.inf, 0, Trouble.THING, True, Act.BACK),
        (Act.DRIVE, 9.0, math.inf, 0, Trouble.THING, False, Act.LOOK),
        (Act.DRIVE, 9.0, math.inf, 0, Trouble.NO_WAY, True, Act.BACK),
        (Act.DRIVE, 9.0, math.inf, 0, Trouble.UNKNOWN, True, Act.BACK),
        (Act.DRIVE, REST_S - 0.5, math.inf, 0, Trouble.THING, True, Act.DRIVE),
        (Act.BACK, 0.5, math.inf, 0, Trouble.THING, True, Act.BACK),
        (Act.BACK, 0.5, math.inf, 0, Trouble.THING, False, Act.LOOK),
        (Act.BACK, BACK_S, math.inf, 0, Trouble.THING, True, Act.LOOK),
        (Act.LOOK, LOOK_S - 0.5, math.inf, 0, Trouble.THING, True, Act.LOOK),
        (Act.LOOK, LOOK_S, math.inf, 0, Trouble.THING, True, Act.DRIVE),
        (Act.LOOK, LOOK_S, math.inf, 0, Trouble.PERSON, True, Act.ASK),
    ],
)
def test_every_act_by_trouble(
    act: Act, gone_on: float, asked_ago: float, asked: int, why: Trouble, behind: bool, after: Act
) -> None:
    facts = replace(STUCK, trouble=why, room_behind=behind)
    assert recovery.step(in_act(act, gone_on, asked_ago, asked), facts, NOW).act is after


@pytest.mark.parametrize("act", [act for act in Act if act is not Act.GIVE_UP])
@pytest.mark.parametrize("why", list(Trouble))
def test_progress_ends_every_act_and_time_ends_every_trouble(act: Act, why: Trouble) -> None:
    begun = in_act(act, 1.0, 1.0)
    assert recovery.step(begun, replace(STUCK, stuck=0.1, trouble=None), NOW).act is Act.DRIVE
    assert recovery.step(begun, replace(STUCK, trouble=why), NOW + 10.0).act is Act.GIVE_UP
    away = replace(STUCK, trouble=why, pose_in_map=Pose2D(3.5, 2.0, 0.0))  # well away it is another trouble
    assert recovery.step(begun, away, NOW + 10.0).act is not Act.GIVE_UP


def test_nothing_is_done_before_patience_is_over() -> None:
    assert recovery.step(CALM, replace(STUCK, stuck=PATIENCE_S - 0.1), NOW) == CALM


@given(st.lists(st.tuples(st.sampled_from(list(Trouble)), st.booleans(), st.floats(0.0, 3.0)), min_size=1, max_size=5))
@settings(max_examples=60)
def test_a_drive_that_never_gets_on_always_ends(events: list[tuple[Trouble, bool, float]]) -> None:
    """However the trouble changes, and wherever it is pushed to."""
    state, now = CALM, NOW
    for k in range(4000):
        why, behind, x = events[k // 37 % len(events)]
        now += 0.1
        facts = Facts(now - NOW, why, Pose2D(x, 0.0, 0.0), behind, 15.0)
        state = recovery.step(state, facts, now)
        if state.act is Act.GIVE_UP:
            break
        speed = recovery.wish(state, now, 0.15, 1.0)
        assert speed == STILL or state.moves
        assert -0.15 <= speed.vx <= 0.0
    assert state.act is Act.GIVE_UP
    assert now - NOW <= PATIENCE_S + (recovery.MOST_TROUBLES + 1.0) * 15.0


def test_looking_around_turns_both_ways_and_back() -> None:
    looking = Recovery(NOW, HERE, Act.LOOK, NOW, HERE)
    turned = np.cumsum([recovery.wish(looking, NOW + t, 0.15, 1.0).wz * 0.01 for t in np.arange(0.0, LOOK_S, 0.01)])
    assert turned.max() == pytest.approx(recovery.LOOK_RAD, abs=0.02)
    assert turned.min() == pytest.approx(-recovery.LOOK_RAD, abs=0.02)
    assert abs(turned[-1]) < 0.02


def around(people: Array, low: Array | None = None) -> Surroundings:
    bodies = np.zeros((len(people), 6))
    bodies[:, :2] = people
    return Surroundings(near(np.empty((0, 2)), HERE), BARE, bodies, np.empty((0, 2)) if low is None else low)


PATH = np.array([[2.0, 2.0], [6.0, 2.0]])
AFAR, ON_IT, BESIDE = np.array([[9.0, 9.0]]), np.array([[3.0, 2.1]]), np.array([[3.0, 3.5]])
SAYS = {
    "": Trouble.UNKNOWN,
    "obstacle: 0.10 m ahead on this path": Trouble.THING,
    "scan_frozen: the lidar": Trouble.THING,
    "person_close: 0.4 m": Trouble.PERSON,
}


@pytest.mark.parametrize("said", SAYS)
@pytest.mark.parametrize(
    ("people", "expected"), [(AFAR, None), (BESIDE, None), (ON_IT, Trouble.PERSON), (np.empty((0, 2)), None)]
)
def test_why_it_is_stuck_on_a_path(said: str, people: Array, expected: Trouble | None) -> None:
    chain = ChainState(NOW, "nav", STILL, STILL, (said,) if said else (), False, "")
    found = trouble.why(PATH, 0.0, HERE, Pose2D(6.0, 2.0, 0.0), around(people), chain, LIMITS)
    assert found is (expected or SAYS[said])


def test_why_it_is_stuck_at_a_goal_or_without_a_path() -> None:
    goal = Pose2D(3.0, 2.0, 0.0)
    assert trouble.why(PATH, 0.0, HERE, goal, around(ON_IT), None, LIMITS) is Trouble.ON_GOAL
    assert trouble.why(PATH, 0.0, HERE, goal, around(ON_IT, low=ON_IT), None, LIMITS) is Trouble.LOW
    assert trouble.why(None, 0.0, HERE, Pose2D(9.0, 2.0, 0.0), around(ON_IT), None, LIMITS) is Trouble.PERSON
    assert trouble.why(None, 0.0, HERE, goal, around(AFAR), None, LIMITS) is Trouble.NO_WAY


def test_whoever_can_be_asked_is_asked_in_both_languages() -> None:
    for why in ASKED:
        for language in ("zh", "en"):
            assert len(asking.text(why, language)) > 5
