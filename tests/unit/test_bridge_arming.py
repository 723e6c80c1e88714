"""Arming, over every kind of state and event: only a living chain, no cause to wait, or a person's deliberate act."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.arming import ASK_EVERY_S, ArmingState, Ask, Seen, at_start, step

IDLE = Seen(connected=True, armed=False, emergency_stop=False, clearable=False, faults=frozenset(), latched=False)
REPEATABLE = settings(derandomize=True, deadline=None)


class Story:
    """Applies what is seen, a second apart."""

    def __init__(self, arm_at_start: bool = True) -> None:
        self.state, self.now = at_start(arm_at_start), 0.0

    def see(self, **changes: object) -> Ask | None:
        self.now += 1.0
        self.state, ask = step(self.state, replace(IDLE, **changes), self.now)  # type: ignore[arg-type]
        return ask


def test_it_arms_by_itself_where_the_profile_says_so() -> None:
    assert Story().see() is Ask.ARM


def test_it_waits_for_a_person_where_the_profile_does_not() -> None:
    story = Story(arm_at_start=False)
    assert story.see() is None
    assert "release it with Arm" in story.state.waits_for
    assert story.see(latched=True) is None
    assert story.see() is Ask.ARM


@pytest.mark.parametrize(
    "changes",
    [{"connected": False}, {"armed": True}, {"latched": True}, {"latched": None}, {"emergency_stop": True}],
)
def test_it_does_not_ask(changes: dict[str, object]) -> None:
    assert Story().see(**changes) is None


def test_it_asks_again_but_not_at_once() -> None:
    state, ask = step(at_start(True), IDLE, 0.0)
    assert ask is Ask.ARM
    state, ask = step(state, IDLE, ASK_EVERY_S / 2)
    assert ask is None
    _, ask = step(state, IDLE, ASK_EVERY_S)
    assert ask is Ask.ARM


def test_after_the_button_it_needs_the_button_up_a_clear_and_the_stop_released() -> None:
    story = Story()
    story.see(armed=True)
    assert story.see(emergency_stop=True, latched=True) is None
    assert story.see(emergency_stop=True, clearable=True, latched=True) is Ask.CLEAR_EMERGENCY_STOP
    assert story.see(latched=True) is None
    assert story.see() is Ask.ARM
    assert story.state.waits_for == ""


def test_after_the_button_without_anybody_releasing_the_stop_it_never_arms() -> None:
    story = Story()
    story.see(emergency_stop=True)
    assert [story.see(), story.see(latched=None), story.see()] == [None, None, None]


def test_releasing_the_stop_while_the_button_is_down_does_not_count() -> None:
    story = Story()
    story.see(emergency_stop=True, latched=True)
    story.see(emergency_stop=True, latched=False)
    story.see(emergency_stop=True, latched=None)
    assert "emergency stop" in story.state.waits_for


def test_after_a_fault_it_needs_a_person_once_for_each_new_fault() -> None:
    story, stall = Story(), frozenset({"stall"})
    assert story.see(faults=stall) is None
    assert "stall" in story.state.waits_for
    assert story.see(faults=stall, latched=True) is None
    assert story.see(faults=stall) is Ask.ARM
    assert story.see(faults=stall) is Ask.ARM, "its cause may take a while to go"
    assert story.see(armed=True) is None
    assert story.see(faults=stall) is None, "the same fault again needs a person again"


def test_a_watchdog_stop_needs_nobody() -> None:
    story = Story()
    story.see(armed=True)
    assert story.see(armed=False) is Ask.ARM


@REPEATABLE
@given(
    st.lists(
        st.builds(
            Seen,
            connected=st.booleans(),
            armed=st.booleans(),
            emergency_stop=st.booleans(),
            clearable=st.booleans(),
            faults=st.sampled_from([frozenset(), frozenset({"stall"}), frozenset({"stall", "encoder"})]),
            latched=st.sampled_from([None, False, True]),
        ),
        max_size=30,
    ),
    st.booleans(),
)
def test_after_any_story_arming_is_asked_for_only_with_a_released_stop_and_no_cause(
    story: list[Seen], arm_at_start: bool
) -> None:
    state, armed_again = at_start(arm_at_start), arm_at_start
    for now, seen in enumerate(story):
        state, ask = step(state, seen, float(now))
        if seen.connected and seen.emergency_stop:
            armed_again = False
        if seen.latched is False and any(s.latched is True for s in story[:now]):
            armed_again = True
        if ask is Ask.ARM:
            assert seen.connected
            assert seen.latched is False
            assert not seen.emergency_stop
            assert armed_again, "nobody has released the stop since"
        if ask is Ask.CLEAR_EMERGENCY_STOP:
            assert seen.clearable


@pytest.mark.parametrize(
    ("waits", "armed", "latched", "emergency_stop"),
    list(product([False, True], [False, True], [None, False, True], [False, True])),
)
def test_every_state_and_event(waits: bool, armed: bool, latched: bool | None, emergency_stop: bool) -> None:
    state = ArmingState("a cause" if waits else "")
    after, ask = step(state, replace(IDLE, armed=armed, latched=latched, emergency_stop=emergency_stop), 1.0)
    expected = Ask.ARM if not (waits or armed or emergency_stop) and latched is False else None
    assert ask is expected
    assert bool(after.waits_for) == (waits or emergency_stop)
