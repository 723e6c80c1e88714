"""What this controller was built with, from the robot's profile."""

from __future__ import annotations

from dataclasses import dataclass

from kangban.profile import Profile
from sim.motors.wheel import WheelLimits

RAMP_MARGIN = 2.0  # its own ramps are steeper than the gate's, so that the gate shapes the motion
SPEED_MARGIN = 1.1
TORQUE_PER_AMPERE = 0.6  # N·m/A, a geared hub motor of this size


@dataclass(frozen=True)
class ControllerSettings:
    wheel: WheelLimits
    ticks_per_turn: int
    watchdog_s: float
    longest_life_s: float
    battery_full_v: float
    battery_empty_v: float
    under_voltage_v: float
    protocol: int | None = None  # another protocol version than ours, to rehearse a wrong firmware
    boot_s: float = 0.04


def settings_from(profile: Profile) -> ControllerSettings:
    limits, motors, base = profile.limits, profile.motors, profile.base
    radius = base.wheel_radius_m
    rim_speed = limits.speed_mps + limits.turn_rate_radps * base.track_m / 2
    wheel = WheelLimits(
        velocity=SPEED_MARGIN * rim_speed / radius,
        acceleration=RAMP_MARGIN
        * (limits.acceleration_mps2 + limits.turn_acceleration_radps2 * base.track_m / 2)
        / radius,
        braking=RAMP_MARGIN * (limits.deceleration_mps2 + limits.turn_acceleration_radps2 * base.track_m / 2) / radius,
        torque=limits.wheel_torque_nm,
        torque_per_ampere=TORQUE_PER_AMPERE,
        current=1.5 * limits.wheel_torque_nm / TORQUE_PER_AMPERE,
    )
    return ControllerSettings(
        wheel=wheel,
        ticks_per_turn=motors.encoder_ticks_per_turn,
        watchdog_s=motors.watchdog_s,
        longest_life_s=2.0 * motors.command_life_s,
        battery_full_v=motors.battery_full_v,
        battery_empty_v=motors.battery_empty_v,
        under_voltage_v=0.9 * motors.battery_empty_v,
    )
