"""The home around the people: its rooms, beds, exits and hours, what time it is there, and what the camera looks at."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kangban.site import Exit, Furniture, Hours, Room, Site
from kangban.values import Point3, Pose2D
from perception.place import View

FARTHEST_M = 9.0  # beyond it nobody is recognised
OUTSIDE_M = 1.5  # who is outside may turn so far aside before she is seen no more
DOOR_HEIGHT_M = 1.0  # of a door's middle


@dataclass(frozen=True)
class Home:
    """What of the site the events need. `Home()`: nothing is known of it."""

    rooms: tuple[Room, ...] = ()
    furniture: tuple[Furniture, ...] = ()
    exits: tuple[Exit, ...] = ()
    hours: Hours | None = None

    @classmethod
    def of(cls, site: Site) -> Home:
        return cls(site.rooms, site.furniture, site.exits, site.hours)

    @property
    def beds(self) -> tuple[Furniture, ...]:
        return tuple(thing for thing in self.furniture if thing.kind == "bed")

    def is_outside(self, place: Point3 | None) -> bool:
        """Has somebody at this place gone out of an exit? What becomes of her there can't be judged from here."""
        if place is None or self.room_of(place):
            return False
        beyond = (door.from_door(place[0], place[1]) for door in self.exits)
        return any(outside > 0.0 and beside < OUTSIDE_M for outside, beside in beyond)

    def room_of(self, place: Point3 | Pose2D | None) -> str:
        """The name of the room; empty where the place, or the room, is unknown."""
        if place is None:
            return ""
        x, y = (place.x, place.y) if isinstance(place, Pose2D) else place[:2]
        return next((room.name for room in self.rooms if room.contains(x, y)), "")


def looks_at(view: View | None, robot_in_map: Pose2D | None, door: Exit) -> bool:
    """Is the middle of this door in the picture? Walls between are not known here."""
    if view is None or robot_in_map is None:
        return False
    point = robot_in_map.inverse().transform(np.array([[*door.at_m, DOOR_HEIGHT_M]]))[0] - view.eye
    yaw, pitch = view.mount.yaw_rad, view.mount.pitch_rad
    ahead = math.cos(yaw) * point[0] + math.sin(yaw) * point[1]
    left = -math.sin(yaw) * point[0] + math.cos(yaw) * point[1]
    depth = math.cos(pitch) * ahead - math.sin(pitch) * point[2]
    down = -math.sin(pitch) * ahead - math.cos(pitch) * point[2]
    if not 0.2 < depth < FARTHEST_M:
        return False
    u, v = view.cx - view.fx * left / depth, view.cy + view.fy * down / depth
    return bool(0 <= u < view.width and 0 <= v < view.height)
