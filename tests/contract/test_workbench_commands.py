"""`kangban motors` as a person uses it: real processes, a real terminal, emulated motors that live in real time."""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from firmware_bridge.serial_port import close_quietly, open_port
from kangban.config import config_dir, load_profile
from sim.motors.families import emulator_for
from tests.contract.live_motors import LiveMotors

TOOL = [sys.executable, "-m", "kangban.cli", "motors"]
PATIENCE_S = 40.0  # a bound for a busy machine, no expectation
KEY_EVERY_S = 0.03  # as a keyboard repeats


@pytest.fixture(params=["companion", "lekiwi", "hub"])
def motors(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[LiveMotors, Path]]:
    """Live motors and a profile of their own that a calibration may write to."""
    path = tmp_path / "mine.yaml"
    shutil.copy(config_dir() / "profiles" / f"{request.param}.yaml", path)
    profile = load_profile(str(path))
    axes = len(profile.motors.wheels) + len(profile.motors.joints)
    with LiveMotors(tmp_path, emulator_for(profile, "python", time.monotonic()), axes) as live:
        yield live, path


def tool(*words: str, answer: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([*TOOL, *words], input=answer, capture_output=True, text=True, timeout=PATIENCE_S)


def robot(live: LiveMotors, path: Path) -> list[str]:
    return ["--profile", str(path), "--port", str(live.port.link)]


class Terminal:
    """A child on a terminal of its own."""

    def __init__(self, *words: str) -> None:
        self.keyboard, terminal = pty.openpty()
        self.child = subprocess.Popen([*TOOL, *words], stdin=terminal, stdout=terminal, stderr=terminal)
        os.close(terminal)
        self.said = ""

    def listen(self, seconds: float) -> None:
        if select.select([self.keyboard], [], [], seconds)[0]:
            try:
                self.said += os.read(self.keyboard, 4096).decode(errors="replace")
            except OSError:  # the child has ended
                self.child.wait(PATIENCE_S)

    def until_said(self, text: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while text not in self.said:
            assert time.monotonic() < end and self.child.poll() is None, self.said
            self.listen(0.1)

    def press(self, key: str) -> None:
        os.write(self.keyboard, key.encode())
        self.listen(KEY_EVERY_S)

    def close(self) -> None:
        self.child.kill()
        self.child.wait()
        os.close(self.keyboard)


@pytest.fixture
def jog(motors: tuple[LiveMotors, Path]) -> Iterator[Terminal]:
    live, path = motors
    wheel = load_profile(str(path)).motors.wheels[0].name
    terminal = Terminal("jog", wheel, "--speed", "1.0", *robot(live, path))
    yield terminal
    terminal.close()


def test_a_held_key_turns_one_wheel_and_letting_go_stops_it(motors: tuple[LiveMotors, Path], jog: Terminal) -> None:
    live, _ = motors
    jog.until_said("hold f")
    jog.press("f")
    jog.listen(0.0)
    end = time.monotonic() + PATIENCE_S
    while live.velocity[0] < 0.5:
        assert time.monotonic() < end, jog.said
        jog.press("f")
    live.wait_for(lambda: live.velocity[0] == 0.0)
    assert 0.0 < live.fastest[0] <= 1.0 + 0.02
    assert max(live.fastest[1:]) == pytest.approx(0.0, abs=0.05), "the other axes stand"
    jog.press("q")
    assert jog.child.wait(PATIENCE_S) == 0


def test_killed_while_the_key_is_down(motors: tuple[LiveMotors, Path], jog: Terminal) -> None:
    """The devices' own watchdog stops them; where there is none, whoever greets them next does."""
    live, path = motors
    jog.until_said("hold f")
    end = time.monotonic() + PATIENCE_S
    while live.velocity[0] < 0.5:
        assert time.monotonic() < end, jog.said
        jog.press("f")
    jog.child.kill()
    if load_profile(str(path)).motors.watchdog_s is None:
        jog.child.wait()
        assert live.velocity[0] > 0.0, "they have no watchdog and go on turning, which their profile had to accept"
        assert tool("monitor", "--json", "--seconds", "1", *robot(live, path)).returncode == 0
    live.wait_for(lambda: live.velocity[0] == 0.0)


def test_monitor_tells_every_axis_and_moves_none(motors: tuple[LiveMotors, Path]) -> None:
    live, path = motors
    done = tool("monitor", "--json", "--seconds", "1", *robot(live, path))
    assert done.returncode == 0, done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    assert last["connected"] and not last["armed"]
    section = load_profile(str(path)).motors
    assert [axis["name"] for axis in last["axes"]] == [a.name for a in (*section.wheels, *section.joints)]
    assert max(live.fastest) == 0.0


def test_scan_finds_who_is_there(motors: tuple[LiveMotors, Path]) -> None:
    live, path = motors
    section = load_profile(str(path)).motors
    family = section.family
    done = tool("scan", "--json", "--port", str(live.port.link), "--family", family, "--baud", str(section.baud))
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert {answer["family"] for answer in found} == {family}
    if family == "feetech":
        assert [answer["id"] for answer in found] == list(range(1, 10))
    assert max(live.fastest) == 0.0


def test_a_wheel_turned_by_hand_tells_its_direction(motors: tuple[LiveMotors, Path]) -> None:
    """Nobody turns it here: then nothing is written, and the sentence says what was counted."""
    live, path = motors
    before = path.read_text(encoding="utf-8")
    wheel = load_profile(str(path)).motors.wheels[0].name
    done = tool("calibrate", wheel, *robot(live, path), answer="\n")
    assert done.returncode == 1 and "turn it exactly once" in done.stderr
    holds = "holds its axes also while disarmed: switch the motors' supply off" in done.stderr
    assert holds is (load_profile(str(path)).motors.family == "kangban"), "no hand turns a wheel that is held"
    assert path.read_text(encoding="utf-8") == before


def test_joints_are_calibrated_into_the_profile(motors: tuple[LiveMotors, Path]) -> None:
    live, path = motors
    before = yaml.safe_load(path.read_text(encoding="utf-8"))["motors"].get("joints", [])
    done = tool("calibrate", *robot(live, path), answer="\n" * max(1, len(before)))
    if not before:
        assert done.returncode == 1 and "has no joints" in done.stderr
        return
    assert done.returncode == 0, done.stderr
    after = load_profile(str(path)).motors.joints
    assert done.stderr.count("written to") == len(after)
    assert all(abs(joint.zero_ticks - 2048) <= 8 for joint in after), "the encoder's jump is half a turn away"


def test_an_id_is_set_on_a_bus_and_refused_without_one(motors: tuple[LiveMotors, Path]) -> None:
    live, path = motors
    family = load_profile(str(path)).motors.family
    old, new = {"feetech": ("9", "12"), "modbus": ("1", "3")}.get(family, ("0", "1"))
    done = tool("set-id", old, new, *robot(live, path))
    if family == "kangban":
        assert done.returncode == 1 and "no number on a bus" in done.stderr
    else:
        assert done.returncode == 0, done.stderr
        nobody = tool("set-id", "60", "61", *robot(live, path))
        assert nobody.returncode == 1 and "no answer" in nobody.stderr


def test_without_a_terminal_nothing_is_jogged(motors: tuple[LiveMotors, Path]) -> None:
    live, path = motors
    wheel = load_profile(str(path)).motors.wheels[0].name
    done = tool("jog", wheel, *robot(live, path))
    assert done.returncode == 1 and "needs a terminal" in done.stderr
    assert max(live.fastest) == 0.0


def test_a_second_user_of_the_port_is_refused(motors: tuple[LiveMotors, Path]) -> None:
    """Held as all our programs hold it. Not by `jog`: that ends, and lets go, where a busy machine is too late."""
    live, path = motors
    held = open_port(str(live.port.link), load_profile(str(path)).motors.baud)
    try:
        done = tool("monitor", "--json", "--seconds", "1", *robot(live, path))
    finally:
        close_quietly(held)
    assert done.returncode == 1 and "another program holds the port" in done.stderr
    assert tool("monitor", "--json", "--seconds", "0.2", *robot(live, path)).returncode == 0
