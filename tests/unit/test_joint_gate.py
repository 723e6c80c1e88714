"""The gate for joints: within range, velocity, acceleration and jerk whatever is wished; old wishes hold."""

from __future__ import annotations

import dataclasses
import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.joint_gate import JointGateLimits, JointGateState, accept, step
from firmware_bridge.joint_motion import JointLimits, Motion
from kangban.config import load_profile
from kangban.values import JointCommand, JointGoal

REPEATABLE = settings(derandomize=True, deadline=None, max_examples=60)
ARM = JointGateLimits.of(load_profile("lekiwi").motors, stale_after=0.3)
ONE = dataclasses.replace(ARM, joints=ARM.joints[:1])
JOINT = ONE.joints[0]
GOALS = st.builds(JointGoal, st.just(JOINT.name), st.floats(-3.0, 3.0), st.none()) | st.builds(
    JointGoal, st.just(JOINT.name), st.none(), st.floats(-9.0, 9.0)
)


def run(
    goals: list[JointGoal | None], start: float = 0.0, limits: JointGateLimits = ONE
) -> tuple[JointGateState, list[Motion], list[tuple[str, ...]]]:
    """One goal a period (None: nobody says anything), from rest at `start`; the motions sent and the reasons."""
    places = (start,) * len(limits.joints)
    state, _ = step(JointGateState(0.0), False, places, 0.0, limits)
    now, motions, reasons = 0.0, [Motion(start)], []
    for goal in goals:
        now += limits.step
        if goal is not None:
            state, refused = accept(state, JointCommand(now, (goal,)), now, limits)
            assert refused == ()
        state, passed = step(state, True, places, now, limits)
        motions.append(state.motions[0])
        reasons.append(passed.reasons)
        assert passed.positions[0] == state.motions[0].position
    return state, motions, reasons


def stays_within(motions: list[Motion], joint: JointLimits) -> None:
    for a, b in pairwise(motions):
        assert abs(b.velocity) <= joint.velocity + 1e-9
        assert abs(b.acceleration) <= joint.acceleration + 1e-9
        assert abs(b.acceleration - a.acceleration) <= joint.jerk * joint.step + 1e-9
        assert b.velocity == pytest.approx(a.velocity + b.acceleration * joint.step, abs=1e-12)
        assert b.position == pytest.approx(a.position + b.velocity * joint.step, abs=1e-12)
        assert min(joint.lower, a.position) - 1e-6 <= b.position <= max(joint.upper, a.position) + 1e-6


@REPEATABLE
@given(st.lists(st.tuples(GOALS, st.integers(1, 12)), min_size=1, max_size=10), st.floats(JOINT.lower, JOINT.upper))
def test_no_limit_is_ever_exceeded(wishes: list[tuple[JointGoal, int]], start: float) -> None:
    _, motions, _ = run([goal for goal, times in wishes for _ in range(times)], start)
    stays_within(motions, JOINT)


@REPEATABLE
@given(start=st.floats(JOINT.lower, JOINT.upper), goal=st.floats(JOINT.lower, JOINT.upper))
def test_it_goes_where_it_is_told_without_overshoot(start: float, goal: float) -> None:
    _, motions, _ = run([JointGoal(JOINT.name, position=goal)] * 120, start)
    assert motions[-1].position == pytest.approx(goal, abs=1e-4)
    assert motions[-1].velocity == pytest.approx(0.0, abs=1e-4)
    places = [m.position for m in motions]
    assert min(start, goal) - 1e-4 <= min(places)
    assert max(places) <= max(start, goal) + 1e-4


def test_it_is_not_slower_than_its_limits_ask() -> None:
    _, motions, _ = run([JointGoal(JOINT.name, position=1.5)] * 200, start=-1.5)
    took = next(k for k, m in enumerate(motions) if abs(m.position - 1.5) < 0.01) * ONE.step
    v, a, j = JOINT.velocity, JOINT.acceleration, JOINT.jerk
    fastest = 3.0 / v + v / a + a / j  # trapezoid of a trapezoid, unbounded in steps
    assert fastest - 0.2 <= took <= fastest + 3 * ONE.step


@REPEATABLE
@given(st.floats(-9.0, 9.0))
def test_a_velocity_wish_is_reached_and_stops_before_the_end_of_the_range(velocity: float) -> None:
    _, motions, reasons = run([JointGoal(JOINT.name, velocity=velocity)] * 120)
    stays_within(motions, JOINT)
    if abs(velocity) > 0.1:
        end = math.copysign(JOINT.upper, velocity)
        top = min(abs(velocity), JOINT.velocity)
        assert max(abs(m.velocity) for m in motions) == pytest.approx(top, abs=1e-6)
        assert abs(motions[-1].position) <= JOINT.upper + 1e-6
        if abs(velocity) > 0.5:
            assert motions[-1].position == pytest.approx(end, abs=0.01)
            assert any("range" in reason for reason in reasons[-1])


def test_reasons_are_said() -> None:
    name = JOINT.name
    _, _, reasons = run([JointGoal(name, position=9.0)])
    assert reasons[0] == (f"{name}: its range -1.92..1.92 rad",)
    _, _, reasons = run([JointGoal(name, velocity=9.0)])
    assert f"{name}: its velocity_radps 1.5" in reasons[0]
    _, _, reasons = run([JointGoal(name, velocity=1.0)])
    assert reasons[0] == (f"{name}: its acceleration_radps2 and jerk_radps3",)
    _, _, reasons = run([JointGoal(name, velocity=1.0)] * 40)
    assert reasons[-1] == (f"{name}: its range -1.92..1.92 rad",)
    _, _, reasons = run([JointGoal(name, velocity=1.0)] * 10 + [None] * 8)
    assert reasons[-1] == (f"{name}: the wish is too old",)


def test_an_old_wish_brakes_and_holds() -> None:
    _, motions, _ = run([JointGoal(JOINT.name, velocity=1.0)] * 10 + [None] * 60)
    stays_within(motions, JOINT)
    assert motions[10].velocity > 0.5
    assert motions[-1].velocity == pytest.approx(0.0, abs=1e-9)
    held = {round(m.position, 9) for m in motions[-20:]}
    assert len(held) == 1
    assert motions[-1].position < 1.5, "it went on after the wish had died"


def test_a_joint_that_is_not_named_keeps_its_wish_and_the_others_hold() -> None:
    places = tuple(0.1 * k for k in range(len(ARM.joints)))
    state, _ = step(JointGateState(0.0), False, places, 0.0, ARM)
    state, _ = accept(state, JointCommand(0.05, (JointGoal("wrist_roll", position=1.0),)), 0.05, ARM)
    for k in range(1, 6):
        state, passed = step(state, True, places, 0.05 * k, ARM)
    moved = [p - q for p, q in zip(passed.positions, places, strict=True)]
    roll = [joint.name for joint in ARM.joints].index("wrist_roll")
    assert moved[roll] > 0.01
    assert all(abs(m) < 1e-12 for k, m in enumerate(moved) if k != roll)
    assert passed.torque_limits == tuple(joint.torque for joint in ARM.joints)


def test_while_not_ready_it_follows_where_the_joints_are_and_forgets_wishes() -> None:
    state, _, _ = run([JointGoal(JOINT.name, position=1.0)] * 20)
    now = 20 * ONE.step
    state, _ = accept(state, JointCommand(now, (JointGoal(JOINT.name, position=-1.0),)), now, ONE)
    state, passed = step(state, False, (0.7,), now + 0.01, ONE)
    assert passed.positions == (0.7,)
    state, passed = step(state, True, (0.7,), now + 0.06, ONE)
    assert passed.positions == (0.7,), "a wish from before the break moved it"


def test_a_latched_stop_brakes_every_joint_and_forgets_what_was_wished() -> None:
    state, _, _ = run([JointGoal(JOINT.name, velocity=1.0)] * 12)
    now, sent = 12 * ONE.step, [state.motions[0]]
    for _ in range(20):
        now += ONE.step
        state, _ = accept(state, JointCommand(now, (JointGoal(JOINT.name, velocity=1.0),)), now, ONE)
        state, passed = step(state, True, (0.0,), now, ONE, hold="the stop is latched")
        assert passed.reasons == ("joints: the stop is latched",)
        sent.append(state.motions[0])
    stays_within(sent, JOINT)
    assert sent[-1].resting
    state, passed = step(state, True, (0.0,), now + ONE.step, ONE)
    assert passed.positions[0] == pytest.approx(sent[-1].position), "what was wished during the stop moved it after"


def test_before_its_places_are_known_nothing_is_sent() -> None:
    state, passed = step(JointGateState(0.0), True, None, 0.05, ONE)
    assert passed.positions == ()
    _, passed = step(state, True, (0.5,), 0.1, ONE)
    assert passed.positions == (0.5,)


def test_a_joint_that_begins_outside_its_range_may_come_back_but_not_go_further_out() -> None:
    _, motions, _ = run([JointGoal(JOINT.name, velocity=1.0)] * 20, start=2.2)
    assert max(m.position for m in motions) <= 2.2 + 1e-6
    _, motions, _ = run([JointGoal(JOINT.name, position=9.0)] * 100, start=2.2)
    assert motions[-1].position == pytest.approx(JOINT.upper, abs=1e-3)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (JointCommand(9.0, (JointGoal("shoulder_pan", position=0.1),)), "future"),
        (JointCommand(math.nan, (JointGoal("shoulder_pan", position=0.1),)), "future"),
        (JointCommand(1.0, (JointGoal("shoulder_pan", position=math.inf),)), "shoulder_pan: the goal is not a number"),
        (JointCommand(1.0, (JointGoal("tail", position=0.1),)), "tail: no such joint; the profile has shoulder_pan"),
    ],
)
def test_what_can_not_be_taken_is_said(command: JointCommand, said: str) -> None:
    state, _ = step(JointGateState(1.0), False, (0.0,), 1.0, ONE)
    after, refused = accept(state, command, 1.0, ONE)
    assert said in refused[0]
    _, passed = step(after, True, (0.0,), 1.05, ONE)
    assert passed.positions == (0.0,)


def test_setpoints_that_come_early_or_late_do_not_make_it_faster() -> None:
    times = [0.02, 0.05, 0.06, 0.1, 0.148, 0.2, 0.25, 0.9, 0.95, 1.0]
    state, _ = step(JointGateState(0.0), False, (0.0,), 0.0, ONE)
    places = [0.0]
    for now in times:
        state, _ = accept(state, JointCommand(now, (JointGoal(JOINT.name, velocity=9.0),)), now, ONE)
        state, passed = step(state, True, (0.0,), now, ONE)
        places.append(passed.positions[0])
    for (a, b), (s, t) in zip(pairwise([0.0, *times]), pairwise(places), strict=True):
        assert t - s <= JOINT.velocity * (b - a + ONE.step) + 1e-9
    assert places[8] - places[7] <= 2 * JOINT.velocity * ONE.step + 1e-9


@pytest.mark.parametrize("jump", [-3600.0, -0.4])
def test_a_wish_from_before_our_clock_was_put_back_is_not_young_for_ever(jump: float) -> None:
    """Its stamp then lies ahead of the clock, so by its age alone it would count until the clock has caught up."""
    state, motions, _ = run([JointGoal(JOINT.name, velocity=1.0)] * 10)
    assert motions[-1].velocity > 0.5
    now = 10 * ONE.step + jump
    sent: list[Motion] = []
    for _ in range(30):
        state, passed = step(state, True, (0.0,), now, ONE)
        sent.append(state.motions[0])
        now += ONE.step
    stays_within(sent, JOINT)
    assert sent[-1].resting, "it went on by a wish that nobody repeats"
    assert passed.positions[0] < 0.8


def test_a_wish_that_was_dead_once_is_not_alive_again() -> None:
    state, motions, _ = run([JointGoal(JOINT.name, velocity=1.0)] * 10 + [None] * 30)
    assert motions[-1].resting
    now = 10 * ONE.step  # the clock is put back to when the last wish was fresh
    for _ in range(10):
        state, _ = step(state, True, (0.0,), now, ONE)
        assert state.motions[0].resting
        now += ONE.step
