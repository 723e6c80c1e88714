"""A node of its own that writes what it hears into one file, for `kangban record`."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions

from kangban.config import Config, load
from kangban.node import KangbanNode
from kangban.processes import environment
from observe.mcap_file import McapFile
from observe.nodes.watch import Watch
from observe.ring import Sent

TURN_S, FLUSH_S = 0.2, 1.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """`streams`: only these, all where it is empty. `seconds`: ends by itself; `wait_s`: for the first message."""

    out: Path
    streams: tuple[str, ...]
    seconds: float | None
    wait_s: float
    domain_id: int | None


class ByHand(KangbanNode):
    def __init__(self, config: Config, wanted: Wanted) -> None:
        super().__init__("record", config)
        self._heard: list[Sent] = []
        self._watch = Watch(self, wanted.streams, self._heard.append)
        self.file: McapFile | None = None
        self._out = wanted.out

    def write(self) -> int:
        """Put what has come into the file: how many messages there are now. Raises OSError."""
        if self._heard and self.file is None:
            self.file = McapFile(self._out, self._watch.types)
        if self.file is None:
            return 0
        for sent in self._heard:
            self.file.add(sent)
        self._heard.clear()
        return self.file.count


def record(profile: str, site: str, wanted: Wanted, progress: Callable[[float, int], None]) -> int:
    """Until Ctrl-C, or as long as wanted: how many messages were written. The file is whole however it ends.

    Raises ConfigError, TopicError, OSError.
    """
    nowhere = Path(tempfile.gettempdir())
    config = load(profile, site, nowhere, nowhere)
    given = environment(config, wanted.domain_id)
    os.environ.update({key: value for key, value in given.items() if key.startswith(("ROS_", "FASTRTPS_", "RMW_"))})
    os.environ["ROS_LOG_DIR"] = tempfile.gettempdir()
    ended: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: ended.append(number))
    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    executor = SingleThreadedExecutor()
    node = ByHand(config, wanted)
    try:
        executor.add_node(node)
        begun = flushed = time.monotonic()
        while not ended:
            executor.spin_once(timeout_sec=TURN_S)
            count, now = node.write(), time.monotonic()
            over = wanted.seconds is not None and now - begun >= wanted.seconds
            if over or (count == 0 and now - begun >= wanted.wait_s):
                break
            if now - flushed >= FLUSH_S and node.file is not None:
                node.file.flush()
                progress(now - begun, count)
                flushed = now
        count = node.write()
        if node.file is not None:
            node.file.close()
        return count
    except ExternalShutdownException:
        return 0 if node.file is None else node.file.count
    finally:
        executor.shutdown()
        rclpy.try_shutdown()
