"""Pacing of setpoints, the controller's clock, and the battery's charge."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge import charge, pacing
from firmware_bridge.clock_sync import HALF_WINDOW_S, ClockSync

PERIOD = 0.05
WATCHDOG = 0.1
REPEATABLE = settings(derandomize=True, deadline=None)


def setpoints(wishes: list[float], until: float, look_every: float = PERIOD / 2) -> list[float]:
    """When setpoints go out, for wishes at these times."""
    state, sent = pacing.PacingState(), []
    events = [(t, True) for t in wishes]
    events += [(k * look_every + 0.003, False) for k in range(round(until / look_every))]
    for now, is_wish in sorted(events):
        act = pacing.on_wish(state, PERIOD, now, urgent=False) if is_wish else pacing.on_time(state, PERIOD, now)
        state = act[0]
        if act[1]:
            sent.append(now)
    return sent


def test_each_wish_goes_out_at_once_and_nothing_else_does() -> None:
    wishes = [0.01 + PERIOD * k for k in range(40)]
    assert [t for t in setpoints(wishes, 2.0) if t >= 0.01] == pytest.approx(wishes)


def test_without_wishes_setpoints_go_on_at_the_control_rate() -> None:
    sent = setpoints([0.01 + PERIOD * k for k in range(20)], until=3.0)
    late = [t for t in sent if t > 1.0]
    assert 39 <= len(late) <= 42
    assert max(b - a for a, b in pairwise(sent)) < WATCHDOG


def test_a_flood_of_wishes_is_thinned_but_a_stop_is_not_held_back() -> None:
    assert len(setpoints([0.001 * k for k in range(1000)], 1.0)) <= 42
    state, _ = pacing.on_wish(pacing.PacingState(), PERIOD, 1.0, urgent=False)
    assert pacing.on_wish(state, PERIOD, 1.001, urgent=False)[1] is False
    assert pacing.on_wish(state, PERIOD, 1.001, urgent=True)[1] is True


def test_a_clock_that_began_anew_does_not_silence_it() -> None:
    state, _ = pacing.on_wish(pacing.PacingState(), PERIOD, 1000.0, urgent=False)
    state, due = pacing.on_time(state, PERIOD, 1.0)
    assert due
    assert pacing.on_time(state, PERIOD, 1.0 + 2 * PERIOD)[1]


@REPEATABLE
@given(st.lists(st.floats(0.0, 0.2), max_size=40))
def test_the_wire_is_never_silent_as_long_as_somebody_looks(gaps: list[float]) -> None:
    wishes, now = [], 0.0
    for gap in gaps:
        now += gap
        wishes.append(now)
    sent = setpoints(wishes, now + 1.0)
    assert max(b - a for a, b in pairwise(sent)) < WATCHDOG


@REPEATABLE
@given(
    st.floats(0.0, 1e6),
    st.integers(0, 2**32 - 1),
    st.lists(st.tuples(st.floats(0.0, 0.05), st.floats(0.01, 0.1)), min_size=1, max_size=60),
)
def test_the_controllers_clock_is_known_to_the_smallest_delay(
    start: float, their_start_ms: int, frames: list[tuple[float, float]]
) -> None:
    """Frames are sent at `now` and taken in a delay later, by a clock of whole milliseconds that may wrap."""
    sync, now = ClockSync(), start
    for delay, gap in frames:
        sync.sample(now, round(their_start_ms + 1000 * (now + delay - start)) % 2**32)
        now += gap
    error = sync.to_ours(round(their_start_ms + 1000 * (now - start)) % 2**32) - now
    recent = [delay for delay, _ in frames]
    assert -max(recent) - 0.002 <= error <= 0.002
    if sum(gap for _, gap in frames) < HALF_WINDOW_S:
        assert error == pytest.approx(-min(recent), abs=0.002)


def test_it_follows_a_crystal_that_drifts() -> None:
    sync, drift = ClockSync(), 200e-6
    for k in range(4000):
        now = 0.05 * k
        sync.sample(now, round(1000 * now * (1 + drift)))
    assert sync.to_ours(round(1000 * 200.0 * (1 + drift))) == pytest.approx(200.0, abs=0.005)


def test_a_deadline_goes_there_and_back() -> None:
    sync = ClockSync()
    sync.sample(50.0, 2**32 - 20)
    assert sync.to_theirs(50.1) == 80
    assert sync.to_ours(80) == pytest.approx(50.1)


def test_before_the_first_answer_their_clock_is_unknown() -> None:
    assert not ClockSync().ready
    with pytest.raises(ValueError, match="not known yet"):
        ClockSync().offset()


def test_charge_is_smoothed_and_unknown_before_the_first_voltage() -> None:
    state = charge.ChargeState()
    assert charge.charge(state, 21.0, 25.2) is None
    state = charge.step(state, 23.1, 0.0)
    assert charge.charge(state, 21.0, 25.2) == pytest.approx(0.5)
    sagged = charge.step(state, 21.0, 0.1)
    assert charge.charge(sagged, 21.0, 25.2) == pytest.approx(0.495, abs=0.001)
    for k in range(1000):
        sagged = charge.step(sagged, 20.0, 0.1 + 0.1 * k)
    assert charge.charge(sagged, 21.0, 25.2) == 0.0


def passed_on(stamps: list[float]) -> list[float]:
    """Those of readings that odometry is made from."""
    passed: list[float] = []
    for k, stamp in enumerate(stamps):
        if pacing.reading_due(passed[-1] if passed else None, stamps[k - 1] if k else None, stamp, PERIOD):
            passed.append(stamp)
    return passed


@pytest.mark.parametrize("apart", [0.005, 0.01, 0.025])
@pytest.mark.parametrize("began", [5.4, 5.425, 5.41, 5.4374])
def test_readings_keep_one_beat_whenever_they_began(began: float, apart: float) -> None:
    passed = passed_on([began + k * apart for k in range(round(2.0 / apart))])
    assert 39 <= len(passed) <= 42
    for stamp in passed[2:]:  # the first one after each boundary, which lies a quarter before the whole period
        assert (stamp + PERIOD / 4) % PERIOD < apart + 1e-6


def test_readings_as_seldom_as_periods_are_all_passed_on_however_they_jitter() -> None:
    jitter = np.random.default_rng(4).uniform(-0.005, 0.005, 200)
    stamps = [float(t) for t in 7.0375 + PERIOD * np.arange(200) + jitter]
    assert passed_on(stamps) == stamps


def test_after_a_gap_or_a_clock_that_went_back_a_reading_is_passed_on() -> None:
    assert pacing.reading_due(9.0, 9.0, 3.0, PERIOD)
    assert pacing.reading_due(9.0, 9.09, 9.1, PERIOD)
    assert not pacing.reading_due(9.0, 9.0, 9.0, PERIOD)
