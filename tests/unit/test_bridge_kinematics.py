"""Every kind of base: wheels for a velocity and back, by hand-derived numbers and by round trip."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.kinematics import Kinematics, differential, kinematics_of, mecanum, omni
from kangban.config import load_profile
from kangban.values import Twist2D

REPEATABLE = settings(derandomize=True, deadline=None)
SPEEDS = st.floats(-2.0, 2.0)
DIFFERENTIAL = differential(0.1, 0.4)
# One wheel ahead, the others 120 degrees on: easy to do by hand.
OMNI = omni(0.05, 0.2, (0.0, math.tau / 3, -math.tau / 3))
MECANUM = mecanum(0.05, 0.3, 0.4)
BASES = {"differential": DIFFERENTIAL, "omni": OMNI, "mecanum": MECANUM}
LEKIWI = kinematics_of(load_profile("lekiwi").base)


@pytest.mark.parametrize("base", BASES.values(), ids=BASES)
@REPEATABLE
@given(vx=SPEEDS, vy=SPEEDS, wz=SPEEDS)
def test_wheel_and_base_velocities_are_inverse(base: Kinematics, vx: float, vy: float, wz: float) -> None:
    wished = Twist2D(vx, vy if base.sideways else 0.0, wz)
    back = base.base_velocity(base.wheel_velocities(wished))
    assert (back.vx, back.vy, back.wz) == pytest.approx((wished.vx, wished.vy, wished.wz), abs=1e-12)


HALF = math.sqrt(3.0) / 2
BY_HAND = [
    # 0.2 m/s on wheels of 0.1 m radius: 2 rad/s each.
    (DIFFERENTIAL, Twist2D(vx=0.2), (2.0, 2.0)),
    # Turning left at 1 rad/s, each wheel 0.2 m from the middle: 0.2 m/s backwards on the left, forwards on the right.
    (DIFFERENTIAL, Twist2D(wz=1.0), (-2.0, 2.0)),
    (DIFFERENTIAL, Twist2D(vx=0.1, wz=0.5), (0.0, 2.0)),
    # The wheel ahead rolls sideways only: it takes no part in going forward. The others stand at 120 degrees either
    # way; each rolls 30 degrees off the way, so at cos 30 of the speed: 0.1 m/s * 0.866 / 0.05 m.
    (OMNI, Twist2D(vx=0.1), (0.0, -2 * HALF, 2 * HALF)),
    # Going left the wheel ahead rolls at full speed, the others at cos 60, the other way round.
    (OMNI, Twist2D(vy=0.1), (2.0, -1.0, -1.0)),
    # Turning, all roll alike: 0.2 m from the centre at 1 rad/s is 0.2 m/s.
    (OMNI, Twist2D(wz=1.0), (4.0, 4.0, 4.0)),
    # The reference driver's matrix for going forward at 0.1 m/s: cos of 150, 270 and 30 degrees, on 0.05 m.
    (LEKIWI, Twist2D(vx=0.1), (-2 * HALF, 0.0, 2 * HALF)),
    # ... going left: sin of the same.
    (LEKIWI, Twist2D(vy=0.1), (1.0, -2.0, 1.0)),
    (LEKIWI, Twist2D(wz=1.0), (2.5, 2.5, 2.5)),
    # Front left, front right, rear left, rear right.
    (MECANUM, Twist2D(vx=0.1), (2.0, 2.0, 2.0, 2.0)),
    (MECANUM, Twist2D(vy=0.1), (-2.0, 2.0, 2.0, -2.0)),
    # (0.3 + 0.4) / 2 m at 1 rad/s, on 0.05 m.
    (MECANUM, Twist2D(wz=1.0), (-7.0, 7.0, -7.0, 7.0)),
    (MECANUM, Twist2D(vx=0.1, vy=0.1), (0.0, 4.0, 4.0, 0.0)),
]


@pytest.mark.parametrize(("base", "velocity", "wheels"), BY_HAND)
def test_wheels_by_hand(base: Kinematics, velocity: Twist2D, wheels: tuple[float, ...]) -> None:
    assert base.wheel_velocities(velocity) == pytest.approx(wheels, abs=1e-6)


@pytest.mark.parametrize("name", ["companion", "lekiwi", "turtlebot3", "hub"])
@REPEATABLE
@given(heading=st.floats(-math.pi, math.pi), turn=st.floats(-1.0, 1.0))
def test_no_wheel_turns_faster_than_the_profile_reckons(name: str, heading: float, turn: float) -> None:
    profile = load_profile(name)
    base, limits = kinematics_of(profile.base), profile.limits
    vx, vy = limits.speed_mps * math.cos(heading), limits.speed_mps * math.sin(heading)
    wish = Twist2D(vx, vy if base.sideways else 0.0, turn * limits.turn_rate_radps)
    reckoned = profile.base.wheel_speed(limits.speed_mps, limits.turn_rate_radps)
    assert max(abs(w) for w in base.wheel_velocities(wish)) <= reckoned + 1e-9


@REPEATABLE
@given(st.tuples(SPEEDS, SPEEDS, SPEEDS, SPEEDS))
def test_four_wheels_that_contradict_each_other_slip(wheels: tuple[float, float, float, float]) -> None:
    # No velocity of the base turns the front wheels otherwise than the rear ones, taken together.
    against = (wheels[0] + wheels[1] - wheels[2] - wheels[3]) / 4
    assert MECANUM.slip(wheels) == pytest.approx(0.05 * abs(against), abs=1e-12)


def test_three_and_two_wheels_can_not_tell_their_slip() -> None:
    assert OMNI.slip((1.0, 2.0, 3.0)) is None
    assert DIFFERENTIAL.slip((1.0, 2.0)) is None


def test_the_torque_for_a_force_is_shared_by_the_wheels() -> None:
    # 1 N on two wheels of 0.1 m: 0.05 N·m each; on four of 0.05 m: 0.0125 N·m each.
    assert DIFFERENTIAL.hardest_torque(1.0, 0.0) == pytest.approx(0.05)
    assert MECANUM.hardest_torque(1.0, 0.0) == pytest.approx(0.0125)
    assert MECANUM.hardest_torque(0.0, 1.0) == pytest.approx(0.0125)
    # Forward, two of three omni wheels work, each at cos 30 of its force: 1 N / (2 * 0.866) * 0.05 m.
    assert OMNI.hardest_torque(1.0, 0.0) == pytest.approx(0.05 / (2 * HALF))


def test_another_number_of_wheels_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        OMNI.base_velocity((1.0, 2.0))
