"""Who has the turn: every event in every state, and what must hold whatever happens."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from behaviors.missions.arbiter import MOST_WISHES, Inputs, State, step
from behaviors.missions.claims import battery_low, claims
from behaviors.missions.desk import Missions
from behaviors.missions.wish import CLAIMED, Ended, Outcome, Rank, Wish
from kangban.clock import ManualClock
from tests.unit.behaviors_world import TIMES

ROUND = Wish("r", "patrol", Rank.PATROL, 600.0, 1200.0)
PILL = Wish("p", "remind", Rank.REMINDER, 300.0, 120.0)
FOLLOW = Wish("f", "follow", Rank.REQUEST, 60.0, 900.0)


def run(*steps: tuple[float, Inputs]) -> tuple[State, list[Ended]]:
    state, ended = State(), []
    for now, inputs in steps:
        state, more = step(state, inputs, now)
        ended += more
    return state, ended


def wished(*wishes: Wish, **more: object) -> Inputs:
    return replace(Inputs(wished=wishes), **more)  # type: ignore[arg-type]


def test_nothing_wished_is_idle() -> None:
    assert run((1.0, Inputs()))[0] == State()


@pytest.mark.parametrize(
    ("wishes", "winner"),
    [((ROUND,), "r"), ((ROUND, PILL), "p"), ((PILL, ROUND), "p"), ((ROUND, PILL, FOLLOW), "f"), ((FOLLOW, ROUND), "f")],
)
def test_the_highest_rank_has_the_turn(wishes: tuple[Wish, ...], winner: str) -> None:
    state, _ = run((1.0, wished(*wishes)))
    assert state.running == winner and state.turn is {w.id: w.rank for w in wishes}[winner]


@pytest.mark.parametrize("claim", CLAIMED)
@pytest.mark.parametrize("wish", [ROUND, PILL, FOLLOW])
def test_a_claim_takes_the_turn_from_every_wish_and_gives_it_back(claim: Rank, wish: Wish) -> None:
    state, _ = run((1.0, wished(wish)), (2.0, Inputs(claims=frozenset({claim}))))
    assert (state.turn, state.running) == (claim, None) and state.standing[0].started
    state, ended = step(state, Inputs(), 3.0)
    assert state.running == wish.id and not ended
    assert state.standing[0].had_s == 1.0, "what it had before counts, what it waited does not"


def test_of_two_claims_the_higher_counts() -> None:
    state, _ = run((1.0, Inputs(claims=frozenset({Rank.CHARGE, Rank.INCIDENT}))))
    assert state.turn is Rank.INCIDENT


def test_a_low_battery_wins_over_a_request_and_an_incident_over_a_low_battery() -> None:
    assert run((1.0, wished(FOLLOW, claims=claims(False, False, True))))[0].turn is Rank.CHARGE
    assert run((1.0, wished(FOLLOW, claims=claims(False, True, True))))[0].turn is Rank.INCIDENT
    assert run((1.0, wished(FOLLOW, claims=claims(True, True, True))))[0].turn is Rank.SAFETY


def test_an_equal_waits_for_its_turn() -> None:
    second = replace(ROUND, id="r2")
    state, _ = run((1.0, wished(ROUND)), (2.0, wished(second)))
    assert state.running == "r"
    state, ended = step(state, Inputs(over=(("r", Outcome.DONE, ""),)), 3.0)
    assert state.running == "r2" and ended == (Ended(ROUND, Outcome.DONE),)


def test_what_was_put_aside_comes_before_a_later_equal() -> None:
    second = replace(ROUND, id="r2")
    state, _ = run((1.0, wished(ROUND)), (2.0, wished(PILL)), (3.0, wished(second)))
    state, _ = step(state, Inputs(over=(("p", Outcome.FAILED, "why_failed"),)), 4.0)
    assert state.running == "r"


def test_only_who_has_the_turn_can_be_done() -> None:
    state, ended = run((1.0, wished(ROUND, PILL)), (2.0, Inputs(over=(("r", Outcome.DONE, ""),))))
    assert state.of("r") is not None and not ended


@pytest.mark.parametrize("wish_id", ["r", "p"])
def test_a_wish_is_taken_back_running_or_not(wish_id: str) -> None:
    state, ended = run((1.0, wished(ROUND, PILL)), (2.0, Inputs(withdrawn=((wish_id, "why_taken_back"),))))
    assert [(e.wish.id, e.outcome) for e in ended] == [(wish_id, Outcome.WITHDRAWN)]
    assert state.running == ({"r", "p"} - {wish_id}).pop()


def test_taken_back_before_it_began_and_unknown_names() -> None:
    state, ended = run((1.0, wished(ROUND, withdrawn=(("r", "why_taken_back"), ("x", "why_taken_back")))))
    assert state == State() and [e.wish.id for e in ended] == ["r"]


def test_said_twice_is_wished_once() -> None:
    assert len(run((1.0, wished(ROUND, ROUND)), (2.0, wished(ROUND)))[0].standing) == 1


def test_it_is_dropped_when_it_waited_too_long_and_only_then() -> None:
    busy = Inputs(claims=frozenset({Rank.INCIDENT}))
    state, ended = run((1.0, wished(PILL)), (2.0, busy), (301.9, busy))
    assert state.of("p") is not None and not ended
    state, ended = step(state, busy, 302.0)
    assert ended == (Ended(PILL, Outcome.DROPPED, "why_waited_too_long"),) and state.standing == ()


def test_it_is_dropped_when_it_has_had_the_turn_for_long_enough_in_all() -> None:
    aside = Inputs(claims=frozenset({Rank.CHARGE}))
    state, ended = run((0.0, wished(PILL)), (100.0, aside), (200.0, Inputs()), (219.9, Inputs()))
    assert state.running == "p" and not ended
    assert step(state, Inputs(), 220.0)[1] == (Ended(PILL, Outcome.DROPPED, "why_took_too_long"),)


def test_too_many_wishes_are_refused_with_a_reason() -> None:
    many = tuple(replace(ROUND, id=str(n)) for n in range(MOST_WISHES + 1))
    state, ended = run((1.0, wished(*many)))
    assert len(state.standing) == MOST_WISHES
    assert ended == [Ended(many[-1], Outcome.DROPPED, "why_too_many")]


@pytest.mark.parametrize("rank", [*CLAIMED, Rank.IDLE])
def test_what_is_claimed_can_not_be_wished(rank: Rank) -> None:
    with pytest.raises(ValueError, match="can't be wished"):
        Wish("x", "x", rank, 1.0, 1.0)
    with pytest.raises(ValueError, match="above 0"):
        Wish("x", "x", Rank.PATROL, 0.0, 1.0)


ranks = st.sampled_from([Rank.REQUEST, Rank.REMINDER, Rank.PATROL])
wishes_ = st.builds(
    Wish, st.sampled_from("abcdef"), st.just("m"), ranks, st.floats(0.5, 50), st.floats(0.5, 50), st.just(())
)
things = st.builds(
    Inputs,
    claims=st.frozensets(st.sampled_from(CLAIMED)),
    wished=st.lists(wishes_, max_size=3).map(tuple),
    withdrawn=st.lists(st.tuples(st.sampled_from("abcdef"), st.just("w")), max_size=2).map(tuple),
    over=st.lists(
        st.tuples(st.sampled_from("abcdef"), st.sampled_from([Outcome.DONE, Outcome.FAILED]), st.just("")), max_size=1
    ).map(tuple),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 20), things), min_size=1, max_size=30))
def test_whatever_happens_one_at_a_time_and_nobody_for_ever(steps: list[tuple[float, Inputs]]) -> None:
    state, now = State(), 0.0
    for wait, inputs in steps:
        now += wait
        before = {each.wish.id for each in state.standing}
        state, ended = step(state, inputs, now)
        ids = [each.wish.id for each in state.standing]
        assert len(ids) == len(set(ids))
        running = state.of(state.running)
        assert (state.running is None) or running is not None
        if inputs.claims:
            assert state.running is None and state.turn is min(inputs.claims)
        else:
            best = min((each.wish.rank for each in state.standing), default=Rank.IDLE)
            assert state.turn is best and (running is None) is (best is Rank.IDLE)
        for each in state.standing:
            runs = each.wish.id == state.running
            waited = 0.0 if runs else now - each.since
            had = each.had_s + (now - each.since if runs else 0.0)
            assert waited < each.wish.waits_s and had < each.wish.lasts_s + max(w for w, _ in steps)
        # Nothing vanishes without a word.
        new = {wish.id for wish in inputs.wished}
        assert before | new == set(ids) | {e.wish.id for e in ended} | (new & before)


def test_the_battery_is_low_until_it_is_well_above_low() -> None:
    low = TIMES.low_battery
    assert not battery_low(False, low, TIMES) and battery_low(False, low - 0.01, TIMES)
    assert battery_low(True, low + 0.29, TIMES) and not battery_low(True, low + 0.31, TIMES)
    assert battery_low(True, None, TIMES) and not battery_low(False, None, TIMES)


def test_the_desk_tells_who_asked_and_who_was_put_aside() -> None:
    clock, told, aside, lines = ManualClock(1.0), [], [], []
    missions = Missions(clock, lines.append)
    missions.on_end("patrol", told.append)
    missions.on_aside("patrol", lambda wish, turn: aside.append((wish.id, turn)))
    missions.wish(ROUND)
    assert missions.stands("r") and missions.running() is None, "nothing changes within a tick"
    missions.tick(())
    assert missions.running() == ROUND and missions.turn() is Rank.PATROL
    missions.tick({Rank.INCIDENT})
    assert missions.running() is None and aside == [("r", Rank.INCIDENT)]
    missions.tick(())
    missions.over("r", Outcome.FAILED, "why_no_map")
    missions.tick(())
    assert told == [Ended(ROUND, Outcome.FAILED, "why_no_map")] and not missions.stands("r")
    assert lines == ["patrol r: failed why_no_map"] and len(aside) == 1
