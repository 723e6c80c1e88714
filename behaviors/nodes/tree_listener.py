"""Listens to a running robot's behaviour tree, for `kangban behaviors show --live`."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor

from kangban import streams
from kangban.config import Config
from kangban.node import KangbanNode
from kangban.processes import environment
from kangban.values import TreeState

TURN_S = 0.2


def listen(config: Config, domain_id: int | None, wait_s: float, show: Callable[[TreeState], bool]) -> bool:
    """Call `show` with every state until it says False, or Ctrl-C. False where none came within `wait_s`."""
    given = environment(config, domain_id)
    os.environ.update({key: value for key, value in given.items() if key.startswith(("ROS_", "FASTRTPS_", "RMW_"))})
    os.environ["ROS_LOG_DIR"] = tempfile.gettempdir()
    heard: list[TreeState] = []
    rclpy.init(args=[])
    executor = SingleThreadedExecutor()
    try:
        node = KangbanNode("tree_listener", config)
        node.input(streams.TREE, heard.append)
        executor.add_node(node)
        begun, any_yet = time.monotonic(), False
        while any_yet or time.monotonic() - begun < wait_s:
            executor.spin_once(timeout_sec=TURN_S)
            for state in heard:
                any_yet = True
                if not show(state):
                    return True
            heard.clear()
        return False
    except (KeyboardInterrupt, ExternalShutdownException):
        return True
    finally:
        executor.shutdown()
        rclpy.try_shutdown()


def config_of(profile: str, site: str) -> Config:
    """The two files of a robot that runs elsewhere. Raises ConfigError."""
    from kangban.config import load

    nowhere = Path(tempfile.gettempdir())
    return load(profile, site, nowhere, nowhere)
