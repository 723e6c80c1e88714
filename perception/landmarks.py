"""MediaPipe's 33 body landmarks: which is which, and the few sums over them that every later step needs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kangban.values import Array

NOSE = 0
EARS = (7, 8)
SHOULDERS = (11, 12)
WRISTS = (15, 16)
HIPS = (23, 24)
KNEES = (25, 26)
ANKLES = (27, 28)
FEET = (27, 28, 29, 30, 31, 32)
TORSO = (*SHOULDERS, *HIPS)
BODY = (NOSE, *SHOULDERS, 13, 14, *HIPS, *KNEES, *ANKLES)  # the large joints: scale, place, box
BONES = (
    (0, 11), (0, 12), (11, 12), (11, 13), (13, 15), (12, 14), (14, 16), (11, 23), (12, 24), (23, 24),
    (23, 25), (25, 27), (27, 31), (24, 26), (26, 28), (28, 32),
)  # fmt: skip
_BODY = np.array(BODY)
X, Y, Z, VISIBILITY, PRESENCE = range(5)


@dataclass(frozen=True, slots=True)
class Pose:
    """One body as the pose model sees it.

    `image` (33, 5): x, y in 0..1 of the image (beyond it where extrapolated), z, visibility, presence.
    `body` (33, 3): m, about the hip centre, along the camera's axes (x right, y down, z away).
    """

    image: Array
    body: Array


def pixels(pose: Pose, width: int, height: int) -> Array:
    """The landmarks in pixels, (33, 2)."""
    return np.asarray(pose.image[:, :2] * (width, height))


def middle(points: Array, which: tuple[int, ...]) -> Array:
    """The mean of the landmarks `which`, of points (33, k): (k,)."""
    if len(which) == 2:  # by far the most frequent, and ten times as quick this way
        return np.asarray(0.5 * (points[which[0]] + points[which[1]]))
    return np.asarray(points[list(which)].mean(axis=0))


def visibility(pose: Pose, which: tuple[int, ...]) -> float:
    return float(pose.image[list(which), VISIBILITY].mean())


def box(pose: Pose) -> tuple[float, float, float, float]:
    """Left, top, right, bottom in 0..1 of the image, of all landmarks, cut at the image's edge."""
    low, high = pose.image[:, :2].min(axis=0), pose.image[:, :2].max(axis=0)
    left, top, right, bottom = np.clip([*low, *high], 0.0, 1.0)
    return float(left), float(top), float(right), float(bottom)


def pixels_per_metre(pose: Pose, width: int, height: int) -> float:
    """How many pixels a metre across the line of sight takes at this body, by least squares over its large joints.

    Compares the landmarks in the image with the same in metres (weak perspective); needs no camera calibration.
    """
    image = pose.image[_BODY]
    weight = np.minimum(np.maximum(image[:, VISIBILITY], 0.05), 1.0)
    share = weight / weight.sum()
    seen, model = image[:, :2] * (width, height), pose.body[_BODY, :2]
    seen, model = seen - share @ seen, model - share @ model
    spread = float(share @ (model * model).sum(axis=1))
    return math.sqrt(float(share @ (seen * seen).sum(axis=1)) / max(spread, 1e-6))
