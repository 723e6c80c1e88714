"""One log file per process, written by the supervisor from the process's output.

The process writes into a pipe, never to the disk: a full disk costs log lines (counted and told), not the robot.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

MAX_BYTES = 8_000_000


class ProcessLog:
    """Append-only with one older file kept: NAME.log and NAME.log.1."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self.path = path
        self.dropped = 0
        self._max_bytes = max_bytes
        self._size = path.stat().st_size if path.exists() else 0

    def write(self, data: bytes) -> None:
        try:
            if self._size + len(data) > self._max_bytes:
                self.path.replace(self.path.with_name(self.path.name + ".1"))
                self._size = 0
            with self.path.open("ab", buffering=0) as file:
                file.write(data)
            self._size += len(data)
        except OSError as error:
            if not self.dropped:
                sys.stderr.write(f"kangban: {self.path}: log lines are dropped: {error.strerror}\n")
            self.dropped += data.count(b"\n")

    def tail(self, lines: int = 15) -> str:
        try:
            with self.path.open("rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - 20_000))
                return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""
