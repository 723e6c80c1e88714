"""Lying down from a bed's edge, sitting up again, and getting up from the floor."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sim.person.body import Body
from sim.person.clip import Clip, Situation, through
from sim.person.pose import Pose, blend
from sim.person.poses import lying, rested, sitting, standing
from sim.person.rotation import about_y, about_z, matrix, quaternion
from sim.person.skeleton import angles_of

Array = NDArray[np.float64]

_INTO_BED_M = 0.35
_TUCKED = angles_of(
    hip_flex=1.5, knee=1.5, spine_flex=0.35, neck_flex=0.3, shoulder_flex=0.2, shoulder_abd=0.35, elbow=0.7
)
_ON_ALL_FOURS = angles_of(
    hip_flex=1.45, knee=1.5, spine_flex=0.15, neck_flex=-0.4, shoulder_flex=1.5, elbow=0.15, ankle_flex=-0.7
)
_HALF_KNEEL = angles_of(
    hip_r_flex=0.15, knee_r=1.55, ankle_r_flex=-0.4, hip_l_flex=1.5, knee_l=1.45, spine_flex=0.35,
    shoulder_l_flex=0.8, elbow_l=0.9, shoulder_r_flex=0.3, elbow_r=0.4,
)  # fmt: skip


def lie_down(
    body: Body, now: Situation, surface_height: float, head_yaw: float, hip_xy: tuple[float, float] | None,
    seconds: float,
) -> Clip:  # fmt: skip
    """From sitting on the edge: legs swing up while the trunk goes down to the side, then she stretches out."""
    back = -about_z(now.heading())[:, 0] * _INTO_BED_M
    x, y = hip_xy or (float(now.pose.root[0] + back[0]), float(now.pose.root[1] + back[1]))
    goal = lying(body, x, y, head_yaw, surface_height)
    middle = blend(now.pose, goal, 0.55)
    tucked = Pose(middle.root, middle.turn, _TUCKED)
    keys = [(0.0, now.pose), (0.5 * seconds, tucked), (seconds, goal)]
    at = through(keys, _lifted_from(body, now.pose, surface_height))
    return Clip(seconds, at, "lying_down", "lying", surface_height)


def sit_up(body: Body, now: Situation, exit_yaw: float | None, seconds: float) -> Clip:
    """The way back, to sitting on the edge that `exit_yaw` (rad, from the bed outwards) faces."""
    left = matrix(now.pose.turn)[:2, 1]
    yaw = exit_yaw if exit_yaw is not None else math.atan2(float(left[1]), float(left[0]))
    out = about_z(yaw)[:, 0] * _INTO_BED_M
    goal = sitting(body, float(now.pose.root[0] + out[0]), float(now.pose.root[1] + out[1]), yaw, now.support_height)
    middle = blend(now.pose, goal, 0.45)
    keys = [(0.0, now.pose), (0.5 * seconds, Pose(middle.root, middle.turn, _TUCKED)), (seconds, goal)]
    at = through(keys, _lifted_from(body, goal, now.support_height))
    return Clip(seconds, at, "sitting_up", "sitting", now.support_height)


def _lifted_from(body: Body, seated: Pose, surface_height: float) -> Callable[[Pose], Pose]:
    """Keeps trunk and thighs on the surface, sunk in as far as the seated pose is."""
    sunk = seated.root[2] - rested(body, seated, surface_height, whole=False).root[2]

    def settle(pose: Pose) -> Pose:
        return rested(body, pose, surface_height + sunk, whole=False)

    return settle


def rise_from_floor(body: Body, now: Situation, seconds: float) -> Clip:
    """Over hands and knees, then one foot forward, then up, as physiotherapists teach it."""
    turn = matrix(now.pose.turn)
    along = turn[:2, 2] if abs(turn[2, 2]) < 0.9 else turn[:2, 0]
    yaw = math.atan2(float(along[1]), float(along[0]))
    heading = about_z(yaw)
    x, y = float(now.pose.root[0]), float(now.pose.root[1])

    def posed(ahead: float, pitch: float, angles: Array) -> Pose:
        place = np.array([x, y, 0.0]) + heading[:, 0] * ahead
        return rested(body, Pose(place, quaternion(heading @ about_y(pitch)), angles), 0.0)

    goal = standing(body, x + float(heading[0, 0]) * 0.15, y + float(heading[1, 0]) * 0.15, yaw)
    keys = [
        (0.0, now.pose),
        (0.35 * seconds, posed(0.0, math.pi / 2 - 0.1, _ON_ALL_FOURS)),
        (0.45 * seconds, posed(0.0, math.pi / 2 - 0.1, _ON_ALL_FOURS)),
        (0.70 * seconds, posed(0.05, 0.25, _HALF_KNEEL)),
        (0.76 * seconds, posed(0.05, 0.25, _HALF_KNEEL)),
        (seconds, goal),
    ]
    return Clip(seconds, through(keys, lambda pose: rested(body, pose, 0.0)), "getting_up", "standing", 0.0)
