"""When it is worth looking for the dock's tag: reading a picture costs ten milliseconds and more. No ROS."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kangban.dock import TAG_X_M, dock_in_map
from kangban.profile import Docking
from kangban.site import Dock, Station
from kangban.values import DockSeen, Pose2D, wrap_angle
from perception.dock_tag import TagReader
from perception.place import View

NEAR_M = 2.5  # from the robot to the tag, by the map
BESIDE_RAD = 0.4  # beyond the edge of the picture: the dock may have been moved
DOCKED_M = 0.06  # nearer to the docked place it stands in it: what it sees is known
LOST_EVERY = 5  # pictures, while the robot does not know where it is


class DockWatch:
    def __init__(self, dock: Dock, station: Station, contacts: Docking) -> None:
        self._docked = Pose2D(dock.x_m, dock.y_m, dock.yaw_rad)
        self._tag = dock_in_map(dock, contacts) @ Pose2D(TAG_X_M, 0.0, 0.0)
        self._reader = TagReader(station)
        self._pictures = 0

    def look(
        self, pixels: NDArray[np.uint8], view: View | None, robot_in_map: Pose2D | None, stamp: float
    ) -> DockSeen | None:
        """None where it was not looked for, or not found."""
        self._pictures += 1
        if view is None or not self.worth_it(view, robot_in_map):
            return None
        return self._reader.find(pixels, view, stamp)

    def worth_it(self, view: View, robot_in_map: Pose2D | None) -> bool:
        if robot_in_map is None:
            return self._pictures % LOST_EVERY == 0
        if robot_in_map.distance_to(self._docked.x, self._docked.y) < DOCKED_M:
            return False
        eye = robot_in_map @ Pose2D(view.mount.x_m, view.mount.y_m, view.mount.yaw_rad)
        to_tag = wrap_angle(math.atan2(self._tag.y - eye.y, self._tag.x - eye.x) - eye.yaw)
        half_view = math.atan(0.5 * view.width / view.fx)
        return eye.distance_to(self._tag.x, self._tag.y) < NEAR_M and abs(to_tag) < half_view + BESIDE_RAD
