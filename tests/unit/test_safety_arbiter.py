"""Who drives: the highest priority that is fresh; refused commands change nothing."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangban.profile import Source
from kangban.values import STILL, Twist2D, VelocityCommand
from safety.arbiter import ArbiterState, accept, choose

SOURCES = (
    Source(name="nav", priority=10, timeout_s=0.3),
    Source(name="teleop", priority=30, timeout_s=0.3),
    Source(name="behavior", priority=20, timeout_s=0.5),
)
FORWARD, TURN = Twist2D(0.3, 0.0, 0.1), Twist2D(0.0, 0.0, 0.5)
NOW = 100.0


def having(**stamped: tuple[float, Twist2D]) -> ArbiterState:
    state = ArbiterState()
    for source, (stamp, velocity) in stamped.items():
        state, refused = accept(state, source, VelocityCommand(stamp, velocity), stamp)
        assert refused is None
    return state


# state (age of each source's last wish, None: never) x expected winner
@pytest.mark.parametrize(
    ("nav", "behavior", "teleop", "winner"),
    [
        (None, None, None, None),
        (0.1, None, None, "nav"),
        (0.31, None, None, None),
        (0.1, 0.4, None, "behavior"),
        (0.1, 0.51, None, "nav"),
        (0.1, 0.1, 0.1, "teleop"),
        (0.1, 0.1, 0.31, "behavior"),
        (0.31, 0.51, 0.31, None),
    ],
)
def test_highest_fresh_priority_wins(
    nav: float | None, behavior: float | None, teleop: float | None, winner: str | None
) -> None:
    ages = {"nav": nav, "behavior": behavior, "teleop": teleop}
    state = having(**{s: (NOW - age, FORWARD) for s, age in ages.items() if age is not None})
    choice = choose(state, SOURCES, NOW)
    assert choice.source == winner
    assert choice.velocity == (FORWARD if winner else STILL)


def test_a_fresh_zero_wins() -> None:
    state = having(nav=(NOW - 0.05, FORWARD), teleop=(NOW - 0.05, STILL))
    assert choose(state, SOURCES, NOW).source == "teleop"
    assert choose(state, SOURCES, NOW).velocity == STILL


def test_a_source_that_broke_off_in_motion_is_named() -> None:
    reasons = choose(having(nav=(NOW - 0.5, FORWARD)), SOURCES, NOW).reasons
    assert [r.partition(":")[0] for r in reasons] == ["nav_silent", "no_source"]
    assert choose(having(nav=(NOW - 0.5, STILL)), SOURCES, NOW).reasons == ("no_source: nobody wishes to move",)


@pytest.mark.parametrize(
    ("stamp", "why"),
    [(NOW - 0.1, "not newer"), (NOW - 0.2, "not newer"), (NOW + 1.0, "future"), (math.nan, "future")],
)
def test_refused_stamps_leave_the_last_wish(stamp: float, why: str) -> None:
    state = having(nav=(NOW - 0.1, FORWARD))
    after, refused = accept(state, "nav", VelocityCommand(stamp, TURN), NOW)
    assert refused is not None
    assert why in refused
    assert after == state


def test_a_stamp_slightly_ahead_does_not_live_longer() -> None:
    state, refused = accept(ArbiterState(), "nav", VelocityCommand(NOW + 0.2, FORWARD), NOW)
    assert refused is None
    assert choose(state, SOURCES, NOW + 0.3).source == "nav"
    assert choose(state, SOURCES, NOW + 0.301).source is None


def test_a_clock_that_began_anew_is_followed() -> None:
    state = having(nav=(NOW, FORWARD))
    assert choose(state, SOURCES, 1.0).source is None  # what was wished before is not from this time
    state, refused = accept(state, "nav", VelocityCommand(1.0, TURN), 1.0)
    assert refused is None
    assert choose(state, SOURCES, 1.1).velocity == TURN


stamps = st.floats(NOW - 2.0, NOW + 2.0)


@given(st.lists(st.tuples(st.sampled_from(["nav", "teleop", "behavior"]), stamps, stamps)))
def test_nothing_older_than_its_timeout_ever_passes(events: list[tuple[str, float, float]]) -> None:
    state, now = ArbiterState(), NOW - 2.0
    for source, stamp, arrival in sorted(events, key=lambda e: e[2]):
        now = arrival
        state, _ = accept(state, source, VelocityCommand(stamp, FORWARD), now)
        choice = choose(state, SOURCES, now)
        if choice.source is not None:
            timeout = next(s.timeout_s for s in SOURCES if s.name == choice.source)
            sent = [s for n, s, a in events if n == choice.source and a <= now]
            assert any(now - s <= timeout + 1e-9 for s in sent)
