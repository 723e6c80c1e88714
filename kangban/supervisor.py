"""Runs the process table without `ros2 launch`: starts, watches, restarts with back-off, and ends cleanly.

Single-threaded: one loop waits for process output, control requests and deaths. Each child is its own process group
and is ended by its own id: SIGINT first (a node closes its ports), then SIGTERM, then SIGKILL.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kangban.control import ControlSocket
from kangban.logs import ProcessLog
from kangban.processes import RESTART, Backoff, Process
from kangban.ready import is_ready

POLL_S = 0.05
END_STEPS = ((signal.SIGINT, 3.0), (signal.SIGTERM, 2.0), (signal.SIGKILL, 2.0))


@dataclass
class Child:
    process: Process
    command: list[str]
    log: ProcessLog
    popen: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    deaths_in_a_row: int = 0
    restart_at: float | None = None
    last_exit: int | None = None

    @property
    def alive(self) -> bool:
        return self.popen is not None and self.popen.poll() is None


class Supervisor:
    """`tell` gets one line for each thing that happens; `clock` is the machine's steady clock."""

    def __init__(
        self,
        commands: Sequence[tuple[Process, list[str]]],
        environment: Mapping[str, str],
        run_dir: Path,
        tell: Callable[[str], None],
        backoff: Backoff = RESTART,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        logs = run_dir / "log"
        logs.mkdir(parents=True, exist_ok=True)
        self.children = {p.name: Child(p, command, ProcessLog(logs / f"{p.name}.log")) for p, command in commands}
        self._environment = dict(environment)
        self._run_dir = run_dir
        self._tell = tell
        self._backoff = backoff
        self._clock = clock
        self._selector = selectors.DefaultSelector()
        self._control = ControlSocket(run_dir / "control.sock", self._selector, self._answer)
        self._ending: str | None = None

    def start(self) -> None:
        for child in self.children.values():
            self._spawn(child)

    def run(self, until: Callable[[], bool] = lambda: False) -> int:
        """Watch until `until()`, `stop()`, or the end of a process that ends the run; returns that process's status."""
        while self._ending is None and not until():
            self.step(POLL_S)
        ended = [c for c in self.children.values() if c.process.ends_run and not c.alive and c.last_exit is not None]
        return ended[0].last_exit or 0 if ended else 0

    def stop(self, why: str) -> None:
        self._ending = self._ending or why

    def step(self, timeout_s: float) -> None:
        """Pass output on, answer requests, notice deaths, restart what is due."""
        for key, _ in self._selector.select(timeout_s):
            key.data(key.fileobj)
        now = self._clock()
        for child in self.children.values():
            if child.popen is not None and not child.alive:
                self._died(child, now)
            elif child.restart_at is not None and now >= child.restart_at:
                self._spawn(child)
            elif child.alive and child.deaths_in_a_row and now - child.started > self._backoff.stable_s:
                child.deaths_in_a_row = 0

    def end(self) -> None:
        """End every child by its own id, gently first; leaves none behind."""
        for number, patience_s in END_STEPS:
            waiting = [c for c in self.children.values() if c.alive]
            for child in waiting:
                self._signal(child, number)
            deadline = self._clock() + patience_s
            while any(c.alive for c in waiting) and self._clock() < deadline:
                for key, _ in self._selector.select(POLL_S):
                    key.data(key.fileobj)
        for child in self.children.values():
            if child.popen is not None and child.popen.stdout is not None:
                self._drain(child, child.popen.stdout)
                child.popen.stdout.close()
        self._control.close()
        self._selector.close()

    def status(self) -> dict[str, object]:
        """What runs, since when, how often it died: one JSON document."""
        now = self._clock()
        return {
            "run_dir": str(self._run_dir),
            "processes": [
                {
                    "name": c.process.name,
                    "state": self._state(c),
                    "pid": c.popen.pid if c.popen is not None and c.alive else None,
                    "up_s": round(now - c.started, 1) if c.alive else None,
                    "deaths": c.deaths,
                    "last_exit": c.last_exit,
                    "log": str(c.log.path),
                    "log_lines_dropped": c.log.dropped,
                }
                for c in self.children.values()
            ],
        }

    def ready(self) -> bool:
        """Is every process built and running?"""
        return all(self._state(child) == "running" for child in self.children.values())

    # One child

    def _state(self, child: Child) -> str:
        if child.popen is None or not child.alive:
            return "waiting" if child.restart_at is not None else "ended"
        return "running" if is_ready(self._run_dir, child.process.name, child.popen.pid) else "starting"

    def _spawn(self, child: Child) -> None:
        child.restart_at = None
        child.started = self._clock()
        child.popen = subprocess.Popen(
            child.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**self._environment, "KANGBAN_PROCESS": child.process.name},
            cwd=self._run_dir,
            process_group=0,
        )
        assert child.popen.stdout is not None
        os.set_blocking(child.popen.stdout.fileno(), False)
        self._selector.register(child.popen.stdout, selectors.EVENT_READ, lambda pipe: self._pass_on(child, pipe))

    def _died(self, child: Child, now: float) -> None:
        assert child.popen is not None and child.popen.stdout is not None
        self._drain(child, child.popen.stdout)
        self._forget(child.popen.stdout)
        child.last_exit = child.popen.returncode
        child.popen = None
        child.deaths += 1
        child.deaths_in_a_row += 1
        process = child.process
        if process.ends_run:
            self.stop(f"{process.name} ended")
            return
        delay = self._backoff.delay(child.deaths_in_a_row)
        child.restart_at = now + delay
        how = f"status {child.last_exit}" if child.last_exit >= 0 else signal.Signals(-child.last_exit).name
        self._tell(f"{process.name} ended ({how}): {process.death_means}; again in {delay:.1f} s; log {child.log.path}")

    def _pass_on(self, child: Child, pipe: IO[bytes]) -> None:
        try:
            data = os.read(pipe.fileno(), 65536)
        except BlockingIOError:
            return
        if data:
            child.log.write(data)
        else:
            self._forget(pipe)

    def _drain(self, child: Child, pipe: IO[bytes]) -> None:
        """What a dead child still left in the pipe; bounded, since a grandchild may hold the other end."""
        try:
            data = os.read(pipe.fileno(), 1_000_000)
        except (BlockingIOError, ValueError):
            return
        if data:
            child.log.write(data)

    def _forget(self, pipe: IO[bytes]) -> None:
        if pipe in [key.fileobj for key in self._selector.get_map().values()]:
            self._selector.unregister(pipe)

    def _signal(self, child: Child, number: signal.Signals) -> None:
        if child.popen is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.popen.pid, number)

    # Requests

    def _answer(self, request: dict[str, object]) -> dict[str, object]:
        """`{"status": true}`, `{"kill": NAME}` (a drill: SIGKILL, as a crash would be), `{"stop": true}`."""
        if "status" in request:
            return self.status()
        if "stop" in request:
            self.stop("asked to")
            return {"ok": True}
        child = self.children.get(str(request.get("kill")))
        if child is None:
            return {"ok": False, "error": f"unknown request; processes: {', '.join(self.children)}"}
        self._tell(f"{child.process.name}: killed on request")
        self._signal(child, signal.SIGKILL)
        return {"ok": True}
