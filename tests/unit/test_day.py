"""The time of the day, and spans of it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangban.clock import DayTime, ManualClock
from kangban.day import DAY_S, Span, in_words

DAYTIMES = st.integers(0, 1439).map(lambda minutes: f"{minutes // 60:02d}:{minutes % 60:02d}")


@pytest.mark.parametrize(
    ("begins", "ends", "at", "holds"),
    [
        ("22:00", "06:00", 23.0, True),
        ("22:00", "06:00", 5.99, True),
        ("22:00", "06:00", 6.0, False),
        ("22:00", "06:00", 21.99, False),
        ("09:00", "20:00", 9.0, True),
        ("09:00", "20:00", 20.0, False),
        ("00:00", "00:00", 12.0, True),
    ],
)
def test_a_span_may_go_over_midnight(begins: str, ends: str, at: float, holds: bool) -> None:
    assert Span(begins=begins, ends=ends).holds(3600 * at) is holds  # type: ignore[arg-type]


@given(DAYTIMES, DAYTIMES, st.floats(0, DAY_S - 1))
def test_a_span_and_the_rest_of_the_day_share_no_moment(begins: str, ends: str, at: float) -> None:
    if begins != ends:
        one, rest = Span(begins=begins, ends=ends), Span(begins=ends, ends=begins)  # type: ignore[arg-type]
        assert one.holds(at) is not rest.holds(at)


@given(DAYTIMES)
def test_a_time_of_the_day_is_written_as_it_was_read(text: str) -> None:
    assert in_words(Span(begins=text, ends=text).begins) == text  # type: ignore[arg-type]


def test_a_run_with_its_own_day_starts_when_it_says_and_goes_on_over_midnight() -> None:
    day = DayTime(ManualClock(50.0), starts_at=23 * 3600.0)
    assert day.at(0.0) == 23 * 3600.0
    assert day.at(3600.0 + 90.0) == 90.0


def test_without_it_the_wall_clock_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kangban.clock.wall_time", lambda: 1_700_000_000.25)
    clock, local = ManualClock(500.0), time.localtime(1_700_000_000)
    day = DayTime(clock)
    expected = local.tm_hour * 3600 + local.tm_min * 60 + local.tm_sec + 0.25
    assert day.at(500.0) == pytest.approx(expected)
    assert day.at(440.0) == pytest.approx((expected - 60.0) % DAY_S)
