"""Walls with their doors cut out, as upright rectangles: pure geometry."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kangban.site import Door, Site, Wall

LINTEL_M = 2.0  # height of a door opening


@dataclass(frozen=True)
class Panel:
    """A straight piece of wall: centre (m), heading (rad), length, thickness, and from which height to which."""

    x: float
    y: float
    yaw: float
    length: float
    thickness: float
    bottom: float
    top: float


def panels(site: Site) -> list[Panel]:
    return [panel for wall in site.walls for panel in _cut(wall, site)]


def _cut(wall: Wall, site: Site) -> list[Panel]:
    (x0, y0), (x1, y1) = wall.start_m, wall.end_m
    length, yaw = math.hypot(x1 - x0, y1 - y0), math.atan2(y1 - y0, x1 - x0)
    # Half a thickness more at each end, so that corners close.
    at, end = -wall.thickness_m / 2, length + wall.thickness_m / 2

    def panel(a: float, b: float, bottom: float, top: float) -> Panel:
        middle = (a + b) / 2
        x, y = x0 + middle * math.cos(yaw), y0 + middle * math.sin(yaw)
        return Panel(x, y, yaw, b - a, wall.thickness_m, bottom, top)

    found = []
    for a, b in sorted(s for door in site.doors if (s := _opening(door, wall, length, yaw)) is not None):
        if a > at:
            found.append(panel(at, a, 0.0, site.ceiling_m))
        found.append(panel(a, b, LINTEL_M, site.ceiling_m))
        at = b
    if end > at:
        found.append(panel(at, end, 0.0, site.ceiling_m))
    return found


def _opening(door: Door, wall: Wall, length: float, yaw: float) -> tuple[float, float] | None:
    """Where along the wall the door opens, or None where it belongs to another wall."""
    dx, dy = door.at_m[0] - wall.start_m[0], door.at_m[1] - wall.start_m[1]
    along, across = dx * math.cos(yaw) + dy * math.sin(yaw), -dx * math.sin(yaw) + dy * math.cos(yaw)
    if abs(across) > wall.thickness_m or not 0.0 < along < length:
        return None
    return along - door.width_m / 2, along + door.width_m / 2
