"""The names of the frames (REP 105): on /tf, in the headers of messages, in the robot's description."""

from __future__ import annotations

MAP, ODOM, BASE = "map", "odom", "base_link"
LIDAR = "lidar"
CAMERA_BODY = "camera"  # x forward, as the mount has it
CAMERA = "camera_optical"  # the same place: z forward, x to the right, as pictures have it (REP 103)
