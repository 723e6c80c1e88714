"""Carries velocities and joint goals to the motors, and their readings back.

Decides nothing: the gates (`gate.py`, `joint_gate.py`), pacing, arming and odometry do.
"""

from __future__ import annotations

import math

from firmware_bridge import arming, charge, gate, joint_gate, odometry, pacing
from firmware_bridge.arming import Ask, Seen
from firmware_bridge.families import make
from firmware_bridge.gate import GateLimits, GateState, Passed
from firmware_bridge.joint_gate import JointGateLimits, JointGateState, JointsPassed
from firmware_bridge.motors import AxisCommand, AxisReadings, Mode, MotorsError, MotorState
from firmware_bridge.odometry import OdometryLimits, OdometryState
from firmware_bridge.wheel_noise import noise_of
from kangban import streams
from kangban.config import Config, ConfigError
from kangban.conversions import BASE, ODOM
from kangban.description import chain, urdf
from kangban.node import KangbanNode, NodeError, run
from kangban.values import STILL, Battery, ControllerState, Health, JointCommand, JointStates, VelocityCommand

BATTERY_EVERY_S = 1.0
ERROR_LEVEL = 40


class BridgeNode(KangbanNode):
    """The only node that holds the serial port, and the only way to a wheel."""

    def __init__(self, config: Config) -> None:
        super().__init__("bridge", config)
        profile = config.profile
        self._period = 1.0 / profile.motors.control_hz
        self._names = tuple(axis.name for axis in (*profile.motors.wheels, *profile.motors.joints))
        self._wheels = len(profile.motors.wheels)
        self._rad_per_tick = math.tau / profile.motors.encoder_ticks_per_turn
        assert streams.CMD_VEL.stale_after_s is not None
        assert streams.JOINT_COMMAND.stale_after_s is not None
        self._gate_limits = GateLimits.of(profile, streams.CMD_VEL.stale_after_s)
        self._gate = GateState(self.now())
        self._passed: Passed | None = None
        self._joint_limits = JointGateLimits.of(profile.motors, streams.JOINT_COMMAND.stale_after_s)
        self._joints = JointGateState(self.now())
        self._joints_passed: JointsPassed | None = None
        self._pacing = pacing.PacingState()
        self._arming = arming.at_start(profile.motors.arm_at_start)
        self._odometry = OdometryState()
        self._odometry_at: float | None = None
        self._reading_at: float | None = None
        self._charge = charge.ChargeState()
        self._battery_at: float | None = None
        self._charging: bool | None = None
        self._send_odom = self.output(streams.ODOM)
        self._send_joints = self.output(streams.JOINT_STATES)
        self._send_battery = self.output(streams.BATTERY)
        self._send_controller = self.output(streams.CONTROLLER)
        self._chain = self.input(streams.CHAIN)
        self._wishes = self.input(streams.CMD_VEL, self._wished)
        if profile.motors.joints:
            self.input(streams.JOINT_COMMAND, self._joints_wished)
        guard = self.create_guard_condition(self._heard)  # from the link's thread into this node's
        try:
            self._motors = make(profile.motors, self.now, guard.trigger)
            self._motors.connect()
        except MotorsError as error:
            raise NodeError(str(error)) from error
        self._shape = self._described()
        self._meanwhile = self._tell_watchdog()
        self.every(self._period, self._tick)

    def _described(self) -> tuple[chain.Joint, ...]:
        """Who says where the base and its axes are also says what they are of: the joints of what it told.

        A robot that can't be described drives all the same.
        """
        try:
            text = urdf.text(self.config.profile)
        except ConfigError as error:
            self.report("description", Health.WARN, f"viewers can't show this robot: {error}")
            return ()
        joints = chain.joints(text)
        self.describe_robot(text, chain.staying(joints), self.now())
        return joints

    # In

    def _wished(self, wish: VelocityCommand) -> None:
        state = self._motors.state()
        now = self._time(wish.stamp, None if state.axes is None else state.axes.stamp)
        moves = self._passed is not None and self._passed.velocity_in_base != STILL
        self._pacing, due = pacing.on_wish(self._pacing, self._period, now, urgent=moves and wish.velocity == STILL)
        if due:
            self._send(state, now)

    def _joints_wished(self, command: JointCommand) -> None:
        self._joints, refused = joint_gate.accept(self._joints, command, self._time(command.stamp), self._joint_limits)
        health = Health.WARN if refused else Health.OK
        self.report("joint wishes", health, "; ".join(refused) or "taken")

    def _heard(self) -> None:
        state = self._motors.state()
        for readings in self._motors.readings():  # each of them: a way driven is the same however they came
            self._move(readings, state)
        self._on_time(state)

    def _tick(self) -> None:
        state = self._motors.state()
        self._on_time(state)
        self._tell(state)
        self._tell_battery(state)

    def _time(self, *stamps: float | None) -> float:
        """Now, by the newest that has reached us: where our clock follows /clock, a stamp may outrun it a little."""
        now = self.now()
        return max([now, *(s for s in stamps if s is not None and s <= now + self._period)])

    def _on_time(self, state: MotorState) -> None:
        """Setpoints and arming."""
        now = self._time(None if state.axes is None else state.axes.stamp)
        self._arm(state, now)
        self._pacing, due = pacing.on_time(self._pacing, self._period, now)
        if due:
            self._send(state, now)

    # Out to the motors

    def _send(self, state: MotorState, now: float) -> None:
        ready = state.connected and state.armed
        self._gate, self._passed = gate.step(
            self._gate, self._wishes.last, now, self._gate_limits, wheel_limit=state.highest_velocity, ready=ready
        )
        places = None if state.axes is None else self._positions(state.axes)
        self._joints, joints = joint_gate.step(
            self._joints, ready, places, now, self._joint_limits, hold=self._joints_hold()
        )
        self._joints_passed = joints
        if len(joints.positions) < len(self._joint_limits.joints):
            return  # where the joints are is not known yet, so there is nothing to tell them
        wheels = [AxisCommand(Mode.VELOCITY, w, self._passed.torque_limit) for w in self._passed.wheels]
        pairs = zip(joints.positions, joints.torque_limits, strict=True)
        self._motors.command((*wheels, *(AxisCommand(Mode.POSITION, p, t) for p, t in pairs)), now)

    def _joints_hold(self) -> str:
        """Why the safety chain lets no joint move, or nothing."""
        chain = self._chain.fresh()
        if chain is None:
            return "the safety chain is silent"
        return "the stop is latched" if chain.stop_latched else ""

    def _positions(self, axes: AxisReadings) -> tuple[float, ...]:
        """Where the joints are, rad."""
        return tuple(ticks * self._rad_per_tick for ticks in axes.ticks[self._wheels :])

    def _arm(self, state: MotorState, now: float) -> None:
        chain = self._chain.fresh()
        seen = Seen(
            connected=state.connected,
            armed=state.armed,
            emergency_stop=state.emergency_stop,
            clearable=state.clearable,
            faults=frozenset(state.faults),
            latched=None if chain is None else chain.stop_latched,
        )
        self._arming, ask = arming.step(self._arming, seen, now)
        if ask is Ask.ARM:
            self._motors.arm()
        elif ask is Ask.CLEAR_EMERGENCY_STOP:
            self._motors.clear_emergency_stop()

    # Out to the graph

    def _move(self, readings: AxisReadings, state: MotorState) -> None:
        profile = self.config.profile
        fastest = state.highest_velocity or profile.limits.wheel_speed_radps
        ticks = profile.motors.encoder_ticks_per_turn
        refused = self._odometry.refused
        self._odometry, moved = odometry.step(
            self._odometry,
            readings,
            OdometryLimits(self._gate_limits.base, noise_of(profile.base), ticks, fastest),
        )
        if self._odometry.refused > refused:
            self.report(
                "odometry",
                Health.WARN,
                "encoder counts jumped further than a wheel can turn and were left out; check the encoders",
                refused=self._odometry.refused,
            )
        before, self._reading_at = self._reading_at, readings.stamp
        if moved is None or not pacing.reading_due(self._odometry_at, before, readings.stamp, self._period):
            return
        self._odometry_at = readings.stamp
        self._send_odom(moved)
        places = (*self._odometry.angles, *self._positions(readings))
        frames = chain.turned(self._shape, dict(zip(self._names, places, strict=True)))
        self.broadcast_transform(ODOM, BASE, moved.pose_in_odom, moved.stamp, frames)
        self._send_joints(JointStates(readings.stamp, self._names, places, readings.velocity))

    def _tell(self, state: MotorState) -> None:
        passed, joints, quality = self._passed, self._joints_passed, state.quality
        reasons = () if passed is None else tuple(reason.value for reason in passed.reasons)
        self._send_controller(
            ControllerState(
                stamp=self.now(),
                connected=state.connected,
                armed=state.armed,
                emergency_stop=state.emergency_stop,
                bumper=state.bumper,
                faults=state.faults,
                reasons=(*reasons, *(() if joints is None else joints.reasons)),
                sent=STILL if passed is None or not state.connected else passed.velocity_in_base,
                voltage=state.voltage if state.connected else None,
                lost=quality.lost,
                corrupt=quality.corrupt,
                late=quality.late,
                round_trip=quality.round_trip,
            )
        )
        health, message = self._health(state)
        trip = "unknown" if quality.round_trip is None else f"{1000 * quality.round_trip:.1f}"
        self.report(
            "motors",
            health,
            message,
            port=self.config.profile.motors.port,
            lost=quality.lost,
            corrupt=quality.corrupt,
            stale=quality.stale,
            late=quality.late,
            round_trip_ms=trip,
            **({} if self._odometry.slip is None else {"slip_mps": f"{self._odometry.slip:.3f}"}),
        )
        for level, text in self._motors.log_lines():
            write = self.get_logger().error if level >= ERROR_LEVEL else self.get_logger().info
            write(f"motor controller: {text}")

    def _tell_watchdog(self) -> str:
        """What the robot does while nobody hears the bridge, in words."""
        watchdog = self.config.profile.motors.watchdog_s
        if watchdog is None:
            self.report(
                "watchdog",
                Health.WARN,
                "these motors have none: if this computer hangs, the wheels go on turning. Keep a hand near the switch "
                "of the motors' supply; motors.without_watchdog in the profile says that somebody accepted this",
            )
            return "the wheels may go on turning: cut the supply of the motors"
        self.report("watchdog", Health.OK, f"the motors stop by themselves after {watchdog} s without the bridge")
        return "the robot stands still"

    def _health(self, state: MotorState) -> tuple[Health, str]:
        if not state.connected:
            return Health.ERROR, f"{state.message}; {self._meanwhile}"
        if self._arming.waits_for:
            return Health.ERROR, self._arming.waits_for
        if not state.armed:
            why = "stopped by its watchdog" if state.watchdog else "not armed"
            return Health.WARN, f"{why}; arms by itself once the safety chain runs and its stop is released"
        if state.bumper:
            return Health.WARN, "the bumper is pressed: backwards only"
        return Health.OK, "armed"

    def _tell_battery(self, state: MotorState) -> None:
        now = self.now()
        if not state.connected or state.voltage is None:
            return
        self._charge = charge.step(self._charge, state.voltage, now)
        news = state.charging != self._charging  # said at once: a robot that docks waits for it
        if not news and self._battery_at is not None and 0.0 <= now - self._battery_at < BATTERY_EVERY_S:
            return
        self._battery_at, self._charging = now, state.charging
        motors = self.config.profile.motors
        full = charge.charge(self._charge, motors.battery_empty_v, motors.battery_full_v)
        self._send_battery(Battery(now, state.voltage, full, state.charging))

    def close(self) -> None:
        self._motors.close()


if __name__ == "__main__":
    raise SystemExit(run(BridgeNode))
