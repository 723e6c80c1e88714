"""A motion made ready to play: poses over time, and what is true afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sim.person.body import Body
from sim.person.pose import Pose, blend, feet_of
from sim.person.rotation import ease, matrix, yaw_of

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Situation:
    """How a motion finds the person: `support_height` is that of seat, bed or floor, m; `yaw` her heading, rad."""

    pose: Pose
    posture: str
    support_height: float
    yaw: float

    def heading(self) -> float:
        return yaw_of(matrix(self.pose.turn))


@dataclass(frozen=True)
class Clip:
    """`at(t)` for t in 0..`duration` s. `during` and `after` name the posture while it plays and when it is over."""

    duration: float
    at: Callable[[float], Pose]
    during: str
    after: str
    support_height: float = 0.0


def held(pose: Pose, seconds: float, posture: str, support_height: float) -> Clip:
    return Clip(seconds, lambda t: pose, posture, posture, support_height)


def through(keys: list[tuple[float, Pose]], settle: Callable[[Pose], Pose] | None = None) -> Callable[[float], Pose]:
    """Poses through timed keys [(s, pose), ...], eased between each two; `settle` puts each on its support."""

    def at(t: float) -> Pose:
        for (begin, start), (end, goal) in pairwise(keys):
            if t < end:
                pose = blend(start, goal, ease((t - begin) / (end - begin)))
                return settle(pose) if settle else pose
        return settle(keys[-1][1]) if settle else keys[-1][1]

    return at


def ankles_middle(body: Body, pose: Pose) -> Array:
    """Middle between the ankles on the floor plan, (2,) m."""
    right, left = feet_of(body, pose)
    middle: Array = (right.ankle[:2] + left.ankle[:2]) / 2
    return middle


def mean_yaw(body: Body, pose: Pose) -> float:
    """Mean heading of the feet, rad, near the pelvis's heading."""
    heading = yaw_of(matrix(pose.turn))
    right, left = feet_of(body, pose)
    offsets = [np.remainder(foot.yaw - heading + np.pi, 2 * np.pi) - np.pi for foot in (right, left)]
    return heading + float(np.mean(offsets))
