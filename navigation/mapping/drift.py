"""How far off the newest keyframes may be by now: grows with every step, shrinks where a loop closes."""

from __future__ import annotations

import math

import numpy as np

from kangban.values import Array, Pose2D

# A step of scan matching errs by so much, and so much of its way and turn; generous, so that true loops are found.
STEP_M, OF_WAY, STEP_RAD, RAD_A_M, OF_TURN = 0.005, 0.015, 0.002, 0.006, 0.01
TURN_M = 0.3  # a radian of turning counts as so much way: much is seen anew
SIGMAS = 3.0


class Drift:
    """`way` (m) and covariance (3, 3) of x, y (on the map), yaw, of each keyframe; since the first or the last loop."""

    def __init__(self) -> None:
        self.way: list[float] = [0.0]
        self.covariances: list[Array] = [np.zeros((3, 3))]

    def extend(self, before: Pose2D, after: Pose2D, odometry_only: bool) -> None:
        step = before.inverse() @ after
        length = math.hypot(step.x, step.y)
        worse = 4.0 if odometry_only else 1.0
        std = worse * (STEP_M + OF_WAY * length)
        turn = worse * (STEP_RAD + RAD_A_M * length + OF_TURN * abs(step.yaw))
        F = np.array([[1.0, 0.0, before.y - after.y], [0.0, 1.0, after.x - before.x], [0.0, 0.0, 1.0]])
        self.covariances.append(F @ self.covariances[-1] @ F.T + np.diag([std**2, std**2, turn**2]))
        self.way.append(self.way[-1] + length + TURN_M * abs(step.yaw))

    def closed(self, to: int, of: int, covariance: Array) -> None:
        """Keyframe `to` is now as sure as `of`, and the link between them."""
        new = self.covariances[of] + covariance
        if np.trace(new[:2, :2]) < np.trace(self.covariances[to][:2, :2]):
            self.covariances[to] = new

    def window(self, key: int, metres: tuple[float, float], radians: tuple[float, float]) -> tuple[float, float]:
        """Half the window in which a keyframe lies, cut to the ranges given."""
        covariance = self.covariances[key]
        far = SIGMAS * math.sqrt(float(np.linalg.eigvalsh(covariance[:2, :2])[-1])) + 0.2
        turn = SIGMAS * math.sqrt(float(covariance[2, 2])) + 0.06
        return min(metres[1], max(metres[0], far)), min(radians[1], max(radians[0], turn))

    def covariance_in(self, key: int, yaw: float) -> Array:
        """In the axes of a frame turned by yaw, with what is always left open."""
        c, s = math.cos(yaw), math.sin(yaw)
        R = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
        return np.asarray(R @ self.covariances[key] @ R.T + np.diag([0.05**2, 0.05**2, 0.02**2]))
