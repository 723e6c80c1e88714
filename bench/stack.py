"""The whole stack in the simulated home: simulated over wall time, memory, processor time, time until all are up.

Memory is the proportional set size of all processes (shared pages counted once), at its highest during the run.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from kangban.supervisor import Supervisor
from sim.cli import play

SAMPLE_S = 1.0


class Observer:
    """Watches the processes of a run from outside."""

    def __init__(self) -> None:
        self.begun = time.monotonic()
        self.up_after_s: float | None = None
        self.peak_mb: dict[str, float] = {}
        self.peak_total_mb = 0.0
        self.cpu_s: dict[str, float] = {}
        self._next = 0.0

    def look(self, supervisor: Supervisor) -> None:
        now = time.monotonic()
        if self.up_after_s is None and supervisor.ready():
            self.up_after_s = now - self.begun
        if now < self._next:
            return
        self._next = now + SAMPLE_S
        sizes = {c.process.name: pss_mb(c.popen.pid) for c in supervisor.children.values() if c.popen is not None}
        pids = {c.process.name: c.popen.pid for c in supervisor.children.values() if c.popen is not None}
        self.cpu_s.update({name: used for name, pid in pids.items() if (used := cpu_s(pid)) is not None})
        self.peak_total_mb = max(self.peak_total_mb, sum(sizes.values()))
        self.peak_mb = {name: max(size, self.peak_mb.get(name, 0.0)) for name, size in sizes.items()}


def pss_mb(pid: int) -> float:
    """0 for a process that is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def cpu_s(pid: int) -> float | None:
    """Processor time so far, all threads together; None for a process that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(scenario: str = "fall", seed: int = 1) -> dict[str, object]:
    observer = Observer()
    result = play(scenario, seed, limit_s=900.0, observe=observer.look)
    return {
        "scenario": scenario,
        "outcome": result["outcome"],
        "simulated_over_wall": result["metrics"]["sim_over_wall"],
        "up_after_s": None if observer.up_after_s is None else round(observer.up_after_s, 1),
        "peak_memory_mb": round(observer.peak_total_mb),
        "cpu_s_by_process": {name: round(used, 1) for name, used in observer.cpu_s.items()},
        "cpu_s_per_simulated_s": {
            name: round(used / result["metrics"]["simulated_s"], 3) for name, used in observer.cpu_s.items()
        },
        "peak_memory_by_process_mb": {name: round(size) for name, size in observer.peak_mb.items()},
    }
