"""`kangban doctor`: what this machine lacks for a mode, each with the command that mends it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Protocol

from kangban.config import ConfigError, load_profile
from kangban.models import MENDED_BY
from kangban.probes import Machine
from kangban.processes import Mode
from kangban.profile import Profile
from kangban.runs import state_root

DISK_NEEDED_BYTES = 1_000_000_000  # logs, pictures and incidents of weeks
SHARED_MEMORY = Path("/dev/shm")
SHARED_MEMORY_NEEDED_BYTES = 256_000_000  # a 16 MB segment for each process of the stack, twice over
MESSAGES = "from kangban_msgs.msg import Persons; Persons.__class__.__import_type_support__()"
SETUP = {Mode.SIM: "make demo", Mode.ROBOT: MENDED_BY}


class Probes(Protocol):
    """What the checks ask of a machine; `kangban.probes.Machine` says what each answer means."""

    def program(self, names: tuple[str, ...]) -> str | None: ...
    def module(self, name: str) -> bool: ...
    def statement_fault(self, statement: str) -> str | None: ...
    def model_fault(self) -> str | None: ...
    def egl_fault(self) -> str | None: ...
    def device_fault(self, path: str) -> tuple[str, str | None] | None: ...
    def device_holder(self, path: str) -> str | None: ...
    def listen_fault(self, host: str, port: int) -> str | None: ...
    def free_bytes(self, folder: Path) -> int: ...


@dataclass(frozen=True)
class Finding:
    """One checked thing. `advice` is missing but not needed to run; `mend` is a command or a plain instruction."""

    name: str
    state: Literal["ok", "missing", "advice"]
    found: str
    mend: str | None = None


def examine(mode: Mode, profile: Profile, state: Path, probes: Probes) -> list[Finding]:
    """Check everything that a mode needs; `state` is the folder that incidents and logs are kept in."""
    findings = [*_programs(mode, probes), *_installed(mode, probes), *_room(state, probes), _console(profile, probes)]
    if mode is Mode.ROBOT:
        findings += [_serial(profile.motors.port, probes), _camera(profile.camera.device, probes)]
    return findings


def _programs(mode: Mode, probes: Probes) -> Iterator[Finding]:
    wanted: list[tuple[str, tuple[str, ...], str, bool]] = [
        ("compiler", ("g++",), "g++", True),
        ("cmake", ("cmake",), "cmake", True),
        ("speech", ("espeak-ng",), "espeak-ng", True),
        ("microphone", ("arecord",), "alsa-utils", False),
    ]
    if mode is Mode.SIM:
        wanted.append(("tree picture", ("dot",), "graphviz", False))
        wanted.append(("browser tests", ("chromium", "chromium-browser", "google-chrome"), "chromium", False))
    for name, programs, package, needed in wanted:
        path = probes.program(programs)
        mend = None if path else f"sudo apt-get install {package}"
        yield Finding(name, _state(bool(path), needed), path or f"no {programs[0]} on the path", mend)


def _installed(mode: Mode, probes: Probes) -> Iterator[Finding]:
    yield _verdict("ROS messages", probes.statement_fault(MESSAGES), "kangban_msgs is built and loads", SETUP[mode])
    yield _verdict("pose model", probes.model_fault(), "present, SHA-256 right", SETUP[mode])
    modules = ("rclpy", "mediapipe", *(("pybullet",) if mode is Mode.SIM else ()))
    lacking = [name for name in modules if not probes.module(name)]
    fault = f"not installed: {', '.join(lacking)}" if lacking else None
    yield _verdict("Python packages", fault, ", ".join(modules), SETUP[mode])
    if mode is Mode.SIM:
        mend = "sudo apt-get install libegl1 libegl-mesa0 libgl1-mesa-dri"
        yield _verdict("EGL", probes.egl_fault(), "draws without a screen", mend)


def _room(state: Path, probes: Probes) -> Iterator[Finding]:
    free = probes.free_bytes(state)
    fault = None if free >= DISK_NEEDED_BYTES else f"{_size(free)} free at {state}, {_size(DISK_NEEDED_BYTES)} needed"
    yield _verdict("disk", fault, f"{_size(free)} free", f"make room on the disk of {state}")
    shared = probes.free_bytes(SHARED_MEMORY)
    short = shared < SHARED_MEMORY_NEEDED_BYTES
    fault = f"{_size(shared)} free in {SHARED_MEMORY}, {_size(SHARED_MEMORY_NEEDED_BYTES)} needed" if short else None
    mend = f"sudo mount -o remount,size=1G {SHARED_MEMORY} (a container: start it with --shm-size=1g)"
    yield _verdict("shared memory", fault, f"{_size(shared)} free", mend)


def _console(profile: Profile, probes: Probes) -> Finding:
    host, port = profile.console.host, profile.console.port
    fault = probes.listen_fault(host, port)
    mend = "see what runs: kangban status; or take another port: kangban up --set profile.console.port=0"
    return _verdict("console port", f"{host}:{port}: {fault}" if fault else None, f"{host}:{port} is free", mend)


def _serial(port: str, probes: Probes) -> Finding:
    fault = probes.device_fault(port)
    if fault is not None:
        absent = "plug the motor controller in; ls /dev/serial/by-id; then: kangban up --set profile.motors.port=PATH"
        return Finding("motor port", "missing", fault[0], _group_command(fault[1], "dialout") if fault[1] else absent)
    holder = probes.device_holder(port)
    return _verdict("motor port", f"{port} is in use by {holder}" if holder else None, port, "stop that process")


def _camera(device: str, probes: Probes) -> Finding:
    if "://" in device:
        return Finding("camera", "ok", f"{device} is reached over the network; see it with: kangban watch {device}")
    path = f"/dev/video{device}" if device.isdigit() else device
    fault = probes.device_fault(path)
    if fault is None:
        return Finding("camera", "ok", path)
    absent = "plug the camera in; ls /dev/video*; then: kangban up --set profile.camera.device=PATH"
    return Finding("camera", "missing", fault[0], _group_command(fault[1], "video") if fault[1] else absent)


def _group_command(group: str | None, usual: str) -> str:
    """Return the command that lets this user use a device; root's own devices need a rule instead of a group."""
    if group in (None, "root"):
        return f"give it to the group {usual} with a udev rule; then: sudo usermod -aG {usual} $USER; log in anew"
    return f"sudo usermod -aG {group} $USER; log in anew"


def _verdict(name: str, fault: str | None, good: str, mend: str) -> Finding:
    return Finding(name, "ok", good) if fault is None else Finding(name, "missing", fault, mend)


def _state(there: bool, needed: bool) -> Literal["ok", "missing", "advice"]:
    if there:
        return "ok"
    return "missing" if needed else "advice"


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB"


def register(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], machine: Callable[[], Probes] = Machine
) -> None:
    """Add `doctor` to the command line."""
    parser = subparsers.add_parser("doctor", help="what this machine lacks, with the command that mends it")
    parser.add_argument("--mode", choices=[mode.value for mode in Mode], default=Mode.SIM.value)
    parser.add_argument("--profile", default="companion", help="a robot in launch/config/profiles, or a file")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="overrides",
                        help="change one value: profile.motors.port=/dev/ttyACM1")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.set_defaults(run=lambda args: run(args, machine()))


def run(args: argparse.Namespace, probes: Probes) -> int:
    """Print what was found; return 0 when nothing needed is missing, else 1. Raises ConfigError."""
    mode = Mode(args.mode)
    findings = examine(mode, load_profile(args.profile, _of_profile(args.overrides)), state_root(), probes)
    healthy = all(finding.state != "missing" for finding in findings)
    if args.json:
        print(json.dumps({"ok": healthy, "mode": mode.value, "checks": [asdict(finding) for finding in findings]}))
        return 0 if healthy else 1
    for finding in findings:
        print(f"{finding.state:8} {finding.name}: {finding.found}")
        if finding.mend:
            print(f"{'':8} mend: {finding.mend}")
    print("nothing needed is missing" if healthy else "what is missing keeps parts of the robot from running")
    return 0 if healthy else 1


def _of_profile(overrides: list[str]) -> list[str]:
    """Return the overrides without their `profile.`; raises ConfigError for any other."""
    for override in overrides:
        if not override.startswith("profile.") or "=" not in override:
            raise ConfigError(f"--set {override}: write it as profile.section.key=value")
    return [override.removeprefix("profile.") for override in overrides]
