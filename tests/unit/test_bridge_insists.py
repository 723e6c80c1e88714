"""What the bridge does not say only once: a stop and a disarming that a bad wire or a break swallowed."""

from __future__ import annotations

import pytest

from firmware_bridge.fit import Expectations
from firmware_bridge.host_session import MOST_LOGS
from firmware_bridge.protocol import Arm, Disarm, EmergencyStop, Hello, Message, Setpoint, State
from firmware_bridge.requests import Request
from tests.unit.test_bridge_session import Pair, rows, said


def armed() -> Pair:
    pair = Pair()
    pair.agree()
    pair.session.request(Request.ARM)
    pair.exchange()
    pair.exchange()
    assert pair.session.state.armed
    return pair


def lose(pair: Pair) -> list[Message]:
    """What the bridge says is swallowed by the wire; what the controller says comes through."""
    pair.now += 0.03
    out = pair.session.outgoing(pair.now)
    pair.session.receive(pair.controller.feed(b"", pair.now), pair.now)
    return said(out)


@pytest.mark.parametrize(
    ("request_", "message", "ends"),
    [(Request.EMERGENCY_STOP, EmergencyStop, State.EMERGENCY_STOP), (Request.DISARM, Disarm, State.DISARMED)],
)
def test_what_stops_is_said_until_the_controller_shows_it(
    request_: Request, message: type[Message], ends: State
) -> None:
    pair = armed()
    pair.session.request(request_)
    assert [type(m) for m in lose(pair)] == [message]
    assert pair.controller.state is State.ARMED, "it was not lost"
    assert [type(m) for m in pair.exchange()] == [message]
    assert pair.controller.state is ends
    pair.exchange()  # it may be said once more while the news is under way
    assert pair.exchange() == []


def test_what_starts_is_said_once() -> None:
    pair = Pair()
    pair.agree()
    pair.session.request(Request.ARM)
    assert [type(m) for m in lose(pair)] == [Arm]
    assert pair.exchange() == []
    assert pair.controller.state is State.DISARMED


def test_arming_takes_back_a_disarming_that_got_lost() -> None:
    pair = armed()
    pair.session.request(Request.DISARM)
    lose(pair)
    pair.session.request(Request.ARM)
    for _ in range(3):
        pair.exchange()
    assert pair.controller.state is State.ARMED


@pytest.mark.parametrize("away", ["closed", "never opened"])
def test_a_stop_that_nobody_heard_goes_out_first_of_all_afterwards(away: str) -> None:
    pair = armed() if away == "closed" else Pair()
    if away == "closed":
        pair.session.closed("pulled out")
    pair.session.request(Request.EMERGENCY_STOP)
    assert pair.session.state.emergency_stop
    pair.session.opened()
    assert [type(m) for m in pair.exchange()] == [Hello, EmergencyStop]
    assert pair.controller.state is State.EMERGENCY_STOP
    assert not pair.session.request(Request.ARM)
    for _ in range(3):
        assert {type(m) for m in pair.exchange()} <= {EmergencyStop}
    assert pair.session.state.connected
    assert pair.session.state.emergency_stop
    assert pair.controller.state is State.EMERGENCY_STOP


def test_a_controller_that_does_not_fit_is_stopped_all_the_same() -> None:
    pair = Pair(Expectations(3, 4096, 0.1, 0.15, 40))
    pair.session.request(Request.EMERGENCY_STOP)
    lose(pair)
    pair.session.opened()
    pair.exchange()
    assert "the profile has 3" in pair.session.state.message
    assert pair.controller.state is State.EMERGENCY_STOP


def test_nothing_is_armed_while_a_stop_is_under_way() -> None:
    pair = Pair()
    pair.agree()
    pair.session.request(Request.ARM)
    pair.session.request(Request.EMERGENCY_STOP)
    assert not pair.session.request(Request.ARM)
    assert [type(m) for m in pair.exchange()] == [EmergencyStop]


def test_what_the_port_did_not_take_is_counted_and_its_number_is_used_again() -> None:
    """So that the far end sees no gap that our own count says already."""
    pair = armed()
    before = pair.session.state.quality.lost
    pair.session.command(rows(1.0), pair.now)
    pair.session.outgoing(pair.now)
    pair.session.unsent(1)
    assert pair.session.state.quality.lost == before + 1
    pair.session.command(rows(2.0), pair.now)
    assert [type(m) for m in pair.exchange()] == [Setpoint]
    pair.exchange()
    assert pair.session.state.quality.lost == before + 1
    assert pair.session.state.quality.stale == 0


def test_a_controller_that_does_not_fit_is_not_called_a_silent_one() -> None:
    """The bridge goes on asking; what it said last is not hidden by that it asks again."""
    pair = Pair(Expectations(3, 4096, 0.1, 0.15, 40))
    pair.exchange()
    pair.session.opened()
    assert "the profile has 3" in pair.session.state.message
    pair.exchange()
    assert "the profile has 3" in (pair.session.refusal or "")


def test_log_lines_that_nobody_fetches_do_not_pile_up() -> None:
    pair = Pair()
    pair.agree()
    for _ in range(150):
        for down in (True, False):
            pair.controller.press_estop(down)
        pair.exchange()
        pair.session.request(Request.CLEAR_EMERGENCY_STOP)
        pair.exchange()
    assert len(pair.session.logs) == MOST_LOGS


@pytest.mark.parametrize("request_", [Request.EMERGENCY_STOP, Request.DISARM])
def test_nothing_drives_on_while_what_stops_it_is_not_seen_yet(request_: Request) -> None:
    """Else a lost frame would be a stop that comes only with the next telemetry, or never."""
    pair = armed()
    pair.session.command(rows(3.0), pair.now)
    pair.session.request(request_)
    assert Setpoint not in {type(m) for m in lose(pair)}, "what waited went out behind the stop"
    while pair.controller.state is State.ARMED:  # it stops by itself in the end
        assert pair.session.command(rows(3.0), pair.now), "somebody is there to take it"
        assert Setpoint not in {type(m) for m in lose(pair)}
    assert pair.controller.state is State.WATCHDOG
