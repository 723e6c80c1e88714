"""An arm bent so that its hand comes where it is wanted, or as near as it reaches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.person.body import Body
from sim.person.pose import Pose
from sim.person.rotation import matrix
from sim.person.skeleton import DOF, LINK, LOWER, UPPER, forward

Array = NDArray[np.float64]

_ROUNDS, _STEP, _DAMPING = 40, 1e-4, 0.02
_PULL = 0.02
"""How strongly the arm prefers the angles it starts from."""


def hand_of(body: Body, pose: Pose, side: str) -> Array:
    """Where the palm is, (3,) m in the world."""
    return _hand(body, pose.root, matrix(pose.turn), pose.angles, side)


def reach(body: Body, pose: Pose, side: str, target: Array) -> Pose:
    """The pose with the palm at `target` (3,) m in the world, by damped least squares over shoulder and elbow."""
    names = [f"shoulder_{side}_flex", f"shoulder_{side}_abd", f"shoulder_{side}_rot", f"elbow_{side}"]
    index = [DOF[name] for name in names]
    angles, turn = pose.angles.copy(), matrix(pose.turn)
    wished = angles[index].copy()
    for _ in range(_ROUNDS):
        now = _hand(body, pose.root, turn, angles, side)
        error = target - now
        if float(error @ error) < 1e-6:
            break
        slopes = np.empty((3, 4))
        for column, i in enumerate(index):
            moved = angles.copy()
            moved[i] += _STEP
            slopes[:, column] = (_hand(body, pose.root, turn, moved, side) - now) / _STEP
        pull = _PULL * (wished - angles[index])
        change = np.linalg.solve(slopes.T @ slopes + _DAMPING * np.eye(4), slopes.T @ error + _DAMPING * pull)
        angles[index] = np.clip(angles[index] + np.clip(change, -0.4, 0.4), LOWER[index], UPPER[index])
    return Pose(pose.root, pose.turn, angles)


def _hand(body: Body, root: Array, turn: Array, angles: Array, side: str) -> Array:
    link = LINK[f"farm_{side}"]
    positions, rotations = forward(body.offsets, root, turn, angles)
    points = body.touch[link]
    palm = points[points[:, 2] < 0.75 * points[:, 2].min()].mean(0)
    result: Array = positions[link] + rotations[link] @ palm
    return result
