"""The wire to the motors: round trip against bare reads and writes on the same pseudo-terminal, and the cost at 100 Hz.

The far end, in a process of its own, is the simulated motor controller in both runs, and the question is the same: a
request that it refuses at once. The reference writes frames made beforehand and reads with nothing but `os.read`; ours
is the bridge's whole way: lock, thread, session, frame, and back.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import select
import statistics
import tempfile
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from firmware_bridge.kangban_motors import KangbanMotors
from firmware_bridge.protocol import PROTOCOL_VERSION, ClearEmergencyStop, Hello, encode_frame, pack
from kangban.clock import MonotonicClock
from kangban.config import load_profile
from kangban.profile import Profile
from sim.motors.controller import Controller
from sim.motors.port import PseudoTerminal
from sim.motors.settings import settings_from
from sim.motors.wheel import WheelReading

T = TypeVar("T")
ROUND_TRIPS = 2000
SESSION = 0x5151
RATE_HZ = 100.0
PATIENCE_S = 10.0
STILL = WheelReading(0.0, 0.0, 0.0)


def run(seconds: float = 5.0) -> dict[str, object]:
    """`seconds`: how long setpoints are sent at 100 Hz."""
    with tempfile.TemporaryDirectory() as folder:
        port = PseudoTerminal(Path(folder) / "motors.tty")
        bare = _with_far_end(_control, port, lambda: _bare_round_trips(port.link))
        profile = load_profile("companion", [f"motors.port={port.link}", f"motors.control_hz={RATE_HZ / 2}"])
        ours, cost = _with_far_end(_control, port, lambda: _bridge(profile, seconds))
        port.close()
    p50, p99 = _percentiles(ours)
    bare_p50, bare_p99 = _percentiles(bare)
    return {
        "round_trips": ROUND_TRIPS,
        "p50_us": round(p50 * 1e6, 1),
        "p99_us": round(p99 * 1e6, 1),
        "bare_p50_us": round(bare_p50 * 1e6, 1),
        "bare_p99_us": round(bare_p99 * 1e6, 1),
        "p50_ratio": round(p50 / bare_p50, 2),
        "p99_ratio": round(p99 / bare_p99, 2),
        **cost,
    }


def _percentiles(seconds: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(seconds, n=100)
    return cuts[49], cuts[98]


def _with_far_end(far_end: Callable[[PseudoTerminal], None], port: PseudoTerminal, near: Callable[[], T]) -> T:
    """Run `near` here while `far_end` serves the other side of the port in a child process."""
    child = multiprocessing.get_context("fork").Process(target=far_end, args=(port,), daemon=True)
    child.start()
    try:
        return near()
    finally:
        child.terminate()
        child.join()


def _bare_round_trips(link: Path) -> list[float]:
    fd = os.open(link, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(fd)
    os.read(fd, 4096)  # its first telemetry: it has booted
    took: list[float] = []
    for sequence in range(1, ROUND_TRIPS + 2):
        message = Hello(PROTOCOL_VERSION, 1) if sequence == 1 else ClearEmergencyStop(0)
        request = encode_frame(message.number, sequence, SESSION, pack(message))
        begun, heard = time.perf_counter(), b""
        os.write(fd, request)
        while not heard.endswith(b"\0"):
            heard += os.read(fd, 4096)
        took.append(time.perf_counter() - begun)
    os.close(fd)
    return took[1:]


def _bridge(profile: Profile, seconds: float) -> tuple[list[float], dict[str, object]]:
    answered = threading.Event()
    motors = KangbanMotors(profile.motors, MonotonicClock().now, answered.set)
    motors.connect()
    _wait(answered, lambda: motors.state().connected)
    took = [_request(motors, answered) for _ in range(ROUND_TRIPS)]
    cost = _cost(motors, seconds)
    motors.close()
    return took, cost


def _request(motors: KangbanMotors, answered: threading.Event) -> float:
    """Ask what the controller refuses at once, because it is not stopped. Telemetry in between is no answer."""
    begun = time.perf_counter()
    motors.clear_emergency_stop()
    _wait(answered, lambda: bool(motors.log_lines()))
    return time.perf_counter() - begun


def _wait(event: threading.Event, condition: Callable[[], bool]) -> None:
    begun = time.monotonic()
    while not condition():
        if not event.wait(0.5) and time.monotonic() - begun > PATIENCE_S:
            raise RuntimeError("the simulated controller does not answer")
        event.clear()


def _cost(motors: KangbanMotors, seconds: float) -> dict[str, object]:
    """Share of a core that setpoints and telemetry at 100 Hz take of this process, and what got lost."""
    pause, count = threading.Event(), round(seconds * RATE_HZ)
    before, begun, lost = _cpu_s(), time.monotonic(), motors.state().quality
    for k in range(count):
        motors.command(1.0, 1.0, 6.0, time.monotonic())
        pause.wait(max(0.0, begun + (k + 1) / RATE_HZ - time.monotonic()))
    share, after = (_cpu_s() - before) / (time.monotonic() - begun), motors.state().quality
    return {
        "setpoints": count,
        "lost": after.lost - lost.lost,
        "late": after.late - lost.late,
        "corrupt": after.corrupt - lost.corrupt,
        "cpu_share_at_100_hz": round(share, 4),
    }


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _control(port: PseudoTerminal) -> None:
    clock = MonotonicClock()
    controller = Controller(settings_from(load_profile("companion")), clock.now())
    while True:
        select.select([port], [], [], 1.0 / 240.0)
        now = clock.now()
        controller.tick(now, STILL, STILL)
        port.write(controller.feed(port.read(), now))
