"""Whoever walks by closely is let pass: until then the robot stands. Pure.

The guard stops for people whom the camera has. Who comes from the side or from behind only the lidar sees, and
`movers.py` tells that she walks; a robot that stood still is one that she can walk around.
"""

from __future__ import annotations

import numpy as np

from kangban.values import STILL, Array, Pose2D, Twist2D
from navigation.control.limits import ControlLimits

WITHIN_S = 1.0  # on her way so far, as long as the robot needs to stand and she to notice


def let_pass(wish: Twist2D, pose: Pose2D, bodies: Array, limits: ControlLimits) -> Twist2D:
    """Zero in place of a `wish` to drive while somebody walks, or soon will, nearer than the robot comes to people.

    `bodies` (k, 6): as of `people.bodies`; those who stand are left to planning and to the guard.
    """
    return STILL if wish.speed > 0.0 and passes_by(pose, bodies, limits) else wish


def passes_by(pose: Pose2D, bodies: Array, limits: ControlLimits) -> bool:
    speed2 = (bodies[:, 2:4] ** 2).sum(axis=1)
    walkers = bodies[speed2 > 0.0]
    if not len(walkers):
        return False
    off, velocity = walkers[:, :2] - [pose.x, pose.y], walkers[:, 2:4]
    nearest_s = np.clip(-(off * velocity).sum(axis=1) / speed2[speed2 > 0.0], 0.0, WITHIN_S)
    apart = np.hypot(*(off + velocity * nearest_s[:, None]).T) - walkers[:, 5]
    return bool((apart < limits.person_stop).any())
