"""`kangban doctor`: each thing that can be missing is named with what mends it, and nothing else is."""

from __future__ import annotations

import argparse
import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from kangban import doctor, models
from kangban.config import ConfigError, load_profile
from kangban.doctor import Finding, examine
from kangban.probes import Machine
from kangban.processes import Mode

PROFILE = load_profile("companion")


@dataclass
class Healthy:
    """A machine that lacks nothing but what a test takes away."""

    absent_programs: frozenset[str] = frozenset()
    absent_modules: frozenset[str] = frozenset()
    messages: str | None = None
    model: str | None = None
    egl: str | None = None
    device: tuple[str, str | None] | None = None
    broken_device: str = ""
    holder: str | None = None
    listen: str | None = None
    free: int = 50_000_000_000
    shared: int = 8_000_000_000

    def program(self, names: tuple[str, ...]) -> str | None:
        return next((f"/usr/bin/{name}" for name in names if name not in self.absent_programs), None)

    def module(self, name: str) -> bool:
        return name not in self.absent_modules

    def statement_fault(self, statement: str) -> str | None:
        return self.messages

    def model_fault(self) -> str | None:
        return self.model

    def egl_fault(self) -> str | None:
        return self.egl

    def device_fault(self, path: str) -> tuple[str, str | None] | None:
        return self.device if path == self.broken_device else None

    def device_holder(self, path: str) -> str | None:
        return self.holder

    def listen_fault(self, host: str, port: int) -> str | None:
        return self.listen

    def free_bytes(self, folder: Path) -> int:
        return self.shared if folder == doctor.SHARED_MEMORY else self.free


def lacking(mode: Mode, machine: Healthy) -> list[Finding]:
    return [finding for finding in examine(mode, PROFILE, Path("/state"), machine) if finding.state != "ok"]


@pytest.mark.parametrize("mode", list(Mode))
def test_a_healthy_machine_lacks_nothing(mode: Mode) -> None:
    assert lacking(mode, Healthy()) == []


PORT, CAMERA = PROFILE.motors.port, "/dev/video0"


@pytest.mark.parametrize(
    ("mode", "machine", "name", "mend"),
    [
        (Mode.ROBOT, Healthy(absent_programs=frozenset({"g++"})), "compiler", "apt-get install g++"),
        (Mode.ROBOT, Healthy(absent_programs=frozenset({"cmake"})), "cmake", "apt-get install cmake"),
        (Mode.ROBOT, Healthy(absent_programs=frozenset({"espeak-ng"})), "speech", "apt-get install espeak-ng"),
        (Mode.ROBOT, Healthy(messages="No module named 'kangban_msgs'"), "ROS messages", "make robot"),
        (Mode.SIM, Healthy(messages="No module named 'kangban_msgs'"), "ROS messages", "make demo"),
        (Mode.ROBOT, Healthy(model="it is truncated"), "pose model", "make robot"),
        (Mode.SIM, Healthy(absent_modules=frozenset({"pybullet"})), "Python packages", "make demo"),
        (Mode.SIM, Healthy(egl="none of 0 EGL devices starts"), "EGL", "apt-get install libegl1"),
        (Mode.ROBOT, Healthy(free=10), "disk", "make room"),
        (Mode.ROBOT, Healthy(shared=64_000_000), "shared memory", "--shm-size"),
        (Mode.ROBOT, Healthy(listen="it is in use"), "console port", "profile.console.port"),
        (Mode.ROBOT, Healthy(device=("gone", None), broken_device=PORT), "motor port", "plug the motor controller in"),
        (Mode.ROBOT, Healthy(device=("no", "dialout"), broken_device=PORT), "motor port", "usermod -aG dialout"),
        (Mode.ROBOT, Healthy(device=("no", "root"), broken_device=PORT), "motor port", "udev"),
        (Mode.ROBOT, Healthy(holder="minicom (pid 7)"), "motor port", "stop that process"),
        (Mode.ROBOT, Healthy(device=("gone", None), broken_device=CAMERA), "camera", "plug the camera in"),
        (Mode.ROBOT, Healthy(device=("no", "video"), broken_device=CAMERA), "camera", "usermod -aG video"),
    ],
)
def test_each_missing_thing_is_named_alone_with_what_mends_it(
    mode: Mode, machine: Healthy, name: str, mend: str
) -> None:
    (finding,) = lacking(mode, machine)
    assert (finding.name, finding.state) == (name, "missing")
    assert finding.mend is not None
    assert mend in finding.mend


def test_what_only_helps_is_advice() -> None:
    machine = Healthy(absent_programs=frozenset({"dot", "chromium", "chromium-browser", "google-chrome"}))
    assert [finding.state for finding in lacking(Mode.SIM, machine)] == ["advice", "advice"]
    assert lacking(Mode.ROBOT, machine) == []


def test_a_robot_needs_neither_physics_nor_egl() -> None:
    assert lacking(Mode.ROBOT, Healthy(absent_modules=frozenset({"pybullet"}), egl="no driver")) == []


def parse(arguments: list[str], machine: Healthy) -> Callable[[], int]:
    parser = argparse.ArgumentParser()
    doctor.register(parser.add_subparsers(), machine=lambda: machine)
    args = parser.parse_args(["doctor", *arguments])
    return lambda: args.run(args)


def test_json_is_one_document_and_the_status_says_whether_anything_is_missing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert parse(["--mode", "robot", "--json"], Healthy(model="it is missing"))() == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["ok"], document["mode"]) == (False, "robot")
    assert [check["name"] for check in document["checks"] if check["state"] == "missing"] == ["pose model"]
    assert parse(["--json"], Healthy())() == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True


def test_words_name_the_fault_and_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    parse([], Healthy(egl="no driver"))()
    assert "missing  EGL: no driver\n         mend: sudo apt-get install libegl1" in capsys.readouterr().out


def test_an_override_of_something_else_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"profile\.section\.key=value"):
        parse(["--set", "motors.port=/dev/x"], Healthy())()


def test_the_real_probes_tell_a_held_device_a_taken_port_and_a_broken_statement(tmp_path: Path) -> None:
    machine = Machine()
    device = tmp_path / "tty"
    assert machine.device_fault(str(device)) == (f"{device} does not exist", None)
    device.touch()
    assert machine.device_holder(str(device)) is None
    with device.open("rb"):
        held = machine.device_holder(str(device))
    assert held is not None
    assert "(pid " in held
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        assert machine.listen_fault("127.0.0.1", port) == "it is in use"
    assert machine.listen_fault("127.0.0.1", port) is None
    assert machine.statement_fault("import no_such_module") == "ModuleNotFoundError: No module named 'no_such_module'"
    assert machine.statement_fault("pass") is None
    assert machine.free_bytes(tmp_path / "not" / "yet" / "made") > 0


def test_a_model_is_refused_when_missing_truncated_or_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pinned = models.ModelFile("m.task", 4, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")
    monkeypatch.setattr(models, "POSE_MODEL", pinned)
    monkeypatch.setenv(models.FOLDER_VARIABLE, str(tmp_path))
    path = tmp_path / "m.task"
    with pytest.raises(models.ModelError, match=r"is missing; mend it with: make robot"):
        models.pose_model_path()
    path.write_bytes(b"tes")
    with pytest.raises(models.ModelError, match="3 bytes instead of 4: truncated"):
        models.pose_model_path()
    path.write_bytes(b"tesT")
    with pytest.raises(models.ModelError, match="SHA-256 differs"):
        models.pose_model_path()
    path.unlink()
    path.write_bytes(b"test")
    assert models.pose_model_path() == path
