"""A simulated motor controller that lives in the machine's own time, for programs that do: the bench tool, people."""

from __future__ import annotations

import select
import threading
import time
from pathlib import Path
from types import TracebackType

from sim.motors.port import PseudoTerminal
from sim.motors.simulated import AxisReading, SimulatedMotors

STEP_S = 0.004


class LiveMotors:
    """Axes follow their drive at once. Used as `with LiveMotors(...)`; `make` gets the time."""

    def __init__(self, folder: Path, controller: SimulatedMotors, axes: int) -> None:
        self.port = PseudoTerminal(folder / "motors.tty")
        self.controller = controller
        self.velocity, self.angles = (0.0,) * axes, (0.0,) * axes
        self.fastest = [0.0] * axes  # rad/s, either way, so far
        self.moved = threading.Condition()  # told at every step
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._live, daemon=True)

    def __enter__(self) -> LiveMotors:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()
        self.port.close()

    def wait_for(self, condition: object, longest_s: float = 20.0) -> None:
        """Until `condition()`; fails after a long time, a bound for a busy machine."""
        assert callable(condition)
        with self.moved:
            assert self.moved.wait_for(condition, longest_s), (self.velocity, self.angles)

    def _live(self) -> None:
        last = time.monotonic()
        while not self._ending.is_set():
            if self.port.plugged:
                select.select([self.port], [], [], STEP_S)
            now = time.monotonic()
            self.port.write(self.controller.feed(self.port.read(), now))
            readings = tuple(AxisReading(a, v, 0.0) for a, v in zip(self.angles, self.velocity, strict=True))
            drives = self.controller.tick(now, readings)
            with self.moved:
                self.velocity = tuple(drive.velocity for drive in drives)
                self.angles = tuple(a + v * (now - last) for a, v in zip(self.angles, self.velocity, strict=True))
                self.fastest = [max(f, abs(v)) for f, v in zip(self.fastest, self.velocity, strict=True)]
                self.moved.notify_all()
            last = now
