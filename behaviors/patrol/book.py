"""Keeps the round under way and the reports of those made: STATE_DIR/reports/, deleted as the home's privacy says.

The round under way is written after each room (`under_way.json`), so that a killed process goes on with the rooms left.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from behaviors.patrol import round as rounds
from behaviors.patrol.findings import Finding, compared
from behaviors.patrol.report import document, page
from behaviors.patrol.round import Met, Picture, Round, Visit
from kangban.cron import HomeClock
from kangban.site import Site
from kangban.values import Posture

DAY_S = 86_400.0
UNDER_WAY = "under_way.json"
PICTURES = "../pictures"  # perception's folder of kept pictures, from a report

Move = Callable[[Round], Round]


class Book:
    """One round at a time. `fault`: why reports can't be written now, in words; None while they can."""

    def __init__(self, site: Site, folder: Path, home: HomeClock, wall: Callable[[], float]) -> None:
        self._site, self._folder, self._home, self._wall = site, folder, home, wall
        self.round: Round | None = None
        self.last: Round | None = None  # the round that ended last
        self.reports: dict[str, Path] = {}  # the pages written since the start, by the round's id
        self.fault: str | None = None
        self._before = self._last_findings()

    def begin(self, id_: str, name: str, rooms: tuple[str, ...], now: float) -> Round:
        """The round of that id: the one under way, or a new one through these rooms (none named: all)."""
        if self.round is None or self.round.id != id_:
            wanted = rooms or tuple(room.name for room in self._site.rooms)
            self.round = rounds.begin(id_, name, wanted, self._site.privacy.no_look, now, self._wall())
            self._keep()
        return self.round

    def move(self, move: Move) -> None:
        """Change the round under way, if there is one."""
        if self.round is not None:
            before, self.round = self.round, move(self.round)
            if (before.left, before.visits) != (self.round.left, self.round.visits):
                self._keep()

    def picture_kept(self, name: str, why: str) -> None:
        self.move(lambda r: rounds.answered(r, name, why))

    def end(self, now: float, why: str = "") -> Path | None:
        """Write the report of the round under way; its page, or None where it could not be written or there is none."""
        if self.round is None:
            return None
        done = rounds.given_up(self.round, why, now) if why else self.round
        done = replace(done, findings=compared(done.findings, self._before))
        self.round, self.last = None, done
        data = document(done, self._site, self._home.at, now, why)
        html = page(done, self._site, self._home.at, now, why, PICTURES)
        path = self._folder / f"{done.id}.html"
        try:
            _write(path.with_suffix(".json"), json.dumps(data, ensure_ascii=False, indent=1))
            _write(path, html)
            (self._folder / UNDER_WAY).unlink(missing_ok=True)
        except OSError as error:
            self.fault = f"{path}: the report can't be written: {error.strerror}; check the disk and its rights"
            return None
        self._before = {f.key: f.code for f in done.findings}
        self.reports[done.id], self.fault = path, None
        return path

    def left_over(self, now: float, longest_s: float) -> Round | None:
        """The round that an earlier process was killed in, if that was not too long ago; it is under way again."""
        try:
            data = json.loads((self._folder / UNDER_WAY).read_text(encoding="utf-8"))
            found = _round_back(data)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if not 0.0 <= self._wall() - found.wall <= longest_s:
            return None
        begun = min(found.begun, now)  # a robot clock that began anew
        self.round = replace(found, begun=begun)
        return self.round

    def tidy(self) -> None:
        """Delete the reports that are older than the home wants them kept."""
        kept_s = self._site.privacy.kept_days * DAY_S
        try:
            for path in self._folder.glob("*"):
                if path.is_file() and self._wall() - path.stat().st_mtime > kept_s:
                    path.unlink(missing_ok=True)
        except OSError as error:
            self.fault = f"{self._folder}: old reports could not be deleted: {error.strerror}"

    def _keep(self) -> None:
        assert self.round is not None
        try:
            _write(self._folder / UNDER_WAY, json.dumps(asdict(self.round), ensure_ascii=False))
        except OSError as error:
            self.fault = f"{self._folder}: the round can't be written: {error.strerror}; check the disk and its rights"

    def _last_findings(self) -> Mapping[str, str] | None:
        """Of the newest report: what each thing was then."""
        try:
            newest = max(self._folder.glob("round-*.json"), key=lambda p: p.stat().st_mtime, default=None)
            if newest is None:
                return None
            data = json.loads(newest.read_text(encoding="utf-8"))
            return {str(f["key"]): str(f["code"]) for f in data["findings"]}
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _write(path: Path, content: str) -> None:
    """Whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _round_back(data: dict[str, Any]) -> Round:
    return Round(
        id=str(data["id"]),
        name=str(data["name"]),
        begun=float(data["begun"]),
        wall=float(data["wall"]),
        left=tuple(map(str, data["left"])),
        visits=tuple(Visit(v["room"], v["at"], v["why"]) for v in data["visits"]),
        failed=tuple(map(str, data["failed"])),
        met=tuple(Met(m["room"], m["at"], Posture(m["posture"]), tuple(m["place_in_map"])) for m in data["met"]),
        findings=tuple(
            Finding(f["key"], f["code"], f["room"], tuple((a, b) for a, b in f["params"]), f["changed"])
            for f in data["findings"]
        ),
        pictures=tuple(Picture(p["name"], p["room"], p["why"]) for p in data["pictures"]),
        interrupted=tuple((float(t), str(why)) for t, why in data["interrupted"]),
    )
