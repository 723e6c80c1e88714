"""The de-identified pictures that perception leaves in STATE_DIR/pictures: `<fall id>.png`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from kangban.values import Incident

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}$")
_PNG = b"\x89PNG\r\n\x1a\n"
_LARGEST = 8_000_000  # bytes


@dataclass(frozen=True)
class Pictures:
    folder: Path

    def version(self, incident: Incident) -> int | None:
        """A number that changes when the incident's picture does; None where there is none."""
        found = self._newest(incident)
        return found[1] if found else None

    def read(self, incident: Incident) -> bytes | None:
        """The PNG file's bytes; None where there is none, or what is there is no picture."""
        found = self._newest(incident)
        try:
            data = found[0].read_bytes() if found else b""
        except OSError:
            return None
        return data if data.startswith(_PNG) else None

    def _newest(self, incident: Incident) -> tuple[Path, int] | None:
        """The picture of the incident's latest fall that has one, and when it was written (ms).

        An incident is named after the fall that opened it, so its own name is looked for last.
        """
        for fall_id in (*reversed(incident.fall_ids), incident.id):
            if not _NAME.match(fall_id):
                continue  # only a plain name: a fall's id never leads out of the folder
            path = self.folder / f"{fall_id}.png"
            try:
                status = path.stat()
            except OSError:
                continue
            if status.st_size <= _LARGEST:
                return path, status.st_mtime_ns // 1_000_000
        return None
