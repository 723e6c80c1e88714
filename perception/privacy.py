"""Which picture of a fall may be kept: none, one without anybody's looks, or the raw one. Pure; docs/privacy.md."""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from kangban.site import Site, Wall
from kangban.values import Point3, Pose2D

DAY_S = 86_400.0
FAR_M = 8.0  # beyond, a mosaic shows nothing of a room
RAY_RAD, RAY_STEP_M = 0.04, 0.05


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


def picture_of_round(site: Site, robot_in_map: Pose2D | None, people_in_map: Iterable[Point3], view_rad: float) -> Keep:
    """What is kept of a look that a round takes from there, the camera `view_rad` wide: never a raw picture.

    Nothing from within a room or zone that nobody may look into, nothing with somebody in one, and nothing into one.
    """
    if not site.keeps_looks_away:
        return Keep.DEIDENTIFIED
    if robot_in_map is None:
        return Keep.UNKNOWN
    if site.no_look_at(robot_in_map.x, robot_in_map.y) or any(site.no_look_at(p[0], p[1]) for p in people_in_map):
        return Keep.NOTHING
    return Keep.NOTHING if looks_into_private(site, robot_in_map, view_rad) else Keep.DEIDENTIFIED


def looks_into_private(site: Site, robot_in_map: Pose2D, view_rad: float) -> bool:
    """Is anything that nobody may look into in free sight of the camera? Doors count as open, furniture as glass."""
    count = max(3, math.ceil(view_rad / RAY_RAD))
    for k in range(count):
        angle = robot_in_map.yaw + view_rad * (k / (count - 1) - 0.5)
        for step in range(1, int(FAR_M / RAY_STEP_M)):
            x = robot_in_map.x + step * RAY_STEP_M * math.cos(angle)
            y = robot_in_map.y + step * RAY_STEP_M * math.sin(angle)
            if site.room_at(x, y) is None or _in_wall(site, x, y):
                break
            if site.no_look_at(x, y):
                return True
    return False


def _in_wall(site: Site, x: float, y: float) -> bool:
    """Within a wall and not in one of its doors."""
    if any(math.dist((x, y), door.at_m) <= 0.5 * door.width_m for door in site.doors):
        return False
    return any(_apart(x, y, wall) <= 0.5 * wall.thickness_m for wall in site.walls)


def _apart(x: float, y: float, wall: Wall) -> float:
    """m from a point to the middle line of a wall."""
    (x0, y0), (x1, y1) = wall.start_m, wall.end_m
    along = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / max(1e-9, (x1 - x0) ** 2 + (y1 - y0) ** 2)
    share = min(1.0, max(0.0, along))
    return math.hypot(x - x0 - share * (x1 - x0), y - y0 - share * (y1 - y0))


def delete_old(folder: Path, kept_days: float, wall_now: float) -> int:
    """Delete the files of a folder that are older than that; how many there were. Raises OSError."""
    old = [p for p in folder.glob("*") if p.is_file() and wall_now - p.stat().st_mtime > kept_days * DAY_S]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
