"""Arming at the bench, on emulated motors in real time: it ends what a person has seen to, or says what to do."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import serial

from firmware_bridge.motors import MotorsError
from firmware_bridge.workbench import jog, scan
from firmware_bridge.workbench.session import Session, opened
from kangban.config import load_profile
from sim.motors.families import emulator_for
from tests.contract.live_motors import LiveMotors


def live(robot: str, folder: Path) -> LiveMotors:
    profile = load_profile(robot)
    axes = len(profile.motors.wheels) + len(profile.motors.joints)
    return LiveMotors(folder, emulator_for(profile, "python", time.monotonic()), axes)


@pytest.fixture
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[LiveMotors, Session]]:
    """Motors and a session with them; parametrised by the robot."""
    with live(request.param, tmp_path) as motors, opened(request.param, str(motors.port.link)) as session:
        yield motors, session


@pytest.mark.parametrize("bench", ["companion"], indirect=True)
def test_after_the_button_was_let_go_it_arms(bench: tuple[LiveMotors, Session]) -> None:
    motors, session = bench
    controller: Any = motors.controller
    controller.press_estop(True)
    assert session.until(lambda: session.motors.state().emergency_stop, 10.0)
    controller.press_estop(False)
    jog._arm(session)
    assert session.motors.state().armed


@pytest.mark.parametrize("bench", ["companion"], indirect=True)
def test_while_the_button_is_down_it_says_to_let_it_go(bench: tuple[LiveMotors, Session]) -> None:
    motors, session = bench
    controller: Any = motors.controller
    controller.press_estop(True)
    assert session.until(lambda: session.motors.state().emergency_stop, 10.0)
    with pytest.raises(MotorsError, match="emergency stop: press the button at the robot and let it go"):
        jog._arm(session)


@pytest.mark.parametrize("bench", ["companion"], indirect=True)
def test_a_fault_whose_cause_is_gone_ends_and_one_that_lasts_is_named(
    bench: tuple[LiveMotors, Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    motors, session = bench
    controller: Any = motors.controller
    controller.axes[0].temperature = 95.0
    assert session.until(lambda: bool(session.motors.state().faults), 10.0)
    monkeypatch.setattr(jog, "ARM_WITHIN_S", 0.6)
    with pytest.raises(MotorsError, match="over_temperature: its cause is still there"):
        jog._arm(session)
    monkeypatch.undo()
    controller.axes[0].temperature = 30.0
    jog._arm(session)
    assert session.motors.state().armed


@pytest.mark.parametrize("bench", ["lekiwi"], indirect=True)
def test_why_the_motors_do_not_arm_is_said_in_their_own_words(
    bench: tuple[LiveMotors, Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    motors, session = bench
    place = session.axis_names.index("shoulder_pan")
    with motors.moved:
        motors.angles = (*motors.angles[:place], 2.5, *motors.angles[place + 1 :])
    assert session.until(lambda: jog.angles(session.profile, session.motors.state().axes)[place] > 2.4, 10.0)
    monkeypatch.setattr(jog, "ARM_WITHIN_S", 1.0)
    with pytest.raises(MotorsError, match=r"shoulder_pan: it stands .* rad outside its range; move it into it by hand"):
        jog._arm(session)


def test_an_adapter_that_is_pulled_out_during_a_scan_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def pulled(_: serial.Serial, __: int) -> bytes:
        raise serial.SerialException("device disconnected")

    monkeypatch.setattr(serial.Serial, "read", pulled)
    with live("companion", tmp_path) as motors:
        given = argparse.Namespace(port=str(motors.port.link), family=["kangban"], baud=115200, json=False)
        assert scan.run(given) == 1
    assert "motors.tty: the connection broke (device disconnected); check the cable" in capsys.readouterr().err
