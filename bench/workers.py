"""Work shared out to a few processes that render: niced, replaced now and then, and ended whatever happens.

MediaPipe and the renderer keep a little memory with each film, so a process makes only so many. A job that fails is
reported and the others go on; a process that dies takes its one job with it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any

JOBS_A_PROCESS = 25
NICENESS = 5


@dataclass(frozen=True)
class Failed:
    why: str


class Pool:
    """`make(*arguments)` in each process gives a function of one job, whose results come out of `each`."""

    def __init__(self, make: Callable[..., Callable[[Any], Any]], arguments: tuple[Any, ...], processes: int) -> None:
        self._make, self._arguments, self._count = make, arguments, processes
        self._context = multiprocessing.get_context("spawn")  # a fork would share the renderer
        self._workers: list[_Worker] = []

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.end()

    def each(self, jobs: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
        """(job, result) as they come, in no certain order; a result is Failed where there is none."""
        waiting = list(reversed(jobs))
        while waiting or self._workers:
            while waiting and len(self._workers) < self._count:
                self._workers.append(_Worker(self._context, self._make, self._arguments))
            for worker in list(self._workers):
                if worker.job is not None:
                    continue
                if waiting and worker.give(waiting[-1]):
                    waiting.pop()
                else:
                    self._retire(worker)
            busy = {worker.pipe: worker for worker in self._workers if worker.job is not None}
            for pipe in wait(list(busy), timeout=1.0) if busy else ():
                worker = busy[pipe]
                job, worker.job = worker.job, None
                yield job, worker.result()

    def _retire(self, worker: _Worker) -> None:
        worker.end()
        self._workers.remove(worker)


class _Worker:
    def __init__(self, context: Any, make: Callable[..., Callable[[Any], Any]], arguments: tuple[Any, ...]) -> None:
        self.pipe, far_end = context.Pipe()
        self.job: Any = None
        self._left = JOBS_A_PROCESS
        self._process = context.Process(target=_work, args=(far_end, make, arguments), daemon=True)
        self._process.start()
        far_end.close()

    def give(self, job: Any) -> bool:
        """Whether it takes the job; it does not when it has done enough or is dead."""
        if self._left == 0 or not self._process.is_alive():
            return False
        self._left -= 1
        self.job = job
        try:
            self.pipe.send(job)
        except OSError:
            self.job = None
            return False
        return True

    def result(self) -> Any:
        try:
            return self.pipe.recv()
        except (EOFError, OSError):
            self._process.join(5.0)
            self._left = 0
            return Failed(f"its process ended with status {self._process.exitcode}")

    def end(self) -> None:
        self.pipe.close()
        if self.job is not None:
            self._process.terminate()
        self._process.join(10.0)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _work(pipe: Connection, make: Callable[..., Callable[[Any], Any]], arguments: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends us
    os.nice(NICENESS)
    os.environ.setdefault("LP_NUM_THREADS", "1")  # the renderer's own threads: there are as many processes as cores
    os.dup2(2, 1)  # the renderer talks on standard output
    do: Callable[[Any], Any] | None = None
    while True:
        try:
            job = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            do = do or make(*arguments)
            result = do(job)
        except Exception as error:  # noqa: BLE001  (told to the parent, which goes on with the others)
            result = Failed(f"{type(error).__name__}: {error}")
        try:
            pipe.send(result)
        except OSError:
            return
