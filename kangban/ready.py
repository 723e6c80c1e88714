"""How a process says that it is up: RUN_DIR/ready/NAME holds its process id, written once it is built."""

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
