"""System packages: which of the one list are missing here, and how they are installed or asked for."""

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from report import SetupError, run_logged, say

GROUPS = {
    "robot": ("python", "build", "seeing", "speech"),
    "sim": ("python", "build", "seeing", "speech", "render", "picture"),
    "test": ("python", "build", "seeing", "speech", "render", "picture", "browser", "firmware", "broker"),
}


@dataclass(frozen=True)
class Package:
    """One line of system-packages.txt."""

    group: str
    name: str
    probe: str
    why: str
    optional: bool


def read_list(path: Path) -> list[Package]:
    """Read system-packages.txt; a broken line raises SetupError with its number."""
    packages = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        columns = line.split(maxsplit=3)
        if len(columns) < 4 or ":" not in columns[2]:
            raise SetupError(f"{path}:{number}: a line needs group, package, probe and reason", "mend that line")
        group, name, probe, why = columns
        packages.append(Package(group, name.removesuffix("?"), probe, why, name.endswith("?")))
    return packages


def present(probe: str) -> bool:
    """Whether what a probe names is here: any one of its `|` alternatives."""
    kind, _, wanted = probe.partition(":")
    return any(_PROBES[kind](name) for name in wanted.split("|"))


def missing(packages: Iterable[Package], level: str, is_present: Callable[[str], bool] = present) -> list[Package]:
    """Return the packages of a level whose probe fails."""
    return [package for package in packages if package.group in GROUPS[level] and not is_present(package.probe)]


def ensure(list_file: Path, level: str, logs: Path) -> bool:
    """Install what is missing, saying first what and why; return whether anything was installed.

    Raises SetupError, with the exact command, where this user or this system cannot install packages.
    """
    lacking = missing(read_list(list_file), level)
    for package in lacking:
        say(f"      missing: {package.name}: {package.why}")
    required = [package for package in lacking if not package.optional]
    if required:
        _apt(_privilege(required), ["update"], logs / "apt-update.log")
    wanted = required + [package for package in lacking if package.optional and _can_add(package)]
    for package in lacking:
        if package not in wanted:
            say(f"      going on without {package.name}, which cannot be installed here")
    if not wanted:
        return False
    names = [package.name for package in wanted]
    say(f"      installing with apt: {' '.join(names)}")
    _apt(_privilege(wanted), ["install", "-y", "--no-install-recommends", *names], logs / "apt-install.log")
    still = [f"{package.name} ({package.probe})" for package in missing(required, level)]
    if still:
        raise SetupError(
            f"installed, but still not found: {', '.join(still)}",
            "check that they fit the Python and the architecture in use, then run the same make command again",
        )
    return True


def _privilege(lacking: list[Package]) -> list[str]:
    """Return the words that must stand before apt-get; raise SetupError where packages cannot be installed."""
    names = " ".join(package.name for package in lacking)
    if not shutil.which("apt-get"):
        raise SetupError(
            f"these system packages (Debian's names) are missing: {names}",
            "install what provides them with this system's own package manager, then run the same make command again",
        )
    if os.geteuid() == 0:
        return []
    by_hand = f"as an administrator run: apt-get update && apt-get install -y --no-install-recommends {names}"
    if not shutil.which("sudo"):
        raise SetupError(f"these system packages are missing and this user cannot install them: {names}", by_hand)
    silent = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    if not silent and not sys.stdin.isatty():
        raise SetupError(f"these system packages are missing and sudo would ask for a password: {names}", by_hand)
    if not silent:
        say("      sudo will ask for your password")
    return ["sudo"]


def _apt(prefix: list[str], arguments: list[str], log: Path) -> None:
    """Run apt-get, waiting up to two minutes for another apt; raise SetupError when it fails."""
    command = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=120"]
    if run_logged([*command, *arguments], log) != 0:
        raise SetupError(
            f"apt-get {arguments[0]} failed",
            f"read {log}; check the network and the package sources, then run the same make command again",
        )


def _can_add(package: Package) -> bool:
    """Whether apt offers an optional package and this user may install it."""
    try:
        _privilege([package])
    except SetupError:
        return False
    shown = subprocess.run(["apt-cache", "policy", package.name], capture_output=True, text=True, check=False).stdout
    return "Candidate:" in shown and "Candidate: (none)" not in shown


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _python_has(part: str) -> bool:
    if part == "headers":
        return Path(sysconfig.get_path("include"), "Python.h").is_file()
    return importlib.util.find_spec("ensurepip") is not None and importlib.util.find_spec("venv") is not None


_PROBES: dict[str, Callable[[str], bool]] = {
    "cmd": lambda name: shutil.which(name) is not None,
    "lib": _loads,
    "file": lambda pattern: any(Path("/").glob(pattern.lstrip("/"))),
    "python": _python_has,
}
