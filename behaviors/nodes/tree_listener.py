"""Listens to a running robot's behaviour tree, for `kangban behaviors show --live`."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from kangban import streams
from kangban.config import Config
from kangban.node import KangbanNode, attached
from kangban.values import TreeState

TURN_S = 0.2


def listen(config: Config, domain_id: int | None, wait_s: float, show: Callable[[TreeState], bool]) -> bool:
    """Call `show` with every state until it says False, or Ctrl-C. False where none came within `wait_s`."""
    heard: list[TreeState] = []
    with attached(config, domain_id) as (executor, ended):
        node = KangbanNode("tree_listener", config)
        node.input(streams.TREE, heard.append)
        executor.add_node(node)
        begun, any_yet = time.monotonic(), False
        while not ended and (any_yet or time.monotonic() - begun < wait_s):
            executor.spin_once(timeout_sec=TURN_S)
            for state in heard:
                any_yet = True
                if not show(state):
                    return True
            heard.clear()
        return bool(ended)


def config_of(profile: str, site: str) -> Config:
    """The two files of a robot that runs elsewhere. Raises ConfigError."""
    from kangban.config import load

    nowhere = Path(tempfile.gettempdir())
    return load(profile, site, nowhere, nowhere)
