"""The robot's own recording: landmarks in a ring of MCAP files, never more than the profile allows.

What is on disk is readable at any time, also after a crash. A disk that is full, or a folder that can't be written, is
reported and tried again; perception goes on without.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from kangban.values import Persons
from perception.recorder import CHUNK_BYTES, McapRecorder

FILES = 8  # in the ring: the oldest of so many goes first
SPARE_BYTES = 200_000_000  # of the disk are left to what must not be lost: incidents, audit
RETRY_S = 60.0


class LandmarkLog:
    """Takes each frame; never raises. `fault` says what is wrong, None while all is well."""

    def __init__(self, folder: Path, limit_bytes: float) -> None:
        self.folder = folder
        self.fault: str | None = None
        self._each = limit_bytes / FILES - CHUNK_BYTES  # a file ends with the piece that goes over it
        self._recorder: McapRecorder | None = None
        self._retry_at = float("-inf")

    def write(self, persons: Persons, size: tuple[int, int]) -> None:
        """One frame more; `size` (width, height) px of its picture."""
        if persons.stamp < self._retry_at:
            return
        try:
            if self._recorder is not None and self._recorder.written >= self._each:
                self._finish()
            if self._recorder is None:
                self._recorder = self._begin()
            self._recorder.write(persons, size)
            self.fault = None
        except OSError as error:
            self._failed(error, persons.stamp)

    def close(self) -> None:
        try:
            self._finish()
        except OSError as error:
            self._failed(error, 0.0)

    def _begin(self) -> McapRecorder:
        self.folder.mkdir(parents=True, exist_ok=True)
        there = sorted(self.folder.glob("[0-9]*.mcap"))
        for old in there[: max(0, len(there) - FILES + 1)]:
            old.unlink()
        free = shutil.disk_usage(self.folder).free
        if free < SPARE_BYTES + self._each:
            raise OSError(f"only {free / 1e6:.0f} MB are free on the disk of {self.folder}")
        number = int(there[-1].stem) + 1 if there else 1
        return McapRecorder(self.folder / f"{number:08}.mcap")

    def _finish(self) -> None:
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.close()

    def _failed(self, error: OSError, now: float) -> None:
        self.fault = f"landmarks can't be recorded: {error}; the robot goes on, it is tried again every minute"
        self._recorder = None
        self._retry_at = now + RETRY_S
