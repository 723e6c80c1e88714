"""How well the robot kept her company: by the truth of the world beside what it says of itself."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from kangban.values import Persons

SAME_M = 0.8  # what perception sees so near to where she is, is her


@dataclass
class Accompanied:
    """Of the first person of the story, while the robot says that it goes with her. Distances from middle to middle."""

    goes: bool = False
    outside: bool = False
    distances_m: list[float] = field(default_factory=list)
    longest_lost_s: float = 0.0
    _seen_at: float | None = None

    def mission(self, name: str, phase: str, now: float) -> None:
        goes = name == "follow" and phase != "find"
        if goes and not self.goes:
            self._seen_at = now
        self.goes, self.outside = goes, phase == "outside"

    def seen(self, persons: Persons, her: tuple[float, float]) -> None:
        """`her`: where she really was then."""
        near = any(
            p.seen and p.position_in_map is not None and _apart(p.position_in_map[:2], her) <= SAME_M
            for p in persons.people
        )
        if self.outside or near:
            self._seen_at = persons.stamp

    def step(self, distance_m: float, now: float) -> None:
        if not self.goes:
            return
        if self._seen_at is not None:
            self.longest_lost_s = max(self.longest_lost_s, now - self._seen_at)
        self.distances_m.append(distance_m)

    def figures(self) -> dict[str, float]:
        if not self.distances_m:
            return {}
        ordered = sorted(self.distances_m)
        return {
            "follow_lost_s": round(self.longest_lost_s, 2),
            "follow_distance_m": round(ordered[len(ordered) // 2], 2),
            "follow_distance_p90_m": round(ordered[int(0.9 * (len(ordered) - 1))], 2),
            "follow_distance_least_m": round(ordered[0], 2),
        }


def reminded(state_dir: Path) -> dict[str, int]:
    """What became of the reminders that were due, as it is on disk."""
    path = state_dir / "reminders.sqlite"
    if not path.exists():
        return {}
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT stage, COUNT(*) FROM times GROUP BY stage").fetchall()
    return {f"reminders_{stage}": int(count) for stage, count in rows}


def _apart(a: tuple[float, float], b: tuple[float, float]) -> float:
    return float(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5)
