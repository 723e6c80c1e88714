"""How a process says that it is up: RUN_DIR/ready/NAME holds its process id, written once it is built.

And how others see that it died: the id in its file is of no living process, until a new one has written its own.
"""

from __future__ import annotations

import os
from pathlib import Path

# Places in /proc/PID/stat after the name in parentheses (proc_pid_stat(5)), and what stands there.
STATE, FLAGS, SIGNALS = 0, 6, 28
EXITING = 0x4  # PF_EXITING in FLAGS
KILLED = 1 << 8  # SIGKILL in SIGNALS: sent, and not taken yet


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


def process_id(run_dir: Path, name: str) -> int | None:
    """The process that is up under this name and lives; None while there is none."""
    try:
        pid = (run_dir / "ready" / name).read_text(encoding="ascii")
    except OSError:
        return None
    return int(pid) if pid.isdigit() and _lives(pid) else None


def away(run_dir: Path) -> tuple[str, ...]:
    """The processes of this run that were up and are dead now; one that never came up is not known here."""
    try:
        files = sorted((run_dir / "ready").iterdir())
        return tuple(file.name for file in files if not _lives(file.read_text(encoding="ascii")))
    except OSError:
        return ()


def _lives(pid: str) -> bool:
    """Unreadable (a file being written) is not taken for dead."""
    if not pid.isdigit():
        return True
    try:
        return lives(Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace"))
    except OSError:
        return False


def lives(stat: str) -> bool:
    """By the text of /proc/PID/stat. A zombie does not live, nor what was killed and hangs (on a disk, say) before it
    can die."""
    found = stat.rpartition(")")[2].split()
    return found[STATE] != "Z" and not int(found[FLAGS]) & EXITING and not int(found[SIGNALS]) & KILLED
