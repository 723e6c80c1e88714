"""`long_lie`: on the floor though no fall was seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangban.values import Posture
from perception.events import long_lie
from perception.events.long_lie import ACTIVE_LONGER, Lie
from perception.events.seen import Seen
from perception.events.stillness import Stillness
from tests.unit.perception_events import CARE, DT, seen, times

LIES = seen(Posture.LYING_FLOOR, (2.0, 2.0, 0.12))
GUESSED = seen(Posture.LYING_FLOOR, (2.0, 2.0, 0.12), measured=False)
MEASURED_S, GUESSED_S = CARE.long_lie_after_s, CARE.long_lie_unmeasured_after_s


def moving(e: Seen, now: float, each_s: float = 1.0) -> Seen:
    moves = tuple(now - each_s * k for k in range(20))
    return seen(e.posture, e.place, measured=e.measured, stillness=Stillness(now, now, moves=moves, ever_moved=True))


def run(state: Lie, e: Seen, begin: float, seconds: float) -> tuple[Lie, float | None]:
    """The state after so long, and when it began to tell."""
    told = None
    for now in times(begin, seconds):
        state = long_lie.step(state, e, now, CARE)
        if state.telling is not None and told is None:
            told = now
    return state, told


@pytest.mark.parametrize(("e", "after"), [(LIES, MEASURED_S), (GUESSED, GUESSED_S)])
def test_lying_on_the_floor_is_told_after_so_long(e: Seen, after: float) -> None:
    state, told = run(Lie(), e, 100.0, after + 2.0)
    assert told == pytest.approx(100.0 + after, abs=3 * DT)
    assert state.telling is not None
    assert state.telling.began == pytest.approx(100.0, abs=2 * DT)
    assert state.telling.words[0] == f"lies on the floor for {after + 2 - DT:.0f} s"
    assert state.telling.room == "living_room"


def test_the_words_say_how_it_is_known() -> None:
    measured = run(Lie(), LIES, 0.0, MEASURED_S + 1)[0].telling
    guessed = run(Lie(), GUESSED, 0.0, GUESSED_S + 1)[0].telling
    assert measured is not None
    assert guessed is not None
    assert "no bed or sofa there" in measured.words
    assert "the height is judged from the picture only" in guessed.words


@pytest.mark.parametrize(
    "e",
    [
        seen(Posture.LYING_FURNITURE, rests_on="bed"),
        seen(Posture.SITTING),
        seen(Posture.STANDING),
        seen(Posture.KNEELING),
        seen(Posture.BENDING),
        seen(Posture.UNKNOWN, confidence=0.4),
        seen(Posture.LYING_FLOOR, confidence=0.3),
        seen(Posture.LYING_FLOOR, confidence=0.5, measured=False),
        seen(Posture.LYING_FLOOR, rests_on="bed"),
        seen(Posture.LYING_FLOOR, in_fall=True),  # that is told as a fall
    ],
    ids=lambda e: f"{e.posture.value}-{e.confidence}-{e.rests_on}-{e.in_fall}",
)
def test_what_is_no_long_lie(e: Seen) -> None:
    assert run(Lie(), e, 0.0, 10 * GUESSED_S)[1] is None


def test_floor_exercise_is_left_in_peace() -> None:
    """Leg lifts for two minutes, sitting up in between: she moves once a second."""
    state = Lie()
    for k in range(4):
        for now in times(53.0 * k, 45.0):
            state = long_lie.step(state, moving(LIES, now), now, CARE)
            assert state.telling is None
        for now in times(53.0 * k + 45.0, 8.0):
            state = long_lie.step(state, seen(Posture.SITTING), now, CARE)


def test_who_struggles_and_does_not_get_up_is_told_in_the_end() -> None:
    state, now = Lie(), 0.0
    for now in times(0.0, ACTIVE_LONGER * MEASURED_S + 2.0):
        state = long_lie.step(state, moving(LIES, now), now, CARE)
    assert state.telling is not None
    assert "moves arms and legs, but does not get up" in state.telling.words


def test_sitting_up_begins_it_again_and_a_flicker_does_not() -> None:
    state, _ = run(Lie(), LIES, 0.0, MEASURED_S - 1.0)
    flicker, _ = run(state, seen(Posture.SITTING), MEASURED_S - 1.0, 1.0)
    assert run(flicker, LIES, MEASURED_S, 2.5)[1] is not None
    sat_up, _ = run(state, seen(Posture.SITTING), MEASURED_S - 1.0, 4.0)
    assert run(sat_up, LIES, MEASURED_S + 3.0, 2.5)[1] is None


def test_getting_up_ends_it() -> None:
    state, _ = run(Lie(), LIES, 0.0, MEASURED_S + 5.0)
    assert state.telling is not None
    assert run(state, seen(Posture.STANDING), MEASURED_S + 5.0, 3.0)[0].telling is None


def test_out_of_sight_it_neither_grows_nor_ends() -> None:
    state, _ = run(Lie(), LIES, 0.0, MEASURED_S - 1.0)
    hidden, _ = run(state, seen(Posture.LYING_FLOOR, seen=False), MEASURED_S - 1.0, 60.0)
    assert hidden.telling is None
    told, _ = run(state, LIES, MEASURED_S - 1.0, 3.0)
    still, _ = run(told, seen(Posture.LYING_FLOOR, seen=False), MEASURED_S + 2.0, 60.0)
    assert still.telling is not None


STEPS = st.lists(
    st.tuples(
        st.sampled_from(list(Posture)), st.booleans(), st.booleans(), st.floats(0, 1), st.booleans(), st.floats(0.02, 5)
    ),
    max_size=60,
)


@given(STEPS)
def test_never_told_sooner_than_allowed_nor_of_anybody_off_the_floor(steps) -> None:  # type: ignore[no-untyped-def]
    state, now, lay = Lie(), 0.0, 0.0
    for posture, here, measured, sure, in_fall, passed in steps:
        now += passed
        e = seen(posture, seen=here, measured=measured, confidence=sure, in_fall=in_fall)
        before, state = state, long_lie.step(state, e, now, CARE)
        lay = lay + passed if here and posture is Posture.LYING_FLOOR else lay
        if state.telling is not None and before.telling is None:
            assert posture is Posture.LYING_FLOOR
            assert not in_fall
            assert lay >= CARE.long_lie_after_s - 1e-6
            assert state.telling.began <= now
