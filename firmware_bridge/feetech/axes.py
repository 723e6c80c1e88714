"""Wheels and joints as servos see them: the profile's radians to steps and back, never past the profile's limits."""

from __future__ import annotations

import math
from dataclasses import dataclass

from firmware_bridge.bus import BusError, MisfitError
from firmware_bridge.feetech import registers as reg
from firmware_bridge.feetech.turns import centred
from firmware_bridge.motors import AxisCommand, Mode
from kangban.motor_profile import Joint, Wheel

SAGGED_STEPS = 65  # 0.1 rad: a joint that hangs so far past its end is drawn back, slowly


@dataclass(frozen=True, slots=True)
class WheelAxis:
    name: str
    id: int
    sign: int
    mode = reg.VELOCITY_MODE

    def velocity(self, command: AxisCommand) -> float:
        """Steps/s in the servo's sense. Raises MisfitError, also for what is no number."""
        if command.mode is not Mode.VELOCITY or not math.isfinite(command.value):
            raise MisfitError(f"{self.name}: a wheel of this family takes velocities, not {command}")
        return self.sign * command.value / reg.RAD_PER_STEP

    def goals(self, velocity: int, torque: int) -> bytes:
        """No ramp of the servo's own (the gate makes it), so that zero brakes as hard as the servo can."""
        return reg.goals(position=0, velocity=velocity, acceleration=0, torque=torque)


@dataclass(frozen=True, slots=True)
class JointAxis:
    name: str
    id: int
    sign: int
    zero: int  # steps at 0 rad
    low: int  # steps
    high: int
    speed: int  # steps/s, never 0: that would be as fast as it can
    acceleration: int  # units of the register, never 0
    torque: int  # thousandths
    mode = reg.POSITION_MODE

    def goal(self, command: AxisCommand) -> int:
        """Steps, within the range. Raises MisfitError."""
        if command.mode is not Mode.POSITION or not math.isfinite(command.value):
            raise MisfitError(f"{self.name}: a joint of this family takes positions, not {command}")
        return self.within(self.zero + self.sign * round(command.value / reg.RAD_PER_STEP))

    def within(self, position: int) -> int:
        return max(self.low, min(self.high, position))

    def straightened(self, position: int) -> int:
        """A joint has less than a turn, so what lies past the encoder's jump is the same angle on this side of it."""
        middle = (self.low + self.high) // 2
        return middle + centred(position - middle)

    def hold(self, position: int) -> int:
        """Where it is, or its end where it sags a little past it. Raises BusError where it is far outside."""
        stands = self.straightened(position)
        held = self.within(stands)
        if abs(stands - held) > SAGGED_STEPS:
            raise BusError(
                f"{self.name}: it stands {abs(stands - held) * reg.RAD_PER_STEP:.2f} rad outside its range; "
                "move it into it by hand, or calibrate it"
            )
        return held

    def ticks(self, position: int) -> int:
        """Counts from 0 rad in the profile's sense."""
        return self.sign * (self.straightened(position) - self.zero)

    def goals(self, position: int, torque: int) -> bytes:
        limit = min(torque, self.torque)
        return reg.goals(position=position, velocity=self.speed, acceleration=self.acceleration, torque=limit)


Axis = WheelAxis | JointAxis


def wheel_axis(wheel: Wheel) -> WheelAxis:
    return WheelAxis(wheel.name, wheel.id, wheel.sign)


def joint_axis(joint: Joint, stall_torque_nm: float) -> JointAxis:
    """Raises MisfitError where the range doesn't fit into one turn of the encoder, or a limit is below its unit."""
    ends = [joint.zero_ticks + joint.sign * round(end / reg.RAD_PER_STEP) for end in (joint.lower_rad, joint.upper_rad)]
    low, high = min(ends), max(ends)
    if low < 0 or high >= reg.STEPS_PER_TURN:
        raise MisfitError(
            f"{joint.name}: its range is {low}..{high} steps, past the encoder's 0..{reg.STEPS_PER_TURN - 1}; "
            "put the joint at its middle, run `kangban motors calibrate` and correct lower_rad and upper_rad"
        )
    speed = math.floor(joint.velocity_radps / reg.RAD_PER_STEP)
    acceleration = math.floor(joint.acceleration_radps2 / reg.RAD_PER_STEP / reg.ACCELERATION_UNIT)
    least = reg.ACCELERATION_UNIT * reg.RAD_PER_STEP
    if speed < 1 or acceleration < 1:
        raise MisfitError(
            f"{joint.name}: this servo can't be held to so little; give velocity_radps of at least "
            f"{reg.RAD_PER_STEP:.4f} and acceleration_radps2 of at least {least:.3f}"
        )
    return JointAxis(
        name=joint.name,
        id=joint.id,
        sign=joint.sign,
        zero=joint.zero_ticks,
        low=low,
        high=high,
        speed=min(speed, reg.HIGHEST_STEPS_PER_S),
        acceleration=min(acceleration, reg.MOST_ACCELERATION),
        torque=thousandths(joint.torque_nm, stall_torque_nm),
    )


def thousandths(torque_nm: float, stall_torque_nm: float) -> int:
    """Of the stall torque, rounded down. Raises MisfitError for what is no torque."""
    if not math.isfinite(torque_nm) or torque_nm < 0:
        raise MisfitError(f"a torque limit of {torque_nm} N·m can't be kept")
    return min(reg.FULL_TORQUE, math.floor(torque_nm / stall_torque_nm * reg.FULL_TORQUE))


def together(velocities: list[float]) -> list[int]:
    """Steps/s of all wheels. Where one is too fast all are slowed by the same share: the path stays the same."""
    fastest = max((abs(v) for v in velocities), default=0.0)
    share = min(1.0, reg.HIGHEST_STEPS_PER_S / fastest) if fastest > 0 else 1.0
    return [math.trunc(v * share) for v in velocities]
