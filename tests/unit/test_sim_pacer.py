"""The world waits for answers, not for the dead, and never for ever."""

from hypothesis import given
from hypothesis import strategies as st

from sim.pacer import Awaited, Pacer


def pacer(patience: float = 4.0) -> Pacer:
    allowances = {"persons": 0.1, "odom": 0.0, "setpoint": 0.0, "pose": 0.1}
    found = Pacer(*(Awaited(name, allowance, patience) for name, allowance in allowances.items()))
    for awaited in (found.persons, found.odometry, found.setpoints, found.poses):
        awaited.answer(0.0)  # all have been heard of
    return found


def test_somebody_is_absent_until_all_have_answered_once() -> None:
    fresh = Pacer(*(Awaited(name, 0.1, 4.0) for name in ("persons", "odom", "setpoint", "pose")))
    for awaited in (fresh.persons, fresh.odometry, fresh.setpoints):
        awaited.answer(0.0)
        assert not fresh.all_answer
    fresh.poses.answer(0.0)
    assert fresh.all_answer


def test_nobody_is_waited_for_before_the_first_answer() -> None:
    fresh = Awaited("persons", 0.1, 4.0)
    fresh.ask(1.0)
    assert not fresh.blocks(100.0, 0.0, True)


def test_the_world_runs_on_within_the_allowance_and_stops_at_its_end() -> None:
    p = pacer()
    p.persons.ask(1.0)
    assert p.may_run(1.1, wall=0.0)
    assert not p.may_run(1.125, wall=0.0)
    p.persons.answer(1.0)
    assert p.may_run(1.125, wall=0.1)


def test_a_frame_is_pending_until_it_is_answered() -> None:
    p = pacer()
    assert not p.persons.pending
    p.persons.ask(1.0)
    assert p.persons.pending
    p.persons.answer(1.0)
    assert not p.persons.pending


def test_an_answer_to_a_later_frame_answers_the_earlier_ones() -> None:
    p = pacer()
    p.persons.ask(1.0)
    p.persons.ask(1.1)
    p.persons.answer(1.1)
    assert p.may_run(9.0, wall=0.0)


def test_an_answer_to_an_earlier_frame_is_not_enough() -> None:
    p = pacer()
    p.persons.ask(1.0)
    p.persons.ask(1.1)
    p.persons.answer(1.0)
    assert p.may_run(1.2, wall=0.0)
    assert not p.may_run(1.225, wall=0.0)


def test_a_reading_that_is_still_under_way_holds_the_world() -> None:
    p = pacer()
    p.odometry.ask(1.0)
    assert not p.may_run(1.025, wall=0.0)
    p.odometry.answer(1.0)
    assert p.may_run(1.025, wall=0.0)


def test_a_slow_answer_is_waited_for_and_the_wait_is_recorded() -> None:
    p = pacer()
    p.setpoints.ask(1.0)
    assert not p.may_run(1.025, wall=10.0)
    assert not p.may_run(1.025, wall=12.5)
    p.setpoints.answer(1.0)
    assert p.may_run(1.025, wall=13.0)
    assert p.figures()["waits_setpoint"] == 1
    assert p.figures()["waited_setpoint_s"] == 3.0
    assert p.figures()["given_up_setpoint"] == 0


def test_a_dead_process_is_not_waited_for() -> None:
    p = pacer()
    p.persons.ask(1.0)
    assert not p.may_run(1.125, wall=10.0)
    assert p.may_run(1.125, wall=10.1, dead=frozenset({"persons"}))
    assert p.figures()["given_up_persons"] == 1


def test_each_kind_is_waited_for_by_itself() -> None:
    for kind in ("persons", "odometry", "setpoints", "poses"):
        p = pacer()
        awaited = getattr(p, kind)
        awaited.ask(1.0)
        assert not p.may_run(1.125, wall=0.0), kind
        others = frozenset({"persons", "odom", "setpoint", "pose"} - {awaited.name})
        assert not p.may_run(1.125, wall=0.1, dead=others), kind
        awaited.answer(1.0)
        assert p.may_run(1.125, wall=0.2), kind


def test_patience_ends() -> None:
    p = pacer(patience=4.0)
    p.persons.ask(1.0)
    assert not p.may_run(1.125, wall=0.0)
    assert p.may_run(1.125, wall=4.0)


def test_while_somebody_is_absent_the_world_keeps_to_the_wall_clock() -> None:
    p = pacer()
    p.persons.ask(1.0)
    assert not p.may_run(1.125, wall=0.0)
    assert p.may_run(1.125, wall=0.0, dead=frozenset({"persons"}))
    assert not p.may_run(1.225, wall=0.05)
    assert p.may_run(1.225, wall=0.11)
    p.persons.answer(1.2)  # it is back: as fast as answers come again
    assert p.may_run(5.0, wall=0.12)


@given(st.lists(st.tuples(st.sampled_from(["ask", "answer", "run"]), st.floats(0, 50)), max_size=60))
def test_whatever_happens_the_wait_is_bounded(steps: list[tuple[str, float]]) -> None:
    p, now = pacer(patience=2.0), 0.0
    for what, value in steps:
        if what == "ask":
            p.persons.ask(now)
        elif what == "answer":
            p.persons.answer(value)
        else:
            now += 0.025
    walls = [wall / 10 for wall in range(1, 60)]
    assert any(p.may_run(now + 0.025, wall) for wall in walls)
