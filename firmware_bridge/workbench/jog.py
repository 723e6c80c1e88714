"""`kangban motors jog AXIS`: turn one wheel or joint slowly, as long as a key is held down; all others stand.

Speed, acceleration, range and torque stay within the profile's limits, and a joint never leaves its range.
"""

from __future__ import annotations

import argparse
import logging
import math
import sys
import time
from dataclasses import dataclass

from firmware_bridge.motors import AxisCommand, AxisReadings, Mode, MotorsError, MotorState
from firmware_bridge.workbench import deadman
from firmware_bridge.workbench.deadman import DeadMan
from firmware_bridge.workbench.keys import Keys, keys
from firmware_bridge.workbench.session import Session, opened
from kangban.profile import Profile

FORWARDS, BACKWARDS, QUIT = "f", "b", "q"
SHARE = 0.1  # of the axis' highest speed, unless told otherwise
ARM_WITHIN_S = 3.0
ASK_EVERY_S = 0.2
MOST_PERIODS = 2  # a step is no longer than this many


@dataclass(frozen=True)
class Limits:
    """Of one axis: rad/s, rad/s^2, N·m, and for a joint its range, rad."""

    velocity: float
    acceleration: float
    torque: float
    lower: float = -math.inf
    upper: float = math.inf


@dataclass(frozen=True)
class Motion:
    """What the axis does now: rad/s, and for a joint where it is led to, rad."""

    velocity: float = 0.0
    position: float = 0.0


def run(args: argparse.Namespace) -> int:
    with opened(args.profile, args.port) as session, keys() as pressed:
        if args.axis not in session.axis_names:
            raise MotorsError(f"no axis {args.axis}; this profile has {', '.join(session.axis_names)}")
        limits = limits_of(session.profile, args.axis)
        speed = SHARE * limits.velocity if args.speed is None else args.speed
        if not 0.0 < speed <= limits.velocity:
            raise MotorsError(f"--speed {speed} is not allowed: above 0 and at most {limits.velocity:.2f} rad/s")
        _arm(session)
        sys.stderr.write(
            f"{args.axis}: hold {FORWARDS} for forwards, {BACKWARDS} for backwards, at {speed:.2f} rad/s; let go and "
            f"it stops; {QUIT} ends\n"
        )
        _jog(session, pressed, args.axis, limits, speed)
    return 0


def limits_of(profile: Profile, name: str) -> Limits:
    for joint in profile.motors.joints:
        if joint.name == name:
            return Limits(
                joint.velocity_radps, joint.acceleration_radps2, joint.torque_nm, joint.lower_rad, joint.upper_rad
            )
    radius, limits = profile.base.wheel_radius_m, profile.limits
    return Limits(limits.speed_mps / radius, limits.acceleration_mps2 / radius, limits.wheel_torque_nm)


def _arm(session: Session) -> None:
    """Whoever starts this has seen to what stopped the motors: a fault and a button that was let go end here.

    Raises MotorsError where it does not arm.
    """
    asked_at = -math.inf

    def armed() -> bool:
        nonlocal asked_at
        state = session.motors.state()
        if not state.armed and time.monotonic() - asked_at > ASK_EVERY_S:
            asked_at = time.monotonic()
            if state.emergency_stop:
                session.motors.clear_emergency_stop()
            else:
                session.motors.arm()
        return state.armed

    session.motors.log_lines()
    if not session.until(armed, ARM_WITHIN_S):
        raise MotorsError(_why_not(session.motors.state(), session.motors.log_lines()))


def _why_not(state: MotorState, lines: list[tuple[int, str]]) -> str:
    if state.emergency_stop:
        return "emergency stop: press the button at the robot and let it go, then try again"
    if state.faults:
        return f"{', '.join(state.faults)}: its cause is still there; see to it, then try again"
    said = [text for level, text in lines if level >= logging.WARNING]
    return f"the motors did not arm: {said[-1] if said else state.message}"


def _jog(session: Session, pressed: Keys, axis: str, limits: Limits, speed: float) -> None:
    period = 1.0 / session.profile.motors.control_hz
    index = session.axis_names.index(axis)
    found = session.motors.state().axes
    if found is None:
        raise MotorsError("where the axes stand is not known; nothing is turned")
    stand = angles(session.profile, found)  # where the others are held
    hand, motion, at = DeadMan(), Motion(position=stand[index]), time.monotonic()
    while True:
        keys_now = pressed.within(period)
        now = time.monotonic()
        if QUIT in keys_now:
            return
        hand = deadman.let_go(deadman.came(hand, keys_now, now), now)
        state = session.motors.state()
        if not state.armed:
            why = ", ".join(state.faults) or ("emergency stop" if state.emergency_stop else state.message)
            raise MotorsError(f"stopped: {why}")
        wish = {FORWARDS: speed, BACKWARDS: -speed}.get(deadman.held_key(hand, now), 0.0)
        motion = step(motion, wish, lasted(at, now, period), limits)
        at = now
        session.motors.command(commands(session.profile, stand, index, motion, limits), now)


def lasted(began: float, now: float, period: float) -> float:
    """How long a step takes, s. A pause of this program is not made up for: a joint would leap."""
    return max(0.0, min(now - began, MOST_PERIODS * period))


def step(motion: Motion, wish: float, dt: float, limits: Limits) -> Motion:
    """The next velocity, by the ramp, and position, within the range; at its end the joint stands. Pure."""
    change = limits.acceleration * dt
    velocity = motion.velocity + max(-change, min(change, wish - motion.velocity))
    position = motion.position + velocity * dt
    held = max(min(position, max(limits.upper, motion.position)), min(limits.lower, motion.position))
    return Motion(velocity if held == position else 0.0, held)


def commands(
    profile: Profile, stand: tuple[float, ...], index: int, motion: Motion, limits: Limits
) -> tuple[AxisCommand, ...]:
    """The jogged axis moves; other wheels stand and other joints are held where they stood (`stand`, rad)."""
    wheels = len(profile.motors.wheels)
    made = [AxisCommand(Mode.VELOCITY, 0.0, profile.limits.wheel_torque_nm) for _ in range(wheels)]
    for n, joint in enumerate(profile.motors.joints, start=wheels):
        made.append(AxisCommand(Mode.POSITION, stand[n], joint.torque_nm))
    value = motion.velocity if index < wheels else motion.position
    made[index] = AxisCommand(made[index].mode, value, limits.torque)
    return tuple(made)


def angles(profile: Profile, readings: AxisReadings) -> tuple[float, ...]:
    """rad of every axis, from where its count is zero."""
    per_tick = math.tau / profile.motors.encoder_ticks_per_turn
    return tuple(ticks * per_tick for ticks in readings.ticks)
