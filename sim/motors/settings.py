"""What this controller was built with, from the robot's profile. Parameters over the wire change a copy of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kangban.base_profile import OmniBase
from kangban.motor_profile import Joint, Motors, Wheel
from kangban.profile import Profile

RAMP_MARGIN = 2.0  # its own ramps are steeper than the gate's, so that the gate shapes the motion
SPEED_MARGIN = 1.1
TORQUE_PER_AMPERE = 0.6  # N·m/A, a geared hub motor of this size
CURRENT_MARGIN = 1.5
LIFE_MARGIN = 2.0
VELOCITY_GAIN, VELOCITY_INTEGRAL, POSITION_GAIN = 2.0, 20.0, 8.0  # N·m s/rad, N·m/rad, 1/s


@dataclass(frozen=True)
class AxisSettings:
    """Limits of the controller's own hardware; no command gets past them. Angles as its encoder counts them.

    `sign` and `zero_ticks` are how the motor is mounted in the robot: the controller knows nothing of them.
    """

    name: str
    sign: int
    zero_ticks: int | None  # what the absolute encoder says at 0 rad; None: it counts from where it was switched on
    velocity: float  # rad/s
    acceleration: float  # rad/s^2
    braking: float  # rad/s^2
    torque: float  # N·m
    current: float  # A
    torque_per_ampere: float  # N·m/A
    lowest: float = -math.inf  # rad
    highest: float = math.inf  # rad
    bumper_blocks: float = 0  # 1: it does not turn positive while the bumper is pressed; -1: not negative
    velocity_gain: float = VELOCITY_GAIN
    velocity_integral: float = VELOCITY_INTEGRAL
    position_gain: float = POSITION_GAIN


@dataclass(frozen=True)
class ControllerSettings:
    axes: tuple[AxisSettings, ...]
    ticks_per_turn: int
    watchdog_s: float
    longest_life_s: float
    command_life_s: float  # what the profile's bridge gives its setpoints: the world reckons back when one was made
    battery_full_v: float
    battery_empty_v: float
    under_voltage_v: float
    protocol: int | None = None  # another protocol version than ours, to rehearse a wrong firmware
    boot_s: float = 0.04


def settings_from(profile: Profile) -> ControllerSettings:
    """Any base and any joints."""
    motors = profile.motors
    wheels = tuple(_wheel(profile, wheel) for wheel in motors.wheels)
    joints = tuple(_joint(motors, joint) for joint in motors.joints)
    return ControllerSettings(
        axes=(*wheels, *joints),
        ticks_per_turn=motors.encoder_ticks_per_turn,
        watchdog_s=motors.watchdog_s or 2.0 * motors.command_life_s,
        longest_life_s=LIFE_MARGIN * motors.command_life_s,
        command_life_s=motors.command_life_s,
        battery_full_v=motors.battery_full_v,
        battery_empty_v=motors.battery_empty_v,
        under_voltage_v=0.9 * motors.battery_empty_v,
    )


def _wheel(profile: Profile, wheel: Wheel) -> AxisSettings:
    limits, base = profile.limits, profile.base
    return AxisSettings(
        name=wheel.name,
        sign=wheel.sign,
        zero_ticks=None,
        velocity=SPEED_MARGIN * base.wheel_speed(limits.speed_mps, limits.turn_rate_radps),
        acceleration=RAMP_MARGIN * base.wheel_speed(limits.acceleration_mps2, limits.turn_acceleration_radps2),
        braking=RAMP_MARGIN * base.wheel_speed(limits.deceleration_mps2, limits.turn_acceleration_radps2),
        torque=limits.wheel_torque_nm,
        current=CURRENT_MARGIN * limits.wheel_torque_nm / TORQUE_PER_AMPERE,
        torque_per_ampere=TORQUE_PER_AMPERE,
        bumper_blocks=0 if isinstance(base, OmniBase) else wheel.sign,  # no omni wheel alone is "forwards"
    )


def _joint(motors: Motors, joint: Joint) -> AxisSettings:
    zero = joint.zero_ticks * math.tau / motors.encoder_ticks_per_turn
    ends = sorted(zero + joint.sign * angle for angle in (joint.lower_rad, joint.upper_rad))
    return AxisSettings(
        name=joint.name,
        sign=joint.sign,
        zero_ticks=joint.zero_ticks,
        velocity=SPEED_MARGIN * joint.velocity_radps,
        acceleration=RAMP_MARGIN * joint.acceleration_radps2,
        braking=RAMP_MARGIN * joint.acceleration_radps2,
        torque=joint.torque_nm,
        current=CURRENT_MARGIN * joint.torque_nm / TORQUE_PER_AMPERE,
        torque_per_ampere=TORQUE_PER_AMPERE,
        lowest=ends[0],
        highest=ends[1],
    )
