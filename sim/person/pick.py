"""Bending to the floor and rising: the everyday motion that looks most like a fall."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sim.person.body import Body
from sim.person.clip import Clip, Situation, mean_yaw
from sim.person.pose import Pose, feet_of, with_feet
from sim.person.rotation import about_y, about_z, ease, matrix
from sim.person.skeleton import DOF, LINK

Array = NDArray[np.float64]

_GRASP_HEIGHT = 0.03
_HOLD_SHARE = 0.12
"""Share of the time spent at the bottom."""


def pick_up(body: Body, now: Situation, rng: np.random.Generator, seconds: float) -> Clip:
    yaw, feet = mean_yaw(body, now.pose), feet_of(body, now.pose)
    side = "r" if rng.random() < 0.7 else "l"
    tip = float(rng.uniform(0.65, 0.95))
    low, goal = _bent(body, now.pose, side, tip)
    heading, start = about_z(yaw), now.pose
    level = _pitch_of(start, yaw)
    down = (1 - _HOLD_SHARE) * 0.52

    def at(t: float) -> Pose:
        share = t / seconds
        bent = ease(share / down) - ease((share - down - _HOLD_SHARE) / (1 - down - _HOLD_SHARE))
        root = start.root + bent * (heading @ low)
        angles = start.angles + bent * (goal - start.angles)
        return with_feet(body, root, heading @ about_y(level + bent * (tip - level)), angles, feet)

    return Clip(seconds, at, "bending", "standing", 0.0)


def _bent(body: Body, start: Pose, side: str, tip: float) -> tuple[Array, Array]:
    """Pelvis shift (3,) in the heading frame and the angles at the bottom, the hand just over the floor."""
    other = "l" if side == "r" else "r"
    goal = start.angles.copy()
    goal[DOF["spine_flex"]] = 0.85
    goal[DOF["spine_turn"]] = 0.15 if side == "r" else -0.15
    goal[DOF["neck_flex"]] = -0.35
    goal[DOF[f"shoulder_{side}_flex"]] = tip + 0.95
    goal[DOF[f"elbow_{side}"]] = 0.1
    goal[DOF[f"shoulder_{other}_flex"]] = tip - 0.2
    goal[DOF[f"elbow_{other}"]] = 0.9
    goal_root = np.array([0.0, 0.0, start.root[2]])
    hand = body.surface(goal_root, about_y(tip), goal)[LINK[f"farm_{side}"]]
    drop = max(float(hand[:, 2].min()) - _GRASP_HEIGHT, 0.0)
    return np.array([-0.10 - 0.08 * math.sin(tip), 0.0, -min(drop, 0.55 * start.root[2])]), goal


def _pitch_of(pose: Pose, yaw: float) -> float:
    up = about_z(yaw).T @ matrix(pose.turn)[:, 2]
    return math.atan2(float(up[0]), float(up[2]))
