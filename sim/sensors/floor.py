"""The range sensors that look at the floor ahead: one ray each through the physics, from the mounts of the profile."""

from __future__ import annotations

import math

import pybullet as p

from kangban.profile import Cliff
from kangban.range_values import Range
from kangban.values import Pose2D
from sim.robots.robot import SEEN_BY_RAYS


class FloorSensors:
    def __init__(self, client: int, cliff: Cliff) -> None:
        self._client, self._cliff = client, cliff

    def measure(self, base: Pose2D, now: float) -> tuple[Range, ...]:
        reach, starts, ends = self._cliff.range_max_m, [], []
        for sensor in self._cliff.sensors:
            mount = sensor.mount
            at = base @ Pose2D(mount.x_m, mount.y_m, mount.yaw_rad)
            flat, down = reach * math.cos(mount.pitch_rad), reach * math.sin(mount.pitch_rad)
            starts.append([at.x, at.y, mount.z_m])
            ends.append([at.x + flat * math.cos(at.yaw), at.y + flat * math.sin(at.yaw), mount.z_m - down])
        hits = p.rayTestBatch(starts, ends, collisionFilterMask=SEEN_BY_RAYS, physicsClientId=self._client)
        return tuple(Range(now, reach, reach * hit[2] if hit[0] >= 0 else math.inf) for hit in hits)
