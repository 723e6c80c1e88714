"""Who is up and who died, by what the processes wrote and the operating system says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kangban.ready import away, is_ready, lives, process_id

STAT = "2881 (a (b) c) {state} 1 2881 2881 0 -1 {flags} 100 0 1 0 8 3 0 0 20 0 1 0 7841689 3133440 371 18446744073709551615 1 2 3 0 0 {signals} 0 0 0 0 0 0 17 1 0 0 0 0 0"  # fmt: skip  # noqa: E501


@pytest.fixture
def child() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)


def _says(run_dir: Path, name: str, pid: int | str) -> None:
    (run_dir / "ready").mkdir(exist_ok=True)
    (run_dir / "ready" / name).write_text(str(pid))


def test_a_process_is_up_until_it_dies_also_as_a_zombie(tmp_path: Path, child: subprocess.Popen[bytes]) -> None:
    _says(tmp_path, "one", child.pid)
    assert process_id(tmp_path, "one") == child.pid and is_ready(tmp_path, "one", child.pid)
    assert away(tmp_path) == ()
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and not yet taken note of by its parent
    assert away(tmp_path) == ("one",) and process_id(tmp_path, "one") is None
    child.wait()
    assert away(tmp_path) == ("one",) and process_id(tmp_path, "one") is None


def test_one_that_never_came_up_is_not_known_and_a_half_written_file_is_nobodys_death(tmp_path: Path) -> None:
    assert away(tmp_path) == () and process_id(tmp_path, "one") is None
    _says(tmp_path, "one", "")
    assert away(tmp_path) == () and process_id(tmp_path, "one") is None


@pytest.mark.parametrize(
    ("state", "flags", "signals", "is_alive"),
    [
        ("S", 4194304, 0, True),
        ("R", 4194304, 1 << 14, True),  # asked to end: it may still say its last word
        ("Z", 4194304, 0, False),
        ("D", 4194304, 1 << 8, False),  # killed while it waits for the disk
        ("R", 4194304 | 4, 0, False),  # giving its memory back
    ],
)
def test_what_was_killed_and_can_not_die_yet_does_not_live(
    state: str, flags: int, signals: int, is_alive: bool
) -> None:
    assert lives(STAT.format(state=state, flags=flags, signals=signals)) is is_alive
