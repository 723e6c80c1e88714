"""Which way is up for a camera whose tilt nobody told: learned from people who stand or walk straight. Pure.

The pose model gives bodies along the camera's axes. Seen from a cupboard a standing person's shins seem to lie, and
whoever bends seems to kneel; but everyone who walks past shows the way up, and a camera on a cupboard stays there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from kangban.values import Array
from perception.landmarks import ANKLES, KNEES, SHOULDERS, Pose, middle, visibility
from perception.limbs import bends
from perception.place import View

LEVEL: Array = np.array([0.0, -1.0, 0.0])  # up in the picture: a camera that looks straight ahead
STRAIGHT_RAD = math.radians(40)
CLEAR = 0.6
LEARN_S = 3.0  # what is learned follows so slowly ...
ENOUGH_S = 0.8  # ... and is believed once people were seen straight for so long
ASIDE = math.sin(math.radians(25))  # nobody mounts a camera more askew, and nobody stands more so
UPWARDS = math.sin(math.radians(12))  # a camera at home looks level or down: who points away and up lies
DOWNWARDS = math.sin(math.radians(65))


@dataclass(frozen=True, slots=True)
class Upright:
    """`up` (3,) in the camera's axes (x right, y down, z away); `seen_s`: of people standing straight."""

    up: Array = field(default_factory=lambda: LEVEL)
    seen_s: float = 0.0

    @property
    def known(self) -> Array:
        """The way up to work with."""
        return self.up if self.seen_s >= ENOUGH_S else LEVEL


def of_view(view: View) -> Array:
    """Up, (3,), in the axes of a camera whose mount is known."""
    pitch = view.mount.pitch_rad
    return np.array([0.0, -math.cos(pitch), -math.sin(pitch)])


def step(state: Upright, pose: Pose, passed_s: float) -> Upright:
    """What is known after seeing this body for `passed_s`."""
    axis = straight_axis(pose)
    if axis is None:
        return state
    passed = min(0.2, max(0.0, passed_s))
    seen = min(state.seen_s + passed, LEARN_S)
    share = passed / max(seen, passed, 1e-6)
    up = state.up + share * (axis - state.up)
    return Upright(up / np.linalg.norm(up), seen)


def straight_axis(pose: Pose) -> Array | None:
    """From feet to shoulders, (3,), of a body that is straight and may stand; None for any other."""
    if visibility(pose, (*SHOULDERS, *KNEES, *ANKLES)) < CLEAR:
        return None
    feet = pose.image[list(ANKLES), :2]
    if not ((feet > 0.0) & (feet < 0.99)).all() or max(max(pair) for pair in bends(pose.body)) > STRAIGHT_RAD:
        return None
    axis = middle(pose.body, SHOULDERS) - middle(pose.body, ANKLES)
    axis = axis / max(float(np.linalg.norm(axis)), 1e-6)
    stands = axis[1] < 0.0 and abs(axis[0]) < ASIDE and -DOWNWARDS < axis[2] < UPWARDS
    return np.asarray(axis) if stands else None
