"""The last gate before the motors: a wish for a velocity in, what is really sent out, with the reasons for the change.

Pure: `step(state, wish, now, limits) -> state, passed`. It only ever lowers a wish, in this order: not a number, stale
or from the future -> zero; sideways left out; the base's and the wheels' top speeds, on the same curve; then the change
since the last step: speeding up within acceleration, jerk, torque and power, slowing down within the deceleration.
The one thing it may send beyond a wish is what is left of the last velocity while it brakes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from firmware_bridge.kinematics import DifferentialBase, scaled_to
from kangban.inputs import FUTURE_TOLERANCE_S
from kangban.profile import Profile
from kangban.values import STILL, Twist2D, VelocityCommand

SLOWEST = 1e-6  # m/s or rad/s: below this it stands


class Reason(StrEnum):
    """Why less was sent than wished. Not an emergency by itself."""

    NOTHING_WISHED = "nobody has wished anything yet"
    STALE = "the wish is too old"
    FUTURE = "the wish claims to come from the future"
    NOT_A_NUMBER = "the wish is not a number"
    NOT_READY = "the motors are not armed"
    SIDEWAYS = "this base can't go sideways"
    SPEED = "limits.speed_mps"
    TURN_RATE = "limits.turn_rate_radps"
    WHEEL_SPEED = "the controller's top wheel speed"
    ACCELERATION = "limits.acceleration_mps2"
    JERK = "limits.jerk_mps3"
    TORQUE = "limits.wheel_torque_nm"
    POWER = "limits.power_w"
    TURN_ACCELERATION = "limits.turn_acceleration_radps2"
    DECELERATION = "limits.deceleration_mps2"


@dataclass(frozen=True, slots=True)
class GateLimits:
    base: DifferentialBase
    mass: float  # kg
    speed: float  # m/s
    turn_rate: float  # rad/s
    acceleration: float  # m/s^2
    deceleration: float  # m/s^2
    turn_acceleration: float  # rad/s^2
    jerk: float  # m/s^3
    wheel_torque: float  # N·m
    power: float  # W, both wheels together
    stale_after: float  # s
    longest_step: float  # s: after a longer pause it speeds up no more than within this

    @staticmethod
    def of(profile: Profile, stale_after: float) -> GateLimits:
        limits = profile.limits
        return GateLimits(
            base=DifferentialBase.of(profile.base),
            mass=profile.base.mass_kg,
            speed=limits.speed_mps,
            turn_rate=limits.turn_rate_radps,
            acceleration=limits.acceleration_mps2,
            deceleration=limits.deceleration_mps2,
            turn_acceleration=limits.turn_acceleration_radps2,
            jerk=limits.jerk_mps3,
            wheel_torque=limits.wheel_torque_nm,
            power=limits.power_w,
            stale_after=stale_after,
            longest_step=2.0 / profile.motors.control_hz,
        )


@dataclass(frozen=True, slots=True)
class GateState:
    """What was sent last, when, and how fast the speed was rising then (m/s^2, never negative)."""

    at: float
    sent: Twist2D = STILL
    rising: float = 0.0


@dataclass(frozen=True, slots=True)
class Passed:
    """What goes out: the base's velocity, its wheels (rad/s, left and right), the torque (N·m) a wheel may use."""

    velocity_in_base: Twist2D
    wheels: tuple[float, float]
    torque_limit: float
    reasons: tuple[Reason, ...]


def step(
    state: GateState,
    wish: VelocityCommand | None,
    now: float,
    limits: GateLimits,
    wheel_limit: float | None = None,
    ready: bool = True,
) -> tuple[GateState, Passed]:
    """`wheel_limit` (rad/s) is the controller's own, None: unknown. Not `ready`: the motors stand by themselves."""
    if not ready:
        return GateState(now), _passed(STILL, limits, (Reason.NOT_READY,))
    target, reasons = _allowed(wish, now, limits, wheel_limit)
    dt = max(0.0, now - state.at)
    vx, rising, slow_reasons = _approach_speed(state, target.vx, dt, limits)
    wz, turn_reasons = _approach_turn(state.sent.wz, target.wz, dt, limits)
    sent = Twist2D(vx=_settled(vx), wz=_settled(wz))
    return GateState(now, sent, rising), _passed(sent, limits, (*reasons, *slow_reasons, *turn_reasons))


def _allowed(
    wish: VelocityCommand | None, now: float, limits: GateLimits, wheel_limit: float | None
) -> tuple[Twist2D, tuple[Reason, ...]]:
    """The steady velocity that this wish may lead to."""
    refusal = _refusal(wish, now, limits)
    if wish is None or refusal is not None:
        return STILL, (refusal or Reason.NOTHING_WISHED,)
    wished = wish.velocity
    reasons = [Reason.SIDEWAYS] if abs(wished.vy) > SLOWEST else []
    velocity = Twist2D(vx=wished.vx, wz=wished.wz)
    fastest = max((abs(w) for w in limits.base.wheel_velocities(velocity)), default=0.0)
    for reason, size, limit in (
        (Reason.SPEED, abs(velocity.vx), limits.speed),
        (Reason.TURN_RATE, abs(velocity.wz), limits.turn_rate),
        (Reason.WHEEL_SPEED, fastest, wheel_limit),
    ):
        if limit is not None and size > limit:
            reasons.append(reason)
            velocity = _smaller(velocity, scaled_to(Twist2D(vx=wished.vx, wz=wished.wz), limit / size))
    return velocity, tuple(reasons)


def _smaller(a: Twist2D, b: Twist2D) -> Twist2D:
    return a if abs(a.vx) + abs(a.wz) <= abs(b.vx) + abs(b.wz) else b


def _refusal(wish: VelocityCommand | None, now: float, limits: GateLimits) -> Reason | None:
    if wish is None:
        return Reason.NOTHING_WISHED
    if not (wish.velocity.finite and math.isfinite(wish.stamp)):
        return Reason.NOT_A_NUMBER
    if now - wish.stamp > limits.stale_after:
        return Reason.STALE
    return Reason.FUTURE if wish.stamp - now > FUTURE_TOLERANCE_S else None


def _approach_speed(
    state: GateState, target: float, dt: float, limits: GateLimits
) -> tuple[float, float, tuple[Reason, ...]]:
    """The next speed (m/s), how fast it rises (m/s^2), and what held it back."""
    speed = state.sent.vx
    if target * speed < 0:
        target = 0.0  # brake to a stand before going the other way
    if abs(target) < abs(speed):
        slowed = max(abs(target), abs(speed) - limits.deceleration * dt)
        held = (Reason.DECELERATION,) if slowed > abs(target) + SLOWEST else ()
        return math.copysign(slowed, speed), 0.0, held
    short = abs(target) - abs(speed)
    rise, reason = _steepest_rise(abs(speed), state.rising, short, min(dt, limits.longest_step), limits)
    gained = min(short, rise * min(dt, limits.longest_step))
    held_back = (reason,) if short - gained > SLOWEST else ()
    return math.copysign(abs(speed) + gained, target), rise if held_back else 0.0, held_back


def _steepest_rise(speed: float, rising: float, short: float, dt: float, limits: GateLimits) -> tuple[float, Reason]:
    """The acceleration (m/s^2) that the tightest limit allows: F = 2 torque / radius, P = F v, jerk on both ends."""
    force_limit = 2.0 * limits.wheel_torque / limits.base.wheel_radius
    return min(
        (limits.acceleration, Reason.ACCELERATION),
        (force_limit / limits.mass, Reason.TORQUE),
        (limits.power / (limits.mass * max(speed, SLOWEST)), Reason.POWER),
        (rising + limits.jerk * dt, Reason.JERK),
        (math.sqrt(2.0 * limits.jerk * max(0.0, short)), Reason.JERK),  # eases off before the target
    )


def _approach_turn(rate: float, target: float, dt: float, limits: GateLimits) -> tuple[float, tuple[Reason, ...]]:
    """The next turn rate (rad/s). Speeding up counts at most one long step, slowing down all the time that passed."""
    if target * rate < 0:
        target = 0.0
    slowing = abs(target) < abs(rate)
    change = limits.turn_acceleration * (dt if slowing else min(dt, limits.longest_step))
    moved = rate + max(-change, min(change, target - rate))
    return moved, (Reason.TURN_ACCELERATION,) if abs(moved - target) > SLOWEST else ()


def _settled(value: float) -> float:
    return 0.0 if abs(value) < SLOWEST else value


def _passed(velocity: Twist2D, limits: GateLimits, reasons: tuple[Reason, ...]) -> Passed:
    left, right = limits.base.wheel_velocities(velocity)
    turning = abs(left) + abs(right)
    by_power = limits.power / turning if turning > SLOWEST else limits.wheel_torque
    return Passed(velocity, (left, right), min(limits.wheel_torque, by_power), tuple(dict.fromkeys(reasons)))
