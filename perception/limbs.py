"""How a body's legs and arms are bent, from the pose model's body in metres: independent of distance and size."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kangban.values import Array
from perception.landmarks import VISIBILITY, Pose

LEGS = ((11, 23, 25, 27), (12, 24, 26, 28))  # shoulder, hip, knee, ankle


@dataclass(frozen=True, slots=True)
class Limbs:
    """Angles in rad. `knee` and `hip`: how far they are bent, 0 straight; `thigh` and `shin`: against straight down.

    `flattest_shin` and `steepest_shin`: of the two. `legs`: 0..1, how clearly knees and ankles are seen, and in the
    picture. `torso_inside`: shoulders and hips lie in the picture.
    """

    knee: float
    hip: float
    thigh: float
    shin: float
    flattest_shin: float
    steepest_shin: float
    legs: float
    torso_inside: bool


def limbs_of(pose: Pose, up: Array) -> Limbs:
    """`up` (3,): the way up in the camera's axes (`upright.py`)."""
    body, down = pose.body, -up
    weights, rows = [], []
    for joints, (knee, hip) in zip(LEGS, bends(body), strict=True):
        _, at_hip, at_knee, at_ankle = (body[k] for k in joints)
        rows.append((knee, hip, _angle(at_knee - at_hip, down), _angle(at_ankle - at_knee, down)))
        seen = [pose.image[k, VISIBILITY] if _inside(pose, k) else 0.0 for k in joints[2:]]
        weights.append(float(min(seen)))
    share = np.array(weights) + 1e-3
    knee, hip, thigh, shin = (float(v) for v in np.average(np.array(rows), axis=0, weights=share))
    shins = [row[3] for row in rows]
    torso_inside = all(_inside(pose, k) for k in (11, 12, 23, 24))
    return Limbs(knee, hip, thigh, shin, max(shins), min(shins), float(np.mean(weights)), torso_inside)


def bends(body: Array) -> list[tuple[float, float]]:
    """How far knee and hip are bent, rad, 0 straight, for the left and the right leg of a body (33, 3)."""
    found = []
    for joints in LEGS:
        at_shoulder, at_hip, at_knee, at_ankle = (body[k] for k in joints)
        thigh = at_knee - at_hip
        found.append((_angle(thigh, at_ankle - at_knee), math.pi - _angle(at_shoulder - at_hip, thigh)))
    return found


def _inside(pose: Pose, k: int) -> bool:
    x, y = pose.image[k, :2]
    return bool(0.0 < x < 1.0 and 0.0 < y < 1.0)


def _angle(a: Array, b: Array) -> float:
    cosine = float(a @ b) / max(math.sqrt(float(a @ a) * float(b @ b)), 1e-9)
    return math.acos(max(-1.0, min(1.0, cosine)))
