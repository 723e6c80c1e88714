"""Our own controller, simulated, on a real pseudo-terminal and in real time, and the family that speaks to it."""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from firmware_bridge.families import make
from firmware_bridge.kangban_motors import KangbanMotors
from kangban.config import load_profile
from sim.motors.controller import Controller
from sim.motors.port import PseudoTerminal
from sim.motors.settings import settings_from

PATIENCE_S = 10.0  # a bound for a busy machine, no expectation


class FarEnd:
    """A simulated controller on a pseudo-terminal, in real time; `deaf` it takes nothing off the wire."""

    def __init__(self, port: PseudoTerminal, **changes: Any) -> None:
        """`changes` of its settings."""
        self.port = port
        settings = replace(settings_from(load_profile("companion")), **changes)
        self.controller = Controller(settings, time.monotonic())
        self.deaf = False
        self.spoil: Callable[[bytes], bytes] = lambda said: said  # what becomes of its answers
        self.drained = threading.Event()  # it has taken all that there was
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while not self._ending.is_set():
            if self.deaf or not self.port.plugged:
                self._ending.wait(0.005)
            else:
                select.select([self.port], [], [], 0.005)
            data = b"" if self.deaf else self.port.read()
            self.port.write(self.spoil(self.controller.feed(data, time.monotonic())))
            if not data and not self.deaf:
                self.drained.set()

    def close(self) -> None:
        self._ending.set()
        self._thread.join()
        self.port.close()


class Bridge:
    def __init__(self, port: PseudoTerminal) -> None:
        profile = load_profile("companion", [f"motors.port={port.link}"])
        self._heard = threading.Event()
        made = make(profile.motors, time.monotonic, self._heard.set)
        assert isinstance(made, KangbanMotors)
        self.motors = made
        self.motors.connect()

    def now(self) -> float:
        return time.monotonic()

    def wait(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not condition():
            assert self._heard.wait(max(0.0, end - time.monotonic())), self.motors.state()
            self._heard.clear()
