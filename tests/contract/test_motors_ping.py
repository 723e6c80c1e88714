"""`kangban motors ping` against the simulated controller on a real pseudo-terminal, in real time; nothing moves."""

from __future__ import annotations

import argparse
import json
import select
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from firmware_bridge.cli import register
from kangban.config import load_profile
from sim.motors.controller import Controller
from sim.motors.port import PseudoTerminal
from sim.motors.settings import settings_from


@pytest.fixture
def port(tmp_path: Path) -> Iterator[Path]:
    terminal, ending = PseudoTerminal(tmp_path / "motors.tty"), threading.Event()
    controller = Controller(settings_from(load_profile("companion")), time.monotonic())

    def serve() -> None:
        while not ending.is_set():
            select.select([terminal], [], [], 0.005)
            terminal.write(controller.feed(terminal.read(), time.monotonic()))

    thread = threading.Thread(target=serve)
    thread.start()
    yield terminal.link
    ending.set()
    thread.join()
    terminal.close()


def ping(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers())
    args = parser.parse_args(["motors", "ping", *arguments])
    status: int = args.run(args)
    return status


def test_it_says_who_answers(port: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ping(str(port), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["connected"] is True
    assert found["armed"] is False
    assert found["voltage"] == pytest.approx(25.2, abs=0.2)
    assert found["round_trip_ms"] is not None


def test_a_port_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ping(str(tmp_path / "nothing")) == 1
    assert "no such port; plug the motor controller in" in capsys.readouterr().out


def test_a_port_in_use_is_named(port: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serial.Serial(str(port), exclusive=True):
        assert ping(str(port)) == 1
    assert "another program holds the port" in capsys.readouterr().err
