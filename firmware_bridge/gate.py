"""The last gate before the motors: a wish for a velocity in, what is really sent out, with the reasons for the change.

Pure: `step(state, wish, now, limits) -> state, passed`. It only ever lowers a wish, in this order: not a number,
stale, from the future, or sideways where the base can't -> zero; the base's and the wheels' top speeds, on the same
curve; then the change since the last step: speeding up and swerving within acceleration, jerk, torque and power,
slowing down within the deceleration; more than 90 degrees away from where it goes only after standing. The one thing
it may send beyond a wish is what is left of the last velocity while it brakes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from firmware_bridge.kinematics import Kinematics, kinematics_of, scaled_to
from kangban.inputs import FUTURE_TOLERANCE_S
from kangban.profile import Profile
from kangban.values import STILL, Twist2D, VelocityCommand

SLOWEST = 1e-6  # m/s or rad/s: below this it stands
Vector = tuple[float, float]


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
    WHEEL_SPEED = "limits.wheel_speed_radps"
    CONTROLLER_SPEED = "the controller's top wheel speed"
    ACCELERATION = "limits.acceleration_mps2"
    JERK = "limits.jerk_mps3"
    TORQUE = "limits.wheel_torque_nm"
    POWER = "limits.power_w"
    TURN_ACCELERATION = "limits.turn_acceleration_radps2"
    DECELERATION = "limits.deceleration_mps2"


@dataclass(frozen=True, slots=True)
class GateLimits:
    base: Kinematics
    mass: float  # kg
    speed: float  # m/s
    turn_rate: float  # rad/s
    acceleration: float  # m/s^2
    deceleration: float  # m/s^2
    turn_acceleration: float  # rad/s^2
    jerk: float  # m/s^3
    wheel_speed: float  # rad/s
    wheel_torque: float  # N·m
    power: float  # W, all wheels together
    stale_after: float  # s
    longest_step: float  # s: after a longer pause it speeds up no more than within this

    @staticmethod
    def of(profile: Profile, stale_after: float) -> GateLimits:
        limits = profile.limits
        return GateLimits(
            base=kinematics_of(profile.base),
            mass=profile.base.mass_kg,
            speed=limits.speed_mps,
            turn_rate=limits.turn_rate_radps,
            acceleration=limits.acceleration_mps2,
            deceleration=limits.deceleration_mps2,
            turn_acceleration=limits.turn_acceleration_radps2,
            jerk=limits.jerk_mps3,
            wheel_speed=limits.wheel_speed_radps,
            wheel_torque=limits.wheel_torque_nm,
            power=limits.power_w,
            stale_after=stale_after,
            longest_step=2.0 / profile.motors.control_hz,
        )


@dataclass(frozen=True, slots=True)
class GateState:
    """What was sent last, when, and how fast the speed was rising then (m/s^2, never negative).

    `dead`: the stamp of a wish that was too old or from the future once. It counts no more, wherever the clock goes.
    """

    at: float
    sent: Twist2D = STILL
    rising: float = 0.0
    dead: float | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """What goes out: the base's velocity, its wheels (rad/s, the profile's order), the torque (N·m) a wheel may use."""

    velocity_in_base: Twist2D
    wheels: tuple[float, ...]
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
    refusal = _refusal(wish, state.dead, now, limits)
    dead = wish.stamp if wish is not None and refusal in (Reason.STALE, Reason.FUTURE) else state.dead
    if not ready:
        return GateState(now, dead=dead), _passed(STILL, limits, (Reason.NOT_READY,))
    target, reasons = (STILL, (refusal,)) if refusal else _allowed(wish, limits, wheel_limit)
    dt = max(0.0, now - state.at)
    kept, gain, rising, slow_reasons = _approach_speed(state, (target.vx, target.vy), dt, limits)
    turn, turn_gain, turn_reasons = _approach_turn(state.sent.wz, target.wz, dt, limits)
    slowed, gained = Twist2D(*kept, turn), Twist2D(*gain, turn_gain)
    share, wheel_reasons = _room_of_the_wheels(slowed, gained, limits, wheel_limit)
    sent = Twist2D(*(_settled(a + share * b) for a, b in zip(_numbers(slowed), _numbers(gained), strict=True)))
    every = (*reasons, *slow_reasons, *turn_reasons, *wheel_reasons)
    return GateState(now, sent, share * rising, dead), _passed(sent, limits, every)


def _allowed(
    wish: VelocityCommand | None, limits: GateLimits, controller_limit: float | None
) -> tuple[Twist2D, tuple[Reason, ...]]:
    """The steady velocity that this wish may lead to."""
    if wish is None:
        return STILL, (Reason.NOTHING_WISHED,)
    wished = wish.velocity if limits.base.sideways else Twist2D(vx=wish.velocity.vx, wz=wish.velocity.wz)
    fastest = max(abs(w) for w in limits.base.wheel_velocities(wished))
    share, reasons = 1.0, []
    for reason, size, limit in (
        (Reason.SPEED, wished.speed, limits.speed),
        (Reason.TURN_RATE, abs(wished.wz), limits.turn_rate),
        (Reason.WHEEL_SPEED, fastest, limits.wheel_speed),
        (Reason.CONTROLLER_SPEED, fastest, controller_limit),
    ):
        if limit is not None and size * share > limit:
            reasons.append(reason)
            share = limit / size
    return scaled_to(wished, share), tuple(reasons)


def _refusal(wish: VelocityCommand | None, dead: float | None, now: float, limits: GateLimits) -> Reason | None:
    if wish is None:
        return Reason.NOTHING_WISHED
    if not (wish.velocity.finite and math.isfinite(wish.stamp)):
        return Reason.NOT_A_NUMBER
    if now - wish.stamp > limits.stale_after or wish.stamp == dead:
        return Reason.STALE
    if wish.stamp - now > FUTURE_TOLERANCE_S:
        return Reason.FUTURE
    # Leaving only the sideways part out would drive a path that nobody has examined.
    return Reason.SIDEWAYS if abs(wish.velocity.vy) > SLOWEST and not limits.base.sideways else None


def _approach_speed(
    state: GateState, target: Vector, dt: float, limits: GateLimits
) -> tuple[Vector, Vector, float, tuple[Reason, ...]]:
    """The next translation (m/s): what is kept of the last and what is gained; the rise (m/s^2); what held it back.

    Along where it goes it may gain (within the limits of speeding up) or brake; across, it swerves, within the same
    limits. Because it brakes at least as hard as it swerves, it never gets faster than both the last and the target.
    """
    sent = (state.sent.vx, state.sent.vy)
    speed = math.hypot(*sent)
    way = _direction(sent if speed > SLOWEST else target)
    if way is None:
        return (0.0, 0.0), (0.0, 0.0), 0.0, ()
    along = target[0] * way[0] + target[1] * way[1]
    across = target[1] * way[0] - target[0] * way[1]
    if along < 0:
        along, across = 0.0, 0.0  # brake to a stand before going the other way
    brake = max(0.0, speed - along)
    braked = min(brake, limits.deceleration * dt)
    gain = _in_base((max(0.0, along - speed), across), way)
    short, step_dt = math.hypot(*gain), min(dt, limits.longest_step)
    rise, reason = _steepest_rise(gain, speed, state.rising, short, step_dt, limits)
    share = min(1.0, rise * step_dt / short) if short > 0 else 1.0
    held = short * (1.0 - share) > SLOWEST
    slow = (Reason.DECELERATION,) if brake - braked > SLOWEST else ()
    kept = _in_base((speed - braked, 0.0), way)
    reasons = (*slow, *((reason,) if held else ()))
    return kept, (share * gain[0], share * gain[1]), rise if held else 0.0, reasons


def _room_of_the_wheels(
    slowed: Twist2D, gained: Twist2D, limits: GateLimits, controller_limit: float | None
) -> tuple[float, tuple[Reason, ...]]:
    """How much (0..1) of what is gained the wheels can take on top of what is kept.

    Both ends of a change may be within their reach and the way between not: still driving, already turning.
    """
    by_controller = controller_limit is not None and controller_limit < limits.wheel_speed
    top = min(limits.wheel_speed, math.inf if controller_limit is None else controller_limit)
    share = 1.0
    kept_wheels, gained_wheels = limits.base.wheel_velocities(slowed), limits.base.wheel_velocities(gained)
    for kept, gain in zip(kept_wheels, gained_wheels, strict=True):
        if abs(kept + share * gain) > top:
            room = (top - math.copysign(kept, kept * gain)) / abs(gain) if gain != 0.0 else 0.0
            share = min(share, max(0.0, room))
    full = share > 1.0 - SLOWEST
    return share, () if full else (Reason.CONTROLLER_SPEED if by_controller else Reason.WHEEL_SPEED,)


def _numbers(twist: Twist2D) -> tuple[float, float, float]:
    return twist.vx, twist.vy, twist.wz


def _direction(vector: Vector) -> Vector | None:
    size = math.hypot(*vector)
    return None if size == 0.0 else (vector[0] / size, vector[1] / size)


def _in_base(vector: Vector, way: Vector) -> Vector:
    """(along, across) of a way as (x, y)."""
    return vector[0] * way[0] - vector[1] * way[1], vector[0] * way[1] + vector[1] * way[0]


def _steepest_rise(
    gain: Vector, speed: float, rising: float, short: float, dt: float, limits: GateLimits
) -> tuple[float, Reason]:
    """The acceleration (m/s^2) along `gain` that the tightest limit allows.

    P = F v; a force asks of each wheel the torque that the base's kind says; jerk holds at both ends.
    """
    way = _direction(gain)
    hardest = limits.base.hardest_torque(*way) if way else 0.0
    force_limit = limits.wheel_torque / hardest if hardest > 0 else math.inf
    return min(
        (limits.acceleration, Reason.ACCELERATION),
        (force_limit / limits.mass, Reason.TORQUE),
        (limits.power / (limits.mass * max(speed, SLOWEST)), Reason.POWER),
        (rising + limits.jerk * dt, Reason.JERK),
        (math.sqrt(2.0 * limits.jerk * max(0.0, short)), Reason.JERK),  # eases off before the target
    )


def _approach_turn(
    rate: float, target: float, dt: float, limits: GateLimits
) -> tuple[float, float, tuple[Reason, ...]]:
    """The next turn rate (rad/s): what is kept of the last and what is gained; what held it back.

    Speeding up counts at most one long step, slowing down all the time that passed.
    """
    if target * rate < 0:
        target = 0.0
    slowing = abs(target) < abs(rate)
    change = limits.turn_acceleration * (dt if slowing else min(dt, limits.longest_step))
    moved = rate + max(-change, min(change, target - rate))
    reasons = (Reason.TURN_ACCELERATION,) if abs(moved - target) > SLOWEST else ()
    return (moved, 0.0, reasons) if slowing else (rate, moved - rate, reasons)


def _settled(value: float) -> float:
    return 0.0 if abs(value) < SLOWEST else value


def _passed(velocity: Twist2D, limits: GateLimits, reasons: tuple[Reason, ...]) -> Passed:
    wheels = limits.base.wheel_velocities(velocity)
    turning = sum(abs(w) for w in wheels)
    by_power = limits.power / turning if turning > SLOWEST else limits.wheel_torque
    return Passed(velocity, wheels, min(limits.wheel_torque, by_power), tuple(dict.fromkeys(reasons)))
