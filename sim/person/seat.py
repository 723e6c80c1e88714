"""Sitting down and standing up, feet planted: lean forward, move the weight, straighten.

Phases after Schenkman et al., "Whole-body movements during rising to standing", Physical Therapy 70 (1990).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sim.person.body import Body
from sim.person.clip import Clip, Situation, ankles_middle, mean_yaw
from sim.person.pose import Foot, Pose, feet_of, with_feet
from sim.person.poses import seat_reach, sitting, upright_angles, upright_root
from sim.person.rotation import about_y, about_z, ease, matrix
from sim.person.skeleton import DOF

Array = NDArray[np.float64]

_LEAN_SIT, _LEAN_RISE = 0.55, 0.75
"""How far the pelvis tips forward on the way (rad)."""


def sit_down(
    body: Body, now: Situation, seat_height: float, hip_xy: tuple[float, float] | None, seconds: float
) -> Clip:
    yaw, feet = mean_yaw(body, now.pose), feet_of(body, now.pose)
    goal = seated(body, now.pose, yaw, seat_height, hip_xy)
    at = between(body, now.pose, goal, yaw, feet, _LEAN_SIT, seconds, down=True)
    return Clip(seconds, at, "sitting_down", "sitting", seat_height)


def stand_up(body: Body, now: Situation, seconds: float) -> Clip:
    yaw, feet = mean_yaw(body, now.pose), feet_of(body, now.pose)
    x, y = ankles_middle(body, now.pose)
    root, turn = upright_root(body, float(x), float(y), yaw)
    goal = with_feet(body, root, turn, upright_angles(body), feet)
    at = between(body, now.pose, goal, yaw, feet, _LEAN_RISE, seconds, down=False)
    return Clip(seconds, at, "standing_up", "standing", 0.0)


def seated(body: Body, pose: Pose, yaw: float, seat_height: float, hip_xy: tuple[float, float] | None) -> Pose:
    x, y = ankles_middle(body, pose)
    reach = seat_reach(body, seat_height)
    place = hip_xy or (float(x) - reach * math.cos(yaw), float(y) - reach * math.sin(yaw))
    return sitting(body, place[0], place[1], yaw, seat_height)


def between(
    body: Body, start: Pose, goal: Pose, yaw: float, feet: tuple[Foot, Foot], lean: float, seconds: float, down: bool
) -> Callable[[float], Pose]:
    heading = about_z(yaw)
    pitch_start, pitch_goal = pitch_of(start, yaw), pitch_of(goal, yaw)

    def at(t: float) -> Pose:
        share = min(t / seconds, 1.0)
        flat, high = (ease(share / 0.85), ease((share - 0.08) / 0.92)) if down else (
            ease((share - 0.05) / 0.75), ease((share - 0.28) / 0.72))  # fmt: skip
        root = start.root + np.array([flat, flat, high]) * (goal.root - start.root)
        bow = max(0.0, math.sin(math.pi * ease(share))) ** 1.5
        pitch = pitch_start + ease(share) * (pitch_goal - pitch_start) + lean * bow
        angles = start.angles + ease(share) * (goal.angles - start.angles)
        angles[DOF["spine_flex"]] += 0.3 * lean * bow
        angles[DOF["neck_flex"]] -= 0.45 * lean * bow
        for side in "rl":
            angles[DOF[f"shoulder_{side}_flex"]] += 0.7 * lean * bow
        return with_feet(body, root, heading @ about_y(pitch), angles, feet)

    return at


def pitch_of(pose: Pose, yaw: float) -> float:
    """Forward tip of the pelvis about her left axis, rad."""
    up = about_z(yaw).T @ matrix(pose.turn)[:, 2]
    return math.atan2(float(up[0]), float(up[2]))
