"""From scans and odometry to a map: one scan at a time as the robot drives, and all together at the end.

Each scan is laid on what the last keyframes saw (`fit.py`); where odometry leaves too much open it is looked for first
(`look.py`). Every so far a scan becomes a keyframe of the pose graph (`graph.py`); `closures.py` finds loops.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kangban.values import Array, Pose2D, Scan, Twist2D
from navigation.mapping.closures import RIVAL, Closures
from navigation.mapping.drift import Drift
from navigation.mapping.fit import Fit, fit
from navigation.mapping.graph import Graph, turned
from navigation.mapping.look import look
from navigation.mapping.refine import refine
from navigation.mapping.surfaces import Cloud, Surface
from navigation.mapping.wheels import Wheels

KEY_M, KEY_RAD = 0.25, 0.30  # way or turn from one keyframe to the next
LOCAL_M, LOCAL = 5.0, 24  # way and number of the keyframes that a scan is laid on
# How far odometry may be off: at least, share of the way, share of the turn, rad for each metre
ODOMETRY_M, OF_WAY, ODOMETRY_RAD, OF_TURN, RAD_A_M = 0.004, 0.10, 0.004, 0.10, 0.05
SEEK_M, SEEK_RAD = 0.10, 0.10  # odometry that may be off by this much is not trusted for a start
WINDOW_M, WINDOW_RAD = (0.2, 1.5), (0.15, 0.8)
SIGMAS = 3.0
POOR, GOOD = 0.45, 0.75  # share of points that agree
SCORE, WIDE_SCORE = 0.35, 0.6  # of the look
LINK_STD_M, LINK_STD_RAD = 0.004, 0.0015  # no step is surer than this


@dataclass(frozen=True, slots=True)
class Reading:
    """One scan with the odometry of its time. `sweep_s`: time from the first beam to the last, 0 where unknown."""

    scan: Scan
    odometry: Pose2D
    sweep_s: float = 0.0


@dataclass(slots=True)
class _Step:
    """A scan's place: beside which keyframe, and how surely."""

    stamp: float
    key: int
    pose_in_key: Pose2D


class Mapper:
    def __init__(self, mount: Pose2D) -> None:
        self.mount = mount
        self.graph, self.drift, self.closures, self.wheels = Graph(), Drift(), Closures(), Wheels()
        self.clouds: list[Cloud] = []
        self.steps: list[_Step] = []
        self.unmatched = 0
        self.found = self.dropped = 0  # closures
        self._surface: Surface | None = None
        self._last: Reading | None = None
        self._key_odometry = Pose2D(0.0, 0.0, 0.0)
        self._told = Pose2D(0.0, 0.0, 0.0)  # what odometry, corrected, says since the last keyframe
        self._guessed = False  # since the last keyframe a scan was placed by odometry alone

    def add(self, reading: Reading) -> Pose2D:
        """One more scan; returns the robot's pose on the map so far."""
        cloud = Cloud.of(reading.scan, self.mount, reading.sweep_s, self._moving(reading))
        if self._last is None:
            return self._begin(reading, cloud)
        last, key = self.steps[-1], len(self.graph) - 1
        moved = self.wheels.corrected(self._last.odometry.inverse() @ reading.odometry)
        self._told = self._told @ moved
        guess = self.graph.pose(key) @ last.pose_in_key @ moved
        found = self._find(cloud, guess, moved)
        pose = guess if found is None else found.pose
        self._guessed = self._guessed or found is None
        self.unmatched += found is None
        step = self.graph.pose(key).inverse() @ pose
        self._last = reading
        self.steps.append(_Step(reading.scan.stamp, key, step))
        if math.hypot(step.x, step.y) < KEY_M and abs(step.yaw) < KEY_RAD and (found is None or found.share > POOR):
            return pose
        if math.hypot(step.x, step.y) < 0.3 * KEY_M and abs(step.yaw) < 0.3 * KEY_RAD:
            return pose
        return self._keyframe(reading, cloud, step, found)

    def _begin(self, reading: Reading, cloud: Cloud) -> Pose2D:
        self.graph.begin(Pose2D(0.0, 0.0, 0.0))
        self.clouds.append(cloud)
        self.steps.append(_Step(reading.scan.stamp, 0, Pose2D(0.0, 0.0, 0.0)))
        self._last, self._key_odometry = reading, reading.odometry
        self._local()
        return self.graph.pose(0)

    def _moving(self, reading: Reading) -> Twist2D | None:
        if self._last is None or reading.sweep_s <= 0.0:
            return None
        dt = reading.scan.stamp - self._last.scan.stamp
        if not 0.0 < dt < 1.0:
            return None
        d = self._last.odometry.inverse() @ reading.odometry
        return Twist2D(d.x / dt, d.y / dt, d.yaw / dt)

    def _find(self, cloud: Cloud, guess: Pose2D, moved: Pose2D) -> Fit | None:
        """None: the scan tells nothing that could be trusted."""
        if self._surface is None or not cloud.enough:
            return None
        metres, radians = _off(moved)
        expected, prior = self.graph.pose(len(self.graph) - 1) @ self._told, _prior(self._told)
        best = None
        if metres < SEEK_M and radians < SEEK_RAD:
            best = fit(self._surface, cloud, guess, prior, expected=expected)
            if best is not None and best.share > GOOD:
                return best
        window = (
            min(WINDOW_M[1], max(WINDOW_M[0], SIGMAS * metres)),
            min(WINDOW_RAD[1], max(WINDOW_RAD[0], SIGMAS * radians)),
        )
        place = look(self._surface.seen, cloud.points, guess, *window, SCORE)
        if place is not None:
            again = fit(self._surface, cloud, place.pose, 0.1 * prior, expected=expected)
            if again is not None and (best is None or again.share > best.share + 0.05):
                best = again
        if best is None or best.share <= POOR:
            best = self._find_wide(cloud, guess)
        return best if best is not None and best.share > POOR else None

    def _find_wide(self, cloud: Cloud, guess: Pose2D) -> Fit | None:
        """Odometry may have jumped: all about, without it, and only where nothing else fits as well."""
        assert self._surface is not None
        place = look(self._surface.seen, cloud.points, guess, WINDOW_M[1], WINDOW_RAD[1], WIDE_SCORE)
        if place is None or place.rival > RIVAL * place.score:
            return None
        return fit(self._surface, cloud, place.pose, 1e-3 * np.eye(3))

    def _keyframe(self, reading: Reading, cloud: Cloud, step: Pose2D, found: Fit | None) -> Pose2D:
        information = _prior(self._told)
        if found is not None and not self._guessed:
            measured = turned(found.information, found.pose.yaw)
            self.wheels.learn(self._key_odometry.inverse() @ reading.odometry, step, measured)
            information = information + measured
        information = np.linalg.inv(
            np.linalg.inv(information) + np.diag([LINK_STD_M**2, LINK_STD_M**2, LINK_STD_RAD**2])
        )
        before = self.graph.pose(len(self.graph) - 1)
        key = self.graph.extend(step, information)
        self.drift.extend(before, self.graph.pose(key), self._guessed)
        self.clouds.append(cloud)
        self.steps[-1] = _Step(reading.scan.stamp, key, Pose2D(0.0, 0.0, 0.0))
        self._key_odometry, self._told, self._guessed = reading.odometry, Pose2D(0.0, 0.0, 0.0), False
        links = self.closures.search(self.graph, self.clouds, self.drift)
        self.found += len(links)
        if links:
            self.graph.close(links)
            for link in links:
                spread = np.linalg.inv(link.information + 1e-6 * np.eye(3))
                self.drift.closed(link.to, link.of, np.asarray(spread, dtype=float))
        self._local()
        return self.graph.pose(key)

    def _local(self) -> None:
        key = len(self.graph) - 1
        keys = [k for k in range(max(0, key + 1 - LOCAL), key + 1) if self.drift.way[key] - self.drift.way[k] < LOCAL_M]
        self._surface = Surface.of((self.graph.pose(k), self.clouds[k]) for k in keys)

    def finish(self, tell: Callable[[float], None] = lambda _: None) -> None:
        """All together, after the last scan. `tell`: share done, 0..1."""
        self.dropped += refine(self.graph, self.clouds, self.drift, tell)

    def trajectory(self) -> tuple[Array, Array]:
        """Stamps (n,) and poses (n, 3) on the map of every scan, as the graph says now.

        What the graph moved a keyframe by, its scans share: each by its part of the time to the next keyframe.
        """
        return _placed(self.graph, self.steps)


def _off(moved: Pose2D) -> tuple[float, float]:
    """Standard deviations of odometry after a move, m and rad."""
    way, turn = math.hypot(moved.x, moved.y), abs(moved.yaw)
    return ODOMETRY_M + OF_WAY * way, ODOMETRY_RAD + OF_TURN * turn + RAD_A_M * way


def _prior(moved: Pose2D) -> Array:
    metres, radians = _off(moved)
    return np.diag([metres**-2, metres**-2, radians**-2])


def _placed(graph: Graph, steps: list[_Step]) -> tuple[Array, Array]:
    stamps = np.array([step.stamp for step in steps])
    poses = np.array([[p.x, p.y, p.yaw] for p in (graph.pose(s.key) @ s.pose_in_key for s in steps)]).reshape(-1, 3)
    first = np.searchsorted([s.key for s in steps], np.arange(len(graph)))
    for link in graph.chain:
        a, b = int(first[link.of]), int(first[link.to])
        off = (graph.pose(link.of) @ link.pose).inverse() @ graph.pose(link.to)
        for n in range(a + 1, b):
            share = (n - a) / (b - a)
            moved = Pose2D(*(float(v) for v in poses[n])) @ Pose2D(share * off.x, share * off.y, share * off.yaw)
            poses[n] = moved.x, moved.y, moved.yaw
    return stamps, poses
