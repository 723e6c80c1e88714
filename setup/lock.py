"""`make lock`: resolve setup/requirements/*.in to today's versions and write them, hashed, to the one lock file.

The resolver (uv) runs in a throw-away environment. Local pip settings are left out, so the hashes are those of the
public files; a mirror is taken from UV_DEFAULT_INDEX. No index address is written.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import lockfile
from report import SetupError, say

FOLDER = Path(__file__).resolve().parent
LOCK = FOLDER / "requirements.lock"
REASONS = {
    "robot": "all that a robot needs",
    "sim": "added by the simulated home",
    "test": "added by the tests and checks",
    "model": "never installed: the wheel that holds the pose model",
}
TARGET = ("--python-version", "3.11", "--python-platform", "x86_64-manylinux_2_35")
HEADER = """\
# Made by `make lock` from setup/requirements/*.in for Python 3.11 on x86-64 Linux. Do not edit.
# Each section adds to those above it. Installed with --require-hashes --no-deps.
"""


def main() -> int:
    """Write the lock; return 0, or 1 with the reason on standard error."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            LOCK.write_text(_resolve_all(_resolver(Path(folder)), Path(folder)), encoding="utf-8")
    except SetupError as error:
        print(f"the lock is as it was: {error.fault}\n  what to do: {error.remedy}", file=sys.stderr)
        return 1
    say(f"wrote {LOCK.name}; now run make test, and commit both the .in files and the lock")
    return 0


def _resolver(folder: Path) -> Path:
    """Return a uv in a fresh environment."""
    say("[1/5] resolver")
    _run([sys.executable, "-m", "venv", str(folder / "uv")])
    _run([str(folder / "uv" / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check", "uv"])
    return folder / "uv" / "bin" / "uv"


def _resolve_all(uv: Path, folder: Path) -> str:
    """Resolve level by level, each under the versions of the whole, and return the lock's text."""
    everything = _resolve(uv, [*lockfile.LEVELS], folder / "all.txt", None)
    (folder / "all.txt").write_text(everything, encoding="utf-8")
    text, seen = HEADER, set[str]()
    for number, section in enumerate([*lockfile.LEVELS, lockfile.MODEL], 2):
        say(f"[{number}/5] {section}")
        upto = [section] if section == lockfile.MODEL else [*lockfile.LEVELS[: number - 1]]
        options = None if section == lockfile.MODEL else folder / "all.txt"
        blocks = _blocks(_resolve(uv, upto, folder / f"{section}.txt", options))
        text += f"\n# [{section}] {REASONS[section]}\n"
        text += "".join(block for name, block in blocks.items() if name not in seen)
        seen |= blocks.keys()
    return text


def _resolve(uv: Path, sections: list[str], output: Path, constraints: Path | None) -> str:
    """Resolve the .in files of some sections and return pinned, hashed lines."""
    command = [str(uv), "pip", "compile", "--no-config", "--quiet", "--generate-hashes", "--no-emit-index-url"]
    command += ["--no-annotate", "--no-header", *TARGET]
    command += ["--no-deps"] if sections == [lockfile.MODEL] else []
    command += ["--constraints", str(constraints)] if constraints else []
    command += ["-o", str(output), *(str(FOLDER / "requirements" / f"{name}.in") for name in sections)]
    _run(command)
    return output.read_text(encoding="utf-8")


def _blocks(text: str) -> dict[str, str]:
    """Split a resolved file into its requirements, `name==version` -> the lines with the hashes."""
    blocks: dict[str, str] = {}
    name = ""
    for line in text.splitlines(keepends=True):
        name = next(iter(lockfile.names(line)), name)
        blocks[name] = blocks.get(name, "") + line
    return blocks


def _run(command: list[str]) -> None:
    kept = {name: value for name, value in os.environ.items() if name not in ("PIP_FIND_LINKS", "UV_FIND_LINKS")}
    done = subprocess.run(command, env={**kept, "PIP_CONFIG_FILE": os.devnull}, check=False)
    if done.returncode != 0:
        raise SetupError(f"{Path(command[0]).name} failed", "see above; then run make lock again")


if __name__ == "__main__":
    sys.exit(main())
