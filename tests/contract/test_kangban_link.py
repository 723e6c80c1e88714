"""What only our own family's link does, on a real pseudo-terminal: nobody else gets in, and parameters."""

from __future__ import annotations

import errno
import multiprocessing
import os
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
import serial

from firmware_bridge.families import make
from firmware_bridge.link import LONGEST_BACKOFF_S
from firmware_bridge.motors import AxisCommand, Mode, MotorsError
from firmware_bridge.protocol import Parameter
from kangban.config import load_profile
from sim.motors.port import PseudoTerminal
from tests.contract.kangban_rig import PATIENCE_S, Bridge, FarEnd

FORK = multiprocessing.get_context("fork")
NOBODY = 65534
MORE_THAN_FITS = 6000  # frames of 30 bytes


@pytest.fixture
def far_end(tmp_path: Path) -> Iterator[FarEnd]:
    made = FarEnd(PseudoTerminal(tmp_path / "motors.tty"))
    yield made
    made.close()


@pytest.fixture
def port(far_end: FarEnd) -> PseudoTerminal:
    return far_end.port


@pytest.fixture
def bridge(port: PseudoTerminal) -> Iterator[Bridge]:
    made = Bridge(port)
    made.wait(lambda: made.motors.state().connected)
    yield made
    made.motors.close()


def opened_by_somebody_else(path: Path) -> int:
    """The error number of a plain open by a process that is not root (who may open everything); 0: it got in."""
    ours, theirs = FORK.Pipe()
    child = FORK.Process(target=_open_plainly, args=(path, theirs))
    child.start()
    code: int = ours.recv()
    child.join()
    return code


def _open_plainly(path: Path, answer: Connection) -> None:
    if os.geteuid() == 0:
        os.setresuid(NOBODY, NOBODY, NOBODY)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK))
    except OSError as error:
        answer.send(error.errno)
    else:
        answer.send(0)


def test_nobody_else_can_open_the_port_while_the_bridge_holds_it(port: PseudoTerminal, bridge: Bridge) -> None:
    device = port.link.resolve()
    device.chmod(0o666)
    assert opened_by_somebody_else(device) == errno.EBUSY
    with pytest.raises(serial.SerialException):
        serial.Serial(str(device), exclusive=True)
    second = make(load_profile("companion", [f"motors.port={device}"]).motors, time.monotonic)
    with pytest.raises(MotorsError, match="another program holds the port; end it"):
        second.connect()
    second.close()
    assert bridge.motors.state().connected, "the first was disturbed"
    bridge.motors.close()
    assert opened_by_somebody_else(device) == 0, "it was not given back"


def test_a_port_that_a_killed_bridge_held_becomes_free_again(port: PseudoTerminal) -> None:
    """On a cable the driver does it; a pseudo-terminal, whose other end stays open, does it in `port.py`."""
    device = port.link.resolve()
    device.chmod(0o666)
    ours, theirs = FORK.Pipe()
    child = FORK.Process(target=_hold, args=(port, theirs))
    child.start()
    assert ours.recv() == "held"
    assert opened_by_somebody_else(device) == errno.EBUSY
    child.kill()
    child.join()
    end = time.monotonic() + PATIENCE_S
    while opened_by_somebody_else(device) != 0:
        assert time.monotonic() < end, "it stays locked"


def _hold(port: PseudoTerminal, answer: Connection) -> None:
    bridge = Bridge(port)
    bridge.wait(lambda: bridge.motors.state().connected)
    answer.send("held")
    answer.recv()


def test_parameters_are_read_and_written_and_a_refusal_says_why(bridge: Bridge) -> None:
    gain = bridge.motors.read_parameter(Parameter.POSITION_GAIN, 1)
    assert gain.lowest <= gain.value <= gain.highest
    assert bridge.motors.write_parameter(Parameter.POSITION_GAIN, 1, 5000).value == 5000
    assert bridge.motors.read_parameter(Parameter.POSITION_GAIN, 1).value == 5000
    with pytest.raises(MotorsError, match=r"watchdog_ms of axis 0 to 1000: refused \(range\)"):
        bridge.motors.write_parameter(Parameter.WATCHDOG_MS, 0, 1000)
    with pytest.raises(MotorsError, match=r"refused \(unknown\)"):
        bridge.motors.read_parameter(Parameter.POSITION_GAIN, 7)
    bridge.motors.arm()
    bridge.wait(lambda: bridge.motors.state().armed)
    with pytest.raises(MotorsError, match=r"refused \(state\)"):
        bridge.motors.write_parameter(Parameter.POSITION_GAIN, 1, 4000)


def test_after_a_full_buffer_the_next_command_is_heard_at_once(far_end: FarEnd, bridge: Bridge) -> None:
    """An overflow costs what did not fit, and nothing that comes after it."""
    axes = (AxisCommand(Mode.VELOCITY, 0.0, 1.0),) * 2
    far_end.deaf = True
    for _ in range(MORE_THAN_FITS):
        bridge.motors.command(axes, time.monotonic())
    far_end.drained.clear()
    far_end.deaf = False
    assert far_end.drained.wait(PATIENCE_S)
    made_at = time.monotonic() - 50.0  # so that it is known from all others; too late to be obeyed, but heard
    assert bridge.motors.command(axes, made_at)
    far_end.drained.clear()
    assert far_end.drained.wait(PATIENCE_S)
    assert far_end.controller.last_setpoint_made_at == pytest.approx(made_at, abs=1.0), "it was swallowed"


def test_without_a_controller_a_parameter_is_an_error_not_a_wait(port: PseudoTerminal, bridge: Bridge) -> None:
    port.unplug()
    bridge.wait(lambda: not bridge.motors.state().connected)
    with pytest.raises(MotorsError, match=r"no controller is connected"):
        bridge.motors.read_parameter(Parameter.WATCHDOG_MS)


def test_unplugged_and_plugged_again_it_connects_by_itself(port: PseudoTerminal, bridge: Bridge) -> None:
    for _ in range(3):
        port.unplug()
        bridge.wait(lambda: not bridge.motors.state().connected)
        message = bridge.motors.state().message
        assert "check the cable" in message or "no such port" in message
        port.replug()
        bridge.wait(lambda: bridge.motors.state().connected)
    assert LONGEST_BACKOFF_S < PATIENCE_S
