"""How a process says that it is up: RUN_DIR/ready/NAME holds its process id, written once it is built.

And how others see that it died: the id in its file is of no living process, until a new one has written its own.
"""

from __future__ import annotations

import os
from pathlib import Path


def mark_ready(run_dir: Path) -> None:
    """Does nothing for a process started by hand, which has no name in the process table."""
    name = os.environ.get("KANGBAN_PROCESS")
    if name:
        folder = run_dir / "ready"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(str(os.getpid()), encoding="ascii")


def is_ready(run_dir: Path, name: str, pid: int) -> bool:
    try:
        return (run_dir / "ready" / name).read_text(encoding="ascii") == str(pid)
    except OSError:
        return False


def away(run_dir: Path) -> tuple[str, ...]:
    """The processes of this run that were up and are dead now; one that never came up is not known here."""
    try:
        files = sorted((run_dir / "ready").iterdir())
        return tuple(file.name for file in files if not _lives(file.read_text(encoding="ascii")))
    except OSError:
        return ()


def _lives(pid: str) -> bool:
    """A zombie does not live. Unreadable (a file being written) is not taken for dead."""
    if not pid.isdigit():
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return False
    return state[:1] != ["Z"]
