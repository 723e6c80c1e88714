"""The recorder's process: every message without pixels in, files around incidents out. Only wiring.

Started where the site's `privacy.records` allows it. It asks nobody and is asked by nobody: when it dies, nothing but
the recording is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from kangban import streams
from kangban.clock import wall_time
from kangban.config import Config
from kangban.node import KangbanNode, run
from kangban.values import Health, IncidentState
from observe import keep, shelf
from observe.keep import Limits, Order
from observe.mcap_file import McapFile, mend
from observe.nodes.watch import Watch
from observe.ring import Ring, Sent

TICK_S = 1.0
MEBIBYTE = 1024 * 1024


class RecorderNode(KangbanNode):
    """Keeps the last minutes in memory, and on disk what was around an incident."""

    def __init__(self, config: Config) -> None:
        super().__init__("recorder", config)
        plan = config.profile.recorder
        self._plan = plan
        self._folder = config.state_dir / "recordings"
        self._state, self._limits = keep.State(), Limits(plan.after_s, plan.longest_s)
        self._file: McapFile | None = None
        self._watch = Watch(self, (), self._take)
        self._ring = Ring(plan.before_s, round(plan.memory_mb * MEBIBYTE), self._watch.latched)
        self._incidents = self.input(streams.INCIDENTS)
        mended, failed = mend(self._folder)
        if mended:
            self.report("mended", Health.OK, f"a sudden end cut off {', '.join(path.name for path in mended)}")
        self._tidy(failed)
        self._say(Health.OK, "waits for an incident")
        self.every(TICK_S, self._tick)

    def _take(self, sent: Sent) -> None:
        self._ring.put(sent)
        if self._file is not None:
            self._try(self._file.add, sent)

    def _tick(self) -> None:
        heard = self._incidents.fresh()
        is_open = None if heard is None else any(i.state is not IncidentState.RESOLVED for i in heard.incidents)
        self._state, order = keep.step(self._state, is_open, self.now(), self._limits)
        if order is Order.BEGIN:
            self._try(self._begin)
        elif order is Order.END:
            self._try(self._end)
        elif self._file is not None:
            self._try(self._file.flush)

    def _begin(self) -> None:
        stamp = datetime.fromtimestamp(wall_time(), UTC).strftime("%Y%m%d-%H%M%S")
        self._file = McapFile(self._folder / f"incident-{stamp}.mcap", self._watch.types)
        for sent in self._ring.held():
            self._file.add(sent)
        self._file.flush()
        self._say(Health.OK, f"records {self._file.path.name}")

    def _end(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            path = file.close()
            self._say(Health.OK, f"kept {path.name}, {file.count} messages")
        self._tidy([])

    def _try(self, act: Callable[..., None], *given: object) -> None:
        """A disk that is full or gone costs the recording and nothing else."""
        try:
            act(*given)
        except OSError as error:
            if self._file is not None:
                self._file.give_up()
            self._file, self._state = None, keep.failed(self._state)
            why = f"{self._folder} can't be written: {error.strerror}; free space on the disk"
            self._say(Health.ERROR, f"this incident is not recorded: {why}")

    def _tidy(self, failed: list[str]) -> None:
        days, most = self.config.site.privacy.kept_days, round(self._plan.keep_mb * MEBIBYTE)
        _, stuck = shelf.tidy(self._folder, wall_time(), days, most)
        failed = [*failed, *stuck]
        self.report("old recordings", Health.WARN if failed else Health.OK, "; ".join(failed) or "thrown away in time")

    def _say(self, health: Health, words: str) -> None:
        self.report("recording", health, words, held_mb=f"{self._ring.bytes / MEBIBYTE:.1f}")

    def close(self) -> None:
        self._try(self._end)


if __name__ == "__main__":
    raise SystemExit(run(RecorderNode))
