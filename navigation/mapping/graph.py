"""The pose graph: poses of keyframes, what odometry and scans say between them, and what closes loops (gtsam)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import gtsam
import numpy as np

from kangban.values import Array, Pose2D

CAUCHY = 1.5  # closures beyond so many standard deviations pull less and less
OUTLIER = 25.0  # squared, of three degrees of freedom: a closure farther off than this at the end is dropped
ANCHOR_STD = 1e-4


@dataclass(frozen=True, slots=True)
class Link:
    """`pose`: keyframe `to` in the frame of keyframe `of`; `information` (3, 3) of x, y, yaw in the frame of `to`."""

    of: int
    to: int
    pose: Pose2D
    information: Array


class Graph:
    """Grows by keyframes; `poses` (n, 3) are the best estimate of all so far."""

    def __init__(self) -> None:
        self.poses = np.empty((0, 3))
        self.chain: list[Link] = []
        self.closures: list[Link] = []
        self._isam = gtsam.ISAM2(_parameters())
        self._new, self._values = gtsam.NonlinearFactorGraph(), gtsam.Values()

    def __len__(self) -> int:
        return len(self.poses)

    def pose(self, key: int) -> Pose2D:
        return Pose2D(*(float(v) for v in self.poses[key]))

    def begin(self, pose: Pose2D) -> None:
        self._new.add(gtsam.PriorFactorPose2(0, _told(pose), gtsam.noiseModel.Isotropic.Sigma(3, ANCHOR_STD)))
        self._insert(pose)

    def extend(self, step: Pose2D, information: Array) -> int:
        """A keyframe after the last one; returns its key."""
        key = len(self)
        self.chain.append(Link(key - 1, key, step, information))
        self._new.add(_factor(self.chain[-1], robust=False))
        self._insert(self.pose(key - 1) @ step)
        return key

    def close(self, links: Iterable[Link]) -> None:
        """Loop closures, and all poses anew."""
        for link in links:
            self.closures.append(link)
            self._new.add(_factor(link, robust=True))
        self._isam.update(self._new, self._values)
        self._isam.update()
        self._new, self._values = gtsam.NonlinearFactorGraph(), gtsam.Values()
        self.poses = _poses(self._isam.calculateEstimate())

    def settle(self, links: list[Link] | None = None) -> int:
        """All at once, dropping closures that the others contradict; returns how many. `links`: instead of closures."""
        if links is not None:
            self.closures = list(links)
        before = len(self.closures)
        for _ in range(3):
            self._solve()
            kept = [link for link in self.closures if off(self, link) < OUTLIER]
            if len(kept) == len(self.closures):
                break
            self.closures = kept
        return before - len(self.closures)

    def _solve(self) -> None:
        graph, values = gtsam.NonlinearFactorGraph(), gtsam.Values()
        graph.add(gtsam.PriorFactorPose2(0, _told(self.pose(0)), gtsam.noiseModel.Isotropic.Sigma(3, ANCHOR_STD)))
        for k, row in enumerate(self.poses):
            values.insert(k, gtsam.Pose2(*row))
        for link in self.chain:
            graph.add(_factor(link, robust=False))
        for link in self.closures:
            graph.add(_factor(link, robust=True))
        self.poses = _poses(gtsam.LevenbergMarquardtOptimizer(graph, values).optimize())

    def _insert(self, pose: Pose2D) -> None:
        self._values.insert(len(self), _told(pose))
        self.poses = np.vstack([self.poses, [[pose.x, pose.y, pose.yaw]]])


def off(graph: Graph, link: Link) -> float:
    """How far a link is from what the graph says now, in squared standard deviations of the link."""
    return distance(graph.pose(link.of).inverse() @ graph.pose(link.to), link.pose, link.information)


def distance(pose: Pose2D, measured: Pose2D, information: Array) -> float:
    """Squared Mahalanobis distance; information in the measured pose's own frame."""
    e = measured.inverse() @ pose
    v = np.array([e.x, e.y, e.yaw])
    return float(v @ information @ v)


def turned(information: Array, yaw: float) -> Array:
    """Information of x, y, yaw given in one frame, in a frame turned by `yaw` in it."""
    c, s = np.cos(yaw), np.sin(yaw)
    R = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    return np.asarray(R @ information @ R.T)


def _factor(link: Link, robust: bool) -> gtsam.BetweenFactorPose2:
    noise: gtsam.noiseModel.Base = gtsam.noiseModel.Gaussian.Information(0.5 * (link.information + link.information.T))
    if robust:
        noise = gtsam.noiseModel.Robust.Create(gtsam.noiseModel.mEstimator.Cauchy.Create(CAUCHY), noise)
    return gtsam.BetweenFactorPose2(link.of, link.to, _told(link.pose), noise)


def _told(pose: Pose2D) -> gtsam.Pose2:
    return gtsam.Pose2(pose.x, pose.y, pose.yaw)


def _poses(values: gtsam.Values) -> Array:
    return np.asarray(gtsam.utilities.extractPose2(values), dtype=float).reshape(-1, 3)


def _parameters() -> gtsam.ISAM2Params:
    parameters = gtsam.ISAM2Params()
    parameters.setRelinearizeThreshold(0.01)
    parameters.relinearizeSkip = 1
    return parameters
