"""A node of its own that writes what it hears into one file, for `kangban record`."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kangban.config import Config, load
from kangban.node import KangbanNode, attached
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
    with attached(config, wanted.domain_id) as (executor, ended):
        node = ByHand(config, wanted)
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
