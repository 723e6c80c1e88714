"""Our own family's link when the port, the controller or the bridge's own code misbehaves; a real pseudo-terminal."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import serial

from firmware_bridge import link
from firmware_bridge.host_session import HostSession
from firmware_bridge.motors import AxisCommand, Mode, MotorsError
from firmware_bridge.protocol import Decoder, Parameter, ParameterValue
from firmware_bridge.serial_port import close_quietly, open_port
from sim.motors.port import PseudoTerminal
from tests.contract.kangban_rig import PATIENCE_S, Bridge, FarEnd

STILL = (AxisCommand(Mode.VELOCITY, 0.0, 1.0),) * 2


@pytest.fixture
def far_end(tmp_path: Path) -> Iterator[FarEnd]:
    made = FarEnd(PseudoTerminal(tmp_path / "motors.tty"))
    yield made
    made.close()


@pytest.fixture
def bridge(far_end: FarEnd) -> Iterator[Bridge]:
    made = Bridge(far_end.port)
    made.wait(lambda: made.motors.state().connected)
    yield made
    made.motors.close()


class ShortPort:
    """Takes only a part of the next setpoint, as a full buffer does; `cut` says which."""

    def __init__(self, cut: Callable[[bytes], bytes]) -> None:
        self._cut = cut
        self.waiting = threading.Event()

    def write(self, port: serial.Serial, data: bytes) -> int:
        part = self._cut(data) if self.waiting.is_set() and len(data) > 20 else data
        if part != data:
            self.waiting.clear()
        return os.write(port.fileno(), part) if part else 0


@pytest.mark.parametrize(
    ("cut", "pieces"),
    [(lambda data: data[:9], 1), (lambda data: data[:-1], 1), (lambda data: b"", 0)],
    ids=["half", "all but its end", "nothing"],
)
def test_after_half_a_frame_the_next_is_heard_and_the_lost_one_counted_and_never_done(
    far_end: FarEnd, bridge: Bridge, monkeypatch: pytest.MonkeyPatch, cut: Callable[[bytes], bytes], pieces: int
) -> None:
    short = ShortPort(cut)
    monkeypatch.setattr(link, "write_at_once", short.write)
    lost, corrupt = bridge.motors.state().quality.lost, far_end.controller._receiver.corrupt
    accepted = far_end.controller._receiver.accepted
    short.waiting.set()
    assert bridge.motors.command(STILL, bridge.now())
    assert not short.waiting.is_set(), "it went out whole"
    assert bridge.motors.state().quality.lost == lost + 1
    assert bridge.motors.command(STILL, bridge.now())
    bridge.wait(lambda: far_end.controller._receiver.accepted > accepted)
    assert far_end.controller._receiver.accepted == accepted + 1, "the frame that did not get out whole was done"
    assert far_end.controller._receiver.corrupt - corrupt in (pieces, 1)
    assert far_end.controller._receiver.stale == 0
    bridge.wait(lambda: bridge.motors.state().connected)
    assert bridge.motors.state().quality.lost == lost + 1, "one loss was counted at both ends"


@pytest.mark.parametrize("left", [0, 1], ids=["nothing", "a part of what marks the beginning"])
def test_a_buffer_that_stays_full_costs_only_what_did_not_fit(
    far_end: FarEnd, bridge: Bridge, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    """The mark before the next frame is no frame: counted as one, numbers would come twice, and a good one be stale."""
    short = ShortPort(lambda data: data[:left])
    monkeypatch.setattr(link, "write_at_once", short.write)
    lost, accepted = bridge.motors.state().quality.lost, far_end.controller._receiver.accepted
    for taken in range(3):
        short.waiting.set()
        assert bridge.motors.command(STILL, bridge.now())
        assert not short.waiting.is_set(), "it went out whole"
        assert bridge.motors.state().quality.lost == lost + taken + 1
    assert bridge.motors.command(STILL, bridge.now())
    bridge.wait(lambda: far_end.controller._receiver.accepted > accepted)
    assert far_end.controller._receiver.accepted == accepted + 1
    assert far_end.controller._receiver.stale == 0
    bridge.wait(lambda: bridge.motors.state().connected)
    assert bridge.motors.state().quality.lost == lost + 3


def test_a_slip_of_who_listens_does_not_end_the_thread(far_end: FarEnd, bridge: Bridge) -> None:
    slipped = threading.Event()

    def slip() -> None:
        slipped.set()
        raise RuntimeError("a listener slipped")

    heard, bridge.motors._listener = bridge.motors._listener, slip
    assert slipped.wait(PATIENCE_S)
    slipped.clear()
    assert slipped.wait(PATIENCE_S), "the thread has ended: nobody would notice silence any more"
    far_end.port.unplug()  # also where it is told that the port is gone
    slipped.clear()
    assert slipped.wait(PATIENCE_S)
    bridge.motors._listener = heard
    far_end.port.replug()
    bridge.wait(lambda: bridge.motors.state().connected)


def test_a_slip_of_its_own_ends_the_session_and_not_the_thread(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the last state would stay for ever: connected, armed, and commands would go on being sent blindly."""
    receive, slips = HostSession.receive, iter([RuntimeError("a bug")])

    def slip(session: HostSession, data: bytes, now: float) -> None:
        for error in slips:
            raise error
        receive(session, data, now)

    monkeypatch.setattr(HostSession, "receive", slip)
    bridge.wait(lambda: "a bug" in bridge.motors.state().message)
    bridge.wait(lambda: bridge.motors.state().connected)


def test_a_controller_that_does_not_fit_is_named_as_long_as_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the port is opened anew because no session came about."""
    monkeypatch.setattr(link, "GREET_EVERY_S", 0.02)
    opened: list[str] = []

    def noting(path: str, baud: int) -> serial.Serial:
        opened.append(path)
        return open_port(path, baud)

    monkeypatch.setattr(link, "open_port", noting)
    far_end = FarEnd(PseudoTerminal(tmp_path / "motors.tty"), protocol=1)
    bridge = Bridge(far_end.port)
    said: set[str] = set()

    def opened_thrice() -> bool:
        said.add(bridge.motors.state().message)
        return len(opened) >= 3

    bridge.wait(opened_thrice)
    bridge.motors.close()
    far_end.close()
    assert any("flash matching firmware" in message for message in said)
    assert not [message for message in said if "nothing answers" in message]


@pytest.mark.parametrize("on_purpose", [False, True])
def test_a_port_that_broke_is_told_to_forget_and_one_that_is_closed_says_its_last_word(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch, on_purpose: bool
) -> None:
    """A real port may hold what it has taken for half a minute, and sends it when its far end wakes up.

    A pseudo-terminal hands it over at once, so all that shows here is what the port is told.
    """
    told: list[str] = []

    def noted(what: str, act: Callable[[serial.Serial], None]) -> Callable[[serial.Serial], None]:
        def noting(port: serial.Serial) -> None:
            told.append(what)
            act(port)

        return noting

    forget = serial.Serial.reset_output_buffer
    monkeypatch.setattr(serial.Serial, "reset_output_buffer", noted("forget", forget))
    monkeypatch.setattr(link, "close_quietly", noted("close", close_quietly))
    if on_purpose:
        bridge.motors.close()
    else:
        bridge.motors._link._drop("as if nothing had answered")
        bridge.wait(lambda: bridge.motors.state().connected)
    assert told == (["close"] if on_purpose else ["forget", "close"])


def without_answers(said: bytes) -> bytes:
    frames = [piece for piece in said.split(b"\0") if piece]
    kept = [piece for piece in frames if Decoder().feed(piece + b"\0")[0].number != ParameterValue.number]
    return b"".join(piece + b"\0" for piece in kept)


def test_a_parameter_whose_answer_gets_lost_is_an_error_not_a_wait(
    far_end: FarEnd, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telemetry goes on coming, which must not be taken for the answer, nor make it wait on."""
    monkeypatch.setattr("firmware_bridge.kangban_motors.ANSWERED_WITHIN_S", 0.3)
    far_end.spoil = without_answers
    caught: list[Any] = []

    def ask() -> None:
        with pytest.raises(MotorsError, match="no answer within") as error:
            bridge.motors.read_parameter(Parameter.POSITION_GAIN, 1)
        caught.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(PATIENCE_S)
    assert caught, "it waits for ever"
