"""Our side of a session, against the simulated controller, without any port: what is sent, kept, and forgotten."""

from __future__ import annotations

from itertools import count

import pytest

from firmware_bridge.fit import Expectations
from firmware_bridge.host_session import HostSession, Request
from firmware_bridge.protocol import Decoder, Hello, Message, Setpoint, State, unpack
from kangban.config import load_profile
from sim.motors.controller import Controller
from sim.motors.settings import settings_from

PROFILE = load_profile("companion")
EXPECTED = Expectations(ticks_per_turn=4096, watchdog_s=0.1, command_life_s=0.15, telemetry_hz=40)


class Pair:
    def __init__(self, expected: Expectations = EXPECTED) -> None:
        self.now = 50.0
        self.controller = Controller(settings_from(PROFILE), self.now - 1.0)
        numbers = count(1)
        self.session = HostSession(expected, lambda: next(numbers))
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
    assert not pair.session.command(1.0, 1.0, 6.0, pair.now)
    assert not pair.session.request(Request.ARM)
    assert [type(message) for message in pair.exchange()] == [Hello]


@pytest.mark.parametrize("ends", ["closed", "opened", "another session"])
def test_what_waited_is_forgotten_with_its_session(ends: str) -> None:
    pair = Pair()
    pair.agree()
    assert pair.session.command(3.0, 3.0, 6.0, pair.now)
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
        pair.session.command(velocity, velocity, 6.0, pair.now)
    sent = [m for m in pair.exchange() if isinstance(m, Setpoint)]
    assert [m.left_urad_per_s for m in sent] == [3_000_000]
    assert pair.exchange() == []


def test_a_setpoints_life_runs_from_when_it_was_made() -> None:
    pair = Pair()
    pair.agree()
    pair.session.command(3.0, 3.0, 6.0, pair.now)
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
        (Expectations(2048, 0.1, 0.15, 40), "encoder_ticks_per_turn"),
        (Expectations(4096, 0.05, 0.15, 40), "watchdog_s"),
        (Expectations(4096, 0.1, 0.45, 40), "command_life_s"),
    ],
)
def test_a_controller_that_is_not_the_profiles_is_named_and_not_driven(expected: Expectations, word: str) -> None:
    pair = Pair(expected)
    pair.exchange()
    pair.exchange()
    assert word in pair.session.state.message
    assert not pair.session.state.connected
    assert not pair.session.command(1.0, 1.0, 6.0, pair.now)


def test_unknown_stays_unknown_until_it_is_heard() -> None:
    state = Pair().session.state
    assert (state.voltage, state.wheels, state.quality.round_trip, state.highest_velocity) == (None,) * 4
