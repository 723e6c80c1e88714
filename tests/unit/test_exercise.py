"""Exercising: angles from landmarks, repetitions counted once, advice in words, and honesty about the unseen."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from behaviors.exercise import coach, joints
from behaviors.exercise.coach import PLANS, Plan
from behaviors.exercise.count import Counter, Range, count
from behaviors.exercise.joints import Pair
from behaviors.texts import ALL
from kangban.values import Person, Posture

FRAME_S = 0.1
ARMS, STAND = PLANS["arm_raise"], PLANS["sit_to_stand"]
LOW_HIGH = Range(math.radians(45), math.radians(135))


def person(left: float, right: float | None = None, knee: float = 180.0, seen: float = 0.9) -> Person:
    """Somebody who raises her arms by so many degrees from the trunk, and bends her knees. y points down, as it does in
    what the pose model gives."""
    body, image = np.zeros((33, 3)), np.ones((33, 5)) * seen
    for side, (x, degrees) in enumerate(((0.2, left), (-0.2, left if right is None else right))):
        a, out = math.radians(degrees), 1.0 if x > 0 else -1.0
        shoulder = np.array([x, -0.45, 0.0])
        body[joints.SHOULDERS[side]] = shoulder
        body[joints.ELBOWS[side]] = shoulder + 0.3 * np.array([out * math.sin(a), math.cos(a), 0.0])
        body[joints.HIPS[side]] = (x, 0.0, 0.0)
        body[joints.KNEES[side]] = (x, 0.4, 0.0)
        k = math.radians(180.0 - knee)
        body[joints.ANKLES[side]] = (x, 0.4 + 0.4 * math.cos(k), 0.4 * math.sin(k))
    return Person(1, True, Posture.STANDING, 0.9, None, image, body, None, None, None)


@pytest.mark.parametrize("degrees", [10.0, 60.0, 90.0, 150.0])
def test_angles_are_those_of_the_joints(degrees: float) -> None:
    found = joints.arms(person(degrees, knee=degrees))
    assert found.left == pytest.approx(math.radians(degrees), abs=1e-6) and found.right == pytest.approx(found.left)
    bent = joints.knees(person(0.0, knee=degrees))
    assert bent.left == pytest.approx(math.radians(degrees), abs=1e-6)


def test_what_is_hidden_has_no_angle() -> None:
    assert joints.arms(person(90.0, seen=0.2)) == Pair(None, None)
    gone = Person(1, False, Posture.UNKNOWN, 0.0, None, None, None, None, None, None)
    assert not joints.arms(gone).known


class Session:
    def __init__(self, plan: Plan = ARMS) -> None:
        self.plan, self.now = plan, 50.0
        self.state = coach.start(self.now)
        self.said: list[str] = []
        self.over: str | None = None

    def see(self, who: Person | None) -> None:
        self.now += FRAME_S
        self.state, advice = coach.step(self.state, who, self.plan, self.now)
        self.said += [advice.say] if advice.say else []
        self.over = self.over or advice.over

    def move(self, degrees: Iterable[float], right: float | None = None) -> None:
        for d in degrees:
            if self.plan is STAND:
                self.see(person(0.0, knee=d))
            else:
                self.see(person(d, None if right is None else min(d, right)))

    @property
    def count(self) -> int:
        return self.state.counter.count


def swing(top: float, bottom: float = 15.0, seconds: float = 3.0) -> list[float]:
    """Up and down once."""
    n = round(seconds / FRAME_S)
    return [bottom + (top - bottom) * (0.5 - 0.5 * math.cos(math.tau * k / n)) for k in range(n + 4)]


def test_each_repetition_counts_once_and_the_last_one_ends_it() -> None:
    session = Session()
    for n in range(ARMS.repetitions):
        assert session.count == n and session.over is None
        session.move(swing(165.0))
    assert session.count == ARMS.repetitions and session.over == "coach_done"
    session.move(swing(165.0))
    assert session.count == ARMS.repetitions
    assert set(session.said) == {"coach_good"}


def test_too_low_is_no_repetition_and_is_said_with_the_side() -> None:
    session = Session()
    session.move(swing(110.0))
    assert session.count == 0 and session.said == ["coach_higher"]
    session.move([15.0] * 60)
    session.move(swing(160.0), right=100.0)
    assert session.count == 0 and session.said[-1] == "coach_higher_right"


def test_a_hand_lifted_to_the_face_is_no_try() -> None:
    session = Session()
    session.move(swing(70.0))
    assert session.count == 0 and session.said == []


def test_trembling_at_the_top_counts_once() -> None:
    session = Session()
    session.move(swing(140.0)[:16])
    session.move([140.0, 130.0, 139.0, 128.0, 141.0, 133.0] * 5)
    session.move(swing(140.0)[16:])
    assert session.count == 1


def test_one_arm_that_stays_up_is_no_repetition_yet() -> None:
    session = Session()
    session.move(swing(165.0)[:16])
    for degrees in swing(165.0)[16:]:
        session.see(person(degrees, 160.0))
    assert session.count == 0
    session.move([15.0] * 5)
    assert session.count == 1


def test_too_fast_is_counted_and_said() -> None:
    session = Session()
    session.move(swing(165.0, seconds=0.9))
    assert session.count == 1 and session.said == ["coach_slower"]


def test_one_odd_frame_decides_nothing() -> None:
    session = Session()
    session.move([15.0] * 5 + [170.0] + [15.0] * 5)
    assert session.count == 0


def test_unseen_arms_are_said_not_guessed_and_it_ends_in_the_end() -> None:
    session = Session()
    for _ in range(45):
        session.see(person(90.0, seen=0.1))
    assert session.said == ["coach_no_arms"] and session.count == 0
    for _ in range(100):
        session.see(None)
    assert session.said == ["coach_no_arms"], "not again and again"
    for _ in range(500):
        session.see(None)
    assert session.over == "coach_unseen" and session.said[-1] == "coach_no_one"


def test_who_rests_is_let_rest_with_her_count() -> None:
    session = Session()
    session.move(swing(165.0))
    session.move([15.0] * round(coach.REST_S / FRAME_S + 5))
    assert session.over == "coach_rest" and session.count == 1


def test_standing_up_and_sitting_down_is_counted_by_the_knees() -> None:
    session = Session(STAND)
    for _ in range(2):
        session.move(swing(175.0, bottom=95.0))
    session.move(swing(148.0, bottom=95.0))
    assert session.count == 2 and session.said[-1] == "coach_stand_taller"


@given(st.lists(st.tuples(st.floats(0, 180), st.floats(0, 180)), max_size=120))
@settings(deadline=None, max_examples=80)
def test_a_count_needs_both_sides_high_and_then_both_low(angles: list[tuple[float, float]]) -> None:
    counter, highs, lows = Counter(), 0, 0
    was_high = False
    for k, (left, right) in enumerate(angles):
        pair = Pair(math.radians(left), math.radians(right))
        counter, _ = count(counter, pair, LOW_HIGH, 0.1 * k)
        if min(left, right) >= 135 and not was_high:
            was_high, highs = True, highs + 1
        if max(left, right) <= 45 and was_high:
            was_high, lows = False, lows + 1
    assert counter.count == lows <= highs


def test_all_it_can_say_has_words() -> None:
    for plan in PLANS.values():
        for code in (plan.unseen, f"exercise_{plan.name}", "coach_done", "coach_rest", "coach_unseen", "coach_no_one"):
            assert code in ALL
