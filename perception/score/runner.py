"""Clips shared out to a few niced processes, ours and any other detector's; none outlives the run.

Each thread here owns one process. Whatever goes wrong with a clip is its result: the others go on.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from perception.score.manifest import Clip
from perception.score.worker import NICENESS, clip_as_json

OURS, PEER = "ours", "peer"
PATIENCE_S, PATIENCE_TIMES = 120.0, 20.0  # another program gets so long for a clip, and so many times its length


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be done with each clip. `detector`: a command with {clip} in it that prints JSON lines, or None."""

    profile: str = "companion"
    explain: bool = False
    hits: bool = False
    detector: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    clip: Clip
    who: str  # OURS or PEER


class Runner:
    """`each` gives (job, answer) as they come; an answer with `error` says what went wrong. A context manager."""

    def __init__(self, wanted: Wanted, processes: int) -> None:
        self._wanted, self._count = wanted, processes
        self._waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[Job, dict[str, Any]]] = queue.SimpleQueue()
        self._ending = threading.Event()
        self._guard = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Runner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        with self._guard:
            for process in self._running:
                _kill(process)  # its thread reads the end, and does the rest
        for thread in self._threads:
            thread.join()

    def each(self, clips: Sequence[Clip]) -> Iterator[tuple[Job, dict[str, Any]]]:
        who = (OURS,) if self._wanted.detector is None else (OURS, PEER)
        jobs = [Job(clip, one) for clip in clips for one in who]
        for job in jobs:
            self._waiting.put(job)
        for _ in range(min(self._count, len(jobs))):
            self._threads.append(threading.Thread(target=self._work, daemon=True))
            self._threads[-1].start()
        for _ in jobs:
            yield self._done.get()

    def _work(self) -> None:
        worker: _Worker | None = None
        while not self._ending.is_set():
            try:
                job = self._waiting.get_nowait()
            except queue.Empty:
                break
            try:
                if job.who == PEER:
                    answer = self._other(job.clip)
                else:
                    worker = worker or _Worker(self)
                    answer = worker.score(job.clip, self._wanted)
                    if not worker.alive:
                        worker.end()
                        worker = None
            except Exception as error:  # noqa: BLE001  (a clip's result, told with its name)
                answer = {"error": f"{type(error).__name__}: {error}"}
            self._done.put((job, answer))
        if worker is not None:
            worker.end()

    def start(self, command: Sequence[str], errors: Any, **more: Any) -> subprocess.Popen[str]:
        """Raises OSError, and InterruptedError once the run is ending."""
        with self._guard:
            if self._ending.is_set():
                raise InterruptedError("the run was ended")
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True,
                                       start_new_session=True, **more)  # fmt: skip
            self._running.add(process)
            return process

    def ended(self, process: subprocess.Popen[str]) -> None:
        with self._guard:
            _kill(process)
            self._running.discard(process)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError, ValueError):
                    pipe.close()

    def _other(self, clip: Clip) -> dict[str, Any]:
        words = shlex.split(self._wanted.detector or "")
        command = ["nice", "-n", str(NICENESS), *(w.replace("{clip}", str(clip.path)) for w in words)]
        patience = PATIENCE_S + PATIENCE_TIMES * clip.seconds if clip.seconds is not None else None
        with tempfile.TemporaryFile("w+") as errors:
            process = self.start(command, errors, stdin=subprocess.DEVNULL)
            try:
                out, _ = process.communicate(timeout=patience)
            except subprocess.TimeoutExpired:
                return {"error": f"the detector was not done after {patience:.0f} s"}
            finally:
                self.ended(process)
            return read_lines(out, process.returncode, _tail(errors), clip.seconds)


class _Worker:
    """One process of `worker.py`."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  (lives as long as the process)
        command = [sys.executable, "-m", "perception.score.worker"]
        self._process = runner.start(command, self._errors, stdin=subprocess.PIPE)

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def score(self, clip: Clip, wanted: Wanted) -> dict[str, Any]:
        job = {"clip": clip_as_json(clip), "profile": wanted.profile, "explain": wanted.explain, "hits": wanted.hits}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(job) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError:
            line = ""
        if not line:
            status = self._process.wait()
            return {"error": f"its process ended with status {status}: {_tail(self._errors)}"}
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> None:
        self._runner.ended(self._process)
        self._errors.close()


def read_lines(out: str, status: int, errors: str, seconds: float | None) -> dict[str, Any]:
    """The answer in another program's output: its JSON lines with `event` fall and summary."""
    lines = []
    for text in out.splitlines():
        with contextlib.suppress(json.JSONDecodeError):
            lines.append(json.loads(text))
    lines = [line for line in lines if isinstance(line, dict)]
    if status != 0 or not lines:
        return {"error": f"the detector ended with status {status}: {errors}"}
    summary: dict[str, Any] = next((line for line in lines if line.get("event") == "summary"), {})
    alarms = [{"t": float(x["t"]), "person": x.get("person"), "evidence": x.get("evidence", [])}
              for x in lines if x.get("event") == "fall"]  # fmt: skip
    fps, bare = summary.get("fps"), summary.get("pose_fps")
    return {
        "alarms": sorted(alarms, key=lambda alarm: alarm["t"]),
        "seconds": float(summary.get("t", 0.0)) if seconds is None else seconds,
        "frames": summary.get("frames"),
        "fps": fps,
        "fps_ratio": fps / bare if fps and bare else None,
        "named_right": None,
        "cases": [],
    }


def _kill(process: subprocess.Popen[str]) -> None:
    """With everything that it started itself."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _tail(errors: Any) -> str:
    errors.seek(0)
    return str(errors.read()[-400:]).strip().replace("\n", " | ")
