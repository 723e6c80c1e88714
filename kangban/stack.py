"""Puts a run together: configuration, folders, process table, supervisor. Both `up` and `scenario` stand on it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from kangban import processes
from kangban.config import Config
from kangban.processes import Mode
from kangban.run_file import read_run_file, write_run_file
from kangban.runs import only_instance
from kangban.supervisor import Supervisor


@contextmanager
def stack(
    mode: Mode,
    profile: str,
    site: str,
    state_dir: Path,
    run_dir: Path,
    tell: Callable[[str], None],
    overrides: Sequence[str] = (),
    extra: Mapping[str, list[str]] | None = None,
    domain_id: int | None = None,
) -> Iterator[tuple[Supervisor, Config]]:
    """A supervisor with every process of the mode started; all are ended on leaving, whatever happens.

    Raises ConfigError or RunError before anything is started.
    """
    given = [*processes.overrides(mode, run_dir), *overrides]
    run_file = write_run_file(run_dir, state_dir, profile, site, given)
    config = read_run_file(run_file)
    with only_instance(state_dir):
        table = processes.table(mode, config.site, config.profile)
        rows = [(row, processes.command(row, mode, run_file, extra or {})) for row in table]
        supervisor = Supervisor(rows, processes.environment(config, domain_id), run_dir, tell)
        with _signals_stop(supervisor):
            try:
                supervisor.start()
                yield supervisor, config
            finally:
                supervisor.end()


@contextmanager
def _signals_stop(supervisor: Supervisor) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the run in order; a second Ctrl-C changes nothing, since ending is bounded."""

    def stop(number: int, _frame: FrameType | None) -> None:
        supervisor.stop(signal.Signals(number).name)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
