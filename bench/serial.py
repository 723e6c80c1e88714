"""The wire to the motors: round trip against bare reads and writes on the same pseudo-terminal, cost, and damage.

The far end, in a process of its own, is the simulated motor controller in both runs, and the question is the same: a
request that it refuses at once. The reference writes frames made beforehand and reads with nothing but `os.read`; ours
is the bridge's whole way: lock, session, frame, thread, and back until the bridge is told. They take turns, so that a
machine that slows down slows both. Damaged frames go to our decoder and to a second one (`wire/reference.py`).
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.wire.bridge import RATE_HZ, NearEnd, percentiles
from bench.wire.far_end import open_raw, simulated_controller, with_far_end
from bench.wire.judging import judge
from firmware_bridge.protocol import PROTOCOL_VERSION, ClearEmergencyStop, Hello, encode_frame, pack
from kangban.config import load_profile
from kangban.motor_profile import KangbanMotors
from sim.motors.port import PseudoTerminal

TURNS = 5
ROUND_TRIPS = 500  # in each turn
SESSION = 0x5151
MILLION = 1_000_000


def run(seconds: float = 60.0, frames: int = MILLION) -> dict[str, object]:
    """`seconds`: how long setpoints are sent at 100 Hz; `frames`: how many damaged ones are judged."""
    return {**link(simulated_controller, seconds), **judge(frames)}


def link(far_end: Callable[[PseudoTerminal], None], seconds: float) -> dict[str, object]:
    """Round trips both ways against `far_end`, then the cost."""
    bare: list[float] = []
    ours: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        port = PseudoTerminal(Path(folder) / "motors.tty")
        settings = [f"motors.port={port.link}", f"motors.control_hz={RATE_HZ / 2}", "motors.telemetry_hz=100"]
        motors = load_profile("companion", settings).motors
        assert isinstance(motors, KangbanMotors)
        for _ in range(TURNS):
            bare += with_far_end(far_end, port, lambda: bare_round_trips(port.link))
            ours += with_far_end(far_end, port, lambda: _round_trips(NearEnd(motors)))
        cost = with_far_end(far_end, port, lambda: _cost(NearEnd(motors), seconds))
        port.close()
    return {**compared(ours, bare), **cost}


def compared(ours: list[float], bare: list[float]) -> dict[str, object]:
    p50, p99 = percentiles(ours)
    bare_p50, bare_p99 = percentiles(bare)
    return {
        "round_trips": len(ours),
        "p50_us": round(p50 * 1e6, 1),
        "p99_us": round(p99 * 1e6, 1),
        "bare_p50_us": round(bare_p50 * 1e6, 1),
        "bare_p99_us": round(bare_p99 * 1e6, 1),
        "p50_ratio": round(p50 / bare_p50, 2),
        "p99_ratio": round(p99 / bare_p99, 2),
    }


def bare_round_trips(link: Path, count: int = ROUND_TRIPS) -> list[float]:
    """Seconds each, with nothing between the question and `os.read`."""
    fd = open_raw(link)
    os.read(fd, 4096)  # its first telemetry: it has booted
    took: list[float] = []
    for sequence in range(1, count + 2):
        message = Hello(PROTOCOL_VERSION, 1) if sequence == 1 else ClearEmergencyStop(0)
        request = encode_frame(message.number, sequence, SESSION, pack(message))
        begun, heard = time.perf_counter(), b""
        os.write(fd, request)
        while not heard.endswith(b"\0"):
            heard += os.read(fd, 4096)
        took.append(time.perf_counter() - begun)
    os.close(fd)
    return took[1:]


def _round_trips(near: NearEnd) -> list[float]:
    took = [near.round_trip() for _ in range(ROUND_TRIPS)]
    near.motors.close()
    return took


def _cost(near: NearEnd, seconds: float) -> dict[str, object]:
    cost = near.cost(seconds)
    near.motors.close()
    return cost
