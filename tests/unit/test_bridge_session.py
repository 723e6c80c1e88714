"""Our side of a session, against the simulated controller, without any port: what is sent, kept, and forgotten."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.fit import Expectations
from firmware_bridge.host_session import HostSession
from firmware_bridge.motors import AxisCommand
from firmware_bridge.motors import Mode as Wanted
from firmware_bridge.mounting import Mounting
from firmware_bridge.protocol import (
    AxisSetpoint,
    AxisState,
    Decoder,
    Hello,
    Message,
    Mode,
    Parameter,
    ParameterValue,
    ReadParameter,
    Setpoint,
    State,
    WriteParameter,
    unpack,
)
from firmware_bridge.requests import Request
from kangban.config import load_profile
from kangban.motor_profile import KangbanMotors
from sim.motors.controller import Controller
from sim.motors.settings import settings_from

PROFILE = load_profile("companion")
assert isinstance(PROFILE.motors, KangbanMotors)
EXPECTED = Expectations(axes=2, ticks_per_turn=4096, watchdog_s=0.1, command_life_s=0.15, telemetry_hz=100)
MOUNTED = Mounting.of(PROFILE.motors)


def rows(velocity: float) -> tuple[AxisSetpoint, ...]:
    return (AxisSetpoint(Mode.VELOCITY, round(velocity * 1e6), 6000),) * 2


class Pair:
    def __init__(self, expected: Expectations = EXPECTED) -> None:
        self.now = 50.0
        self.controller = Controller(settings_from(PROFILE), self.now - 1.0)
        numbers = count(1)
        self.session = HostSession(expected, MOUNTED, lambda: next(numbers))
        self.session.opened()

    def exchange(self, seconds: float = 0.03) -> list[Message]:
        """Pass all bytes both ways; what the host said."""
        self.now += seconds
        out = self.session.outgoing(self.now)
        self.session.receive(self.controller.feed(out, self.now), self.now)
        return said(out)

    def agree(self) -> None:
        self.exchange()
        self.exchange()
        assert self.session.state.connected


def said(data: bytes) -> list[Message]:
    return [unpack(frame.number, frame.payload) for frame in Decoder().feed(data)]


def test_before_a_session_nothing_is_taken() -> None:
    pair = Pair()
    assert not pair.session.command(rows(1.0), pair.now)
    assert not pair.session.request(Request.ARM)
    assert [type(message) for message in pair.exchange()] == [Hello]


@pytest.mark.parametrize("ends", ["closed", "opened", "another session"])
def test_what_waited_is_forgotten_with_its_session(ends: str) -> None:
    pair = Pair()
    pair.agree()
    assert pair.session.command(rows(3.0), pair.now)
    assert pair.session.request(Request.ARM)
    if ends == "another session":
        pair.controller.reboot(pair.now - 1.0)
        pair.session.receive(pair.controller.feed(b"", pair.now), pair.now)
    else:
        pair.session.closed("pulled out") if ends == "closed" else pair.session.opened()
    assert not pair.session.state.connected
    if ends == "closed":
        assert pair.session.outgoing(pair.now) == b""
        pair.session.opened()
    heard = [type(message) for _ in range(5) for message in pair.exchange()]
    assert heard == [Hello]
    assert pair.session.state.connected
    assert pair.controller.state is State.DISARMED


def test_only_the_newest_setpoint_is_sent_and_once() -> None:
    pair = Pair()
    pair.agree()
    for velocity in (1.0, 2.0, 3.0):
        pair.session.command(rows(velocity), pair.now)
    sent = [m for m in pair.exchange() if isinstance(m, Setpoint)]
    assert [m.axes for m in sent] == [rows(3.0)]
    assert pair.exchange() == []


def test_a_setpoints_life_runs_from_when_it_was_made() -> None:
    pair = Pair()
    pair.agree()
    pair.session.command(rows(3.0), pair.now)
    pair.exchange(seconds=0.2)
    pair.exchange()
    assert pair.session.state.quality.late == 1


def test_silence_is_noticed_once_and_only_telemetry_ends_it() -> None:
    pair = Pair()
    pair.agree()
    assert pair.session.check(pair.now + 0.2)
    assert not pair.session.check(pair.now + 0.3)
    assert pair.session.state.message == "the motor controller is silent"
    pair.exchange()
    assert pair.session.state.connected


@pytest.mark.parametrize(
    ("expected", "word"),
    [
        (Expectations(3, 4096, 0.1, 0.15, 40), "drives 2 axes, the profile has 3"),
        (Expectations(2, 2048, 0.1, 0.15, 40), "encoder_ticks_per_turn"),
        (Expectations(2, 4096, 0.05, 0.15, 40), "watchdog_s"),
        (Expectations(2, 4096, 0.1, 0.45, 40), "command_life_s"),
    ],
)
def test_a_controller_that_is_not_the_profiles_is_named_and_not_driven(expected: Expectations, word: str) -> None:
    pair = Pair(expected)
    pair.exchange()
    pair.exchange()
    assert word in pair.session.state.message
    assert not pair.session.state.connected
    assert not pair.session.command(rows(1.0), pair.now)


def test_unknown_stays_unknown_until_it_is_heard() -> None:
    state = Pair().session.state
    assert (state.voltage, state.axes, state.quality.round_trip, state.highest_velocity) == (None,) * 4


def test_silence_is_noticed_though_our_clock_was_put_back() -> None:
    pair = Pair()
    pair.agree()
    assert pair.session.check(pair.now - 3600.0)
    assert not pair.session.check(pair.now - 3600.0 + 0.3)
    assert not pair.session.state.connected


@pytest.mark.parametrize("ours", [3600.0, 0.5, -0.5, -3600.0])
def test_after_our_clock_stepped_setpoints_are_soon_taken_again(ours: float) -> None:
    pair = Pair()
    pair.agree()
    heard = []
    for _ in range(40):
        pair.now += 0.03
        pair.session.command(rows(1.0), pair.now + ours)
        out = pair.session.outgoing(pair.now + ours)
        late = pair.controller._receiver.late
        pair.session.receive(pair.controller.feed(out, pair.now), pair.now + ours)
        heard.append(pair.controller._receiver.late == late)
    assert all(heard[-20:])


@pytest.mark.parametrize("theirs", [7.0, -0.9])
def test_after_the_controllers_clock_stepped_setpoints_are_soon_taken_again(theirs: float) -> None:
    pair = Pair()
    pair.agree()
    pair.controller._booted -= theirs
    heard = []
    for _ in range(60):
        pair.session.command(rows(1.0), pair.now)
        late = pair.controller._receiver.late
        pair.exchange()
        heard.append(pair.controller._receiver.late == late)
    assert all(heard[-20:])


ACTIONS = st.sampled_from(["command", "arm", "closed", "opened", "exchange", "garbage", "reset", "wait"])


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.lists(ACTIONS, max_size=40))
def test_nothing_of_the_past_is_ever_sent_after_a_break(actions: list[str]) -> None:
    """Each command carries its own number; after a break no number from before it goes out."""
    pair, made, broken_at = Pair(), 0, 0
    for action in actions:
        if action == "command":
            made += 1
            pair.session.command((AxisSetpoint(Mode.VELOCITY, made, 0),) * 2, pair.now)
        elif action == "arm":
            pair.session.request(Request.ARM)
        elif action in ("closed", "opened"):
            pair.session.closed("pulled out") if action == "closed" else pair.session.opened()
            broken_at = made
            if action == "closed":
                assert pair.session.outgoing(pair.now) == b""
                pair.session.opened()
            assert [type(m) for m in pair.exchange()] == [Hello]
        elif action == "garbage":
            pair.session.receive(bytes(range(255, 0, -1)) + b"\0", pair.now)
        elif action == "reset":
            pair.controller.reboot(pair.now)
        elif action == "wait":
            pair.now += 0.1
        else:
            for message in pair.exchange():
                if isinstance(message, Setpoint):
                    assert message.axes[0].value > broken_at


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.binary(max_size=400))
def test_any_bytes_leave_the_session_able_to_hear_the_controller(noise: bytes) -> None:
    pair = Pair()
    pair.agree()
    before = pair.session.state.axes
    pair.session.receive(noise, pair.now)
    pair.exchange(0.03)
    pair.exchange(0.03)  # the first frame after the noise may be lost with it
    after = pair.session.state.axes
    assert before is not None
    assert after is not None
    assert after.stamp > before.stamp


def answer(pair: Pair, question: ReadParameter | WriteParameter) -> ParameterValue | str | None:
    assert pair.session.ask(question)
    pair.exchange()
    return pair.session.answer


def test_a_parameter_is_read_written_and_refused_with_the_reason() -> None:
    pair = Pair()
    assert not pair.session.ask(ReadParameter(Parameter.WATCHDOG_MS, 0))
    pair.agree()
    assert answer(pair, ReadParameter(Parameter.WATCHDOG_MS, 0)) == ParameterValue(1, 0, 100, 20, 100)
    assert answer(pair, WriteParameter(Parameter.WATCHDOG_MS, 0, 60)) == ParameterValue(1, 0, 60, 20, 100)
    assert answer(pair, WriteParameter(Parameter.WATCHDOG_MS, 0, 101)) == "range"
    assert answer(pair, ReadParameter(99, 0)) == "unknown"
    assert pair.session.logs == [], "an answer was taken for a log line"


def test_an_answer_of_an_older_question_is_not_the_new_ones() -> None:
    pair = Pair()
    pair.agree()
    pair.session.ask(ReadParameter(Parameter.WATCHDOG_MS, 0))
    pair.session.closed("pulled out")
    pair.session.opened()
    pair.exchange()
    pair.exchange()
    assert pair.session.answer is None


def test_a_motor_mounted_the_other_way_round_speaks_the_profiles_sense() -> None:
    mounted = Mounting(signs=(-1, -1), zeros=(0, 1000), ticks_per_turn=4000)
    told = mounted.setpoints((AxisCommand(Wanted.VELOCITY, 2.0, 1.5), AxisCommand(Wanted.POSITION, math.pi / 2, 9e9)))
    quarter = round(math.pi / 2 * 1e6)
    assert told == (AxisSetpoint(Mode.VELOCITY, -2_000_000, 1500), AxisSetpoint(Mode.POSITION, 0, 0xFFFF))
    heard = mounted.readings(1.0, 7, (AxisState(-(2**31), -1_000_000, -500, 300, 0), AxisState(0, 0, 0, 250, 0)))
    assert heard.ticks == (-(2**31), 1000)
    assert heard.velocity == (1.0, 0.0)
    assert heard.current == (0.5, 0.0)
    assert mounted.setpoints((AxisCommand(Wanted.TORQUE, 0.5, 1.0), AxisCommand(Wanted.POSITION, 0.0, 1.0))) == (
        AxisSetpoint(Mode.TORQUE, -500, 1000),
        AxisSetpoint(Mode.POSITION, quarter, 1000),
    )


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_not_sent(value: float) -> None:
    good = AxisCommand(Wanted.VELOCITY, 1.0, 1.0)
    assert MOUNTED.setpoints((good, replace(good, value=value))) is None
    assert MOUNTED.setpoints((replace(good, torque_limit=value), good)) is None
    with pytest.raises(ValueError, match="1 commands for 2 axes"):
        MOUNTED.setpoints((good,))
