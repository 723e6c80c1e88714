"""Do the limits of a profile fit each other? Each check gives sentences with keys, values and what is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kangban.motor_profile import Joint, KangbanMotors, ModbusMotors, OpenCrMotors, Wheel

if TYPE_CHECKING:
    from kangban.profile import Profile

ROUNDING = 1e-9


def speeds(profile: Profile) -> list[str]:
    """Nobody may be promised more speed than the gate lets pass."""
    limits, guard = profile.limits, profile.safety.guard
    pairs = (
        ("safety.guard.clear_speed_mps", guard.clear_speed_mps, "limits.speed_mps", limits.speed_mps),
        ("navigation.cruise_speed_mps", profile.navigation.cruise_speed_mps, "limits.speed_mps", limits.speed_mps),
        (
            "navigation.turn_rate_radps", profile.navigation.turn_rate_radps,
            "limits.turn_rate_radps", limits.turn_rate_radps,
        ),
        (
            "safety.guard.near_person_speed_mps", guard.near_person_speed_mps,
            "safety.guard.clear_speed_mps", guard.clear_speed_mps,
        ),
    )  # fmt: skip
    return [
        f"{name} is {value}, above {top_name} {top}; lower it to at most {top}"
        for name, value, top_name, top in pairs
        if value > top
    ]


def wheels(profile: Profile) -> list[str]:
    """As many wheels as the base has, each able to turn as fast as the limits ask."""
    base, limits, count = profile.base, profile.limits, len(profile.motors.wheels)
    found = []
    if count != base.wheel_count:
        found.append(f"motors.wheels: there are {count}, base.kind {base.kind} has {base.wheel_count}")
    for name, value, needed in (
        ("limits.speed_mps", limits.speed_mps, base.wheel_speed(limits.speed_mps, 0.0)),
        ("limits.turn_rate_radps", limits.turn_rate_radps, base.wheel_speed(0.0, limits.turn_rate_radps)),
    ):
        if needed > limits.wheel_speed_radps + ROUNDING:
            most = value * limits.wheel_speed_radps / needed
            found.append(
                f"{name} is {value}, for which a wheel must turn {needed:.2f} rad/s, more than "
                f"limits.wheel_speed_radps {limits.wheel_speed_radps}; lower it to at most {most:.3f}"
            )
    return found


def times(profile: Profile) -> list[str]:
    """Can it keep the stop time that it promises? Do setpoints come often enough for what waits for them?"""
    motors, limits = profile.motors, profile.limits
    period, found = 1.0 / motors.control_hz, []
    waited = max(motors.command_life_s + period, motors.watchdog_s or 0.0)
    for speed_name, speed, brake_name, brake in (
        ("limits.speed_mps", limits.speed_mps, "limits.deceleration_mps2", limits.deceleration_mps2),
        ("limits.turn_rate_radps", limits.turn_rate_radps, "limits.turn_acceleration_radps2",
         limits.turn_acceleration_radps2),
    ):  # fmt: skip
        needed = speed / brake + waited
        if needed > motors.stop_time_s + ROUNDING:
            found.append(
                f"motors.stop_time_s is {motors.stop_time_s}, but a stop from {speed_name} {speed} takes up to "
                f"{needed:.3f} s: {speed / brake:.3f} s at {brake_name} {brake}, after {waited:.3f} s (the longer of "
                f"motors.watchdog_s and motors.command_life_s with one period of motors.control_hz); brake harder, go "
                f"slower, or allow at least {needed:.3f}"
            )
    for name, value in (("motors.command_life_s", motors.command_life_s), ("motors.watchdog_s", motors.watchdog_s)):
        if value is not None and value <= period:
            found.append(
                f"{name} is {value}, not longer than one period of motors.control_hz {motors.control_hz}: it would "
                f"strike between two setpoints; allowed: above {period:.3f}"
            )
    return found


def family(profile: Profile) -> list[str]:
    """What only some families can do."""
    motors, base, found = profile.motors, profile.base, []
    if isinstance(motors, OpenCrMotors) and base.kind != "differential":
        found.append(f"base.kind is {base.kind}, but motors.family opencr drives a differential base only")
    if isinstance(motors, OpenCrMotors | ModbusMotors) and motors.joints:
        found.append(f"motors.joints: motors.family {motors.family} drives wheels only; leave them out")
    if isinstance(motors, KangbanMotors):
        axes: list[Wheel | Joint] = [*motors.wheels, *motors.joints]
        found += [
            f"motors: {axis.name} has id {axis.id}, but a controller of motors.family kangban counts its axes as they "
            f"stand here, wheels, then joints: this is axis {place}; give it id {place}, or change the order"
            for place, axis in enumerate(axes)
            if axis.id != place
        ]
    if isinstance(motors, KangbanMotors) and motors.telemetry_hz < motors.control_hz:
        found.append(
            f"motors.telemetry_hz is {motors.telemetry_hz}, below motors.control_hz {motors.control_hz}; "
            f"raise it to at least {motors.control_hz:g}"
        )
    return found
