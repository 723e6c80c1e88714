"""The simulated motor controller by itself: every state under every event, and its wheels, battery and wire faults."""

from __future__ import annotations

from itertools import product

import pytest

from firmware_bridge.protocol import (
    PROTOCOL_VERSION,
    Arm,
    ClearEmergencyStop,
    Decoder,
    Disarm,
    EmergencyStop,
    FaultBit,
    Hello,
    HelloAck,
    Message,
    Refusal,
    Refused,
    Setpoint,
    State,
    Telemetry,
    encode_frame,
    pack,
    unpack,
)
from kangban.config import load_profile
from sim.motors.battery import Battery
from sim.motors.controller import Controller
from sim.motors.faults import FaultyWire, WireFaults
from sim.motors.settings import settings_from
from sim.motors.wheel import Wheel, WheelReading

SETTINGS = settings_from(load_profile("companion"))
SESSION = 77
STILL = WheelReading(0.0, 0.0, 0.0)
BLOCKED = WheelReading(0.0, 0.0, SETTINGS.wheel.torque)
TICK_S = 1.0 / 240.0


class Wire:
    """A controller that has booted and greeted us."""

    def __init__(self) -> None:
        self.now = 5.0
        self.controller = Controller(SETTINGS, self.now)
        self.sequence = 0
        self.pass_time(0.1)
        self.say(Hello(PROTOCOL_VERSION, 50))

    def say(self, message: Message, sequence: int | None = None, session: int = SESSION) -> list[Message]:
        self.sequence = self.sequence + 1 if sequence is None else sequence
        frame = encode_frame(message.number, self.sequence, session, pack(message))
        return [unpack(f.number, f.payload) for f in Decoder().feed(self.controller.feed(frame, self.now))]

    def soon(self, ms: int = 100) -> int:
        return self.controller.time_ms(self.now) + ms

    def pass_time(self, seconds: float, reading: WheelReading = STILL, left: float | None = None) -> None:
        """`left`: keep sending setpoints that turn both wheels at this velocity (rad/s)."""
        for k in range(round(seconds / TICK_S)):
            self.now += TICK_S
            if left is not None and k % 12 == 0:
                self.say(Setpoint(self.soon(), round(left * 1e6), round(left * 1e6), 6000))
            self.drives = self.controller.tick(self.now, reading, reading)

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
    "setpoint": lambda w: w.say(Setpoint(w.soon(), 10**6, 10**6, 6000)),
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
    wire.say(Setpoint(wire.soon(30), 3_000_000, 3_000_000, 6000))
    wire.pass_time(0.028)
    assert wire.drives[0].velocity == pytest.approx(3.0)
    wire.pass_time(0.02)
    assert wire.controller.state is State.ARMED
    assert wire.drives[0].velocity < 3.0


def test_the_watchdog_stops_even_a_setpoint_that_would_live_on() -> None:
    wire = Wire()
    wire.bring_to(State.ARMED)
    wire.pass_time(0.5, left=3.0)
    wire.say(Setpoint(wire.soon(290), 3_000_000, 3_000_000, 6000))
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


def test_a_setpoint_is_counted_for_the_one_who_waits_for_it() -> None:
    wire = Wire()
    wire.say(Setpoint(wire.soon(100), 0, 0, 0))
    assert wire.controller.setpoints_received == 1
    assert wire.controller.last_setpoint_deadline == pytest.approx(wire.now + 0.1, abs=0.001)
    wire.say(Setpoint(wire.soon(100), 0, 0, 0), sequence=wire.sequence)
    assert wire.controller.setpoints_received == 1, "a duplicate counted"


def test_a_torque_limit_in_the_setpoint_is_kept() -> None:
    wire = Wire()
    wire.bring_to(State.ARMED)
    wire.say(Setpoint(wire.soon(), 10**6, 10**6, 2500))
    wire.pass_time(TICK_S)
    assert [drive.torque_limit for drive in wire.drives] == [2.5, 2.5]


def test_an_encoder_counts_whole_ticks_and_measures_velocity_from_them() -> None:
    wheel = Wheel(SETTINGS.wheel, 4096)
    angle = 1.0
    for _ in range(480):
        wheel.drive(TICK_S, WheelReading(angle, 2.0, 0.0), 2.0, 6.0)
        angle += 2.0 * TICK_S
    assert wheel.ticks == pytest.approx((angle - 1.0) / 6.283185 * 4096, abs=7)
    assert wheel.velocity == pytest.approx(2.0, abs=0.1)
    wheel.encoder_stuck = True
    held = wheel.ticks
    wheel.drive(TICK_S, WheelReading(angle + 1.0, 2.0, 0.0), 2.0, 6.0)
    assert wheel.ticks == held


def test_a_hot_or_overloaded_motor_is_a_fault() -> None:
    wheel = Wheel(SETTINGS.wheel, 4096)
    overload = WheelReading(0.0, 1.0, 2.0 * SETTINGS.wheel.current * SETTINGS.wheel.torque_per_ampere)
    for _ in range(24):
        wheel.drive(TICK_S, overload, 1.0, 6.0)
    assert wheel.faults() == FaultBit.OVER_CURRENT
    for _ in range(240 * 300):
        wheel.drive(TICK_S, overload, 1.0, 6.0)
    assert FaultBit.OVER_TEMPERATURE in wheel.faults()


def test_a_battery_sags_and_empties() -> None:
    battery = Battery(25.2, 21.0, capacity_ah=1.0)
    battery.draw(1.0, 0.0)
    idle = battery.voltage
    battery.draw(1.0, 20.0)
    assert battery.voltage < idle - 0.5
    battery.set_charge(0.0)
    assert battery.voltage == pytest.approx(21.0, abs=0.1)


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
