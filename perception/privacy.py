"""Which picture of a fall may be kept: none, one without anybody's looks, or the raw one. Pure; docs/privacy.md."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from kangban.site import Site
from kangban.values import Point3, Pose2D

DAY_S = 86_400.0


class Keep(StrEnum):
    UNKNOWN = "unknown"  # yet: ask again with the next picture
    NOTHING = "nothing"
    DEIDENTIFIED = "deidentified"
    RAW = "raw"


def picture_of_fall(site: Site, robot_in_map: Pose2D | None, place_in_map: Point3 | None) -> Keep:
    """What is kept of a fall seen from `robot_in_map`, with the fallen person at `place_in_map`.

    Where there are rooms or zones that nobody may look into, it must be known where the camera stands.
    """
    if site.keeps_looks_away:
        if robot_in_map is None:
            return Keep.UNKNOWN
        if site.no_look_at(robot_in_map.x, robot_in_map.y):
            return Keep.NOTHING
        if place_in_map is not None and site.no_look_at(place_in_map[0], place_in_map[1]):
            return Keep.NOTHING
    return Keep.RAW if site.privacy.raw_pictures == "incident" else Keep.DEIDENTIFIED


def delete_old(folder: Path, kept_days: float, wall_now: float) -> int:
    """Delete the files of a folder that are older than that; how many there were. Raises OSError."""
    old = [p for p in folder.glob("*") if p.is_file() and wall_now - p.stat().st_mtime > kept_days * DAY_S]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
