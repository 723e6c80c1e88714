"""A pose of the whole body, and legs bent so that the feet stand where they should."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.person.body import Body
from sim.person.rotation import about_y, about_z, cross, length, matrix, quaternion, slerp
from sim.person.skeleton import DOF, LINK, LOWER, UPPER, forward

Array = NDArray[np.float64]

SIDES = ("r", "l")
_REACH = 0.998
"""Share of the leg's length that inverse kinematics uses at most: a straight knee has no bending direction."""


@dataclass(frozen=True)
class Pose:
    """root (3,): pelvis joint in the world, m; turn (4,): its quaternion; angles (26,): hinges, rad."""

    root: Array
    turn: Array
    angles: Array

    def links(self, body: Body) -> tuple[Array, Array]:
        """Positions (13, 3) and rotations (13, 3, 3) of the links in the world."""
        return forward(body.offsets, self.root, matrix(self.turn), self.angles)


@dataclass(frozen=True)
class Foot:
    """Where a foot stands: `ankle` (3,) in the world, m, heading `yaw`, toes up by `pitch`, rad."""

    ankle: Array
    yaw: float
    pitch: float = 0.0

    def rotation(self) -> Array:
        result: Array = about_z(self.yaw) @ about_y(-self.pitch)
        return result


def blend(start: Pose, end: Pose, share: float) -> Pose:
    return Pose(
        start.root + share * (end.root - start.root),
        slerp(start.turn, end.turn, share),
        start.angles + share * (end.angles - start.angles),
    )


def feet_of(body: Body, pose: Pose) -> tuple[Foot, Foot]:
    """Right and left foot of a pose, set flat."""
    positions, rotations = pose.links(body)
    feet = []
    for side in SIDES:
        link = LINK[f"foot_{side}"]
        heading = rotations[link][:, 0]
        ankle = np.array([positions[link][0], positions[link][1], body.ankle_height])
        feet.append(Foot(ankle, math.atan2(float(heading[1]), float(heading[0]))))
    return feet[0], feet[1]


def with_feet(body: Body, root: Array, turn: Array, angles: Array, feet: tuple[Foot, Foot]) -> Pose:
    """The pose with its legs bent to put the feet in place; `turn` (3, 3). Out of reach: as near as the leg goes."""
    bent = angles.copy()
    for side, foot in zip(SIDES, feet, strict=True):
        _bend_leg(body, root, turn, bent, side, foot)
    return Pose(root, quaternion(turn), np.clip(bent, LOWER, UPPER))


def _bend_leg(body: Body, root: Array, turn: Array, angles: Array, side: str, foot: Foot) -> None:
    out = -1.0 if side == "r" else 1.0
    upper, lower = body.thigh, body.shin
    reach = foot.ankle - (root + turn @ body.offsets[LINK[f"thigh_{side}"]])
    distance = min(length(reach), _REACH * (upper + lower))
    along = reach / max(length(reach), 1e-6)
    at_hip = math.acos(_within((upper**2 + distance**2 - lower**2) / (2 * upper * distance)))
    at_knee = math.acos(_within((upper**2 + lower**2 - distance**2) / (2 * upper * lower)))
    thigh = _thigh_rotation(along, about_z(foot.yaw)[:, 0], turn, at_hip)
    local = turn.T @ thigh
    angles[DOF[f"hip_{side}_flex"]] = -math.atan2(local[0, 2], local[2, 2])
    angles[DOF[f"hip_{side}_abd"]] = out * math.asin(_within(-local[1, 2]))
    angles[DOF[f"hip_{side}_rot"]] = -out * math.atan2(local[1, 0], local[1, 1])
    angles[DOF[f"knee_{side}"]] = math.pi - at_knee
    ankle = (thigh @ about_y(math.pi - at_knee)).T @ foot.rotation()
    angles[DOF[f"ankle_{side}_flex"]] = -math.atan2(ankle[0, 2], ankle[2, 2])
    angles[DOF[f"ankle_{side}_abd"]] = out * math.asin(_within(-ankle[1, 2]))


def _thigh_rotation(along: Array, toes: Array, turn: Array, at_hip: float) -> Array:
    """World rotation of a thigh whose leg reaches `along` (3,), knee towards `toes` and the pelvis's front."""
    ahead = toes + 0.3 * turn[:, 0]
    side = cross(-along, ahead)
    side /= length(side)
    forwards = cross(side, -along)
    down = along * math.cos(at_hip) + forwards * math.sin(at_hip)
    return np.array([cross(side, -down), side, -down]).T


def _within(cosine: float) -> float:
    return min(max(cosine, -1.0), 1.0)
