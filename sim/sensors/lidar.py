"""The planar lidar: rays through the physics, from the mount of the profile."""

from __future__ import annotations

import math

import numpy as np
import pybullet as p

from kangban.profile import Lidar
from kangban.values import Pose2D, Scan
from sim.robots.robot import SEEN_BY_RAYS
from sim.sensors.noise import spoil_ranges


class LidarSensor:
    def __init__(self, client: int, lidar: Lidar, rng: np.random.Generator) -> None:
        self._client, self._lidar, self._rng = client, lidar, rng
        self._step = math.tau / lidar.rays
        self._angles = -math.pi + self._step * np.arange(lidar.rays)

    def reseed(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def measure(self, base: Pose2D, now: float) -> Scan:
        lidar, mount = self._lidar, self._lidar.mount
        at = base @ Pose2D(mount.x_m, mount.y_m, mount.yaw_rad)
        reach = lidar.range_max_m
        x = at.x + reach * np.cos(at.yaw + self._angles)
        y = at.y + reach * np.sin(at.yaw + self._angles)
        start = [[at.x, at.y, mount.z_m]] * lidar.rays
        ends = np.stack([x, y, np.full(lidar.rays, mount.z_m)], axis=1).tolist()
        hits = p.rayTestBatch(start, ends, collisionFilterMask=SEEN_BY_RAYS, physicsClientId=self._client)
        distances = np.array([reach * hit[2] if hit[0] >= 0 else np.inf for hit in hits])
        ranges = spoil_ranges(distances, lidar.range_min_m, lidar.range_max_m, self._rng)
        return Scan(now, float(self._angles[0]), self._step, lidar.range_min_m, lidar.range_max_m, ranges)
