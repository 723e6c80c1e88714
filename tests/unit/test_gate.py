"""The last gate: whatever is wished, what goes out stays within every limit, and what is old or broken stops."""

from __future__ import annotations

import dataclasses
import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.gate import GateLimits, GateState, Passed, Reason, step
from firmware_bridge.kinematics import mecanum
from kangban.config import load_profile
from kangban.values import STILL, Twist2D, VelocityCommand

LIMITS = GateLimits.of(load_profile("companion"), stale_after=0.3)
LEKIWI = GateLimits.of(load_profile("lekiwi"), stale_after=0.3)
MECANUM = dataclasses.replace(LIMITS, base=mecanum(0.085, 0.36, 0.3), wheel_speed=8.0)
ROBOTS = {
    "companion": LIMITS,
    "turtlebot3": GateLimits.of(load_profile("turtlebot3"), stale_after=0.3),
    "hub": GateLimits.of(load_profile("hub"), stale_after=0.3),
    "lekiwi": LEKIWI,
    "mecanum": MECANUM,
}
every_robot = pytest.mark.parametrize("limits", ROBOTS.values(), ids=ROBOTS)
can_go_sideways = pytest.mark.parametrize("limits", [LEKIWI, MECANUM], ids=["lekiwi", "mecanum"])
DT = 0.05
REPEATABLE = settings(derandomize=True, deadline=None, max_examples=60)
ANY = st.floats(allow_nan=True, allow_infinity=True)
MODERATE = st.floats(-2.0, 2.0)
TWISTS = st.builds(Twist2D, ANY, ANY, ANY) | st.builds(Twist2D, MODERATE, MODERATE, MODERATE)
STEPS = st.lists(st.tuples(TWISTS, st.floats(0.0, 0.2), st.floats(0.0, 0.6)), min_size=1, max_size=40)


def drive(
    wishes: list[tuple[Twist2D, float, float]], limits: GateLimits = LIMITS, wheel_limit: float | None = None
) -> list[tuple[float, Passed]]:
    """Steps of (wish, seconds since the last, age of the wish) -> (time, what passed)."""
    state, now, passed = GateState(0.0), 0.0, []
    for wish, dt, age in wishes:
        now += dt
        state, out = step(state, VelocityCommand(now - age, wish), now, limits, wheel_limit)
        passed.append((now, out))
    return passed


def reach(wish: Twist2D, seconds: float = 3.0, limits: GateLimits = LIMITS) -> GateState:
    state, now = GateState(0.0), 0.0
    for _ in range(round(seconds / DT)):
        now += DT
        state, _ = step(state, VelocityCommand(now, wish), now, limits)
    return state


@every_robot
@REPEATABLE
@given(wishes=STEPS, wheel_limit=st.none() | st.floats(1.0, 20.0))
def test_no_limit_is_ever_exceeded(
    limits: GateLimits, wishes: list[tuple[Twist2D, float, float]], wheel_limit: float | None
) -> None:
    before, at = STILL, 0.0
    top = min(limits.wheel_speed, wheel_limit or math.inf)
    for now, out in drive(wishes, limits, wheel_limit):
        sent, dt = out.velocity_in_base, now - at
        assert sent.speed <= limits.speed + 1e-9
        assert abs(sent.wz) <= limits.turn_rate + 1e-9
        assert limits.base.sideways or sent.vy == 0.0
        assert max(abs(w) for w in out.wheels) <= top + 1e-4
        assert out.wheels == limits.base.wheel_velocities(sent)
        assert sent.speed - before.speed <= limits.acceleration * dt + 1e-9
        assert before.speed - sent.speed <= limits.deceleration * dt + 3e-6
        assert abs(sent.wz - before.wz) <= limits.turn_acceleration * dt + 2e-6
        swerved = abs(before.vx * sent.vy - before.vy * sent.vx) / max(before.speed, 1e-6)
        assert before.speed < 1e-5 or swerved <= limits.acceleration * dt + 3e-6
        assert before.vx * sent.vx + before.vy * sent.vy >= 0, "it turned round without standing"
        assert 0 < out.torque_limit <= limits.wheel_torque
        assert out.torque_limit * sum(abs(w) for w in out.wheels) <= limits.power * (1 + 1e-9)
        before, at = sent, now


@every_robot
@REPEATABLE
@given(wishes=STEPS)
def test_it_never_speeds_up_beyond_the_wish(limits: GateLimits, wishes: list[tuple[Twist2D, float, float]]) -> None:
    before = STILL
    for (wish, _, age), (_, out) in zip(wishes, drive(wishes, limits), strict=True):
        sent = out.velocity_in_base
        good = wish.finite and age <= limits.stale_after
        assert sent.speed <= max(before.speed, wish.speed if good else 0.0) + 3e-6
        assert abs(sent.wz) <= max(abs(before.wz), abs(wish.wz) if good else 0.0) + 1e-9
        before = sent


@every_robot
@REPEATABLE
@given(
    wish=st.builds(Twist2D, MODERATE, MODERATE, MODERATE),
    steps=st.lists(st.floats(0.001, 0.1), min_size=5, max_size=60),
)
def test_a_stale_wish_brakes_steadily_to_zero(limits: GateLimits, wish: Twist2D, steps: list[float]) -> None:
    wish = wish if limits.base.sideways else Twist2D(wish.vx, 0.0, wish.wz)
    state = reach(wish, limits=limits)
    start, old = state, VelocityCommand(state.at, wish)
    now = state.at + limits.stale_after + 1e-6
    speeds, turns = [state.sent.speed], [abs(state.sent.wz)]
    for dt in steps:
        now += dt
        state, out = step(state, old, now, limits)
        assert Reason.STALE in out.reasons
        speeds.append(out.velocity_in_base.speed)
        turns.append(abs(out.velocity_in_base.wz))
    assert all(b <= a + 1e-12 for a, b in pairwise(speeds))
    assert all(b <= a for a, b in pairwise(turns))
    assert speeds[-1] <= max(0.0, speeds[0] - limits.deceleration * (now - start.at)) + 3e-6


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
    assert Reason.CONTROLLER_SPEED in out.reasons


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


@pytest.mark.parametrize("wish", [Twist2D(vy=0.2), Twist2D(vx=0.3, vy=0.2), Twist2D(vy=-0.01, wz=1.0)])
def test_sideways_stops_a_base_that_can_not(wish: Twist2D) -> None:
    """Driving the rest of it would be another path than the one that the collision guard has examined."""
    _, out = step(GateState(0.0), VelocityCommand(DT, wish), DT, LIMITS)
    assert out.velocity_in_base == STILL
    assert out.reasons == (Reason.SIDEWAYS,)


@can_go_sideways
@REPEATABLE
@given(heading=st.floats(-math.pi, math.pi), speed=st.floats(0.6, 50.0), wz=st.floats(-50.0, 50.0))
def test_too_fast_sideways_is_slowed_on_the_same_path(
    limits: GateLimits, heading: float, speed: float, wz: float
) -> None:
    wish = Twist2D(speed * math.cos(heading), speed * math.sin(heading), wz)
    sent = reach(wish, seconds=5.0, limits=limits).sent
    assert (sent.vx / sent.speed, sent.vy / sent.speed) == pytest.approx((wish.vx / speed, wish.vy / speed), abs=1e-3)
    assert sent.wz / sent.speed == pytest.approx(wz / speed, abs=1e-2 * max(1.0, abs(wz) / speed))
    reached = (
        sent.speed / limits.speed,
        abs(sent.wz) / limits.turn_rate,
        max(abs(w) for w in limits.base.wheel_velocities(sent)) / limits.wheel_speed,
    )
    assert max(reached) == pytest.approx(1.0, abs=1e-3)


@can_go_sideways
@pytest.mark.parametrize("heading", [0.0, 0.5, math.pi / 2, 2.0, math.pi, -1.0])
def test_it_starts_the_way_it_shall_go(limits: GateLimits, heading: float) -> None:
    for _, out in drive([(Twist2D(math.cos(heading), math.sin(heading)), DT, 0.0)] * 20, limits):
        sent = out.velocity_in_base
        assert math.remainder(math.atan2(sent.vy, sent.vx) - heading, math.tau) == pytest.approx(0.0, abs=1e-6)


@can_go_sideways
def test_from_forwards_to_left_it_swerves_without_getting_faster(limits: GateLimits) -> None:
    state = reach(Twist2D(vx=0.2), limits=limits)
    now, speeds = state.at, []
    for _ in range(60):
        now += DT
        state, out = step(state, VelocityCommand(now, Twist2D(vy=0.2)), now, limits)
        speeds.append(out.velocity_in_base.speed)
    assert max(speeds) <= 0.2 + 1e-9
    assert state.sent.vx == 0.0
    assert state.sent.vy == pytest.approx(0.2)


def test_still_driving_and_already_turning_stays_within_the_wheels() -> None:
    """Each of the two alone is within the wheels' reach; both together are not."""
    limits = dataclasses.replace(ROBOTS["turtlebot3"], turn_acceleration=20.0)
    top = limits.base.wheel_velocities(Twist2D(limits.speed, 0.0, limits.turn_rate))
    assert max(top) > limits.wheel_speed
    state, now, reasons = reach(Twist2D(vx=limits.speed), limits=limits), 3.0, set()
    for _ in range(30):
        now += DT
        state, out = step(state, VelocityCommand(now, Twist2D(wz=limits.turn_rate)), now, limits)
        assert max(abs(w) for w in out.wheels) <= limits.wheel_speed + 1e-9
        reasons.update(out.reasons)
    assert state.sent == Twist2D(wz=limits.turn_rate)
    assert Reason.WHEEL_SPEED in reasons


@pytest.mark.parametrize("jump", [-3.0, -0.2])
@pytest.mark.parametrize("ready", [True, False])
def test_a_wish_that_was_dead_once_is_not_alive_again_when_the_clock_was_put_back(jump: float, ready: bool) -> None:
    """It lies ahead of the clock, which comes to it in the end; nobody repeats it."""
    wish, now, state = VelocityCommand(10.0, Twist2D(vx=0.4)), 10.0, GateState(9.9)
    for _ in range(20):  # it drives, and dies of age where the clock is put back only a little
        now += 0.05
        state, out = step(state, wish, now, LIMITS, ready=ready or now < 10.5)
    assert out.velocity_in_base == STILL
    now = 10.0 + (jump if jump < -1.0 else LIMITS.stale_after + jump)
    for _ in range(100):
        state, out = step(state, wish, now, LIMITS)
        assert out.velocity_in_base == STILL
        now += 0.05
    fresh = VelocityCommand(now, Twist2D(vx=0.4))
    assert step(state, fresh, now + 0.05, LIMITS)[1].velocity_in_base != STILL
