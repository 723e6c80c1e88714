"""Learns by how much odometry errs always alike (a worn tyre, a wrong axle length) from steps that scans measured well.

Without it a robot in a bare corridor is pulled along by every step, because nothing there says how far it went.
"""

from __future__ import annotations

import math

import numpy as np

from kangban.values import Array, Pose2D

FORGET = 0.995  # of one keyframe's step to the next: some 200 count
AT_MOST = 0.2  # beyond that it is no constant error
BEFORE = 4.0  # metres (or radians) of perfect odometry that are taken as seen before the first step
SURE_M, SURE_RAD = 0.008, 0.004  # a scan's standard deviation below which its step teaches
WRONG = 0.3  # a step that is off by more than this share is a slip


class Wheels:
    """Way is scaled by one factor; turn is scaled by another, and veers with the way."""

    def __init__(self) -> None:
        self._way = np.array([BEFORE**2, BEFORE**2]) * 0.1
        self._turns = np.diag([BEFORE, BEFORE]) * 0.3
        self._seen = np.array([BEFORE, 0.0]) * 0.3
        self.scale, self.turn_scale, self.veer = 1.0, 1.0, 0.0

    def corrected(self, moved: Pose2D) -> Pose2D:
        way = math.copysign(math.hypot(moved.x, moved.y), moved.x)
        return Pose2D(self.scale * moved.x, self.scale * moved.y, self.turn_scale * moved.yaw + self.veer * way)

    def learn(self, told: Pose2D, measured: Pose2D, information: Array) -> None:
        """`information` (3, 3) of the measured step."""
        low = float(np.linalg.eigvalsh(information[:2, :2])[0])
        if low < SURE_M**-2 or information[2, 2] < SURE_RAD**-2:
            return
        way, turn = math.hypot(told.x, told.y), told.yaw
        if math.hypot(told.x - measured.x, told.y - measured.y) > WRONG * way + 0.02:
            return
        if abs(measured.yaw - turn) > WRONG * (abs(turn) + 0.2 * way) + 0.02:
            return
        along = (told.x * measured.x + told.y * measured.y) / max(way, 1e-6)
        self._way = FORGET * self._way + np.array([way * along, way * way])
        signed = math.copysign(way, told.x)
        row = np.array([turn, signed])
        self._turns = FORGET * self._turns + np.outer(row, row)
        self._seen = FORGET * self._seen + row * measured.yaw
        floor = np.diag([0.05, 0.5])
        both = np.linalg.solve(self._turns + floor, self._seen + floor @ np.array([1.0, 0.0]))
        self.scale = _near(self._way[0] / self._way[1])
        self.turn_scale, self.veer = _near(float(both[0])), max(-AT_MOST, min(AT_MOST, float(both[1])))


def _near(scale: float) -> float:
    return float(max(1.0 - AT_MOST, min(1.0 + AT_MOST, scale)))
