"""The C core does what the Python emulator does: states, refusals, counters, ramps and faults."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from firmware_bridge.protocol import (
    PROTOCOL_VERSION,
    Arm,
    Disarm,
    EmergencyStop,
    FaultBit,
    Hello,
    HelloAck,
    InputBit,
    Message,
    Mode,
    Parameter,
    ReadParameter,
    Refused,
    State,
    Telemetry,
    WriteParameter,
)
from tests.firmware.host import Host, stranger
from tests.firmware.twins import Twins, armed, same, settings

BOOTED_MS = 50
RAMP_SLACK = 20_000  # µrad/s


def ready(built: Path, axes: int = 2, joints: int = 0) -> tuple[Twins, Host]:
    """Both armed for one session."""
    twins, host = Twins(built, settings(axes, joints)), Host(1, axes + joints)
    twins.run(BOOTED_MS)
    say(twins, host.frame(Hello(PROTOCOL_VERSION, 100)))
    say(twins, host.frame(Arm(twins.ms + 100)))
    assert armed(twins)
    return twins, host


def say(twins: Twins, data: bytes) -> list[Message]:
    emulator, core = twins.feed(data)
    assert same(emulator, core), f"at {twins.ms} ms\nemulator {emulator}\ncore     {core}"
    assert twins.core.state is twins.emulator.state
    return core


def drive(twins: Twins, host: Host, value: int, mode: Mode = Mode.VELOCITY, ms: int = 1000) -> None:
    for _ in range(ms // 20):
        say(twins, host.setpoint(twins.ms, value, mode))
        twins.run(20)


@pytest.mark.parametrize("seed", range(6))
def test_both_answer_any_sequence_alike(built: Path, seed: int) -> None:
    axes, joints = ((2, 0), (2, 0), (3, 2), (3, 6))[seed % 4]
    twins, host = Twins(built, settings(axes, joints)), Host(seed, axes + joints)
    dice, kinds = host.random, set()
    for _ in range(500):
        twins.run(dice.choice((1, 1, 2, 5, 10, 40)))
        event = dice.randrange(60)
        if event == 0:
            twins.press(not twins.emulator.button_down)
        elif event == 1:
            twins.bump(not twins.emulator.bumper)
        elif event == 2:
            host.session = dice.randrange(65536)
            say(twins, host.frame(Hello(PROTOCOL_VERSION, 100)))
        elif event == 3:
            say(twins, stranger(host, host.any_message(twins.ms)))
        else:
            frame = host.frame(host.any_message(twins.ms))
            kinds |= {type(message) for message in say(twins, host.spoil(frame))}
    assert {HelloAck, Refused, Telemetry} <= kinds


def test_ramps_are_the_same(built: Path) -> None:
    twins, host = ready(built)
    for value in (3_000_000, -2_000_000, 10_000_000, 0):
        for _ in range(20):
            say(twins, host.setpoint(twins.ms, value))
            twins.run(10)
            target = twins.emulator.axes[0].target * 1e6
            assert abs(twins.drives[0][1] - target) < RAMP_SLACK


def test_a_position_is_reached_and_its_range_is_kept(built: Path) -> None:
    twins, host = ready(built, axes=0, joints=2)
    drive(twins, host, 700_000, Mode.POSITION, ms=2000)
    assert twins.angles[0] == pytest.approx(0.7, abs=0.01)
    drive(twins, host, 9_000_000, Mode.POSITION, ms=2000)
    assert twins.angles[0] == pytest.approx(1.5, abs=0.01)
    drive(twins, host, -5_000_000, Mode.VELOCITY, ms=2000)
    assert twins.angles[0] == pytest.approx(-1.0, abs=0.01)
    assert abs(twins.drives[0][1]) < 2 * RAMP_SLACK


def test_a_torque_is_given_as_asked_and_never_past_the_limit(built: Path) -> None:
    twins, host = ready(built)
    say(twins, host.setpoint(twins.ms, 1500, Mode.TORQUE))
    twins.run(5)
    assert twins.drives[0][0] == 1500
    say(twins, host.setpoint(twins.ms, -30_000, Mode.TORQUE, torque_mnm=2000))
    twins.run(5)
    assert twins.drives[0][0] == -2000


def test_nothing_new_stops_both_at_the_deadline_then_by_the_watchdog(built: Path) -> None:
    twins, host = ready(built)
    drive(twins, host, 3_000_000)
    say(twins, host.setpoint(twins.ms, 3_000_000, life_ms=60))
    twins.run(59)
    assert twins.drives[0][1] == pytest.approx(3_000_000, abs=RAMP_SLACK)
    twins.run(2)
    assert twins.drives[0][1] < 3_000_000 - 30_000 and armed(twins)
    twins.run(40)
    assert twins.core.state is twins.emulator.state is State.WATCHDOG
    twins.run(200)
    assert twins.drives[0][1] == 0


@pytest.mark.parametrize(
    ("hurt", "fault", "after_ms"),
    [
        (lambda twins: twins.blocked.add(0), FaultBit.STALL, 400),
        (lambda twins: twins.stick(0), FaultBit.ENCODER, 50),
        (lambda twins: twins.drain_battery(18.0), FaultBit.UNDER_VOLTAGE, 400),
        (lambda twins: setattr(twins, "torque", 9.5), FaultBit.OVER_CURRENT, 40),
    ],
)
def test_a_fault_strikes_both_at_the_same_time(built: Path, hurt: object, fault: FaultBit, after_ms: int) -> None:
    twins, host = ready(built)
    drive(twins, host, 3_000_000)
    assert callable(hurt)
    hurt(twins)
    struck: dict[str, int] = {}
    for k in range(1200):
        if k % 20 == 0:
            twins.feed(host.setpoint(twins.ms, 3_000_000))
        twins.step()
        for name, one in (("emulator", twins.emulator.state), ("core", twins.core.state)):
            if one is State.FAULT:
                struck.setdefault(name, k)
    assert struck["core"] > after_ms and abs(struck["core"] - struck["emulator"]) <= 2
    emulator, core = twins.feed(b"")
    bits = [m.faults for heard in (emulator, core) for m in heard if isinstance(m, Telemetry)]
    assert bits and all(found & fault for found in bits)


def test_a_hot_motor_is_a_fault_and_arming_is_refused_until_it_is_cool(built: Path) -> None:
    twins, host = ready(built)
    twins.emulator.axes[1].temperature = twins.pins[1].temperature = 90.0
    twins.run(2)
    assert twins.core.state is twins.emulator.state is State.FAULT
    say(twins, host.frame(Arm(twins.ms + 100)))
    assert twins.core.state is State.FAULT
    twins.emulator.axes[1].temperature = twins.pins[1].temperature = 60.0
    twins.run(2)
    say(twins, host.frame(Arm(twins.ms + 100)))
    assert armed(twins)


def test_parameters_are_read_written_and_refused_alike(built: Path) -> None:
    twins, host = Twins(built, settings(2, 1)), Host(1, 3)
    twins.torque = 0.0  # or the lowest current limits would be faults
    twins.run(BOOTED_MS)
    say(twins, host.frame(Hello(PROTOCOL_VERSION, 100)))
    for number in range(15):
        for axis in range(4):
            say(twins, host.frame(ReadParameter(number, axis)))
            for value in (-(2**31), -1, 0, 1, 60, 1_000_000, 140_000_000, 2**31 - 1):
                say(twins, host.frame(WriteParameter(number, axis, value)))
                twins.run(1)
    say(twins, host.frame(ReadParameter(Parameter.WATCHDOG_MS, 0)))


def test_the_watchdog_is_the_cores_own_even_if_the_loop_is_late(built: Path) -> None:
    """No step runs for a second; the next byte or look at the button finds it stopped."""
    twins, host = ready(built)
    drive(twins, host, 3_000_000)
    states = []
    for late_ms in (79, 1000):
        twins.core.feed(1000 * (twins.ms + late_ms), b"")
        states.append(twins.core.state)
    assert states == [State.ARMED, State.WATCHDOG]


def test_a_charger_is_told_and_stops_nothing(built: Path) -> None:
    twins, host = ready(built)
    drive(twins, host, 500_000, ms=400)
    twins.emulator.battery.fed_a = 6.0
    twins.run(20)
    told = [m for m in say(twins, host.setpoint(twins.ms, 500_000, Mode.VELOCITY)) if isinstance(m, Telemetry)]
    assert told and told[-1].inputs & InputBit.CHARGING and armed(twins)
    twins.emulator.battery.fed_a = 0.0
    twins.run(20)
    told = [m for m in say(twins, host.setpoint(twins.ms, 500_000, Mode.VELOCITY)) if isinstance(m, Telemetry)]
    assert told and not told[-1].inputs & InputBit.CHARGING


def test_the_bumper_lets_it_only_back_off(built: Path) -> None:
    twins, host = ready(built)
    drive(twins, host, 2_000_000, ms=400)
    twins.bump(True)
    drive(twins, host, 2_000_000, ms=400)
    assert twins.drives[0][1] == 0 and armed(twins)
    drive(twins, host, -2_000_000, ms=400)
    assert twins.drives[0][1] == pytest.approx(-2_000_000, abs=RAMP_SLACK)
    twins.bump(False)
    drive(twins, host, 2_000_000, ms=600)
    assert twins.drives[0][1] == pytest.approx(2_000_000, abs=RAMP_SLACK)


def test_a_wheel_whose_encoder_is_dead_gets_no_torque_whatever_is_said_after(built: Path) -> None:
    """Its loop sees a wheel that stands and would push it for ever: also while it 'brakes', and after every stop."""
    real = settings()
    real = replace(real, axes=tuple(replace(axis, velocity_gain=0.8) for axis in real.axes))
    twins, host = Twins(built, real), Host(1, 2)
    twins.run(BOOTED_MS)
    say(twins, host.frame(Hello(PROTOCOL_VERSION, 100)))
    say(twins, host.frame(Arm(twins.ms + 100)))
    drive(twins, host, 3_000_000)
    twins.stick(0)
    drive(twins, host, 3_000_000, ms=400)
    assert twins.core.state is twins.emulator.state is State.FAULT
    assert twins.drives[0] == (0, 0)
    assert twins.emulator.axes[0].faults == FaultBit.ENCODER
    for message in (EmergencyStop(), Disarm()):
        say(twins, host.frame(message))
        twins.run(300)
        assert twins.drives[0] == (0, 0)


def test_an_encoder_that_dies_while_it_is_stopped_is_noticed_too(built: Path) -> None:
    twins, host = ready(built)
    drive(twins, host, 10_000_000)
    twins.stick(0)
    say(twins, host.frame(EmergencyStop()))
    twins.run(400)
    assert twins.core.state is twins.emulator.state is State.EMERGENCY_STOP
    assert twins.drives[0] == (0, 0)
    heard = [message for message in say(twins, b"") if isinstance(message, Telemetry)]
    assert heard[-1].axes[0].faults == FaultBit.ENCODER
    assert heard[-1].state == State.EMERGENCY_STOP
