"""Why a drive gets no further, as far as can be told from the people about it, the path and the safety chain. Pure."""

from __future__ import annotations

import numpy as np

from kangban.values import Array, ChainState, Pose2D
from navigation.control.limits import ControlLimits
from navigation.control.path import length_of, points_at
from navigation.control.pilot import Surroundings
from navigation.recovery import Trouble

AHEAD_M = 1.5  # a person counts as in the way up to this far ahead along the path ...
BESIDE_M = 0.25  # ... and this far beside what the robot needs
NEAR_M = 2.0  # from the robot, to somebody where there is no path at all, or to a goal that is taken
ON_GOAL_M = 0.05  # nearer to it than the distance that is kept to people by so much


def why(
    path_in_map: Array | None, passed: float, pose: Pose2D, goal: Pose2D,
    surroundings: Surroundings, chain: ChainState | None, limits: ControlLimits,
) -> Trouble:  # fmt: skip
    """`path_in_map` (n, 2), m, None where there is none."""
    keep = limits.person_stop
    if pose.distance_to(goal.x, goal.y) <= NEAR_M:
        taken = _person(surroundings, np.array([[goal.x, goal.y]]), keep - ON_GOAL_M, Trouble.ON_GOAL)
        if taken is not None:
            return taken
    if path_in_map is None:
        return _person(surroundings, np.array([[pose.x, pose.y]]), NEAR_M, Trouble.PERSON) or Trouble.NO_WAY
    end = min(passed + AHEAD_M, length_of(path_in_map))
    ahead = points_at(path_in_map, np.linspace(min(passed, end), end, 16))
    found = _person(surroundings, ahead, keep + BESIDE_M, Trouble.PERSON)
    said = "" if chain is None else " ".join(chain.reasons)
    if found is not None or "person_close" in said:
        return found or Trouble.PERSON
    return Trouble.THING if "obstacle" in said or "lidar_gap" in said or "scan_" in said else Trouble.UNKNOWN


def _person(surroundings: Surroundings, places: Array, within: float, trouble: Trouble) -> Trouble | None:
    """That trouble where somebody is within so many metres of one of the places (n, 2); LOW who can't step aside."""
    if _near(surroundings.low, places, within):
        return Trouble.LOW
    bodies = surroundings.bodies
    return trouble if _near(bodies[:, :2], places, within) else None


def _near(points: Array, places: Array, within: float) -> bool:
    return bool(len(points)) and bool((np.hypot(*(points[:, None] - places[None]).transpose(2, 0, 1)) < within).any())
