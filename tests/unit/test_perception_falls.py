"""The fall state machine, state by event, and what it must never do."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perception.falls import (
    DOUBTFUL_S,
    LEANING,
    LIKELY_S,
    LOST_LOW_LONGER_S,
    SURE_S,
    UNLIKELY_S,
    UNSEEN_LONGER_S,
    Case,
    Evidence,
    Stage,
    Verdict,
    step,
)
from perception.way_down import WayDown
from tests.unit.perception_bodies import LIMITS

QUICK, SLOW = WayDown(0.9, 0.5), WayDown(0.9, 3.0)
UPRIGHT = Evidence(True, False, True, None, False, None, True, 0.9)
DOWN = Evidence(True, True, False, QUICK, False, None, True, 0.9)
DOWN_SLOWLY = replace(DOWN, way=SLOW)
ON_BED = replace(DOWN, rests_on="bed")
BENT = replace(UPRIGHT, up=False)
UNSEEN = Evidence(False, False, False, None, False, None, True, 0.0)
VANISHED = replace(UNSEEN, vanished=True)
SURE, LIKELY, ON_PURPOSE = Verdict(0.95, 0.6), Verdict(0.7, 0.6), Verdict(0.02, 0.6)
UNSURE = Verdict(0.5, 0.6)
UPRIGHT_JUDGED = replace(UPRIGHT, verdict=ON_PURPOSE)
FALLEN = replace(DOWN, drop=QUICK, verdict=SURE)
SAT_DOWN_HARD = replace(BENT, drop=QUICK, verdict=SURE)  # neither lying nor upright: on the floor, against the sofa
LAY_DOWN = replace(DOWN, drop=QUICK, verdict=ON_PURPOSE)
DOUBTED = replace(DOWN, drop=QUICK, verdict=UNSURE)
STAYS = replace(DOUBTED, drop=WayDown(0.9, 0.5, ago=2.0))
SITS = replace(BENT, drop=QUICK, lean=0.4)
NOBODY_SAW = replace(BENT, verdict=SURE, lean=1.4)
LOST_JUDGED = replace(UNSEEN, drop=QUICK, verdict=SURE)
VANISHED_ON_PURPOSE = replace(VANISHED, verdict=ON_PURPOSE)
DT = 0.1


def play(*acts: tuple[Evidence, float], case: Case | None = None) -> list[tuple[float, Case]]:
    """Each evidence for so many seconds; the case after every step."""
    ids = (f"f{n}" for n in itertools.count())
    now, case, out = 0.0, case or Case(), []
    for evidence, seconds in acts:
        for _ in range(round(seconds / DT)):
            now += DT
            case = step(case, evidence, now, LIMITS, lambda: next(ids))
            out.append((now, case))
    return out


def stages(*acts: tuple[Evidence, float], case: Case | None = None) -> list[Stage]:
    """The stages passed through, in order."""
    return [stage for stage, _ in itertools.groupby(c.stage for _, c in play(*acts, case=case))]


CALM, SUSPECTED, CONFIRMED, RECOVERED = Stage.CALM, Stage.SUSPECTED, Stage.CONFIRMED, Stage.RECOVERED
FALL = (UPRIGHT, 1.0), (DOWN, 2.0)


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        # calm x event
        ([(UPRIGHT, 5.0)], [CALM]),
        ([(BENT, 5.0)], [CALM]),
        ([(UNSEEN, 5.0)], [CALM]),
        ([(ON_BED, 30.0)], [CALM]),
        ([(DOWN_SLOWLY, 5.0), (UPRIGHT, 1.0)], [CALM]),
        ([(DOWN_SLOWLY, LIMITS.found_down_after_s - 1.0)], [CALM]),  # a long lie, which is told as that
        ([(DOWN_SLOWLY, LIMITS.found_down_after_s + 1.0)], [CALM, CONFIRMED]),
        ([(replace(DOWN_SLOWLY, measured=False), 60.0)], [CALM]),
        ([(DOWN, 0.2), (UPRIGHT, 1.0)], [CALM]),
        ([(DOWN, 2.0)], [CALM, SUSPECTED, CONFIRMED]),
        ([(replace(VANISHED, rests_on="sofa"), 5.0)], [CALM]),
        ([(VANISHED, 3.0)], [SUSPECTED, CONFIRMED]),
        # suspected x event
        ([(DOWN, 0.6), (UPRIGHT, 2.0)], [CALM, SUSPECTED, CALM]),
        ([(DOWN, 0.6), (ON_BED, 5.0)], [CALM, SUSPECTED, CALM]),
        ([(DOWN, 0.6), (BENT, 3.0), (UPRIGHT, 2.0)], [CALM, SUSPECTED, CALM]),
        ([(DOWN, 0.6), (BENT, 8.0)], [CALM, SUSPECTED, CONFIRMED]),
        ([(DOWN, 0.6), (UNSEEN, 3.0)], [CALM, SUSPECTED, CONFIRMED]),
        ([(VANISHED, 1.0), (UPRIGHT, 2.0)], [SUSPECTED, CALM]),
        ([(VANISHED, 1.0), (DOWN, 1.5)], [SUSPECTED, CONFIRMED]),
        ([(VANISHED, 0.5), (BENT, 9.0)], [SUSPECTED, CALM]),
        # confirmed x event
        ([*FALL, (DOWN, 60.0)], [CALM, SUSPECTED, CONFIRMED]),
        ([*FALL, (UNSEEN, 60.0)], [CALM, SUSPECTED, CONFIRMED]),
        ([*FALL, (BENT, 60.0)], [CALM, SUSPECTED, CONFIRMED]),
        ([*FALL, (UPRIGHT, 2.0), (DOWN, 5.0)], [CALM, SUSPECTED, CONFIRMED]),
        ([*FALL, (UPRIGHT, 4.0)], [CALM, SUSPECTED, CONFIRMED, RECOVERED]),
        # recovered x event
        ([*FALL, (UPRIGHT, 20.0)], [CALM, SUSPECTED, CONFIRMED, RECOVERED, CALM]),
        ([*FALL, (UPRIGHT, 4.0), (UNSEEN, 20.0)], [CALM, SUSPECTED, CONFIRMED, RECOVERED, CALM]),
        ([*FALL, (UPRIGHT, 4.0), (DOWN, 3.0)],
         [CALM, SUSPECTED, CONFIRMED, RECOVERED, CALM, SUSPECTED, CONFIRMED]),
    ],
)  # fmt: skip
def test_stages(acts: list[tuple[Evidence, float]], expected: list[Stage]) -> None:
    assert stages(*acts) == expected


def test_the_alarm_comes_in_time_and_says_why() -> None:
    confirmed = next((now, c) for now, c in play(*FALL) if c.stage is CONFIRMED)
    assert confirmed[0] - 1.0 <= LIMITS.suspect_after_s + LIMITS.confirm_after_s + 3 * DT
    assert any("shoulders came down 0.9 m" in words for words in confirmed[1].words)
    assert any("stays down" in words for words in confirmed[1].words)


def test_who_was_low_when_lost_is_believed_sooner() -> None:
    def confirmed_after(*acts: tuple[Evidence, float]) -> float:
        suspected = next(now for now, c in play(*acts) if c.stage is SUSPECTED)
        return next(now for now, c in play(*acts) if c.stage is CONFIRMED) - suspected

    low, on_the_way = confirmed_after((DOWN, 0.6), (UNSEEN, 5.0)), confirmed_after((VANISHED, 5.0))
    assert low == pytest.approx(LIMITS.confirm_after_s + LOST_LOW_LONGER_S, abs=1.5 * DT)
    assert on_the_way == pytest.approx(LIMITS.confirm_after_s + UNSEEN_LONGER_S, abs=1.5 * DT)
    assert LIMITS.confirm_after_s < low < on_the_way


def test_one_fall_keeps_its_id_and_the_next_gets_its_own() -> None:
    ids = [c.id for _, c in play(*FALL, (UPRIGHT, 20.0), (DOWN, 3.0)) if c.stage is not CALM]
    assert [i for i, _ in itertools.groupby(ids)] == ["f0", "f1"]


def test_a_frame_of_flicker_neither_starts_nor_stops_anything() -> None:
    flicker = [(DOWN, 0.3), (BENT, 0.1), (DOWN, 0.3), (BENT, 0.2), (DOWN, 1.2)]
    assert stages(*flicker) == [CALM, SUSPECTED, CONFIRMED]
    assert stages((UPRIGHT, 1.0), (DOWN, 0.1), (UPRIGHT, 1.0)) == [CALM]


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        # calm x what the judge says
        ([(UPRIGHT_JUDGED, 5.0)], [CALM]),
        ([(replace(UPRIGHT, verdict=SURE, drop=QUICK), 5.0)], [CALM]),  # upright: whatever it says
        ([(replace(BENT, verdict=LIKELY), 5.0)], [CALM]),  # nothing came down, and it is not sure
        ([(UPRIGHT_JUDGED, 1.0), (NOBODY_SAW, 3.0)], [CALM, SUSPECTED, CONFIRMED]),  # cut by the picture's edge, say
        ([(replace(FALLEN, rests_on="sofa"), 9.0)], [CALM]),
        ([(UPRIGHT_JUDGED, 1.0), (replace(LAY_DOWN, measured=False), 60.0)], [CALM]),
        ([(UPRIGHT_JUDGED, 1.0), (VANISHED_ON_PURPOSE, 9.0)], [CALM]),
        ([(UPRIGHT_JUDGED, 1.0), (FALLEN, 0.1), (UPRIGHT_JUDGED, 2.0)], [CALM]),
        ([(UPRIGHT_JUDGED, 1.0), (FALLEN, 2.0)], [CALM, SUSPECTED, CONFIRMED]),
        ([(UPRIGHT_JUDGED, 1.0), (SAT_DOWN_HARD, 2.0)], [CALM, SUSPECTED, CONFIRMED]),
        ([(UPRIGHT_JUDGED, 1.0), (LOST_JUDGED, 2.0)], [CALM, SUSPECTED, CONFIRMED]),
        # in doubt, it depends on whether she stays where she came down
        ([(UPRIGHT_JUDGED, 1.0), (DOUBTED, 1.0), (STAYS, 0.5)], [CALM, SUSPECTED]),
        ([(UPRIGHT_JUDGED, 1.0), (DOUBTED, 1.0), (STAYS, 3.0)], [CALM, SUSPECTED, CONFIRMED]),
        ([(UPRIGHT_JUDGED, 1.0), (DOUBTED, 5.0)], [CALM, SUSPECTED, CALM, SUSPECTED]),  # moves all the time
        ([(UPRIGHT_JUDGED, 1.0), (replace(STAYS, verdict=LIKELY), 9.0)], [CALM]),  # long after the way down
        ([(UPRIGHT_JUDGED, 1.0), (replace(SITS, verdict=LIKELY), 0.7), (UPRIGHT_JUDGED, 2.0)], [CALM, SUSPECTED, CALM]),
        ([(UPRIGHT_JUDGED, 1.0), (replace(SITS, verdict=SURE), 0.7), (SITS, 0.5)], [CALM, SUSPECTED]),
        # suspected x what the judge says
        ([(UPRIGHT_JUDGED, 1.0), (FALLEN, 0.3), (UPRIGHT_JUDGED, 2.0)], [CALM, SUSPECTED, CALM]),
        ([(UPRIGHT_JUDGED, 1.0), (FALLEN, 0.3), (replace(FALLEN, rests_on="bed"), 2.0)], [CALM, SUSPECTED, CALM]),
        ([(UPRIGHT_JUDGED, 1.0), (SAT_DOWN_HARD, 0.3), (replace(BENT, verdict=ON_PURPOSE), 6.0)],
         [CALM, SUSPECTED, CALM]),
        ([(UPRIGHT_JUDGED, 1.0), (FALLEN, 0.3), (replace(FALLEN, verdict=ON_PURPOSE), 6.0)], [CALM, SUSPECTED, CALM]),
        ([(UPRIGHT_JUDGED, 1.0), (replace(VANISHED, verdict=LIKELY), 2.5)], [CALM, SUSPECTED, CONFIRMED]),
        ([(UPRIGHT_JUDGED, 1.0), (replace(VANISHED, verdict=UNSURE), 1.0),
          (replace(VANISHED, verdict=ON_PURPOSE), 5.0)], [CALM, SUSPECTED, CALM]),
        # confirmed and recovered x what the judge says: only getting up counts
        ([(UPRIGHT_JUDGED, 1.0), (FALLEN, 2.0), (LAY_DOWN, 60.0)], [CALM, SUSPECTED, CONFIRMED]),
        (
            [(UPRIGHT_JUDGED, 1.0), (FALLEN, 2.0), (UPRIGHT_JUDGED, 20.0)],
            [CALM, SUSPECTED, CONFIRMED, RECOVERED, CALM],
        ),
    ],
)  # fmt: skip
def test_stages_with_a_judge(acts: list[tuple[Evidence, float]], expected: list[Stage]) -> None:
    assert stages(*acts) == expected


def test_judge_and_measures_together_are_quick_and_say_what_each_saw() -> None:
    told = play((UPRIGHT_JUDGED, 1.0), (FALLEN, 2.0))
    when, case = next((now, c) for now, c in told if c.stage is CONFIRMED)
    assert when - 1.0 <= 1.0
    alone = play((UPRIGHT, 1.0), (DOWN, 3.0))
    assert when < next(now for now, c in alone if c.stage is CONFIRMED)
    assert "shoulders came down 0.9 m in 0.5 s" in case.words
    assert any(words.startswith("the learned judge gives 0.9") for words in case.words)
    assert not any("judge" in words for _, c in alone for words in c.words)


def test_the_more_speaks_for_a_fall_the_sooner_it_is_told() -> None:
    def after(*acts: tuple[Evidence, float]) -> float:
        return next(now for now, c in play((UPRIGHT_JUDGED, 1.0), *acts) if c.stage is CONFIRMED) - 1.0

    sure, likely = after((FALLEN, 3.0)), after((replace(FALLEN, verdict=LIKELY), 3.0))
    sits, unseen = after((replace(SITS, verdict=SURE), 4.0)), after((NOBODY_SAW, 4.0))
    doubtful = after((DOUBTED, 1.0), (STAYS, 5.0))
    heard = 0.5  # until the judge's word is believed
    for told, needed in (
        (sure, SURE_S), (likely, LIKELY_S), (sits, UNLIKELY_S), (unseen, UNLIKELY_S), (doubtful, DOUBTFUL_S),
    ):  # fmt: skip
        assert needed <= told <= needed + heard
    assert sure < likely < sits <= unseen < doubtful


def test_a_word_now_and_then_is_not_enough() -> None:
    once = [(FALLEN, 0.1), (replace(LAY_DOWN, way=SLOW), 0.6)] * 8
    assert stages((UPRIGHT_JUDGED, 1.0), *once) == [CALM]


@pytest.mark.parametrize("step_s", [1 / 30, 0.1, 0.2])
def test_the_alarm_hardly_depends_on_the_frame_rate(step_s: float) -> None:
    case, now, when = Case(), 0.0, None
    while when is None and now < 5.0:
        now += step_s
        case = step(case, UPRIGHT_JUDGED if now <= 1.0 else FALLEN, now, LIMITS, lambda: "f")
        when = now if case.stage is CONFIRMED else None
    assert when is not None
    assert 1.25 < when < 2.05


EVIDENCE = st.sampled_from([UPRIGHT, BENT, ON_BED, UNSEEN, DOWN, DOWN_SLOWLY, VANISHED])


@given(st.lists(st.tuples(EVIDENCE, st.floats(0.1, 3.0)), max_size=25))
def test_nothing_is_confirmed_without_having_been_down_or_lost(acts: list[tuple[Evidence, float]]) -> None:
    history = [e for e, seconds in acts for _ in range(round(seconds / DT))]
    for index, (_, case) in enumerate(play(*acts)):
        if case.stage is CONFIRMED:
            assert any((e.down and e.rests_on is None) or e.vanished for e in history[: index + 1])
            assert case.id
            assert case.words


INTENDED = st.sampled_from([
    UPRIGHT_JUDGED, replace(LAY_DOWN, measured=False), VANISHED_ON_PURPOSE,
    replace(BENT, drop=QUICK, verdict=Verdict(LEANING - 0.01, 0.6)),
])  # fmt: skip


@given(st.lists(st.tuples(INTENDED, st.floats(0.1, 10.0)), max_size=30))
def test_what_the_judge_holds_for_intended_never_leaves_calm(acts: list[tuple[Evidence, float]]) -> None:
    assert set(stages((UPRIGHT_JUDGED, 0.2), *acts)) <= {CALM}


@given(st.lists(st.tuples(st.sampled_from([UPRIGHT, BENT, ON_BED, UNSEEN]), st.floats(0.1, 10.0)), max_size=30))
def test_everyday_life_never_leaves_calm(acts: list[tuple[Evidence, float]]) -> None:
    assert set(stages(*acts)) <= {CALM}
