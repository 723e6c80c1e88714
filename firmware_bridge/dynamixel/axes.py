"""A wheel and a joint in their servo's own counts. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from firmware_bridge.bus import BusError, MisfitError
from firmware_bridge.dynamixel import registers as reg
from firmware_bridge.motors import AxisCommand, Mode
from kangban.motor_profile import Joint, Wheel

SAGGED_TICKS = 65  # 0.1 rad: a joint that hangs so far past its end is drawn back, slowly


@dataclass(frozen=True, slots=True)
class WheelAxis:
    wheel: Wheel
    model: reg.Model
    velocity_limit: int  # counts, the servo's own
    pwm_limit: int = reg.FULL_PWM

    @property
    def id(self) -> int:
        return self.wheel.id

    @property
    def mode(self) -> int:
        return reg.VELOCITY_MODE

    def velocity(self, command: AxisCommand) -> float:
        """Counts, not yet whole. Raises MisfitError for what a wheel can't do."""
        if command.mode is not Mode.VELOCITY or not math.isfinite(command.value):
            raise MisfitError(f"{self.wheel.name}: a wheel on a Dynamixel bus is driven by a velocity, not {command}")
        return self.wheel.sign * command.value / reg.RADPS_PER_COUNT

    def pwm(self, torque_nm: float, counts: int) -> int:
        """What this torque at this speed takes of the full PWM, by the straight line of a DC motor.

        A wheel that is slower than told gets more torque than this by at most the speed's own share.
        """
        speed = abs(counts) * reg.RADPS_PER_COUNT / self.model.no_load_radps
        return _pwm(_checked(torque_nm, self.wheel.name) / self.model.stall_torque_nm + speed, self.pwm_limit)

    def ticks(self, position: int) -> int:
        return reg.wrapped(self.wheel.sign * position)

    def radps(self, counts: int) -> float:
        return self.wheel.sign * counts * reg.RADPS_PER_COUNT


@dataclass(frozen=True, slots=True)
class JointAxis:
    joint: Joint
    model: reg.Model
    pwm_limit: int = reg.FULL_PWM
    current_limit: int = 0  # counts; 0 where it measures no current

    @property
    def id(self) -> int:
        return self.joint.id

    @property
    def mode(self) -> int:
        """By current where the servo measures it; else its own position limits are used as well."""
        return reg.POSITION_MODE if self.model.torque_per_ampere is None else reg.CURRENT_POSITION_MODE

    @property
    def ends(self) -> tuple[int, int]:
        """Ticks, lower and upper, inside the joint's range."""
        a, b = (self._tick(rad) for rad in (self.joint.lower_rad, self.joint.upper_rad))
        return math.ceil(min(a, b)), math.floor(max(a, b))

    def _tick(self, rad: float) -> float:
        return self.joint.zero_ticks + self.joint.sign * rad / reg.RAD_PER_TICK

    def goal(self, command: AxisCommand) -> int | None:
        """Ticks within its range; None: stay where it was told to stand. Raises MisfitError for another mode."""
        if command.mode is Mode.VELOCITY and command.value == 0.0:
            return None
        if command.mode is not Mode.POSITION or not math.isfinite(command.value):
            raise MisfitError(f"{self.joint.name}: a joint on a Dynamixel bus is driven by a position, not {command}")
        return self.within(round(self._tick(command.value)))

    def within(self, ticks: int) -> int:
        lower, upper = self.ends
        return max(lower, min(upper, ticks))

    def hold(self, stands: int) -> int:
        """Where it is, or its end where it sags a little past it. Raises BusError where it is far outside."""
        held = self.within(stands)
        if abs(stands - held) > SAGGED_TICKS:
            raise BusError(
                f"{self.joint.name}: it stands {abs(stands - held) * reg.RAD_PER_TICK:.2f} rad outside its range; "
                "move it into it by hand, or calibrate it"
            )
        return held

    def limit(self, torque_nm: float) -> tuple[int, int]:
        """The register that limits its torque, and the counts for the lower of this torque and the profile's."""
        torque = min(_checked(torque_nm, self.joint.name), self.joint.torque_nm)
        if self.model.torque_per_ampere is None:
            return reg.GOAL_PWM, _pwm(torque / self.model.stall_torque_nm, self.pwm_limit)
        counts = math.floor(torque / self.model.torque_per_ampere / reg.AMPERES_PER_COUNT)
        return reg.GOAL_CURRENT, min(self.current_limit, counts)

    def ticks(self, position: int) -> int:
        return reg.wrapped(self.joint.sign * (position - self.joint.zero_ticks))

    def radps(self, counts: int) -> float:
        return self.joint.sign * counts * reg.RADPS_PER_COUNT


Axis = WheelAxis | JointAxis


def sign_of(axis: Axis) -> int:
    return axis.wheel.sign if isinstance(axis, WheelAxis) else axis.joint.sign


def together(velocities: list[float], limit: int) -> list[int]:
    """Whole counts of all wheels, towards zero. Where one is too fast all are slowed by the same share."""
    fastest = max(map(abs, velocities))
    share = min(1.0, limit / fastest) if fastest > 0.0 else 1.0
    return [math.trunc(velocity * share) for velocity in velocities]


def _pwm(share: float, limit: int) -> int:
    return min(limit, math.floor(share * reg.FULL_PWM))


def _checked(torque_nm: float, name: str) -> float:
    if not math.isfinite(torque_nm) or torque_nm < 0.0:
        raise MisfitError(f"{name}: a torque limit of {torque_nm} N·m can't be kept")
    return torque_nm
