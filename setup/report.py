"""What the set-up tells the person who runs it: numbered steps, errors with what to do, logs of long commands."""

import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

LOG_TAIL_LINES = 25
STILL_WORKING_S = 10.0


class SetupError(Exception):
    """A step that cannot go on: what was wrong, and what to do about it."""

    def __init__(self, fault: str, remedy: str) -> None:
        super().__init__(fault)
        self.fault = fault
        self.remedy = remedy


def say(text: str) -> None:
    """Print one plain line at once, also when the output is a pipe."""
    print(text, flush=True)


def run_logged(command: Sequence[str], log: Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> int:
    """Run a command with its output in `log`; show that it works, and its last lines if it fails.

    Returns the exit status. A command that cannot be started raises OSError.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    tail: deque[str] = deque(maxlen=LOG_TAIL_LINES)
    with log.open("w", encoding="utf-8") as record:
        process = subprocess.Popen(
            command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
        try:
            _follow(process, record, tail)
            status = process.wait()
        except BaseException:  # Ctrl-C, or a full disk under the log: the command must not run on alone
            process.terminate()
            process.wait()
            raise
    if status != 0:
        print("\n".join(f"      | {line}" for line in tail), file=sys.stderr, flush=True)
    return status


def _follow(process: subprocess.Popen[str], record: TextIO, tail: deque[str]) -> None:
    """Write a command's output to its log as it comes, and show a line of it from time to time."""
    assert process.stdout is not None
    spoke = time.monotonic()
    for line in process.stdout:
        record.write(line)
        tail.append(line.rstrip())
        if line.strip() and time.monotonic() - spoke > STILL_WORKING_S:
            say(f"      ... {line.strip()[:110]}")
            spoke = time.monotonic()
