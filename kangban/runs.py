"""One run of the stack: its folders, its lock against a second instance, its DDS domain."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from kangban.clock import wall_time

KEEP_RUNS = 20
SCENARIO_DOMAINS = range(60, 100)  # sites use their own number; side-by-side scenarios take one of these each


class RunError(Exception):
    """The stack can't start here; the message says why and what to do."""


def state_root() -> Path:
    """Where Kangban keeps what outlives it: $KANGBAN_STATE, else the user's state folder."""
    given = os.environ.get("KANGBAN_STATE")
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(given) if given else Path(base) / "kangban"


def new_run_dir(name: str, root: Path | None = None) -> Path:
    """A fresh folder for one run; the oldest beyond the last 20 of this name are deleted."""
    runs = (root or state_root()) / "runs"
    try:
        runs.mkdir(parents=True, exist_ok=True)
        stamp = datetime.fromtimestamp(wall_time(), UTC).strftime("%Y%m%d-%H%M%S")
        path = Path(tempfile.mkdtemp(prefix=f"{name}-{stamp}-", dir=runs))
    except OSError as error:
        raise RunError(
            f"{runs}: can't make a folder for this run: {error.strerror}; free space or set KANGBAN_STATE"
        ) from error
    for old in sorted(runs.glob(f"{name}-*"), key=lambda p: p.name)[:-KEEP_RUNS]:
        shutil.rmtree(old, ignore_errors=True)
    return path


@contextmanager
def only_instance(state_dir: Path) -> Iterator[None]:
    """Hold the robot for this process. Raises RunError where another instance has it."""
    path = state_dir / "instance.lock"
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        file = path.open("a+", encoding="ascii")
    except OSError as error:
        raise RunError(f"{path}: {error.strerror}; give another folder with KANGBAN_STATE") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise RunError(
                f"another kangban (process {file.read().strip() or 'unknown'}) already runs this robot; "
                f"end it first (its folder is {state_dir})"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


@contextmanager
def own_domain(candidates: Sequence[int] = SCENARIO_DOMAINS) -> Iterator[int]:
    """A DDS domain that no other scenario on this machine uses, held by a file lock while in use."""
    folder = Path(tempfile.gettempdir()) / f"kangban-domains-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for number in candidates:
        with (folder / str(number)).open("w", encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield number
            return
    raise RunError(f"all {len(candidates)} DDS domains for scenarios are in use; wait for a running scenario to end")
