"""The bridge's family in a real process of its own, which can be killed and frozen; its clock is the rig's.

The child opens the port and runs the family with its thread. The parent turns the clock (shared memory) and calls the
family through a pipe; the child says over the rig's ears whenever it has heard something.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import RawValue
from typing import Any

from firmware_bridge.families import make
from firmware_bridge.motors import AxisCommand, AxisReadings, MotorState
from kangban.motor_profile import Motors
from tests.contract.motors.rig import Rig

FORK = multiprocessing.get_context("fork")


class HostProcess:
    """A `MotorController` that lives in a child process. Make it before any thread of the bridge runs here."""

    def __init__(self, motors: Motors, rig: Rig) -> None:
        self._rig = rig
        self._time = RawValue("d", rig.clock.now())
        self._orders, theirs = FORK.Pipe()
        self._process = FORK.Process(target=_serve, args=(motors, rig, theirs, self._time), daemon=True)
        self._process.start()
        theirs.close()
        rig.each_step = self._tick

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def _tick(self) -> None:
        self._time.value = self._rig.clock.now()

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self._process.join()
        self._rig.nobody_listens()

    def freeze(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)
        os.waitpid(self.pid, os.WUNTRACED)
        self._rig.nobody_listens()

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def post(self, name: str, *arguments: Any) -> None:
        """Ask without waiting for the answer, as events wait for a process that does not run."""
        self._orders.send((name, arguments))

    def answer(self) -> Any:
        return self._orders.recv()

    def _call(self, name: str, *arguments: Any) -> Any:
        self.post(name, *arguments)
        return self.answer()

    # A MotorController

    def connect(self) -> None:
        self._call("connect")

    def state(self) -> MotorState:
        state: MotorState = self._call("state")
        return state

    def readings(self) -> list[AxisReadings]:
        readings: list[AxisReadings] = self._call("readings")
        return readings

    def log_lines(self) -> list[tuple[int, str]]:
        lines: list[tuple[int, str]] = self._call("log_lines")
        return lines

    def arm(self) -> None:
        self._call("arm")

    def disarm(self) -> None:
        self._call("disarm")

    def emergency_stop(self) -> None:
        self._call("emergency_stop")

    def clear_emergency_stop(self) -> None:
        self._call("clear_emergency_stop")

    def command(self, axes: tuple[AxisCommand, ...], made_at: float) -> bool:
        taken: bool = self._call("command", axes, made_at)
        return taken

    def close(self) -> None:
        """Ends the process, and closes properly if it still runs."""
        if self._process.is_alive():
            self._call("close")
            self._orders.close()
            self._process.join()


def _serve(motors: Motors, rig: Rig, orders: Connection, time: Any) -> None:
    os.close(rig.port.fileno())  # the far end is the parent's alone
    controller = make(motors, lambda: float(time.value), rig.ears.heard)
    while True:
        name, arguments = orders.recv()
        orders.send(getattr(controller, name)(*arguments))
        if name == "close":
            return
