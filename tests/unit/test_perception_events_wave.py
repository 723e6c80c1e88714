"""`help_gesture`: a raised, waving arm, and everything else that arms do."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangban.values import Array, Posture
from perception.events import help_gesture
from perception.events.arms import Arm, Arms, arms_of
from perception.events.help_gesture import KEEP_S, Help
from tests.unit import perception_bodies as b
from tests.unit.perception_events import CARE, seen

SIZE = (640, 480)
Hand = Callable[[float], tuple[float, float] | None]  # m from the shoulder at a time: aside and up; None: lowered


def wave(hz: float = 1.4, half_m: float = 0.12, until: float = 99.0, up: float = 0.35) -> Hand:
    return lambda t: (0.2 + half_m * math.sin(2 * math.pi * hz * t), up) if t <= until else None


def raise_slowly(t: float) -> tuple[float, float]:
    return 0.15, min(0.6, 0.05 + 0.2 * t)


def told(
    left: Hand | None,
    seconds: float,
    right: Hand | None = None,
    fps: float = 10.0,
    at_head: bool = False,
    faces: bool = True,
    jitter: float = 0.01,
    posture: Posture = Posture.STANDING,
) -> tuple[Help, float | None]:
    rng = np.random.default_rng(3)
    state, first = Help(), None

    def arm(hand: Hand | None, t: float) -> Arm | None:
        at = None if hand is None else hand(t)
        if at is None:
            return None
        x, y = rng.normal(at, jitter)
        return Arm((float(x), float(y)), at_head)

    for k in range(round(seconds * fps)):
        t = k / fps
        e = seen(posture, arms=Arms(arm(left, t), arm(right, t), (True, True), faces))
        state = help_gesture.step(state, e, t, CARE.wave_s)
        if state.telling is not None and first is None:
            first = t
    return state, first


@pytest.mark.parametrize("fps", [8.0, 10.0, 15.0, 30.0])
@pytest.mark.parametrize("hz", [0.6, 1.0, 1.43, 2.0])
def test_waving_is_told(hz: float, fps: float) -> None:
    state, first = told(wave(hz), 10.0, fps=fps)
    assert first is not None
    assert CARE.wave_s <= first <= max(CARE.wave_s + 1.5, 3.5 / hz)
    assert state.telling is not None
    assert state.telling.words[0].startswith("waves a raised arm for ")
    assert "while standing" in state.telling.words


@pytest.mark.parametrize("posture", [Posture.SITTING, Posture.LYING_FLOOR, Posture.KNEELING])
def test_in_every_posture(posture: Posture) -> None:
    state, first = told(None, 6.0, right=wave(), posture=posture)
    assert first is not None
    assert state.telling is not None
    assert state.telling.words[-1].startswith("while ")


NO_CALLS = {
    "hello, once": {"left": wave(1.6, until=1.2)},
    "a long hello": {"left": wave(1.43, until=2.5)},
    "a hello now and another much later": {"left": lambda t: wave()(t) if t % 15.0 < 2.0 else None},
    "combing her hair": {"left": wave(1.2), "at_head": True},
    "reaching for a shelf": {"left": raise_slowly},
    "holding a hand up": {"left": wave(1.4, half_m=0.0)},
    "a hand that trembles": {"left": wave(4.5, half_m=0.03)},
    "exercise with both arms": {"left": wave(), "right": wave()},
    "arm circles, slow": {"left": wave(0.3, half_m=0.3)},
    "a shake too fast for an arm": {"left": wave(4.0), "fps": 30.0},
    "dishes into a cupboard": {"left": lambda t: (0.2, 0.4) if t % 4.0 < 1.2 else None},
    "nothing raised": {"left": None},
}


@pytest.mark.parametrize("case", NO_CALLS.values(), ids=NO_CALLS.keys())
def test_what_is_no_call_for_help(case: dict[str, object]) -> None:
    assert told(**{"seconds": 20.0, **case})[1] is None  # type: ignore[arg-type]


def test_waves_with_pauses_count_together() -> None:
    """An arm that tires: three waves of 1.8 s."""
    assert told(lambda t: wave()(t) if t % 3.0 < 1.8 else None, 9.0)[1] is not None


def test_with_her_back_turned_it_takes_longer() -> None:
    """Who wipes a window does the same for a while."""
    assert told(wave(until=5.0), 12.0, faces=False)[1] is None
    assert told(wave(), 12.0, faces=False)[1] is not None


def test_pictures_too_seldom_to_tell_a_wave_are_not_believed() -> None:
    assert told(wave(2.4), 12.0, fps=5.0)[1] is None


def test_it_is_over_when_the_arm_has_been_down_for_a_while() -> None:
    state, _ = told(wave(until=6.0), 6.0 + KEEP_S - 1.0)
    assert state.telling is not None
    state, _ = told(wave(until=6.0), 6.0 + KEEP_S + 2.0)
    assert state.telling is None


def test_out_of_sight_nothing_waves() -> None:
    state, _ = told(wave(), 1.0)
    for k in range(100):
        state = help_gesture.step(state, seen(Posture.STANDING, seen=False), 1.0 + 0.1 * k, CARE.wave_s)
        assert state.telling is None


@given(
    st.lists(st.tuples(st.floats(-0.6, 0.6), st.floats(0.05, 0.7), st.booleans(), st.floats(0.02, 0.6)), max_size=80)
)
def test_never_sooner_than_so_long_whatever_the_hand_does(steps) -> None:  # type: ignore[no-untyped-def]
    state, now, began = Help(), 0.0, None
    for x, y, up, passed in steps:
        now += passed
        began = (now if began is None else began) if up else began
        e = seen(Posture.STANDING, arms=Arms(Arm((x, y), False) if up else None, None, (True, True), True))
        state = help_gesture.step(state, e, now, CARE.wave_s)
        if state.telling is not None:
            assert began is not None
            assert now - began >= CARE.wave_s
            assert 0.0 <= state.telling.confidence <= 1.0


# From landmarks to arms


def with_hand(joints: Array, wrist_from_shoulder: tuple[float, float, float]) -> Array:
    out = joints.copy()
    out[[15, 17, 19, 21]] = joints[11] + wrist_from_shoulder
    out[13] = joints[11] + 0.5 * np.array(wrist_from_shoulder)
    return out


def arms(joints: Array, x: float = 3.0, yaw: float = math.pi, visible: float = 1.0) -> Arms:
    view = b.camera(fov=1.3)
    scale = view.fy / x
    return arms_of(b.seen(b.placed(joints, x, 0.2, yaw), view, visible), SIZE, scale)


def test_an_arm_beside_the_head_is_raised_and_one_that_hangs_is_not() -> None:
    found = arms(with_hand(b.standing(), (0.0, 0.25, 0.4)))
    assert found.left is not None
    assert not found.left.at_head
    assert found.left.at[1] == pytest.approx(0.4, abs=0.1)
    assert found.right is None
    assert found.faces
    assert found.clear == (True, True)


def test_a_hand_at_the_head_is_known() -> None:
    found = arms(with_hand(b.standing(), (0.0, -0.05, 0.25)))
    assert found.left is not None
    assert found.left.at_head


@pytest.mark.parametrize("make", [b.sitting, b.kneeling], ids=["sitting", "kneeling"])
def test_raised_while_sitting_or_kneeling(make: Callable[[], Array]) -> None:
    assert arms(with_hand(make(), (0.0, 0.25, 0.4))).left is not None
    assert arms(make()).left is None


def test_raised_while_lying() -> None:
    """Up is up in the picture: the arm stands up from the floor."""
    lying = b.lying()
    up = lying.copy()
    up[[15, 17, 19, 21]] = lying[11] + (-0.1, 0.0, 0.55)
    up[13] = lying[11] + (0.0, 0.0, 0.28)
    assert arms(up, yaw=math.pi / 2).left is not None
    assert arms(lying, yaw=math.pi / 2).left is None


def test_unseen_or_cut_off_arms_say_nothing() -> None:
    assert arms(with_hand(b.standing(), (0.0, 0.25, 0.4)), visible=0.2).left is None
    near = arms(with_hand(b.standing(), (0.0, 0.25, 0.4)), x=0.9)
    assert near.left is None
    assert not near.clear[0]


def test_a_back_is_told_from_a_face() -> None:
    assert not arms(with_hand(b.standing(), (0.0, 0.25, 0.4)), yaw=0.0).faces
