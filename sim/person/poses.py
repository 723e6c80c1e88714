"""Named postures: hinge angles, and how they are set on a support."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sim.person.body import Body
from sim.person.pose import Foot, Pose, with_feet
from sim.person.rotation import about_y, about_z, matrix, quaternion
from sim.person.skeleton import LINK, angles_of

Array = NDArray[np.float64]

POSTURES = ("standing", "sitting", "lying", "lying_side", "lying_prone")

STANCE_WIDTH = 0.18
"""Between the ankles when standing, m."""
SEAT_SINK = 0.015
"""How far flesh and cushion give, m."""
_TRUNK = [LINK[name] for name in ("pelvis", "chest", "head", "uarm_r", "uarm_l", "thigh_r", "thigh_l")]


def upright_angles(body: Body) -> Array:
    return angles_of(
        spine_flex=body.stoop, neck_flex=-0.7 * body.stoop, shoulder_flex=-0.08, shoulder_abd=0.08, elbow=0.28
    )


def sitting_angles(body: Body) -> Array:
    return angles_of(
        spine_flex=0.10 + body.stoop, neck_flex=-0.05, shoulder_flex=0.42, shoulder_abd=0.06, shoulder_rot=0.15,
        elbow=0.95, hip_flex=1.45, knee=1.4,
    )  # fmt: skip


LYING = angles_of(
    hip_l_flex=0.12, knee_l=0.2, hip_r_flex=0.05, knee_r=0.1, hip_abd=0.1, shoulder_abd=0.32, shoulder_flex=-0.08,
    elbow=0.22, ankle_flex=-0.35, neck_flex=0.1,
)  # fmt: skip
LYING_SIDE = angles_of(
    hip_l_flex=1.0, knee_l=1.2, hip_r_flex=0.6, knee_r=0.9, shoulder_l_flex=0.9, elbow_l=1.1, shoulder_r_flex=1.2,
    elbow_r=1.3, spine_flex=0.25, neck_flex=0.15, ankle_flex=-0.2,
)  # fmt: skip
LYING_PRONE = angles_of(
    hip_flex=-0.05, knee=0.15, hip_abd=0.12, shoulder_abd=0.3, shoulder_flex=0.1, elbow_l=0.25, elbow_r=0.1,
    neck_turn=1.0, ankle_flex=-0.8,
)  # fmt: skip


def standing(body: Body, x: float, y: float, yaw: float) -> Pose:
    """On both feet on the floor, the middle between the ankles at (x, y) m, facing `yaw` rad."""
    return with_feet(body, *upright_root(body, x, y, yaw), upright_angles(body), stance(body, x, y, yaw))


def upright_root(body: Body, x: float, y: float, yaw: float) -> tuple[Array, Array]:
    """Pelvis place (3,) and rotation (3, 3) over the ankles' middle, knees a little bent as old people stand."""
    heading = about_z(yaw)
    hip_ahead = float(body.offsets[LINK["thigh_r"]][0])
    root = np.array([x, y, body.hip_height - 0.012]) - heading @ np.array([hip_ahead - 0.01, 0.0, 0.0])
    return root, heading @ about_y(0.2 * body.stoop)


def stance(body: Body, x: float, y: float, yaw: float, toes_out: float = 0.08) -> tuple[Foot, Foot]:
    """Flat feet side by side."""
    left = about_z(yaw)[:, 1]
    middle = np.array([x, y, body.ankle_height])
    half = left * STANCE_WIDTH / 2
    return Foot(middle - half, yaw - toes_out), Foot(middle + half, yaw + toes_out)


def seat_reach(body: Body, seat_height: float) -> float:
    """How far behind the ankles the pelvis joint comes to sit, m."""
    knee_height = body.ankle_height + body.shin
    drop = knee_height - _seat_root_height(body, seat_height) - float(body.offsets[LINK["thigh_r"]][2])
    return math.sqrt(max(body.thigh**2 - drop**2, 0.01)) - 0.03


def sitting(body: Body, x: float, y: float, yaw: float, seat_height: float) -> Pose:
    """On a seat, the pelvis joint over (x, y) m, feet on the floor in front."""
    heading = about_z(yaw)
    ahead = heading @ np.array([seat_reach(body, seat_height), 0.0, 0.0])
    root = np.array([x, y, _seat_root_height(body, seat_height)])
    feet = stance(body, x + float(ahead[0]), y + float(ahead[1]), yaw)
    return with_feet(body, root, heading @ about_y(-0.12), sitting_angles(body), feet)


def _seat_root_height(body: Body, seat_height: float) -> float:
    points = body.surface(np.zeros(3), about_y(-0.12), sitting_angles(body))
    lowest = points[[LINK["pelvis"]], :, 2].min()
    return seat_height - SEAT_SINK - float(lowest)


def lying(body: Body, x: float, y: float, head_yaw: float, surface_height: float, posture: str = "lying") -> Pose:
    """On a flat surface, the pelvis over (x, y) m, the head towards `head_yaw` rad."""
    roll = {"lying": 0.0, "lying_side": math.pi / 2, "lying_prone": math.pi}[posture]
    angles = {"lying": LYING, "lying_side": LYING_SIDE, "lying_prone": LYING_PRONE}[posture]
    turn = about_z(head_yaw + math.pi) @ about_y(-math.pi / 2) @ about_z(roll)
    return rested(body, Pose(np.array([x, y, 0.0]), quaternion(turn), angles.copy()), surface_height)


def rested(body: Body, pose: Pose, surface_height: float, whole: bool = True) -> Pose:
    """The pose lowered or lifted until its lowest point lies on the surface; not `whole`: trunk and thighs only."""
    points = body.surface(np.zeros(3), matrix(pose.turn), pose.angles)
    lowest = float((points if whole else points[_TRUNK])[..., 2].min())
    return Pose(np.array([pose.root[0], pose.root[1], surface_height - lowest]), pose.turn, pose.angles)
