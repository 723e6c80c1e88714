"""The simulated motor controller by itself: every state under every event, and its wheels, battery and wire faults."""

from __future__ import annotations

import dataclasses
from itertools import product

import pytest

from firmware_bridge.protocol import (
    PROTOCOL_VERSION,
    Arm,
    AxisSetpoint,
    ClearEmergencyStop,
    Decoder,
    Disarm,
    EmergencyStop,
    FaultBit,
    Hello,
    HelloAck,
    Message,
    Mode,
    Parameter,
    ParameterValue,
    ReadParameter,
    Refusal,
    Refused,
    Setpoint,
    State,
    Telemetry,
    WriteParameter,
    encode_frame,
    pack,
    unpack,
)
from kangban.config import load_profile
from sim.motors.axis import Axis, Wish
from sim.motors.battery import Battery
from sim.motors.controller import Controller
from sim.motors.faults import FaultyWire, WireFaults
from sim.motors.settings import settings_from
from sim.motors.simulated import AxisDrive, AxisReading

SETTINGS = settings_from(load_profile("companion"))
SESSION = 77
STILL = AxisReading(0.0, 0.0, 0.0)
WHEEL = SETTINGS.axes[0]
BLOCKED = AxisReading(0.0, 0.0, WHEEL.torque)
TICK_S = 1.0 / 240.0
ARM_SETTINGS = settings_from(load_profile("lekiwi"))  # three wheels, six joints


def turning(deadline_ms: int, velocity: float, torque_mnm: int = 6000) -> Setpoint:
    """rad/s of both wheels."""
    return Setpoint(deadline_ms, (AxisSetpoint(Mode.VELOCITY, round(velocity * 1e6), torque_mnm),) * 2)


class Wire:
    """A controller that has booted and greeted us."""

    def __init__(self) -> None:
        self.now = 5.0
        self.controller = Controller(SETTINGS, self.now)
        self.sequence = 0
        self.angles = [0.0, 0.0]
        self.drives: tuple[AxisDrive, ...] = (AxisDrive(0.0, 0.0),) * 2
        self.pass_time(0.1)
        self.say(Hello(PROTOCOL_VERSION, 50))

    def say(self, message: Message, sequence: int | None = None, session: int = SESSION) -> list[Message]:
        self.sequence = self.sequence + 1 if sequence is None else sequence
        frame = encode_frame(message.number, self.sequence, session, pack(message))
        return [unpack(f.number, f.payload) for f in Decoder().feed(self.controller.feed(frame, self.now))]

    def soon(self, ms: int = 100) -> int:
        return self.controller.time_ms(self.now) + ms

    def pass_time(self, seconds: float, reading: AxisReading | None = None, left: float | None = None) -> None:
        """`left`: keep sending setpoints that turn both wheels at this velocity (rad/s). They follow, or `reading`."""
        for k in range(round(seconds / TICK_S)):
            self.now += TICK_S
            if left is not None and k % 12 == 0:
                self.say(turning(self.soon(), left))
            readings = tuple(AxisReading(a, d.velocity, 0.0) for a, d in zip(self.angles, self.drives, strict=True))
            self.drives = self.controller.tick(self.now, readings if reading is None else (reading, reading))
            self.angles = [a + d.velocity * TICK_S for a, d in zip(self.angles, self.drives, strict=True)]

    def bring_to(self, state: State) -> None:
        if state is State.EMERGENCY_STOP:
            self.controller.press_estop(True)
            self.controller.press_estop(False)
        elif state is not State.DISARMED:
            self.say(Arm(self.soon()))
        if state is State.WATCHDOG:
            self.pass_time(0.15)
        elif state is State.FAULT:
            self.pass_time(1.0, BLOCKED, left=3.0)
            self.pass_time(0.05)
        assert self.controller.state is state


VELOCITY = Wish(Mode.VELOCITY, 2.0, 6.0)
STATES = (State.DISARMED, State.ARMED, State.WATCHDOG, State.EMERGENCY_STOP, State.FAULT)
EVENTS = {
    "arm": lambda w: w.say(Arm(w.soon())),
    "arm too late": lambda w: w.say(Arm(w.soon(-1))),
    "arm too far ahead": lambda w: w.say(Arm(w.soon(5000))),
    "disarm": lambda w: w.say(Disarm()),
    "stop": lambda w: w.say(EmergencyStop(), session=1),
    "clear": lambda w: w.say(ClearEmergencyStop(w.soon())),
    "button": lambda w: w.controller.press_estop(True),
    "bumper": lambda w: w.controller.set_bumper(True),
    "setpoint": lambda w: w.say(turning(w.soon(), 1.0)),
    "hello again": lambda w: w.say(Hello(PROTOCOL_VERSION, 50)),
    "hello of another": lambda w: w.say(Hello(PROTOCOL_VERSION, 50), session=78),
    "silence": lambda w: w.pass_time(0.2),
    "reset": lambda w: (w.controller.reboot(w.now), w.pass_time(0.1)),
}
STAYS = {
    **dict.fromkeys(product(STATES, EVENTS)),
    **{(s, "arm"): State.ARMED for s in STATES if s is not State.EMERGENCY_STOP},
    **{
        (s, e): State.DISARMED
        for s in (State.ARMED, State.WATCHDOG)
        for e in ("disarm", "hello again", "hello of another")
    },
    **{(s, e): State.EMERGENCY_STOP for s in STATES for e in ("stop", "button")},
    (State.EMERGENCY_STOP, "clear"): State.DISARMED,
    (State.ARMED, "silence"): State.WATCHDOG,
    **{(s, "reset"): State.DISARMED for s in STATES},
}


@pytest.mark.parametrize(("state", "event"), list(product(STATES, EVENTS)))
def test_every_state_under_every_event(state: State, event: str) -> None:
    wire = Wire()
    wire.bring_to(state)
    EVENTS[event](wire)
    expected = STAYS[state, event] or state
    assert wire.controller.state is expected


@pytest.mark.parametrize("state", [s for s in STATES if s is not State.ARMED])
def test_setpoints_turn_wheels_only_while_armed(state: State) -> None:
    wire = Wire()
    wire.bring_to(state)
    wire.pass_time(0.3, left=3.0)
    assert [drive.velocity for drive in wire.drives] == [0.0, 0.0]


def test_a_setpoint_is_dead_at_its_deadline_even_before_the_watchdog() -> None:
    wire = Wire()
    wire.bring_to(State.ARMED)
    wire.pass_time(0.5, left=3.0)
    wire.say(turning(wire.soon(30), 3.0))
    wire.pass_time(0.028)
    assert wire.drives[0].velocity == pytest.approx(3.0)
    wire.pass_time(0.02)
    assert wire.controller.state is State.ARMED
    assert wire.drives[0].velocity < 3.0


def test_the_watchdog_stops_even_a_setpoint_that_would_live_on() -> None:
    wire = Wire()
    wire.bring_to(State.ARMED)
    wire.pass_time(0.5, left=3.0)
    wire.say(turning(wire.soon(290), 3.0))
    wire.pass_time(SETTINGS.watchdog_s + 2 * TICK_S)
    assert wire.controller.state is State.WATCHDOG
    assert wire.drives[0].velocity < 3.0


def test_refusals_say_why() -> None:
    wire = Wire()
    wire.controller.press_estop(True)
    assert Refused(ClearEmergencyStop.number, 2, Refusal.BUTTON_DOWN) in wire.say(ClearEmergencyStop(wire.soon()))
    assert Refused(Arm.number, 3, Refusal.STATE) in wire.say(Arm(wire.soon()))
    assert Refused(Arm.number, 4, Refusal.LATE) in wire.say(Arm(wire.soon(-5)))
    wire.controller.press_estop(False)
    wire.say(ClearEmergencyStop(wire.soon()))
    wire.say(EmergencyStop())
    assert Refused(ClearEmergencyStop.number, 7, Refusal.NOT_RELEASED_HERE) in wire.say(ClearEmergencyStop(wire.soon()))


def test_another_protocol_version_is_answered_and_refused() -> None:
    wire = Wire()
    answers = wire.say(Hello(PROTOCOL_VERSION + 1, 50), session=79)
    assert [type(a) for a in answers[:2]] == [HelloAck, Refused]


def test_telemetry_comes_at_the_rate_that_was_asked_for() -> None:
    wire = Wire()
    count = 0
    for _ in range(240):
        wire.pass_time(TICK_S)
        count += sum(1 for f in Decoder().feed(wire.controller.feed(b"", wire.now)) if f.number == Telemetry.number)
    assert count == 50


def test_the_world_knows_when_the_last_setpoint_was_made() -> None:
    wire = Wire()
    assert wire.controller.last_setpoint_made_at is None
    wire.say(turning(wire.soon(150), 0.0))
    first = wire.controller.last_setpoint_made_at
    assert first == pytest.approx(wire.now, abs=0.001)
    wire.now += 0.02
    wire.say(turning(wire.soon(150), 0.0), sequence=wire.sequence)
    assert wire.controller.last_setpoint_made_at == first, "a duplicate counted"


def test_a_torque_limit_in_the_setpoint_is_kept() -> None:
    wire = Wire()
    wire.bring_to(State.ARMED)
    wire.say(turning(wire.soon(), 1.0, torque_mnm=2500))
    wire.pass_time(TICK_S)
    assert [drive.torque_limit for drive in wire.drives] == [2.5, 2.5]


def test_an_encoder_counts_whole_ticks_and_measures_velocity_from_them() -> None:
    wheel = Axis(WHEEL, 4096)
    angle = 1.0
    for _ in range(480):
        wheel.drive(TICK_S, AxisReading(angle, 2.0, 0.0), VELOCITY, False)
        angle += 2.0 * TICK_S
    assert wheel.ticks == pytest.approx((angle - 1.0) / 6.283185 * 4096, abs=7)
    assert wheel.velocity == pytest.approx(2.0, abs=0.1)
    wheel.encoder_stuck = True
    held = wheel.ticks
    wheel.drive(TICK_S, AxisReading(angle + 1.0, 2.0, 0.0), VELOCITY, False)
    assert wheel.ticks == held


def test_a_hot_or_overloaded_motor_is_a_fault() -> None:
    wheel = Axis(WHEEL, 4096)
    overload = AxisReading(0.0, 1.0, 2.0 * WHEEL.current * WHEEL.torque_per_ampere)
    for _ in range(24):
        wheel.drive(TICK_S, overload, VELOCITY, False)
    assert wheel.present_faults() == FaultBit.OVER_CURRENT
    for _ in range(240 * 300):
        wheel.drive(TICK_S, overload, VELOCITY, False)
    assert FaultBit.OVER_TEMPERATURE in wheel.present_faults()


def test_a_battery_sags_and_empties() -> None:
    battery = Battery(25.2, 21.0, capacity_ah=1.0)
    battery.draw(1.0, 0.0)
    idle = battery.voltage
    battery.draw(1.0, 20.0)
    assert battery.voltage < idle - 0.5
    battery.set_charge(0.0)
    assert battery.voltage == pytest.approx(21.0, abs=0.1)


def test_a_charger_fills_a_battery_and_lifts_its_voltage() -> None:
    battery = Battery(25.2, 21.0, capacity_ah=1.0)
    battery.set_charge(0.5)
    before = battery.voltage
    assert not battery.charging
    battery.fed_a = 6.0
    battery.draw(60.0, 0.0)
    assert battery.charging and battery.voltage > before + 0.1
    assert battery.share == pytest.approx(0.5 + (6.0 - 1.5) * 60.0 / 3600.0)
    battery.draw(36_000.0, 0.0)
    assert battery.share == 1.0, "it is never fuller than full"
    battery.resize(0.2)
    assert battery.share == 1.0


def test_a_clean_wire_changes_nothing_and_a_bad_one_is_the_same_for_the_same_seed() -> None:
    stream = b"".join(encode_frame(3, k, 1, b"") for k in range(200))
    assert FaultyWire(1).carry(stream, 0.0) == stream
    bad = WireFaults(drop=0.1, corrupt=0.1, duplicate=0.1, reorder=0.1)
    first, again = (FaultyWire(4, bad).carry(stream, 0.0) for _ in range(2))
    assert first == again != stream


def test_a_slow_wire_delivers_later_and_a_cut_one_never() -> None:
    wire = FaultyWire(1, WireFaults(delay_s=0.2))
    frame = encode_frame(3, 1, 1, b"")
    assert wire.carry(frame, 0.0) == b""
    assert wire.carry(b"", 0.21) == frame
    wire.carry(frame, 1.0)
    wire.cut()
    assert wire.carry(b"", 9.0) == b""


def test_a_dead_encoder_is_a_fault_of_its_axis_and_a_stall_is_not_taken_for_one() -> None:
    wire = Wire()
    wire.bring_to(State.ARMED)
    wire.controller.axes[1].encoder_stuck = True
    angle = 0.0
    for k in range(120):
        wire.now += TICK_S
        angle += 3.0 * TICK_S
        if k % 12 == 0:
            heard = wire.say(turning(wire.soon(), 3.0))
        wire.controller.tick(wire.now, (AxisReading(angle, 3.0, 0.5),) * 2)
    heard = [m for m in heard if isinstance(m, Telemetry)]
    assert wire.controller.state is State.FAULT
    assert [axis.faults for axis in wire.controller.axes] == [FaultBit(0), FaultBit.ENCODER]
    assert [row.faults for row in heard[-1].axes] == [0, FaultBit.ENCODER]


def test_each_axis_has_its_own_temperature_and_the_hot_one_is_named() -> None:
    wire = Wire()
    wire.bring_to(State.ARMED)
    wire.controller.axes[0].temperature = 90.0
    wire.pass_time(TICK_S)
    wire.now += 0.05
    answers = wire.say(Arm(wire.soon()))
    assert Refused(Arm.number, wire.sequence, Refusal.CAUSE_REMAINS) in answers
    telemetry = next(m for m in answers if isinstance(m, Telemetry))
    assert [row.temperature_dc for row in telemetry.axes] == [pytest.approx(900, abs=1), 250]
    assert [row.faults for row in telemetry.axes] == [FaultBit.OVER_TEMPERATURE, 0]
    assert telemetry.faults == FaultBit.OVER_TEMPERATURE


def settle(axis: Axis, wish: Wish, seconds: float, angle: float = 0.0, bumper: bool = False) -> float:
    """Where the axis ends (rad, in the robot's sense) when it follows its drive."""
    velocity = 0.0
    for _ in range(round(seconds / TICK_S)):
        velocity = axis.drive(TICK_S, AxisReading(angle, velocity, 0.0), wish, bumper).velocity
        angle += velocity * TICK_S
    return angle


def test_a_joint_goes_to_its_position_and_no_further_than_its_range() -> None:
    pan = ARM_SETTINGS.axes[3]
    assert (pan.lowest, pan.highest) == pytest.approx((3.14159 - 1.92, 3.14159 + 1.92), abs=1e-4)
    axis = Axis(pan, 4096)
    assert settle(axis, Wish(Mode.POSITION, 3.14159 + 0.5, 1.0), 3.0) == pytest.approx(0.5, abs=0.01)
    for wish in (Wish(Mode.POSITION, 100.0, 1.0), Wish(Mode.VELOCITY, 100.0, 1.0), Wish(Mode.TORQUE, 1.0, 1.0)):
        assert settle(Axis(pan, 4096), wish, 6.0) == pytest.approx(1.92, abs=0.02), wish


def test_a_motor_mounted_the_other_way_round_counts_and_turns_the_other_way() -> None:
    axis = Axis(dataclasses.replace(WHEEL, sign=-1, bumper_blocks=-1), 4096)
    assert settle(axis, Wish(Mode.VELOCITY, 1.0, 6.0), 1.0) < -0.8
    assert axis.ticks > 500
    assert axis.velocity > 0.9
    blocked = Axis(dataclasses.replace(WHEEL, sign=-1, bumper_blocks=-1), 4096)
    assert settle(blocked, Wish(Mode.VELOCITY, -1.0, 6.0), 0.5, bumper=True) == 0.0


def test_a_torque_setpoint_pushes_with_that_torque_and_standing_under_it_is_no_stall() -> None:
    axis = Axis(WHEEL, 4096)
    for _ in range(480):
        drive = axis.drive(TICK_S, AxisReading(0.0, 0.0, -2.0), Wish(Mode.TORQUE, -2.0, 6.0), False)
    assert drive.velocity == -WHEEL.velocity
    assert drive.torque_limit == 2.0
    assert axis.present_faults() == FaultBit(0)


def test_a_setpoint_with_another_number_of_axes_or_an_unknown_mode_is_corrupt() -> None:
    wire = Wire()
    wire.bring_to(State.ARMED)
    row = AxisSetpoint(Mode.VELOCITY, 1_000_000, 6000)
    for rows in ((), (row,), (row,) * 3, (row, dataclasses.replace(row, mode=3))):
        wire.say(Setpoint(wire.soon(), rows))
    assert wire.controller._receiver.corrupt == 4
    wire.pass_time(0.05)
    assert [drive.velocity for drive in wire.drives] == [0.0, 0.0]


def tuned(wire: Wire, parameter: int, axis: int, value: int) -> Message:
    return wire.say(WriteParameter(parameter, axis, value))[0]


@pytest.mark.parametrize("parameter", list(Parameter))
def test_every_parameter_can_be_read_written_at_both_ends_and_never_beyond(parameter: Parameter) -> None:
    wire = Wire()
    (known,) = [m for m in wire.say(ReadParameter(parameter, 0)) if isinstance(m, ParameterValue)]
    assert known.lowest <= known.value <= known.highest
    for value in (known.lowest, known.highest):
        assert tuned(wire, parameter, 0, value) == dataclasses.replace(known, value=value)
    refused = Refused(WriteParameter.number, wire.sequence + 1, Refusal.RANGE)
    if known.highest < 2**31 - 1:
        assert tuned(wire, parameter, 0, known.highest + 1) == refused
        assert wire.say(ReadParameter(parameter, 0))[0] == dataclasses.replace(known, value=known.highest)


def test_parameters_are_refused_unless_disarmed_and_where_there_is_none() -> None:
    for state in STATES:
        wire = Wire()
        wire.bring_to(state)
        answer = tuned(wire, Parameter.POSITION_GAIN, 1, 5000)
        assert isinstance(answer, ParameterValue) == (state is State.DISARMED), state
        if isinstance(answer, Refused):
            assert answer.reason == Refusal.STATE
    wire = Wire()
    for parameter, axis in ((0, 0), (200, 0), (Parameter.POSITION_GAIN, 2), (Parameter.WATCHDOG_MS, 1)):
        answer = tuned(wire, parameter, axis, 1)
        assert isinstance(answer, Refused)
        assert answer.reason == Refusal.UNKNOWN


def test_a_tuned_watchdog_and_speed_are_obeyed_until_the_next_reset() -> None:
    wire = Wire()
    tuned(wire, Parameter.WATCHDOG_MS, 0, 50)
    tuned(wire, Parameter.HIGHEST_URAD_PER_S, 0, 1_000_000)
    wire.bring_to(State.ARMED)
    wire.pass_time(0.5, left=3.0)
    assert [drive.velocity for drive in wire.drives] == pytest.approx([1.0, 3.0], abs=0.01)
    wire.pass_time(0.06)
    assert wire.controller.state is State.WATCHDOG
    wire.controller.reboot(wire.now)
    assert wire.controller.settings == SETTINGS


@pytest.mark.parametrize("name", ["companion", "lekiwi", "turtlebot3", "hub"])
def test_any_profile_has_settings_for_all_its_axes(name: str) -> None:
    profile = load_profile(name)
    made = settings_from(profile)
    assert [axis.name for axis in made.axes] == [axis.name for axis in (*profile.motors.wheels, *profile.motors.joints)]
    assert all(axis.velocity > 0 and axis.acceleration > 0 and axis.braking > 0 for axis in made.axes)
    readings = (STILL,) * len(made.axes)
    assert len(Controller(made).tick(0.1, readings)) == len(readings)
