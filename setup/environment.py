"""The Python environment .venv: made, filled from the lock, and given the `kangban` command."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import lockfile
from report import SetupError, run_logged, say

NEEDED_BYTES = 3_500_000_000
PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")
BUILT_HERE = ("--no-build-isolation", "--use-pep517")
LOCKED = ("--require-hashes", "--no-deps", "--progress-bar", "off")
OFFLINE = re.compile(
    r"NewConnectionError|NameResolutionError|Connection(Reset|Refused|)Error|Read ?Timeout|ConnectTimeout|ProxyError"
    r"|SSLError"
)


def usable(prefix: Path) -> bool:
    """Whether `prefix` holds a Python that starts and believes to live there (a moved environment does not)."""
    code = "import sys; print(sys.prefix); sys.exit(sys.version_info[:2] != (3, 11))"
    try:
        done = subprocess.run([prefix / "bin" / "python", "-c", code], capture_output=True, text=True, check=False)
        script = (prefix / "bin" / "pip").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return done.returncode == 0 and Path(done.stdout.strip()) == prefix and str(prefix) in script


def make(prefix: Path, logs: Path) -> None:
    """Make the environment anew, away with a broken or moved one; raises SetupError."""
    free = shutil.disk_usage(prefix.parent).free
    if free < NEEDED_BYTES:
        raise SetupError(
            f"{prefix.parent} has {free / 1e9:.1f} GB free; the environment needs {NEEDED_BYTES / 1e9:.1f} GB",
            "make room, then run the same make command again",
        )
    if prefix.exists():
        say("      the environment is incomplete, moved or of another Python: making it anew")
        shutil.rmtree(prefix)
    if run_logged([sys.executable, "-m", "venv", str(prefix)], logs / "venv.log") != 0:
        raise SetupError(
            f"{sys.executable} -m venv failed", "see above; Debian and Ubuntu: apt-get install python3.11-venv"
        )


def install(prefix: Path, lock: Path, level: str, logs: Path) -> None:
    """Install the locked packages of a level; what is already there is left alone. Raises SetupError.

    The build tool comes first, so that the few packages without a wheel are built by the locked one.
    """
    text = lockfile.requirements(lock, level)
    forget_halves(prefix)
    say(f"      {len(lockfile.names(text))} packages, pinned and checked by hash")
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "requirements.txt"
        for part in (lockfile.only(text, "setuptools"), text):
            wanted.write_text(part, encoding="utf-8")
            pip(prefix, ["install", *LOCKED, *BUILT_HERE, "-r", str(wanted)], logs / "pip.log")


def forget_halves(prefix: Path) -> None:
    """Let pip install again what an interrupted run left half installed: pip writes a package's RECORD last."""
    for information in prefix.glob("lib/python3.*/site-packages/*.dist-info"):
        if not (information / "RECORD").is_file():
            shutil.rmtree(information)


def install_kangban(prefix: Path, root: Path, logs: Path) -> None:
    """Install this source tree in place, which makes .venv/bin/kangban and finds each room's commands."""
    options = ["--no-deps", "--no-index", "--no-build-isolation"]
    pip(prefix, ["install", *options, "-e", str(root)], logs / "kangban.log")


def pip(prefix: Path, arguments: list[str], log: Path) -> None:
    """Run the environment's pip; turn its failures into one plain SetupError."""
    python = str(prefix / "bin" / "python")
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    if run_logged([python, *PIP, *arguments], log, env=environment) == 0:
        return
    said = log.read_text(encoding="utf-8", errors="replace")
    again = "then run the same make command again: it goes on where it stopped"
    if "DO NOT MATCH THE HASHES" in said:
        raise SetupError(
            "a downloaded package is not the one in setup/requirements.lock; nothing of it was installed",
            f"do not force it: empty pip's cache ({python} -m pip cache purge), check the mirror in use, {again}",
        )
    if "No space left on device" in said:
        raise SetupError("the disk is full", f"make room, {again}")
    if OFFLINE.search(said):
        remedy = f"check the network (a mirror is named by PIP_INDEX_URL), {again}"
        raise SetupError("the package index cannot be reached", remedy)
    raise SetupError(f"pip failed; its whole output is in {log}", f"mend what it names, {again}")
