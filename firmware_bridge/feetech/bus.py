"""Feetech STS servos as the bridge drives them: wheels by velocity, joints by position, one packet for all.

THE SERVO HAS NO WATCHDOG. It holds the last velocity it was given until it is given another. Therefore:
- if this process is killed (SIGKILL), frozen, or its computer hangs, or the cable is pulled, wheels GO ON TURNING at
  their last speed. Nothing here can change that; a profile that needs a watchdog is refused (MisfitError), and the
  robot wants a switch that cuts the servos' power within reach, and low speed.
- `greet()` stops everything before it does anything else: a killed host may have left wheels turning.
- `disable()` and `close()` write zero velocity first, let the wheels brake under power, then take the power away.
- the age of commands is `polled.py`'s: past their life it writes zero, as long as this process runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from firmware_bridge.bus import BusAwayError, BusError, BusReadings, MisfitError
from firmware_bridge.fault_names import fault_names
from firmware_bridge.feetech import registers as reg
from firmware_bridge.feetech import stall
from firmware_bridge.feetech.axes import Axis, JointAxis, joint_axis, thousandths, together, wheel_axis
from firmware_bridge.feetech.greeting import again, check_profile, find, prepare
from firmware_bridge.feetech.line import Line
from firmware_bridge.feetech.turns import AmbiguousTurnError, JumpError, Turns, begin, follow, wrapped
from firmware_bridge.motors import AxisCommand, Mode
from kangban.motor_profile import FeetechMotors

SURE_S = 0.4  # for asking each servo by itself whether it obeyed
BRAKE_S = 0.15  # wheels may brake under power for so long before it is taken away
STALL_TORQUE_NM = max(model.stall_torque_nm for model in reg.MODELS.values())
ZERO = reg.two_bytes(0)
OFF, ON = b"\0", b"\1"


class FeetechBus:
    """`Bus` of bus.py. Every call is bounded: an exchange by half a command's life, a braking by BRAKE_S.

    `now` is the bridge's clock, on which wheels turn; waiting goes by the machine's own, which never stands still.
    """

    def __init__(
        self, motors: FeetechMotors, now: Callable[[], float] = time.monotonic, reply_s: float | None = None
    ) -> None:
        self._motors = motors
        self._now = now
        self._wheels = [wheel_axis(wheel) for wheel in motors.wheels]
        self._joints: list[JointAxis] = []  # checked and made by greet()
        self._ids = [*(wheel.id for wheel in motors.wheels), *(joint.id for joint in motors.joints)]
        self._line = Line(motors.port, motors.baud, reply_s=reply_s or motors.command_life_s / 2)
        self._turns: dict[int, Turns] | None = None  # by wheel; None: not greeted, or lost count
        self._given: dict[int, int] = {}  # steps/s by wheel, last written
        self._led: dict[int, int] = {}  # steps by joint, last written
        self._places: dict[int, int] = {}  # steps by joint, last seen
        self._held: dict[int, int] = {}  # steps by joint that was told to stand
        self._after_reset: dict[int, int] = {}  # thousandths by servo
        self._standing: stall.Standing = {}
        self._greeted = 0
        self._enabled = False

    def open(self) -> None:
        """Raises serial_port.PortBusyError or BusAwayError."""
        self._forget()
        self._line.open()

    def greet(self) -> int:
        """Stop and unpower whatever answers, then find, check and set up every servo.

        Counts begin anew each time: nobody counted whole turns in the meantime.
        """
        self._forget()
        self._stop_unseen()
        check_profile(self._motors)
        self._joints = [joint_axis(joint, STALL_TORQUE_NM) for joint in self._motors.joints]
        axes: list[Axis] = [*self._wheels, *self._joints]
        find(self._line, axes)
        self._make_sure()
        self._after_reset = {axis.id: prepare(self._line, axis, self._motors.battery_empty_v) for axis in axes}
        for servo in self._ids:
            again(self._line.write, servo, reg.TORQUE_LIMIT, ZERO)  # also the mark by which a reset is seen
        asked = self._now()
        feedback = self._feedback()
        self._turns = {wheel.id: begin(feedback[wheel.id].position, asked) for wheel in self._wheels}
        self._greeted += 1
        return self._greeted

    def read(self) -> BusReadings:
        """Raises BusError where an answer is missing or damaged, and from a lost count of turns until greet."""
        asked = self._now()
        feedback = self._feedback()
        self._check_power(feedback)
        self._check_not_reset(feedback)
        turns = self._followed(feedback, asked)
        self._check_obeyed(feedback)
        driven: list[Axis] = [*self._wheels, *self._joints]
        axes = [(axis, feedback[axis.id]) for axis in driven]
        self._standing, faults = stall.step(self._standing, self._given, feedback, self._now())
        for _, said in axes:
            faults |= said.faults
        return BusReadings(
            ticks=(
                *(wrapped(wheel.sign * turns[wheel.id].count) for wheel in self._wheels),
                *(joint.ticks(feedback[joint.id].position) for joint in self._joints),
            ),
            velocity=tuple(axis.sign * said.velocity * reg.RAD_PER_STEP for axis, said in axes),
            current=tuple(axis.sign * said.current for axis, said in axes),
            temperature=tuple(said.temperature for _, said in axes),
            voltage=min(said.voltage for _, said in axes),  # the servo that gets least
            faults=fault_names(faults),
            enabled=all(said.enabled for _, said in axes),
        )

    def enable(self) -> None:
        """Raises BusError, with everything unpowered, where a joint is far out of its range or a servo doesn't obey."""
        if self._turns is None:
            raise BusError(f"{self._line.path}: greet first")
        feedback = self._feedback()
        rows = {wheel.id: wheel.goals(0, self._torque(wheel.id, reg.FULL_TORQUE)) for wheel in self._wheels}
        for joint in self._joints:
            rows[joint.id] = joint.goals(joint.hold(feedback[joint.id].position), self._torque(joint.id, joint.torque))
        try:
            for servo, row in rows.items():
                again(self._line.write, servo, reg.GOALS[0], row)
            for servo in self._ids:
                again(self._line.write, servo, reg.TORQUE_ENABLE, ON)
        except BusError:
            self._line.write_to_everybody(reg.TORQUE_ENABLE, OFF)
            raise
        self._enabled = True

    def disable(self) -> None:
        """Zero, brake, no power. Joints lose it too: an arm sinks. Raises BusError where a servo did not confirm."""
        self._enabled = False
        self._given, self._led, self._held, self._standing = {}, {}, {}, {}
        self._write_zero()
        self._brake()
        self._line.write_to_everybody(reg.TORQUE_ENABLE, OFF)
        self._make_sure()

    def write(self, axes: tuple[AxisCommand, ...]) -> None:
        """One packet for all; nobody confirms it. Raises BusError before enable(), MisfitError for another mode."""
        if not self._enabled:
            raise BusError(f"{self._line.path}: the motors are not enabled")
        if len(axes) != len(self._ids):
            raise MisfitError(f"{len(axes)} commands for {len(self._ids)} axes")
        pairs = list(zip(self._wheels, axes, strict=False))
        velocities = together([wheel.velocity(command) for wheel, command in pairs])
        rows = {
            wheel.id: wheel.goals(velocity, self._limit(wheel.id, command))
            for (wheel, command), velocity in zip(pairs, velocities, strict=True)
        }
        places = {}
        for joint, command in zip(self._joints, axes[len(self._wheels) :], strict=True):
            places[joint.id] = self._goal(joint, command)
            rows[joint.id] = joint.goals(
                places[joint.id], min(self._limit(joint.id, command), self._torque(joint.id, joint.torque))
            )
        self._line.sync_write(reg.GOALS[0], rows)
        self._given = {wheel.id: velocity for wheel, velocity in zip(self._wheels, velocities, strict=True)}
        self._led = places

    def highest_velocity(self) -> float | None:
        return reg.HIGHEST_STEPS_PER_S * reg.RAD_PER_STEP

    def close(self) -> None:
        """Zero, brake, no power, as far as the line still carries it."""
        if self._line.is_open:
            with suppress(BusError, BusAwayError):
                self.disable()
        self._forget()
        self._line.close()

    def _forget(self) -> None:
        self._turns = None
        self._enabled = False
        self._given, self._led, self._held, self._standing = {}, {}, {}, {}

    def _stop_unseen(self) -> None:
        """Without knowing who is there: nobody confirms it, so it is said twice. `_make_sure` looks afterwards."""
        for _ in range(2):
            self._write_zero()
            self._line.write_to_everybody(reg.TORQUE_ENABLE, OFF)  # also servos that the profile does not name

    def _write_zero(self) -> None:
        self._line.sync_write(reg.GOAL_VELOCITY, {wheel.id: ZERO for wheel in self._wheels})

    def _brake(self) -> None:
        until = time.monotonic() + BRAKE_S
        with suppress(BusError):
            while time.monotonic() < until:
                feedback = self._feedback()
                if all(abs(feedback[wheel.id].velocity) < stall.STANDING_STEPS_PER_S for wheel in self._wheels):
                    return

    def _make_sure(self) -> None:
        """Every wheel has zero for its goal and every servo is without power. Raises BusError naming who is not."""
        with suppress(BusError):
            said = self._line.sync_read(self._ids, reg.TORQUE_ENABLE, reg.TORQUE_LIMIT - reg.TORQUE_ENABLE)
            wheels = {wheel.id for wheel in self._wheels}
            at_rest = reg.GOAL_VELOCITY - reg.TORQUE_ENABLE
            if all(
                data[0] == 0 and (servo not in wheels or data[at_rest : at_rest + 2] == ZERO)
                for servo, (_, data) in said.items()
            ):
                return
        orders = [(wheel.id, reg.GOAL_VELOCITY, ZERO) for wheel in self._wheels]
        orders += [(servo, reg.TORQUE_ENABLE, OFF) for servo in self._ids]
        until = time.monotonic() + SURE_S
        unsure = self._told(orders, until)
        while unsure and time.monotonic() < until:
            unsure = self._told([order for order in orders if order[0] in unsure], until)
        if unsure:
            raise BusError(f"{self._line.path}: servos {sorted(unsure)} may still be under power; cut it")

    def _told(self, orders: list[tuple[int, int, bytes]], until: float) -> set[int]:
        """Who did not confirm. A silent servo is asked once, so that all others are told; a dead line until `until`."""
        silent: set[int] = set()
        heard = False
        for servo, address, data in orders:
            if servo in silent:
                continue
            if not heard and time.monotonic() >= until:
                return {servo for servo, _, _ in orders}
            try:
                self._line.write(servo, address, data)
                heard = True
            except BusError:
                silent.add(servo)
        return silent

    def _feedback(self) -> dict[int, reg.Feedback]:
        replies = self._line.sync_read(self._ids, *reg.FEEDBACK)
        feedback = {servo: reg.feedback_from(data, error) for servo, (error, data) in replies.items()}
        self._places = {joint.id: joint.straightened(feedback[joint.id].position) for joint in self._joints}
        return feedback

    def _check_power(self, feedback: dict[int, reg.Feedback]) -> None:
        """Power that was not given here is taken: on this wire old and foreign packets look like ours."""
        powered = [servo for servo, said in feedback.items() if said.enabled]
        if powered and not self._enabled:
            self._stop_unseen()
            raise BusError(f"{self._line.path}: servos {powered} had power that was not given here; it was taken")

    def _check_not_reset(self, feedback: dict[int, reg.Feedback]) -> None:
        """Without power only its torque limit shows that a servo was reset; under power `enabled` does."""
        reset = [servo for servo, after in self._after_reset.items() if feedback[servo].torque_limit == after]
        if reset and not self._enabled:
            self._turns = None
            raise BusError(f"{self._line.path}: servos {reset} were reset; greet anew")

    def _limit(self, servo: int, command: AxisCommand) -> int:
        return self._torque(servo, thousandths(command.torque_limit, STALL_TORQUE_NM))

    def _torque(self, servo: int, wished: int) -> int:
        """Thousandths; one less where it would look like a reset."""
        return max(0, wished - 1) if wished == self._after_reset[servo] else wished

    def _check_obeyed(self, feedback: dict[int, reg.Feedback]) -> None:
        """Nobody confirms `write`, and a checksum of eight bits lets some damage through: look at what arrived."""
        goals = [(wheel, feedback[wheel].goal_velocity, given, "steps/s") for wheel, given in self._given.items()]
        goals += [(joint, feedback[joint].goal_position, given, "steps") for joint, given in self._led.items()]
        for servo, has, given, unit in goals:
            if has != given and feedback[servo].enabled:  # one that was reset turns nothing, and `enabled` says so
                what = f"servo {servo} has {has} {unit} for its goal instead of {given}"
                raise BusError(f"{self._line.path}: {what}; the last command got lost or damaged", corrupt=True)

    def _followed(self, feedback: dict[int, reg.Feedback], asked: float) -> dict[int, Turns]:
        if self._turns is None:
            raise BusError(f"{self._line.path}: no count of the wheels' turns; greet anew")
        answered = self._now()
        try:
            self._turns = {
                wheel: follow(before, feedback[wheel].position, asked, answered)
                for wheel, before in self._turns.items()
            }
        except AmbiguousTurnError as error:
            self._turns = None
            raise BusError(f"{self._line.path}: the count of the wheels' turns is lost: {error}; greet anew") from error
        except JumpError as error:
            raise BusError(f"{self._line.path}: a wheel's position can't be: {error}", corrupt=True) from error
        return self._turns

    def _goal(self, joint: JointAxis, command: AxisCommand) -> int:
        """Steps. A joint told not to move stands where it was then, and does not sink step by step."""
        if command.mode is Mode.VELOCITY and command.value == 0.0:
            return self._held.setdefault(joint.id, joint.within(self._places[joint.id]))
        self._held.pop(joint.id, None)
        return joint.goal(command)
