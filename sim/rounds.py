"""The reports that the robot's rounds have written, as a human would find them: on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

NO_LOOK = "why_no_look"


class Rounds:
    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir / "reports"
        self._known: set[Path] = set()

    def new_report(self) -> Path | None:
        """A page that was not there before."""
        new = sorted(set(self._folder.glob("round-*.html")) - self._known)
        self._known.update(new[:1])
        return new[0] if new else None

    def figures(self) -> dict[str, Any]:
        """Of the newest report: rooms looked into, rooms that should have been and were not, pictures kept."""
        data = self._newest()
        if data is None:
            return {}
        rooms = data["rooms"]
        return {
            "rooms_looked": sum(room["looked"] for room in rooms),
            "rooms_missed": sum(not room["looked"] and room["why"] != NO_LOOK for room in rooms),
            "pictures_kept": sum(picture["kept"] for picture in data["pictures"]),
            "found": len(data["findings"]),
            "people_met": len(data["people"]),
            "put_aside": len(data["interrupted"]),
        }

    def artifacts(self) -> dict[str, str]:
        pages = sorted(self._folder.glob("round-*.html"))
        return {"report": str(pages[-1])} if pages else {}

    def _newest(self) -> dict[str, Any] | None:
        found = sorted(self._folder.glob("round-*.json"), key=lambda path: path.stat().st_mtime)
        if not found:
            return None
        data: dict[str, Any] = json.loads(found[-1].read_text(encoding="utf-8"))
        return data
