"""Feetech's numbers: sign and magnitude, turns without end, shares of torque, speeds slowed together."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from firmware_bridge.bus import MisfitError
from firmware_bridge.feetech import registers as reg
from firmware_bridge.feetech import stall
from firmware_bridge.feetech.axes import JointAxis, WheelAxis, thousandths, together
from firmware_bridge.feetech.turns import (
    LONGEST_GAP_S,
    AmbiguousTurnError,
    JumpError,
    Turns,
    begin,
    centred,
    follow,
    wrapped,
)
from firmware_bridge.motors import AxisCommand, Mode
from firmware_bridge.protocol.messages import FaultBit


@given(some.integers(-32767, 32767))
def test_velocities_have_their_sign_in_bit_15(value: int) -> None:
    raw = reg.sign_magnitude(value)
    assert raw & 0x7FFF == abs(value)
    assert bool(raw & 0x8000) == (value < 0)
    assert reg.signed(raw) == value


@given(some.integers(-2047, 2047))
def test_homing_offsets_have_their_sign_in_bit_11(value: int) -> None:
    raw = reg.sign_magnitude(value, bit=11)
    assert raw < 4096
    assert bool(raw & 2048) == (value < 0)
    assert reg.signed(raw, bit=11) == value


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit below bit 11"):
        reg.sign_magnitude(2048, bit=11)


@pytest.mark.parametrize(
    ("bit", "named"),
    [
        (0, FaultBit.UNDER_VOLTAGE),
        (1, FaultBit.ENCODER),
        (2, FaultBit.OVER_TEMPERATURE),
        (3, FaultBit.OVER_CURRENT),
        (4, FaultBit.ENCODER),
        (5, FaultBit.STALL),
        (6, FaultBit.ENCODER),
        (7, FaultBit.ENCODER),
    ],
)
def test_every_bit_of_the_status_is_a_fault(bit: int, named: FaultBit) -> None:
    assert reg.faults_in(1 << bit) == named


@given(
    start=some.integers(0, 4095),
    steps=some.lists(some.floats(-1.0, 1.0), min_size=1, max_size=200),
    gap=some.floats(0.005, LONGEST_GAP_S - 0.001),
)
def test_counts_follow_any_way_of_turning(start: int, steps: list[float], gap: float) -> None:
    true, now = start, 10.0
    turns = begin(start, now)
    for share in steps:
        true += math.trunc(share * gap * reg.NEVER_FASTER_STEPS_PER_S)
        now += gap
        turns = follow(turns, true % 4096, now, now)
        assert turns.count == wrapped(true)


@given(gap=some.floats(LONGEST_GAP_S, 1e6), position=some.integers(0, 4095))
def test_a_longer_gap_is_refused_whatever_the_position(gap: float, position: int) -> None:
    with pytest.raises(AmbiguousTurnError):
        follow(begin(100, 0.0), position, gap, gap)


def test_the_gap_is_taken_at_its_longest() -> None:
    """The servo looked between question and answer, last time and this time."""
    before = begin(0, asked_at=1.0)
    with pytest.raises(AmbiguousTurnError):
        follow(before, 0, asked_at=1.0 + LONGEST_GAP_S - 0.01, answered_at=1.0 + LONGEST_GAP_S)


def test_a_leap_is_refused() -> None:
    with pytest.raises(JumpError, match=r"600 steps in 0\.020 s"):
        follow(begin(4000, 0.0), 504, 0.02, 0.02)


@pytest.mark.parametrize(("count", "moved", "after"), [(2**31 - 1, 5, -(2**31) + 4), (-(2**31), -5, 2**31 - 5)])
def test_counts_wrap_as_32_bits(count: int, moved: int, after: int) -> None:
    before = Turns(position=count % 4096, count=count, asked_at=0.0)
    assert follow(before, (count + moved) % 4096, 0.05, 0.05).count == after


@given(some.integers(-(10**6), 10**6))
def test_centred_is_the_same_angle_within_half_a_turn(steps: int) -> None:
    assert -2048 <= centred(steps) < 2048
    assert (centred(steps) - steps) % 4096 == 0


@given(some.lists(some.floats(-1e5, 1e5), min_size=3, max_size=3))
def test_wheels_are_slowed_together_and_never_sped_up(velocities: list[float]) -> None:
    slowed = together(velocities)
    fastest = max(abs(v) for v in velocities)
    share = min(1.0, reg.HIGHEST_STEPS_PER_S / fastest) if fastest else 1.0
    for wished, given_ in zip(velocities, slowed, strict=True):
        assert abs(given_) <= min(reg.HIGHEST_STEPS_PER_S, abs(wished))
        assert given_ == pytest.approx(wished * share, abs=1.001)


@given(some.floats(0.0, 1000.0))
def test_torque_is_rounded_down(torque: float) -> None:
    share = thousandths(torque, 2.94)
    assert 0 <= share <= 1000
    assert share / 1000 * 2.94 <= torque + 1e-9


@pytest.mark.parametrize("torque", [-0.1, math.nan, math.inf])
def test_what_is_no_torque_is_refused(torque: float) -> None:
    with pytest.raises(MisfitError, match="can't be kept"):
        thousandths(torque, 2.94)


def test_a_wheel_turns_the_other_way_round_where_it_is_mounted_so() -> None:
    command = AxisCommand(Mode.VELOCITY, 1.0, 1.0)
    assert WheelAxis("w", 7, -1).velocity(command) == -WheelAxis("w", 7, 1).velocity(command)


def test_feedback_is_read_from_its_own_places() -> None:
    file = bytearray(87)
    file[40], file[65] = 1, 32
    file[46:48] = reg.two_bytes(reg.sign_magnitude(-700))
    file[56:58] = reg.two_bytes(4095)
    file[58:60] = reg.two_bytes(reg.sign_magnitude(-690))
    file[60:62] = reg.two_bytes(250 | 1 << 10)
    file[62], file[63] = 118, 41
    file[69:71] = reg.two_bytes(100)
    said = reg.feedback_from(bytes(file[40:71]), error=4)
    assert (said.enabled, said.position, said.velocity, said.goal_velocity) == (True, 4095, -690, -700)
    assert (said.load, said.voltage, said.temperature) == (-0.25, pytest.approx(11.8), 41.0)
    assert said.current == pytest.approx(0.65)
    assert said.faults == FaultBit.STALL | FaultBit.OVER_TEMPERATURE


@given(some.floats(-100.0, 100.0), some.sampled_from([-1, 1]))
def test_a_joints_goal_stays_in_its_range_before_it_reaches_the_wire(angle: float, sign: int) -> None:
    joint = JointAxis("j", 1, sign, zero=2000, low=1500, high=2600, speed=100, acceleration=1, torque=500)
    goal = joint.goal(AxisCommand(Mode.POSITION, angle, 1.0))
    assert goal == max(1500, min(2600, 2000 + sign * round(angle / reg.RAD_PER_STEP)))
    assert joint.goals(goal, 900) == bytes([1, *goal.to_bytes(2, "little"), 0, 0, 100, 0, 500 & 255, 1])


def said(velocity: int, load: float, torque_limit: int = 500) -> reg.Feedback:
    return reg.Feedback(True, 0, 1000, torque_limit, 0, velocity, load, 12.0, 25.0, 0.1, FaultBit(0))


@pytest.mark.parametrize(
    ("told", "velocity", "load", "named"),
    [
        (1000, 0, 0.5, FaultBit.STALL),
        (-1000, 20, -0.3, FaultBit.STALL),
        (1000, 0, 0.1, FaultBit.ENCODER),
        (1000, 990, 0.5, FaultBit(0)),
        (50, 0, 0.5, FaultBit(0)),
        (0, 0, 0.5, FaultBit(0)),
    ],
)
def test_a_wheel_that_stands_though_told_to_turn(told: int, velocity: int, load: float, named: FaultBit) -> None:
    standing: stall.Standing = {}
    for k in range(10):
        standing, faults = stall.step(standing, {7: told}, {7: said(velocity, load)}, 100.0 + 0.05 * k)
        assert faults == FaultBit(0)  # for less than half a second nothing is said
    standing, faults = stall.step(standing, {7: told}, {7: said(velocity, load)}, 100.51)
    assert faults == named
    standing, faults = stall.step(standing, {7: told}, {7: said(900, load)}, 100.6)
    assert (standing, faults) == ({}, FaultBit(0))  # it turns again
