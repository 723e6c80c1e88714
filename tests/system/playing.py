"""Playing scenarios as a user does: the `kangban` command in a process of its own, its verdict as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def play(name: str, seed: int, state: Path, limit_s: float = 600.0, options: tuple[str, ...] = ()) -> dict[str, Any]:
    """The verdict; `options` go to the command as they are. Fails with the command's own words where there is none."""
    command = [sys.executable, "-m", "kangban.cli", "scenario", name, "--seed", str(seed), "--headless", "--json"]
    environment = {"KANGBAN_STATE": str(state), "PATH": "/usr/bin:/bin", "HOME": str(state), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*command, "--limit", str(limit_s), *options],
        capture_output=True,
        text=True,
        env=environment,
        timeout=limit_s + 60,
    )
    assert done.stdout, f"{name}, seed {seed}: no verdict (status {done.returncode})\n{done.stderr[-4000:]}"
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def why(result: dict[str, Any]) -> str:
    """What a failed assertion shows."""
    timeline = ", ".join(f"{e['event']} {e['t']:.1f}" for e in result["events"])
    return f"missed: {result['missed']}; events: {timeline}; metrics: {result['metrics']}; {result['artifacts']}"
