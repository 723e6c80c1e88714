"""Dynamixel Protocol 2.0 servos as the bridge drives them: wheels by velocity, joints by position.

WHAT STOPS THE WHEELS. Past the life of a command `polled.py` writes zero, as long as this process runs. If it is killed
or frozen, or the cable is pulled, the Bus Watchdog of each servo stops it `watchdog_s` after the last instruction on
the bus. A servo that was stopped so refuses goals until somebody clears it: only `enable()` does, so on arming.

One packet each for the wheels and the joints (and one for torque limits, where they changed); nobody confirms these, so
`read()` looks whether they arrived.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress

from firmware_bridge.bus import BusAwayError, BusError, BusReadings, MisfitError
from firmware_bridge.dynamixel import registers as reg
from firmware_bridge.dynamixel.axes import Axis, JointAxis, WheelAxis, sign_of, together
from firmware_bridge.dynamixel.greeting import (
    OFF,
    again,
    check_profile,
    find,
    joint_axis,
    prepare,
    reboot_if_shut_down,
    wheel_axis,
)
from firmware_bridge.dynamixel.line import Line
from firmware_bridge.fault_names import fault_names
from firmware_bridge.motors import AxisCommand
from firmware_bridge.protocol.messages import FaultBit
from firmware_bridge.sdk_line import REPLY_S
from kangban.motor_profile import DynamixelMotors

ON = b"\1"
BRAKE_S = 0.15  # wheels may brake under power for so long before it is taken away
STANDING_COUNTS = 2  # 0.05 rad/s
ZERO = reg.number(0, 4)
GOALS = {  # what `read` compares with what was written
    reg.GOAL_PWM: "goal_pwm",
    reg.GOAL_CURRENT: "goal_current",
    reg.GOAL_VELOCITY: "goal_velocity",
    reg.GOAL_POSITION: "goal_position",
}


class DynamixelBus:
    """`Bus` of bus.py. Every call is bounded: an exchange by `reply_s`, a braking by BRAKE_S."""

    def __init__(self, motors: DynamixelMotors, reply_s: float = REPLY_S) -> None:
        self._motors = motors
        self._watchdog = reg.watchdog_counts(motors.watchdog_s)
        self._ids = [*(wheel.id for wheel in motors.wheels), *(joint.id for joint in motors.joints)]
        self._line = Line(motors.port, motors.baud, reply_s=reply_s)
        self._wheels: list[WheelAxis] = []  # found by greet()
        self._joints: list[JointAxis] = []
        self._given: dict[tuple[int, int], int] = {}  # by register and servo, last written
        self._held: dict[int, int] = {}  # ticks by joint that was told to stand
        self._places: dict[int, int] = {}  # ticks by joint, last seen
        self._greeted = False
        self._enabled = False
        self._boots = 0
        self._was_reset = False  # one of them, seen and not told yet by another number of boots

    def open(self) -> None:
        """Raises serial_port.PortBusyError or BusAwayError."""
        self._forget()
        self._line.open()

    def greet(self) -> int:
        """Stop and unpower whatever answers, then find, check and set up every servo."""
        self._forget()
        check_profile(self._motors)
        self._stop_unseen()
        names = {axis.id: axis.name for axis in self._motors.wheels}
        names |= {axis.id: axis.name for axis in self._motors.joints}
        models = {device: find(self._line, device, name) for device, name in names.items()}
        for device in self._ids:
            again(self._line.write, device, reg.TORQUE_ENABLE, OFF)
        for device in self._ids:
            self._awaken(device)
        self._wheels = [wheel_axis(self._line, wheel, models[wheel.id]) for wheel in self._motors.wheels]
        self._joints = [joint_axis(self._line, joint, models[joint.id]) for joint in self._motors.joints]
        for found in self._axes:
            prepare(self._line, found)
        self._boots += self._was_reset or self._boots == 0
        self._was_reset = False
        self._greeted = True
        return self._boots

    def _awaken(self, device: int) -> None:
        """Ready to be set up. Its counts began anew where it was rebooted by us, or by itself since we were here.

        A reboot clears its watchdog; what we set stands there until then, struck or not. So what was seen is kept here
        also where the rest of the greeting fails.
        """
        if again(self._line.read, device, reg.BUS_WATCHDOG, 1)[0] not in (self._watchdog, reg.WATCHDOG_STRUCK):
            self._was_reset = True
        if reboot_if_shut_down(self._line, device):
            self._was_reset = True
        self._wind_watchdog(device)

    def _wind_watchdog(self, device: int) -> None:
        """Zero first: that alone clears one that has struck."""
        again(self._line.write, device, reg.BUS_WATCHDOG, OFF)
        again(self._line.write, device, reg.BUS_WATCHDOG, bytes((self._watchdog,)))

    def read(self) -> BusReadings:
        """Raises BusError where an answer is missing or damaged or a command got lost, BusAwayError after a reset."""
        feedback = self._feedback()
        self._check_arrived(feedback)
        axes = [(axis, feedback[axis.id]) for axis in self._axes]
        faults = FaultBit(0)
        for _, said in axes:
            faults |= said.faults
        powered = [said.torque_enable == 1 for _, said in axes]
        return BusReadings(
            ticks=tuple(axis.ticks(said.position) for axis, said in axes),
            velocity=tuple(axis.radps(said.velocity) for axis, said in axes),
            current=tuple(_amperes(axis, said) for axis, said in axes),
            temperature=tuple(float(said.temperature) for _, said in axes),
            voltage=min(said.voltage for _, said in axes) * reg.VOLTS_PER_COUNT,  # the servo that gets least
            faults=fault_names(faults),
            enabled=all(powered) if self._enabled else any(powered),  # one that somebody else powered is seen
            watchdog=any(said.struck for _, said in axes),
        )

    def enable(self) -> None:
        """Raises BusError, with everything unpowered, where a joint is far out of its range or a servo doesn't obey."""
        if not self._greeted:
            raise BusError(f"{self._line.path}: greet first")
        feedback = self._feedback()
        self._held = {joint.id: joint.hold(feedback[joint.id].position) for joint in self._joints}
        try:
            for device in self._ids:
                self._wind_watchdog(device)
            for wheel in self._wheels:
                again(self._line.write, wheel.id, reg.GOAL_VELOCITY, ZERO)
            for joint in self._joints:
                again(self._line.write, joint.id, reg.GOAL_POSITION, reg.number(self._held[joint.id], 4))
            for device in self._ids:
                again(self._line.write, device, reg.TORQUE_ENABLE, ON)
        except BusError:
            self._line.write_to_everybody(reg.TORQUE_ENABLE, OFF)
            raise
        self._given = {(reg.GOAL_VELOCITY, wheel.id): 0 for wheel in self._wheels}
        self._given |= {(reg.GOAL_POSITION, joint): ticks for joint, ticks in self._held.items()}
        self._enabled = True

    def disable(self) -> None:
        """Zero, brake, no power. Joints lose it too: an arm sinks. Raises BusError where a servo did not confirm."""
        self._enabled = False
        self._given, self._held = {}, {}
        self._write_zero()
        self._brake()
        self._line.write_to_everybody(reg.TORQUE_ENABLE, OFF)
        for device in self._ids:
            again(self._line.write, device, reg.TORQUE_ENABLE, OFF)

    def write(self, axes: tuple[AxisCommand, ...]) -> None:
        """Raises BusError before enable(), MisfitError for another mode."""
        if not self._enabled:
            raise BusError(f"{self._line.path}: the motors are not enabled")
        if len(axes) != len(self._ids):
            raise MisfitError(f"{len(axes)} commands for {len(self._ids)} axes")
        wheels, joints = axes[: len(self._wheels)], axes[len(self._wheels) :]
        wished = [wheel.velocity(command) for wheel, command in zip(self._wheels, wheels, strict=True)]
        velocities = together(wished, min(wheel.velocity_limit for wheel in self._wheels))
        limits: dict[int, dict[int, int]] = {reg.GOAL_PWM: {}, reg.GOAL_CURRENT: {}}
        for wheel, command, velocity in zip(self._wheels, wheels, velocities, strict=True):
            limits[reg.GOAL_PWM][wheel.id] = wheel.pwm(command.torque_limit, velocity)
        places = {}
        for joint, command in zip(self._joints, joints, strict=True):
            register, counts = joint.limit(command.torque_limit)
            limits[register][joint.id] = counts
            places[joint.id] = self._place(joint, command)
        for register, rows in limits.items():
            self._tell(register, 2, {k: v for k, v in rows.items() if self._given.get((register, k)) != v})
        self._tell(reg.GOAL_VELOCITY, 4, {wheel.id: v for wheel, v in zip(self._wheels, velocities, strict=True)})
        self._tell(reg.GOAL_POSITION, 4, places)

    def _tell(self, register: int, length: int, rows: Mapping[int, int]) -> None:
        if not rows:
            return
        self._given |= {(register, device): value for device, value in rows.items()}
        self._line.sync_write(register, {device: reg.number(value, length) for device, value in rows.items()})

    def _place(self, joint: JointAxis, command: AxisCommand) -> int:
        """Ticks. A joint told not to move stands where it was then, and does not sink step by step."""
        goal = joint.goal(command)
        if goal is None:
            return self._held.setdefault(joint.id, joint.within(self._places[joint.id]))
        self._held.pop(joint.id, None)
        return goal

    def highest_velocity(self) -> float | None:
        if not self._wheels:
            return None
        return min(wheel.velocity_limit for wheel in self._wheels) * reg.RADPS_PER_COUNT

    def close(self) -> None:
        """Zero, brake, no power, as far as the line still carries it."""
        if self._line.is_open:
            with suppress(BusError, BusAwayError):
                self.disable()
        self._forget()
        self._line.close()

    @property
    def _axes(self) -> list[Axis]:
        return [*self._wheels, *self._joints]

    def _forget(self) -> None:
        self._greeted = self._enabled = False
        self._given, self._held = {}, {}

    def _stop_unseen(self) -> None:
        """Without knowing who is there: nobody confirms it, so it is said twice; `greet` asks each servo afterwards."""
        for _ in range(2):
            self._write_zero()
            self._line.write_to_everybody(reg.TORQUE_ENABLE, OFF)  # also servos that the profile does not name
        self._line.write_to_everybody(reg.STATUS_RETURN_LEVEL, bytes((reg.ANSWER_EVERYTHING,)))

    def _write_zero(self) -> None:
        self._line.sync_write(reg.GOAL_VELOCITY, {wheel.id: ZERO for wheel in self._motors.wheels})

    def _brake(self) -> None:
        until = time.monotonic() + BRAKE_S
        with suppress(BusError):
            while time.monotonic() < until:
                feedback = self._feedback()
                if all(abs(feedback[wheel.id].velocity) <= STANDING_COUNTS for wheel in self._motors.wheels):
                    return

    def _feedback(self) -> dict[int, reg.Feedback]:
        replies = self._line.sync_read(self._ids, *reg.FEEDBACK)
        feedback = {device: reg.feedback_from(data) for device, data in replies.items()}
        self._places = {joint.id: feedback[joint.id].position for joint in self._motors.joints}
        return feedback

    def _check_arrived(self, feedback: Mapping[int, reg.Feedback]) -> None:
        for device, said in feedback.items():
            if self._greeted and said.bus_watchdog not in (self._watchdog, reg.WATCHDOG_STRUCK):
                raise BusAwayError(f"{self._line.path}: id {device} was reset; greeting anew")
        lost = []
        for (register, device), given in self._given.items():
            said = feedback[device]
            if getattr(said, GOALS[register]) != given and said.torque_enable == 1 and not said.struck:
                lost.append((register, device))
        if lost:
            register, device = lost[0]
            has, given = getattr(feedback[device], GOALS[register]), self._given[lost[0]]
            for key in lost:
                del self._given[key]  # so that the next command says it again, also where it has not changed
            what = f"id {device} has {has} in {register} instead of {given}"
            raise BusError(f"{self._line.path}: {what}; the last command got lost")


def _amperes(axis: Axis, said: reg.Feedback) -> float | None:
    if axis.model.torque_per_ampere is None:
        return None
    return sign_of(axis) * said.current * reg.AMPERES_PER_COUNT
