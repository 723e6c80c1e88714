"""Simulated Dynamixel devices behind a real pseudo-terminal; a thread answers in wall time, physics go by hand."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable
from pathlib import Path

from kangban.clock import ManualClock
from kangban.motor_profile import DynamixelMotors, OpenCrMotors
from sim.motors.port import PseudoTerminal
from sim.motors.simulated import AxisReading, SimulatedMotors

STEP_S = 1.0 / 240.0
ROUND_S = 0.05  # the bridge goes round once a control period
LONGEST_S = 2.0  # wall time for it to have gone round: a bound for a busy machine, no expectation
NOBODY_LISTENS_S = 0.02  # once it has not gone round in that time: until it does again
MOST_ROUNDS = 1000
Way = Callable[[bytes], bytes]
COMMON: dict[str, object] = {
    "baud": 1_000_000,
    "encoder_ticks_per_turn": 4096,
    "control_hz": 20.0,
    "command_life_s": 0.15,
    "stop_time_s": 0.5,
    "arm_at_start": True,
    "battery_empty_v": 9.9,
    "battery_full_v": 12.6,
}


def servos(port: Path, **changes: object) -> DynamixelMotors:
    """Two wheels, the right one mounted the other way round, and two joints."""
    joint = {"lower_rad": -1.5, "upper_rad": 1.5, "velocity_radps": 2.0, "acceleration_radps2": 8.0}
    joint |= {"jerk_radps3": 100.0, "torque_nm": 1.5}
    own: dict[str, object] = {
        "family": "dynamixel",
        "port": str(port),
        "watchdog_s": 0.1,
        "wheels": [{"name": "left", "id": 1}, {"name": "right", "id": 2, "sign": -1}],
        "joints": [
            {"name": "lift", "id": 11, "zero_ticks": 2000, **joint},
            {"name": "tilt", "id": 12, "sign": -1, "zero_ticks": 2100, **joint},
        ],
    }
    return DynamixelMotors.model_validate(COMMON | own | changes)


def turtlebot(port: Path, **changes: object) -> OpenCrMotors:
    own: dict[str, object] = {
        "family": "opencr",
        "port": str(port),
        "board_id": 200,
        "watchdog_s": 0.5,
        "stop_time_s": 0.8,
        "wheels": [{"name": "left", "id": 1}, {"name": "right", "id": 2}],
    }
    return OpenCrMotors.model_validate(COMMON | own | changes)


class DynamixelRig:
    """Axes follow their drive at once; `blocked` ones stand and pull full torque. `came` are the host's bytes."""

    def __init__(self, folder: Path, devices: SimulatedMotors, axes: int) -> None:
        self.port = PseudoTerminal(folder / "motors.tty")
        self.devices = devices
        self.clock = ManualClock(1000.0)
        self.velocity = [0.0] * axes
        self.angles = [0.0] * axes
        self.blocked: set[int] = set()
        self.running = False  # each packet takes the world one step further
        self.hung = False  # the devices neither hear nor answer
        self.spoil: Way = lambda answer: answer  # what becomes of the answers
        self.spoil_in: Way = lambda data: data  # and of what the host sends
        self.came = bytearray()
        self.heard = threading.Event()  # to be set by whoever drives, after each round
        self._next_round, self._patience = 0.0, LONGEST_S
        self._lock = threading.Lock()
        self._ending, self._end = os.pipe()
        devices.reboot(self.clock.now())
        self.turn(STEP_S)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def turn(self, seconds: float, each: Callable[[], object] = lambda: None) -> None:
        """Physics for this long, without waiting for anybody."""
        for _ in range(max(1, round(seconds / STEP_S))):
            with self._lock:
                self._step(self.clock.advance(STEP_S))
            each()

    def run(self, seconds: float, each: Callable[[], object] = lambda: None) -> None:
        """Physics; once a control period `each`, and a wait until the bridge has gone round."""
        for _ in range(round(seconds / STEP_S)):
            self.turn(STEP_S)
            if self.clock.now() >= self._next_round - 1e-6:
                self._next_round = self.clock.now() + ROUND_S
                self.heard.clear()
                each()
                longest = self._patience if self.port.plugged else NOBODY_LISTENS_S
                self._patience = LONGEST_S if self.heard.wait(longest) else NOBODY_LISTENS_S

    def until(self, condition: Callable[[], bool], each: Callable[[], object] = lambda: None) -> None:
        for _ in range(MOST_ROUNDS):
            if condition():
                return
            self.run(ROUND_S, each)
        raise AssertionError("it never happened")

    @property
    def standing(self) -> bool:
        return max(map(abs, self.velocity[:2])) < 1e-9

    def unplug(self) -> None:
        with self._lock:
            self.port.unplug()

    def replug(self) -> None:
        with self._lock:
            self.port.replug()

    def close(self) -> None:
        os.close(self._end)
        self._thread.join()
        os.close(self._ending)
        self.port.close()

    def _step(self, now: float) -> None:
        self.angles = [angle + v * STEP_S for angle, v in zip(self.angles, self.velocity, strict=True)]
        torque = [4.1 if axis in self.blocked else 0.0 for axis in range(len(self.angles))]
        readings = tuple(AxisReading(*row) for row in zip(self.angles, self.velocity, torque, strict=True))
        for axis, drive in enumerate(self.devices.tick(now, readings)):
            self.velocity[axis] = 0.0 if axis in self.blocked else drive.velocity

    def _serve(self) -> None:
        while True:
            with self._lock:
                watched = [self._ending] + ([self.port.fileno()] if self.port.plugged else [])
            try:
                readable, _, _ = select.select(watched, [], [], 0.01)
            except OSError:
                continue  # unplugged meanwhile
            if self._ending in readable:
                return
            with self._lock:
                data = self.port.read()
                if data and not self.hung:
                    self.came += data
                    if self.running:
                        self._step(self.clock.advance(STEP_S))
                    self.port.write(self.spoil(self.devices.feed(self.spoil_in(data), self.clock.now())))
