"""Carries velocities to the motors and their readings back. Decides nothing: gate, pacing, arming and odometry do."""

from __future__ import annotations

from firmware_bridge import arming, charge, gate, odometry, pacing
from firmware_bridge.arming import Ask, Seen
from firmware_bridge.families import make
from firmware_bridge.gate import GateLimits, GateState, Passed
from firmware_bridge.motors import MotorsError, MotorState, WheelReadings
from firmware_bridge.odometry import OdometryLimits, OdometryState
from kangban import streams
from kangban.config import Config
from kangban.conversions import BASE, ODOM
from kangban.node import KangbanNode, NodeError, run
from kangban.values import STILL, Battery, ControllerState, Health, JointStates, VelocityCommand

WHEELS = ("left_wheel_joint", "right_wheel_joint")
BATTERY_EVERY_S = 1.0
ERROR_LEVEL = 40


class BridgeNode(KangbanNode):
    """The only node that holds the serial port, and the only way to a wheel."""

    def __init__(self, config: Config) -> None:
        super().__init__("bridge", config)
        profile = config.profile
        self._period = 1.0 / profile.motors.control_hz
        assert streams.CMD_VEL.stale_after_s is not None
        self._gate_limits = GateLimits.of(profile, streams.CMD_VEL.stale_after_s)
        self._gate = GateState(self.now())
        self._passed: Passed | None = None
        self._pacing = pacing.PacingState()
        self._arming = arming.at_start(profile.motors.arm_at_start)
        self._odometry = OdometryState()
        self._odometry_at: float | None = None
        self._charge = charge.ChargeState()
        self._battery_at: float | None = None
        self._send_odom = self.output(streams.ODOM)
        self._send_joints = self.output(streams.JOINT_STATES)
        self._send_battery = self.output(streams.BATTERY)
        self._send_controller = self.output(streams.CONTROLLER)
        self._chain = self.input(streams.CHAIN)
        self._wishes = self.input(streams.CMD_VEL, self._wished)
        guard = self.create_guard_condition(self._heard)  # from the link's thread into this node's
        self._motors = make(profile.motors, self.now, guard.trigger)
        try:
            self._motors.connect()
        except MotorsError as error:
            raise NodeError(str(error)) from error
        self.every(self._period, self._tick)

    # In

    def _wished(self, wish: VelocityCommand) -> None:
        state = self._motors.state()
        now = self._time(wish.stamp, None if state.wheels is None else state.wheels.stamp)
        moves = self._passed is not None and self._passed.velocity_in_base != STILL
        self._pacing, due = pacing.on_wish(self._pacing, self._period, now, urgent=moves and wish.velocity == STILL)
        if due:
            self._send(state, now)

    def _heard(self) -> None:
        state = self._motors.state()
        if state.wheels is not None and state.connected:
            self._move(state.wheels, state)
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
        now = self._time(None if state.wheels is None else state.wheels.stamp)
        self._arm(state, now)
        self._pacing, due = pacing.on_time(self._pacing, self._period, now)
        if due:
            self._send(state, now)

    # Out to the motors

    def _send(self, state: MotorState, now: float) -> None:
        self._gate, self._passed = gate.step(
            self._gate,
            self._wishes.last,
            now,
            self._gate_limits,
            wheel_limit=state.highest_velocity,
            ready=state.connected and state.armed,
        )
        self._motors.command(*self._passed.wheels, self._passed.torque_limit, now)

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

    def _move(self, readings: WheelReadings, state: MotorState) -> None:
        base = self.config.profile.base
        limits = self.config.profile.limits
        rim_speed = limits.speed_mps + limits.turn_rate_radps * base.track_m / 2
        fastest = state.highest_velocity or rim_speed / base.wheel_radius_m
        ticks = self.config.profile.motors.encoder_ticks_per_turn
        refused = self._odometry.refused
        self._odometry, moved = odometry.step(
            self._odometry, readings, OdometryLimits(self._gate_limits.base, ticks, fastest)
        )
        if self._odometry.refused > refused:
            self.report(
                "odometry",
                Health.WARN,
                "encoder counts jumped further than a wheel can turn and were left out; check the encoders",
                refused=self._odometry.refused,
            )
        due = self._odometry_at is None or not 0.0 <= readings.stamp - self._odometry_at < 0.75 * self._period
        if moved is None or not due:
            return
        self._odometry_at = readings.stamp
        self._send_odom(moved)
        self.broadcast_transform(ODOM, BASE, moved.pose_in_odom, moved.stamp)
        self._send_joints(JointStates(readings.stamp, WHEELS, self._odometry.angles, readings.velocity))

    def _tell(self, state: MotorState) -> None:
        passed, quality = self._passed, state.quality
        self._send_controller(
            ControllerState(
                stamp=self.now(),
                connected=state.connected,
                armed=state.armed,
                emergency_stop=state.emergency_stop,
                bumper=state.bumper,
                faults=state.faults,
                reasons=() if passed is None else tuple(reason.value for reason in passed.reasons),
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
        )
        for level, text in self._motors.log_lines():
            write = self.get_logger().error if level >= ERROR_LEVEL else self.get_logger().info
            write(f"motor controller: {text}")

    def _health(self, state: MotorState) -> tuple[Health, str]:
        if not state.connected:
            return Health.ERROR, f"{state.message}; the robot stands still"
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
        if self._battery_at is not None and 0.0 <= now - self._battery_at < BATTERY_EVERY_S:
            return
        self._battery_at = now
        motors = self.config.profile.motors
        full = charge.charge(self._charge, motors.battery_empty_v, motors.battery_full_v)
        self._send_battery(Battery(now, state.voltage, full))

    def close(self) -> None:
        self._motors.close()


if __name__ == "__main__":
    raise SystemExit(run(BridgeNode))
