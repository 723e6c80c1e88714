"""A map while the robot is driven: scans and odometry as they come, the map so far, and all of it at the end. Pure."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np

from kangban.values import GridMap, Odometry, Pose2D, Scan
from navigation.locating import motion
from navigation.mapping import raster
from navigation.mapping.build import FEWEST, Options, Tell, settled
from navigation.mapping.mapper import Mapper, Reading
from navigation.mapping.recording import AWAY_S, Recording, RecordingError, Shot

HISTORY = 60  # odometries that a scan may still be placed between
WAITING = 20  # scans that wait for odometry; the oldest is left out
BACK_S = 0.5  # a clock that goes back by more ends it


class Live:
    """`mount`: the lidar on the robot."""

    def __init__(self, mount: Pose2D) -> None:
        self.mapper = Mapper(mount)
        self.left_out = 0
        self._shots: list[Shot] = []
        self._keys: list[int] = []  # of the shots, those that are keyframes
        self._odometry: deque[Odometry] = deque(maxlen=HISTORY)
        self._waiting: deque[Scan] = deque()
        self._begun, self._slowest = time.monotonic(), 0.0

    @property
    def scans(self) -> int:
        return len(self._shots)

    def odometry(self, odometry: Odometry) -> None:
        """Raises RecordingError where the clock goes back."""
        if self._odometry and odometry.stamp < self._odometry[-1].stamp - BACK_S:
            back = self._odometry[-1].stamp - odometry.stamp
            raise RecordingError(f"the clock went back by {back:.1f} s: the map ends there; begin again")
        if not self._odometry or odometry.stamp > self._odometry[-1].stamp:
            self._odometry.append(odometry)
        while self._waiting and self._waiting[0].stamp <= self._odometry[-1].stamp:
            self._place(self._waiting.popleft())

    def scan(self, scan: Scan) -> None:
        """It waits until odometry on both sides of it has come."""
        last = self._waiting[-1].stamp if self._waiting else self._shots[-1].scan.stamp if self._shots else -np.inf
        if scan.stamp <= last:
            return  # an old message
        self._waiting.append(scan)
        if len(self._waiting) > WAITING:
            self._waiting.popleft()
            self.left_out += 1

    def grid(self, resolution: float) -> GridMap | None:
        """The map so far, of the keyframes' scans; None before there are any."""
        if not self._keys:
            return None
        poses = self.mapper.trajectory()[1]
        scans = [self._shots[k].scan for k in self._keys]
        return raster.draw(scans, poses[self._keys], self.mapper.mount, resolution)

    def finish(self, out: Path, options: Options, tell: Tell) -> dict[str, Any]:
        """Writes the folder `out` and gives back the figures. Raises RecordingError."""
        if self.scans < FEWEST:
            raise RecordingError(
                f"only {self.scans} scans with odometry came; {FEWEST} are needed, and a drive: is the robot up?"
            )
        notes = [f"{self.left_out} scans left out: no odometry within {AWAY_S} s"] if self.left_out else []
        recording = Recording(Path("live"), self._shots, self.mapper.mount, "base", notes)
        return settled(recording, self.mapper, options, out, tell, self._begun, self._slowest)

    def _place(self, scan: Scan) -> None:
        pose = self._at(scan.stamp)
        if pose is None:
            self.left_out += 1
            return
        begun, keys = time.monotonic(), len(self.mapper.graph)
        self.mapper.add(Reading(scan, pose))
        self._slowest = max(self._slowest, time.monotonic() - begun)
        self._shots.append(Shot(scan, f"{scan.stamp:.9f}", pose))
        if len(self.mapper.graph) > keys:
            self._keys.append(len(self._shots) - 1)

    def _at(self, stamp: float) -> Pose2D | None:
        """The odometry of a time that lies between two that came, one of them near."""
        history = tuple(self._odometry)
        found = motion.at(history, stamp)
        near = found is not None and min(abs(o.stamp - stamp) for o in history) <= AWAY_S
        return found.pose_in_odom if found is not None and near else None
