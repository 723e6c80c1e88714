"""Postures that last, getting up, and keeping still: the memory between frames."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangban.values import Array, Posture
from perception import steady
from perception.events import stillness
from perception.events.stillness import LOST_S, MOVED_M, Stillness, joints_about_hips
from perception.steady import LASTS_S, UNKNOWN_LASTS_S, Steady
from tests.unit import perception_bodies as b

DT = 0.1
P = Posture


def told(postures: list[tuple[Posture, float, float]], state: Steady | None = None) -> list[tuple[float, Posture]]:
    """What is told over runs of (posture, seconds, rising speed), and when it changes."""
    state, now, out = state or Steady(), 0.0, []
    for posture, seconds, rising in postures:
        for _ in range(round(seconds / DT)):
            now += DT
            state = steady.step(state, posture, 0.9, rising, now)
            if not out or out[-1][1] is not state.posture:
                out.append((now, state.posture))
    return out


def test_the_first_posture_is_told_at_once_and_the_next_when_it_lasts() -> None:
    changes = told([(P.STANDING, 1.0, 0.0), (P.SITTING, 1.0, 0.0)])
    assert [p for _, p in changes] == [P.STANDING, P.SITTING]
    assert changes[0][0] == pytest.approx(DT)
    assert changes[1][0] == pytest.approx(1.1 + LASTS_S, abs=0.11)


@pytest.mark.parametrize("flicker", [P.SITTING, P.BENDING, P.UNKNOWN, P.LYING_FLOOR])
def test_a_frame_or_two_change_nothing(flicker: Posture) -> None:
    changes = told([(P.STANDING, 1.0, 0.0), (flicker, 0.2, 0.0), (P.STANDING, 1.0, 0.0), (flicker, 0.2, 0.0)])
    assert [p for _, p in changes] == [P.STANDING]


def test_falling_is_told_at_once() -> None:
    assert told([(P.STANDING, 1.0, 0.0), (P.FALLING, 0.1, -1.5)])[-1] == (pytest.approx(1.1), P.FALLING)


def test_unknown_waits_longer_and_confidence_fades_meanwhile() -> None:
    changes = told([(P.SITTING, 1.0, 0.0), (P.UNKNOWN, 2.0, 0.0)])
    assert changes[1] == (pytest.approx(1.1 + UNKNOWN_LASTS_S, abs=0.11), P.UNKNOWN)
    state = steady.step(steady.step(Steady(), P.SITTING, 0.9, 0.0, 1.0), P.UNKNOWN, 0.2, 0.0, 1.1)
    assert state.posture is P.SITTING
    assert state.confidence < 0.9


@pytest.mark.parametrize("low", [P.SITTING, P.LYING_FURNITURE, P.LYING_FLOOR, P.KNEELING])
def test_rising_from_low_is_getting_up_until_she_stands(low: Posture) -> None:
    changes = told([(low, 1.0, 0.0), (P.BENDING, 0.4, 0.5), (low, 1.0, 0.5), (P.STANDING, 1.0, 0.2)])
    assert [p for _, p in changes] == [low, P.GETTING_UP, P.STANDING]


def test_straightening_up_from_bending_is_not_getting_up() -> None:
    changes = told([(P.STANDING, 1.0, 0.0), (P.BENDING, 2.5, 0.0), (P.BENDING, 0.8, 0.6), (P.STANDING, 1.0, 0.1)])
    assert [p for _, p in changes] == [P.STANDING, P.BENDING, P.STANDING]


def test_a_shrug_is_not_getting_up_and_a_try_that_ends_is_over() -> None:
    assert [p for _, p in told([(P.SITTING, 1.0, 0.0), (P.SITTING, 0.2, 0.5), (P.SITTING, 1.0, 0.0)])] == [P.SITTING]
    tried = told([(P.SITTING, 1.0, 0.0), (P.SITTING, 0.9, 0.5), (P.SITTING, 2.0, 0.0)])
    assert [p for _, p in tried] == [P.SITTING, P.GETTING_UP, P.SITTING]


@given(
    st.lists(st.tuples(st.sampled_from(list(P)), st.floats(0, 1), st.floats(-3, 3), st.floats(0.03, 1)), max_size=60)
)
def test_what_is_told_was_seen(steps) -> None:  # type: ignore[no-untyped-def]
    state, now, before = Steady(), 0.0, set()
    for posture, sure, rising, passed in steps:
        now += passed
        before.add(posture)
        state = steady.step(state, posture, sure, rising, now)
        assert 0.0 <= state.confidence <= 1.0
        assert state.posture in before | {P.UNKNOWN, P.GETTING_UP}


# Keeping still

JOINTS = np.array([[0.0, -0.6], [0.2, -0.5], [-0.2, -0.5], [0.3, -0.2], [-0.3, -0.2]])


def still(state: Stillness, joints: Array | None, begin: float, seconds: float, jitter: float = 0.0) -> Stillness:
    rng = np.random.default_rng(5)
    for k in range(1, round(seconds / DT) + 1):
        seen = None if joints is None else joints + rng.normal(0.0, jitter, joints.shape)
        state = stillness.step(state, seen, False, begin + DT * k)
    return state


def moved(by: float) -> Array:
    out = JOINTS.copy()
    out[3] += (0.0, -by)
    return out


@pytest.mark.parametrize("jitter", [0.0, 0.03])
def test_keeping_still_is_counted_through_jitter(jitter: float) -> None:
    state = still(Stillness(), JOINTS, 0.0, 60.0, jitter)
    assert state.for_s(60.0) == pytest.approx(60.0, abs=0.2)
    assert not state.ever_moved


def test_a_hand_that_moves_begins_it_again() -> None:
    state = still(Stillness(), JOINTS, 0.0, 20.0)
    state = still(state, moved(3 * MOVED_M), 20.0, 10.0)
    assert 8.0 < state.for_s(30.0) < 10.0
    assert state.ever_moved
    assert state.moved_within(15.0, 30.0) >= 1
    assert state.moved_within(5.0, 30.0) == 0


def test_breathing_is_no_movement() -> None:
    state = still(Stillness(), JOINTS, 0.0, 10.0)
    state = still(state, moved(0.4 * MOVED_M), 10.0, 10.0)
    assert state.for_s(20.0) > 19.0


def test_a_joint_that_comes_and_goes_has_not_moved() -> None:
    hidden = JOINTS.copy()
    hidden[3] = np.nan
    state = still(Stillness(), hidden, 0.0, 5.0)
    state = still(state, JOINTS, 5.0, 5.0)
    state = still(state, hidden, 10.0, 5.0)
    assert state.for_s(15.0) > 14.0


def test_out_of_sight_for_long_nothing_is_known() -> None:
    state = still(Stillness(), JOINTS, 0.0, 20.0)
    assert still(state, None, 20.0, LOST_S - 0.5).for_s(22.5) > 20.0
    gone = still(state, None, 20.0, LOST_S + 0.5)
    assert gone.since is None
    assert gone.for_s(99.0) == 0.0
    assert still(gone, JOINTS, 24.0, 5.0).for_s(29.0) < 6.0


def test_walking_is_moving() -> None:
    state = stillness.step(still(Stillness(), JOINTS, 0.0, 5.0), JOINTS, True, 5.1)
    assert state.for_s(5.1) == 0.0
    assert state.ever_moved


def test_a_robot_that_drives_by_moves_nobody() -> None:
    """Joints are taken about the hips: the same body elsewhere in the picture is the same."""
    view = b.camera()
    one = joints_about_hips(b.seen(b.placed(b.sitting(), 3.0, 0.0), view), (640, 480), view.fy / 3.0)
    two = joints_about_hips(b.seen(b.placed(b.sitting(), 3.0, 0.6), view), (640, 480), view.fy / 3.0)
    assert np.nanmax(np.abs(one - two)) < MOVED_M
