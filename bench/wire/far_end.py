"""The other end of the pseudo-terminal, in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import select
import tty
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from kangban.clock import MonotonicClock
from kangban.config import load_profile
from sim.motors.families import MODEL, QEMU, emulator_for
from sim.motors.port import PseudoTerminal
from sim.motors.simulated import AxisReading, SimulatedMotors

T = TypeVar("T")
STILL = AxisReading(0.0, 0.0, 0.0)


def with_far_end(far_end: Callable[[PseudoTerminal], None], port: PseudoTerminal, near: Callable[[], T]) -> T:
    """Run `near` here while `far_end` serves the other side of the port in a child process."""
    child = multiprocessing.get_context("fork").Process(target=far_end, args=(port,), daemon=True)
    child.start()
    try:
        return near()
    finally:
        child.terminate()
        child.join()


def simulated_controller(port: PseudoTerminal) -> None:
    """The model in Python."""
    _serve(port, lambda now: emulator_for(load_profile("companion"), MODEL, now))


def firmware_in_qemu(port: PseudoTerminal) -> None:
    """The C firmware; its time is this machine's here."""
    _serve(port, lambda now: emulator_for(load_profile("companion"), QEMU, now))


def _serve(port: PseudoTerminal, make: Callable[[float], SimulatedMotors]) -> None:
    """Answers at once, and looks at its wheels 240 times a second."""
    clock = MonotonicClock()
    controller = make(clock.now())
    while True:
        select.select([port], [], [], 1.0 / 240.0)
        now = clock.now()
        controller.tick(now, (STILL, STILL))
        port.write(controller.feed(port.read(), now))


def open_raw(link: Path) -> int:
    """The near side without any library."""
    fd = os.open(link, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(fd)
    return fd
