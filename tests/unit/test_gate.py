"""The last gate: whatever is wished, what goes out stays within every limit, and what is old or broken stops."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.gate import GateLimits, GateState, Passed, Reason, step
from kangban.config import load_profile
from kangban.values import STILL, Twist2D, VelocityCommand

LIMITS = GateLimits.of(load_profile("companion"), stale_after=0.3)
DT = 0.05
REPEATABLE = settings(derandomize=True, deadline=None)
ANY = st.floats(allow_nan=True, allow_infinity=True)
MODERATE = st.floats(-2.0, 2.0)
TWISTS = st.builds(Twist2D, ANY, ANY, ANY) | st.builds(Twist2D, MODERATE, MODERATE, MODERATE)
STEPS = st.lists(st.tuples(TWISTS, st.floats(0.0, 0.2), st.floats(0.0, 0.6)), min_size=1, max_size=40)


def drive(wishes: list[tuple[Twist2D, float, float]], state: GateState | None = None) -> list[tuple[float, Passed]]:
    """Steps of (wish, seconds since the last, age of the wish) -> (time, what passed)."""
    state, now, passed = state or GateState(0.0), 0.0 if state is None else state.at, []
    for wish, dt, age in wishes:
        now += dt
        state, out = step(state, VelocityCommand(now - age, wish), now, LIMITS)
        passed.append((now, out))
    return passed


def reach(wish: Twist2D, seconds: float = 3.0) -> GateState:
    state, now = GateState(0.0), 0.0
    for _ in range(round(seconds / DT)):
        now += DT
        state, _ = step(state, VelocityCommand(now, wish), now, LIMITS)
    return state


@REPEATABLE
@given(STEPS)
def test_no_limit_is_ever_exceeded(wishes: list[tuple[Twist2D, float, float]]) -> None:
    before, at = STILL, 0.0
    for now, out in drive(wishes):
        sent = out.velocity_in_base
        assert abs(sent.vx) <= LIMITS.speed + 1e-9
        assert abs(sent.wz) <= LIMITS.turn_rate + 1e-9
        assert sent.vy == 0.0
        dt = now - at
        gained = abs(sent.vx) - abs(before.vx)
        assert gained <= LIMITS.acceleration * dt + 1e-9
        assert -gained <= LIMITS.deceleration * dt + 2e-6
        assert abs(sent.wz - before.wz) <= LIMITS.turn_acceleration * dt + 2e-6
        assert before.vx * sent.vx >= 0 or dt == 0, "it went from forwards to backwards without standing"
        assert 0 < out.torque_limit <= LIMITS.wheel_torque
        assert out.torque_limit * (abs(out.wheels[0]) + abs(out.wheels[1])) <= LIMITS.power * (1 + 1e-9)
        before, at = sent, now


@REPEATABLE
@given(STEPS)
def test_it_never_speeds_up_beyond_the_wish(wishes: list[tuple[Twist2D, float, float]]) -> None:
    before = STILL
    for (wish, _, age), (_, out) in zip(wishes, drive(wishes), strict=True):
        sent = out.velocity_in_base
        good = wish.finite and age <= LIMITS.stale_after
        for size, last, wished in (
            (abs(sent.vx), abs(before.vx), abs(wish.vx) if good else 0.0),
            (abs(sent.wz), abs(before.wz), abs(wish.wz) if good else 0.0),
        ):
            assert size <= max(last, wished) + 1e-9
        before = sent


@REPEATABLE
@given(st.builds(Twist2D, MODERATE, st.just(0.0), MODERATE), st.lists(st.floats(0.001, 0.1), min_size=5, max_size=60))
def test_a_stale_wish_brakes_steadily_to_zero(wish: Twist2D, steps: list[float]) -> None:
    state = reach(wish)
    start, old = state, VelocityCommand(state.at, wish)
    now = state.at + LIMITS.stale_after + 1e-6
    speeds, turns = [abs(state.sent.vx)], [abs(state.sent.wz)]
    for dt in steps:
        now += dt
        state, out = step(state, old, now, LIMITS)
        assert Reason.STALE in out.reasons
        speeds.append(abs(out.velocity_in_base.vx))
        turns.append(abs(out.velocity_in_base.wz))
    assert all(b <= a for a, b in pairwise(speeds))
    assert all(b <= a for a, b in pairwise(turns))
    assert speeds[-1] <= max(0.0, speeds[0] - LIMITS.deceleration * (now - start.at)) + 2e-6


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        (None, Reason.NOTHING_WISHED),
        (VelocityCommand(10.0, Twist2D(vx=math.nan)), Reason.NOT_A_NUMBER),
        (VelocityCommand(10.0, Twist2D(wz=math.inf)), Reason.NOT_A_NUMBER),
        (VelocityCommand(math.nan, Twist2D(vx=0.1)), Reason.NOT_A_NUMBER),
        (VelocityCommand(9.69, Twist2D(vx=0.1)), Reason.STALE),
        (VelocityCommand(11.0, Twist2D(vx=0.1)), Reason.FUTURE),
    ],
)
def test_what_can_not_be_trusted_stops(wish: VelocityCommand | None, reason: Reason) -> None:
    state = GateState(9.95, Twist2D(vx=0.03))
    _, out = step(state, wish, 10.0, LIMITS)
    assert out.velocity_in_base == STILL
    assert reason in out.reasons


@REPEATABLE
@given(st.floats(0.6, 50.0), st.floats(-50.0, 50.0))
def test_too_fast_is_slowed_on_the_same_curve(vx: float, wz: float) -> None:
    state, now = GateState(0.0), 0.0
    for _ in range(100):
        now += DT
        state, _ = step(state, VelocityCommand(now, Twist2D(vx, 0.0, wz)), now, LIMITS)
    assert state.sent.wz * vx == pytest.approx(state.sent.vx * wz, abs=1e-3 * max(1.0, abs(wz)) * vx)
    assert max(abs(state.sent.vx) / LIMITS.speed, abs(state.sent.wz) / LIMITS.turn_rate) == pytest.approx(1.0, abs=1e-3)


def test_the_controllers_own_wheel_limit_holds_both_wheels_on_the_curve() -> None:
    state, now, out = GateState(0.0), 0.0, None
    for _ in range(100):
        now += DT
        state, out = step(state, VelocityCommand(now, Twist2D(0.5, 0.0, 1.0)), now, LIMITS, wheel_limit=4.0)
    assert out is not None
    assert max(map(abs, out.wheels)) == pytest.approx(4.0)
    assert state.sent.wz / state.sent.vx == pytest.approx(2.0)
    assert Reason.WHEEL_SPEED in out.reasons


def test_speeding_up_is_jerk_limited() -> None:
    passed = drive([(Twist2D(vx=0.5), DT, 0.0)] * 40)
    speeds = [0.0, *(out.velocity_in_base.vx for _, out in passed)]
    accelerations = [0.0, *((b - a) / DT for a, b in pairwise(speeds))]
    assert max(b - a for a, b in pairwise(accelerations)) <= LIMITS.jerk * DT + 1e-9
    assert speeds[-1] == pytest.approx(0.5)
    assert Reason.JERK in passed[0][1].reasons


def test_a_weak_motor_or_supply_speeds_up_more_slowly() -> None:
    weak = GateLimits(**{**{n: getattr(LIMITS, n) for n in LIMITS.__slots__}, "wheel_torque": 0.5, "power": 3.0})
    state, now, reasons = GateState(0.0), 0.0, set()
    for _ in range(100):
        now += DT
        before = state.sent.vx
        state, out = step(state, VelocityCommand(now, Twist2D(vx=0.5)), now, weak)
        reasons.update(out.reasons)
        gained = (state.sent.vx - before) / DT
        assert weak.mass * gained * weak.base.wheel_radius <= 2 * weak.wheel_torque + 1e-9
        assert weak.mass * gained * before <= weak.power + 1e-9
    assert {Reason.TORQUE, Reason.POWER} <= reasons


def test_while_the_motors_are_not_ready_it_starts_from_rest() -> None:
    moving = reach(Twist2D(vx=0.5))
    state, out = step(moving, VelocityCommand(moving.at, Twist2D(vx=0.5)), moving.at + DT, LIMITS, ready=False)
    assert out.velocity_in_base == STILL
    assert out.reasons == (Reason.NOT_READY,)
    _, out = step(state, VelocityCommand(state.at, Twist2D(vx=0.5)), state.at + DT, LIMITS)
    assert out.velocity_in_base.vx <= LIMITS.jerk * DT * DT + 1e-9


def test_after_a_pause_it_does_not_leap() -> None:
    _, out = step(GateState(0.0), VelocityCommand(60.0, Twist2D(vx=0.5)), 60.0, LIMITS)
    assert out.velocity_in_base.vx <= LIMITS.acceleration * LIMITS.longest_step


def test_a_wish_within_all_limits_passes_untouched() -> None:
    wish = Twist2D(vx=0.3, wz=0.4)
    state = reach(wish)
    _, out = step(state, VelocityCommand(state.at + DT, wish), state.at + DT, LIMITS)
    assert out.velocity_in_base == wish
    assert out.reasons == ()


def test_sideways_is_left_out_and_said() -> None:
    _, out = step(GateState(0.0), VelocityCommand(DT, Twist2D(vy=0.2)), DT, LIMITS)
    assert out.velocity_in_base == STILL
    assert out.reasons == (Reason.SIDEWAYS,)
