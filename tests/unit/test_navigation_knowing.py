"""Whether the pose is known: every state against every event, and how long each thing takes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from navigation.locating import knowing
from navigation.locating.knowing import DOUBT_S, FAULTS, HOLD_S, NOWHERE_S, SETTLE_S, Knowing, Look, State
from navigation.locating.senses import Fault

GOOD = Look(share=0.9, hope=0.9, places=1)
BAD = Look(share=0.2, hope=0.2, places=1)
EVENTS = {
    "nothing": Look(),
    "good": GOOD,
    "bad": BAD,
    "confirmed": Look(share=0.9, confirmed=True),
    "rivals": Look(share=0.9, hope=0.9, places=2, rivals=True),
    "half_blind": Look(fault=Fault.HALF_BLIND),
    "frozen": Look(fault=Fault.FROZEN),
    "silent": Look(fault=Fault.SILENT),
    "vague": Look(vague=True),
    "interrupted": Look(interrupted=knowing.BEGAN_ANEW),
}
K, D, S, L = State.KNOWN, State.DOUBTFUL, State.SEARCHING, State.LOST
# The state after an event that lasts: from known, doubtful, searching, lost.
TABLE = {
    "nothing": (K, D, S, L),
    "good": (K, S, S, S),
    "bad": (D, S, L, L),
    "confirmed": (K, K, K, K),
    "rivals": (D, S, S, S),
    "half_blind": (D, D, S, L),
    "frozen": (D, D, S, L),
    "silent": (D, D, S, L),
    "vague": (S, S, S, L),
    "interrupted": (D, D, S, L),
}
LASTING = {"bad": (HOLD_S, DOUBT_S, NOWHERE_S), "rivals": (HOLD_S, DOUBT_S, 0.0), "good": (0.0, DOUBT_S, 0.0)}


def lasting(state: State, look: Look, seconds: float, begun: float = 10.0) -> Knowing:
    """The same look ten times a second for so long and one more time."""
    now, step = begun, Knowing(state, since=begun, why="before")
    for k in range(round(seconds * 10) + 1):
        now = begun + 0.1 * k
        step = knowing.step(step, look, now)
    return step


def test_the_table_has_every_event_and_state() -> None:
    assert set(TABLE) == set(EVENTS)
    assert list(State) == [K, D, S, L]


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("state", State)
def test_every_state_and_event(state: State, event: str) -> None:
    waits = LASTING.get(event, (HOLD_S, 0.0, 0.0))
    seconds = (*waits, 0.0)[list(State).index(state)]
    after = lasting(state, EVENTS[event], seconds)
    assert after.state is TABLE[event][list(State).index(state)]
    assert after.why


@pytest.mark.parametrize("event", ["bad", "rivals", "half_blind", "frozen"])
def test_short_trouble_is_no_doubt(event: str) -> None:
    assert lasting(K, EVENTS[event], HOLD_S - 0.1).state is K
    short = lasting(K, EVENTS[event], HOLD_S - 0.1)
    again = knowing.step(knowing.step(short, GOOD, 10.5), EVENTS[event], 10.6)
    assert again.state is K  # it was good in between


def test_a_doubt_ends_in_a_search_only_after_its_time() -> None:
    assert lasting(D, BAD, DOUBT_S - 0.2).state is D
    assert lasting(S, BAD, NOWHERE_S - 0.2).state is S


def test_while_the_lidar_is_at_fault_the_time_to_confirm_does_not_run() -> None:
    blind = lasting(D, EVENTS["half_blind"], 3.0 * DOUBT_S)
    after = knowing.step(blind, BAD, 10.0 + 3.0 * DOUBT_S + 0.1)
    assert after.state is D


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("state", [D, S, L])
def test_a_fault_is_named_and_looking_around_does_not_mend_it(state: State, fault: Fault) -> None:
    after = lasting(state, Look(fault=fault), 2.0)
    assert after.why == FAULTS[fault]
    assert knowing.wish_to_look_around(after, 20.0) is None


def test_it_wants_to_look_around_while_it_does_not_know_and_could() -> None:
    rivals = lasting(S, EVENTS["rivals"], 0.0)
    assert knowing.wish_to_look_around(rivals, 10.0 + SETTLE_S) == knowing.SEVERAL
    assert knowing.wish_to_look_around(rivals, 10.0 + SETTLE_S / 2) is None
    assert knowing.wish_to_look_around(lasting(S, BAD, NOWHERE_S), 20.0) == knowing.NOWHERE
    assert knowing.wish_to_look_around(lasting(K, GOOD, 5.0), 20.0) is None
    assert knowing.wish_to_look_around(replace(Knowing(), since=0.0), 20.0) is None  # not before any scan


def test_a_confirmation_by_a_lidar_at_fault_is_none() -> None:
    assert lasting(D, Look(share=0.9, confirmed=True, fault=Fault.FROZEN), 1.0).state is D
