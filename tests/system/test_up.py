"""`kangban up` as a user meets it: up, asked how it is, refused twice, ended by Ctrl-C without a trace."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(240)


def environment(state: Path) -> dict[str, str]:
    return {"KANGBAN_STATE": str(state), "PATH": "/usr/bin:/bin", "HOME": str(state), "PYTHONPATH": str(ROOT)}


def kangban(state: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kangban.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment(state), timeout=60)


def until(lines: Iterator[str], word: str) -> str:
    """The first line with the word; fails with what was said instead where the program ended."""
    said = []
    for line in lines:
        said.append(line)
        if word in line:
            return line
    raise AssertionError(f"ended without {word!r}:\n{''.join(said)}")


@pytest.fixture
def up(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    # A domain of its own: the default one of the site may be in use beside this test.
    command = [sys.executable, "-m", "kangban.cli", "up", "--set", "site.network.domain_id=48"]
    command += ["--set", "profile.console.port=0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment(tmp_path))
    yield process
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)
    assert process.stderr is not None
    process.stderr.close()


def test_it_comes_up_answers_refuses_a_second_and_leaves_nobody_behind(
    up: subprocess.Popen[str], tmp_path: Path
) -> None:
    assert up.stderr is not None
    line = until(iter(up.stderr), "up after")
    assert "http://127.0.0.1:" in line and "#" in line  # the page with its token

    status = json.loads(kangban(tmp_path, "status", "--json").stdout)
    assert {p["state"] for p in status["processes"]} == {"running"}
    pids = [p["pid"] for p in status["processes"]]

    second = kangban(tmp_path, "up")
    assert second.returncode == 1
    assert f"process {up.pid}" in second.stderr and "end it first" in second.stderr

    up.send_signal(signal.SIGINT)
    assert up.wait(timeout=60) == 0
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert kangban(tmp_path, "status").returncode == 1


def test_a_typo_in_the_site_file_is_refused_before_anything_starts(tmp_path: Path) -> None:
    site = (ROOT / "launch" / "config" / "sites" / "demo_flat.yaml").read_text(encoding="utf-8")
    path = tmp_path / "home.yaml"
    path.write_text(site.replace("ceiling_m:", "cieling_m:"), encoding="utf-8")
    refused = kangban(tmp_path, "up", "--site", str(path))
    assert refused.returncode == 2
    assert f"{path}: cieling_m: unknown key; did you mean 'ceiling_m'?" in refused.stderr
    assert "starting" not in refused.stderr
