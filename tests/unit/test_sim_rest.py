"""Whether the stack still works, seen from outside, on real processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.rest import FIND_EVERY, AtRest

# Says when it is up; a line on its input makes it work for ever, in another thread than its first.
WORKER = """
import sys, threading
def work():
    print("works", flush=True)
    while True: pass
print("rests", flush=True)
sys.stdin.readline()
threading.Thread(target=work).start()
sys.stdin.readline()
"""


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        [sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    (tmp_path / "ready").mkdir()
    (tmp_path / "ready" / "safety").write_text(str(child.pid), encoding="ascii")
    assert child.stdout is not None and child.stdout.readline() == "rests\n"
    yield child
    child.kill()
    child.communicate()


def comes_to_rest(rest: AtRest) -> bool:
    """A process that has just spoken may need a moment to fall asleep; one that works never rests."""
    return any(not rest.busy() for _ in range(20 * FIND_EVERY))


def test_who_waits_rests_and_who_works_does_not(tmp_path: Path, worker: subprocess.Popen[str]) -> None:
    rest = AtRest(tmp_path, ("safety", "navigation"))
    assert comes_to_rest(rest)
    assert worker.stdin is not None and worker.stdout is not None
    worker.stdin.write("work\n")
    assert worker.stdout.readline() == "works\n"
    assert not comes_to_rest(AtRest(tmp_path, ("safety",))), "its second thread works"
    assert comes_to_rest(AtRest(tmp_path, ("navigation",))), "only those asked about count"
    worker.kill()
    worker.wait()
    assert comes_to_rest(rest), "the dead rest"
