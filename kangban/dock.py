"""The shape of a charging dock and where its parts are: one drawing for robot, simulated home and carpenter.

Frame `dock`: on the floor under the middle of the contact face, x pointing into the dock. So a robot that stands in it
looks along x, and its middle is at (-contact_x, 0). Two upright plates at the lidar's height make a V that opens to the
robot; the contacts are on a foot below them that reaches out by RECESS_M, so that a docked robot keeps its distance to
all that its lidar sees. The tag hangs above the V.
"""

from __future__ import annotations

import numpy as np

from kangban.profile import Docking
from kangban.site import Dock, Station
from kangban.values import Array, Pose2D

HALF_WIDTH_M = 0.20  # of the V, from its middle to each end
RECESS_M = 0.08  # from the contact face back to the V's ends
DEPTH_M = 0.10  # from the V's ends back to its middle
PLATES_M = (0.14, 0.28)  # the plates' lower and upper edge above the floor
FOOT_M = (0.02, 0.06)  # the same of the contact face
FOOT_HALF_WIDTH_M = 0.09
TAG_X_M = RECESS_M + DEPTH_M  # the tag's face
PRESS_M = 0.004  # a docked robot's sprung contacts are pressed in by so much
FIRST_TAG, LAST_TAG = 0, 586  # AprilTag 36h11

# The V as two lines, end to middle to end, (3, 2), m.
V_IN_DOCK: Array = np.array([[RECESS_M, HALF_WIDTH_M], [RECESS_M + DEPTH_M, 0.0], [RECESS_M, -HALF_WIDTH_M]])


def docked_in_dock(docking: Docking) -> Pose2D:
    """Where a docked robot's middle is, in the dock's frame."""
    return Pose2D(-(docking.contact_x_m - PRESS_M), 0.0, 0.0)


def dock_in_map(dock: Dock, docking: Docking) -> Pose2D:
    """Where the dock itself is, as the site file has it: `dock` there is where the docked robot stands."""
    return Pose2D(dock.x_m, dock.y_m, dock.yaw_rad) @ docked_in_dock(docking).inverse()


def tag_corners_in_dock(station: Station) -> Array:
    """The corners of the tag's black square, (4, 3), m, as it is read: top left and right, bottom right and left."""
    half, height = station.tag_size_m / 2.0, station.tag_height_m
    # Who looks along x has the dock's y on the left.
    return np.array([[TAG_X_M, y, height + z] for y, z in ((half, half), (-half, half), (-half, -half), (half, -half))])
