"""The one lock file: sections of pinned, hashed requirements, each level adding to the one before it."""

import re
from pathlib import Path

from report import SetupError

LEVELS = ("robot", "sim", "test")
MODEL = "model"
SECTION = re.compile(r"^# \[(\w+)\]")


def sections(lock: str) -> dict[str, str]:
    """Split the lock's text by its `# [name]` lines."""
    found: dict[str, list[str]] = {}
    lines: list[str] | None = None
    for line in lock.splitlines():
        heading = SECTION.match(line)
        if heading:
            lines = found.setdefault(heading[1], [])
        elif lines is not None and line.strip():
            lines.append(line)
    return {name: "\n".join(body) + "\n" for name, body in found.items()}


def requirements(path: Path, level: str) -> str:
    """Return the locked requirements of a level with those of the levels under it, or of the model's wheel alone.

    Raises SetupError when the lock file is missing or lacks a section.
    """
    wanted = (level,) if level == MODEL else LEVELS[: LEVELS.index(level) + 1]
    try:
        found = sections(path.read_text(encoding="utf-8"))
        return "".join(found[name] for name in wanted)
    except OSError as error:
        raise SetupError(f"the lock file {path} cannot be read: {error}", "restore it: git checkout setup") from error
    except KeyError as error:
        raise SetupError(f"{path} has no section {error}", "restore it: git checkout setup") from error


def only(text: str, name: str) -> str:
    """Return the lines of one requirement out of a lock text; raises SetupError when it is not in it."""
    block = re.search(rf"^{re.escape(name)}==.*\n(?:[ \t].*\n)*", text, flags=re.MULTILINE)
    if block is None:
        raise SetupError(f"{name} is not in the lock", "restore it: git checkout setup")
    return block[0]


def covers(have: str, want: str) -> bool:
    """Whether an environment set up to level `have` holds all that `want` needs; an unknown level holds nothing."""
    return have in LEVELS and LEVELS.index(have) >= LEVELS.index(want)


def names(text: str) -> list[str]:
    """Return `name==version` of each requirement in a lock text, in order."""
    return re.findall(r"^([A-Za-z0-9._-]+==[^\s\\;]+)", text, flags=re.MULTILINE)
