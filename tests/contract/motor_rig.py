"""A simulated motor controller on a real pseudo-terminal, with wheels that follow, on a clock turned by hand."""

from __future__ import annotations

import select
import threading
from collections.abc import Callable
from pathlib import Path

from kangban.clock import ManualClock
from kangban.profile import Profile
from sim.motors.controller import Controller
from sim.motors.faults import FaultyWire
from sim.motors.port import PseudoTerminal
from sim.motors.settings import settings_from
from sim.motors.wheel import WheelReading

STEP_S = 1.0 / 240.0
LONGEST_WAIT_S = 2.0  # for the bridge to hear telemetry, or to send; as the simulated home waits, but time stands still
NOBODY_LISTENS_S = 0.001  # once it was not heard in that time: until somebody hears again
GIVE_WAY_S = 0.001  # while waiting for what takes the bridge some wall time, such as opening a port
MOST_STEPS = 6000


class MotorRig:
    """`step` is one physics step. Wheels follow their drive at once; `blocked` ones stand and pull full torque."""

    def __init__(self, folder: Path, profile: Profile, clock: ManualClock) -> None:
        self.clock = clock
        self.port = PseudoTerminal(folder / "motors.tty")
        self.controller = Controller(settings_from(profile), clock.now())
        self.to_controller, self.to_bridge = FaultyWire(1), FaultyWire(2)
        self.velocity = (0.0, 0.0)  # what the wheels really do, rad/s
        self.angles = (0.0, 0.0)
        self.blocked = False
        self.hung = False  # the controller neither reads nor writes
        self.heard = threading.Event()  # to be set by the bridge's link whenever it has heard something
        self._hear_within_s = NOBODY_LISTENS_S

    def step(self, data: bytes | None = None) -> None:
        """`data`: bytes put on the wire beside the bridge's."""
        now = self.clock.advance(STEP_S)
        if not self.hung:
            came = self.to_controller.carry(self.port.read() + (data or b""), now)
            self._say(self.to_bridge.carry(self.controller.feed(came, now), now))
        self._turn(now)

    def _say(self, answer: bytes) -> None:
        if answer and self.port.plugged:
            self.heard.clear()
            self.port.write(answer)
            self._hear_within_s = LONGEST_WAIT_S if self.heard.wait(self._hear_within_s) else NOBODY_LISTENS_S

    def await_bytes(self, longest_s: float = LONGEST_WAIT_S) -> None:
        """Wait until the bridge has put something on the wire."""
        if self.port.plugged:
            select.select([self.port], [], [], longest_s)

    def _turn(self, now: float) -> None:
        limit = self.controller.settings.wheel.torque
        torque = limit if self.blocked else 0.0
        readings = [WheelReading(a, v, torque) for a, v in zip(self.angles, self.velocity, strict=True)]
        left, right = self.controller.tick(now, readings[0], readings[1])
        self.velocity = (0.0, 0.0) if self.blocked else (left.velocity, right.velocity)
        self.angles = (self.angles[0] + self.velocity[0] * STEP_S, self.angles[1] + self.velocity[1] * STEP_S)

    def run(self, seconds: float, each: Callable[[], object] = lambda: None) -> None:
        for _ in range(round(seconds / STEP_S)):
            self.step()
            each()

    def until(self, condition: Callable[[], bool], each: Callable[[], object] = lambda: None) -> None:
        """Run on until it holds. Fails after many steps, however long they took."""
        for _ in range(MOST_STEPS):
            if condition():
                return
            self.await_bytes(GIVE_WAY_S)
            self.step()
            each()
        raise AssertionError("it never happened")

    @property
    def standing(self) -> bool:
        return max(abs(v) for v in self.velocity) < 1e-9
