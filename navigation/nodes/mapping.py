"""A node of its own that makes a map while the robot is driven, for `kangban map drive`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kangban import streams
from kangban.config import Config
from kangban.node import KangbanNode, attached
from kangban.values import Odometry, Pose2D, Scan
from navigation.mapping.build import Options, Tell
from navigation.mapping.live import Live
from navigation.mapping.recording import RecordingError

TURN_S, SHOW_S = 0.2, 2.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """`seconds`: ends by itself; `wait_s`: for the first scan; `progress`: scans, keyframes and closures so far."""

    out: Path
    options: Options
    seconds: float | None
    wait_s: float
    domain_id: int | None
    progress: Callable[[int, int, int], None]
    tell: Tell


class MappingNode(KangbanNode):
    """Takes what the robot measures; publishes the map so far, for people to see what is missing."""

    def __init__(self, config: Config, resolution: float) -> None:
        super().__init__("mapping", config)
        mount = config.profile.lidar.mount
        self.live = Live(Pose2D(mount.x_m, mount.y_m, mount.yaw_rad))
        self.trouble: RecordingError | None = None
        self._resolution = resolution
        self._show = self.output(streams.MAPPING)
        self._shown = 0
        self.input(streams.SCAN, self._scan)
        self.input(streams.ODOM, self._odometry)

    def _scan(self, scan: Scan) -> None:
        self.live.scan(scan)

    def _odometry(self, odometry: Odometry) -> None:
        try:
            self.live.odometry(odometry)
        except RecordingError as error:
            self.trouble = error

    def show(self) -> None:
        """Where there is something new."""
        keys = len(self.live.mapper.graph)
        if keys > self._shown:
            self._shown = keys
            grid = self.live.grid(self._resolution)
            if grid is not None:
                self._show(grid)


def drive(config: Config, wanted: Wanted) -> dict[str, Any]:
    """Until Ctrl-C, or as long as wanted; what has come by then becomes the map. Raises RecordingError."""
    with attached(config, wanted.domain_id) as (executor, ended):
        node = MappingNode(config, wanted.options.resolution)
        executor.add_node(node)
        begun = shown = time.monotonic()
        while not ended and node.trouble is None:
            executor.spin_once(timeout_sec=TURN_S)
            now = time.monotonic()
            over = wanted.seconds is not None and now - begun >= wanted.seconds
            if over or (node.live.scans == 0 and now - begun >= wanted.wait_s):
                break
            if now - shown >= SHOW_S:
                node.show()
                shown, graph = now, node.live.mapper.graph
                wanted.progress(node.live.scans, len(graph), len(graph.closures))
    figures = node.live.finish(wanted.out, wanted.options, wanted.tell)
    if node.trouble is not None:
        figures["notes"].append(str(node.trouble))
    return figures
