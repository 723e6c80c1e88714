"""One body, one pose: the landmarker sometimes follows one person twice, once perhaps the wrong way round."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kangban.values import Array
from perception.landmarks import BODY, TORSO, Pose, pixels, pixels_per_metre, visibility

SAME_JOINTS_M = 0.16  # joints that lie this close on average are one person's: bodies are wider
SAME_TORSO_M = 0.10  # or the corners of the torso alone, which arms and legs can't disturb
MIRRORED = {11: 12, 12: 11, 13: 14, 14: 13, 23: 24, 24: 23, 25: 26, 26: 25, 27: 28, 28: 27}


def same_body(a: Pose, b: Pose, size: tuple[int, int]) -> bool:
    """Do two poses of one picture lie on one body? Also where one of them takes left for right."""
    first, second = pixels(a, *size), pixels(b, *size)
    scale = 0.5 * (pixels_per_metre(a, *size) + pixels_per_metre(b, *size))
    for which, near in ((BODY, SAME_JOINTS_M), (TORSO, SAME_TORSO_M)):
        mirrored = tuple(MIRRORED.get(k, k) for k in which)
        if min(_apart(first, second, which, which), _apart(first, second, which, mirrored)) < near * scale:
            return True
    return False


def distinct(poses: Sequence[Pose], size: tuple[int, int]) -> list[int]:
    """Which poses to keep, in their order: of those on one body, the most visible one. `size`: (width, height) px."""
    if len(poses) < 2:
        return list(range(len(poses)))
    clearest = sorted(range(len(poses)), key=lambda k: (-visibility(poses[k], BODY), k))
    kept: list[int] = []
    for k in clearest:
        if not any(same_body(poses[k], poses[other], size) for other in kept):
            kept.append(k)
    return sorted(kept)


def _apart(a: Array, b: Array, which: tuple[int, ...], as_which: tuple[int, ...]) -> float:
    return float(np.linalg.norm(a[list(which)] - b[list(as_which)], axis=1).mean())
