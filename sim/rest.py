"""Sees whether the stack still works on what the last slice brought it, by the state of its threads.

The stamped answers that the pacer awaits say that a period was served, not that all of it was: a timer, a goal or a
wish may still be under way, and on a loaded machine for long. So before each slice the world also waits until no thread
of these processes runs or wants to run. It asks the operating system, so it costs them nothing and they know nothing
of it.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

BUSY = b"RD"  # running or waiting for a processor; waiting for the disk
LOOKS = 2  # in a row: one may fall between a message's sender and its receiver
FIND_EVERY = 200  # times asked; threads that came meanwhile are found then
LONGEST_STAT = 512


class AtRest:
    """`names`: processes by the process table. One that is not up or has died counts as at rest."""

    def __init__(self, run_dir: Path, names: tuple[str, ...]) -> None:
        self._files = [run_dir / "ready" / name for name in names]
        self._stats: list[int] = []  # open files, one a thread
        self._asked = 0

    def busy(self) -> bool:
        """False after LOOKS quiet looks in a row."""
        if self._asked % FIND_EVERY == 0:
            self._find_threads()
        self._asked += 1
        return any(_state(stat) in BUSY for _ in range(LOOKS) for stat in self._stats)

    def close(self) -> None:
        for stat in self._stats:
            os.close(stat)
        self._stats = []

    def _find_threads(self) -> None:
        self.close()
        for file in self._files:
            with contextlib.suppress(OSError, ValueError):
                self._stats += _open_stats(int(file.read_text(encoding="ascii")))


def _open_stats(pid: int) -> list[int]:
    stats = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):  # the thread has ended meanwhile
            stats.append(os.open(task / "stat", os.O_RDONLY))
    return stats


def _state(stat: int) -> bytes:
    """The letter after the name in parentheses; empty for a thread that has ended."""
    try:
        text = os.pread(stat, LONGEST_STAT, 0)
    except OSError:
        return b"?"
    at = text.rfind(b")") + 2
    return text[at : at + 1]
