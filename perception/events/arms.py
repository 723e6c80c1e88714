"""Where the hands are, as far as waving is concerned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kangban.values import Array
from perception.landmarks import EARS, HIPS, NOSE, SHOULDERS, VISIBILITY, Pose, middle, pixels

CLEAR = 0.5
RAISED_M = 0.05  # a raised wrist is higher than the shoulders by this
AT_HEAD_M = 0.26  # a hand that combs, scratches or holds a telephone is nearer to the middle of the head than this
SIDES = ((11, 13, 15), (12, 14, 16))  # shoulder, elbow, wrist


@dataclass(frozen=True, slots=True)
class Arm:
    """A raised hand: `at` (2,), m, across the line of sight and upwards, from its shoulder."""

    at: tuple[float, float]
    at_head: bool


@dataclass(frozen=True, slots=True)
class Arms:
    """Left and right arm where raised, else None; None in `clear`: not seen well enough to say.

    `faces`: her face is towards the camera.
    """

    left: Arm | None
    right: Arm | None
    clear: tuple[bool, bool]
    faces: bool


def arms_of(pose: Pose, size: tuple[int, int], pixels_per_m: float) -> Arms:
    """Up is up in the picture, whether she stands, sits or lies: a hand higher than all of her trunk is raised."""
    at = pixels(pose, *size) / max(pixels_per_m, 1e-6)
    visible = pose.image[:, VISIBILITY]
    trunk = float(at[[*SHOULDERS, *HIPS], 1].min())
    head = middle(at, (NOSE, *EARS))
    found = [_arm(at, visible, side, trunk, head) for side in SIDES]
    clear = [bool(visible[list(side)].min() >= CLEAR and _inside(pose, side)) for side in SIDES]
    shoulders = float(at[SHOULDERS[0], 0] - at[SHOULDERS[1], 0])
    faces = bool(visible[NOSE] >= CLEAR) and (shoulders > -0.05 or at[list(SHOULDERS), 1].std() > 0.1)
    left, right = (arm if ok else None for arm, ok in zip(found, clear, strict=True))
    return Arms(left, right, (clear[0], clear[1]), faces)


def _arm(at: Array, visible: Array, side: tuple[int, int, int], trunk: float, head: Array) -> Arm | None:
    shoulder, _, wrist = (at[k] for k in side)
    if wrist[1] > trunk - RAISED_M:
        return None
    to_head = float(np.linalg.norm(wrist - head))
    return Arm((float(wrist[0] - shoulder[0]), float(shoulder[1] - wrist[1])), to_head < AT_HEAD_M)


def _inside(pose: Pose, side: tuple[int, int, int]) -> bool:
    at = pose.image[list(side), :2]
    return bool(((at > 0.0) & (at < 1.0)).all())
