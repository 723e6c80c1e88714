"""What the bridge's own link takes: round trips, the share of a core at 100 Hz, and what got lost."""

from __future__ import annotations

import resource
import statistics
import threading
import time
from collections.abc import Callable

from firmware_bridge.kangban_motors import KangbanMotors
from firmware_bridge.motors import AxisCommand, Mode
from kangban import motor_profile
from kangban.clock import MonotonicClock

RATE_HZ = 100.0
PATIENCE_S = 20.0
TORQUE_NM = 6.0


class NearEnd:
    """The family as the bridge runs it, and when it heard something last."""

    def __init__(self, motors: motor_profile.KangbanMotors) -> None:
        self._answered = threading.Event()
        self._heard_at = 0.0
        self._axes = len(motors.wheels)
        self.motors = KangbanMotors(motors, MonotonicClock().now, self._heard)
        self.motors.connect()
        self.wait(lambda: self.motors.state().connected)

    def _heard(self) -> None:
        """In the link's thread, where the bridge acts on what came."""
        self._heard_at = time.perf_counter()
        self._answered.set()

    def wait(self, condition: Callable[[], bool]) -> None:
        begun = time.monotonic()
        while not condition():
            if not self._answered.wait(0.5) and time.monotonic() - begun > PATIENCE_S:
                raise RuntimeError(f"the controller does not answer: {self.motors.state().message}")
            self._answered.clear()

    def round_trip(self) -> float:
        """Ask what the controller refuses at once, because it is not stopped. Telemetry in between is no answer."""
        begun = time.perf_counter()
        self.motors.clear_emergency_stop()
        self.wait(lambda: bool(self.motors.log_lines()))
        return self._heard_at - begun

    def cost(self, seconds: float) -> dict[str, object]:
        """Setpoints and telemetry at 100 Hz: their share of a core in this process, and what got lost."""
        pause, count = threading.Event(), round(seconds * RATE_HZ)
        axes = (AxisCommand(Mode.VELOCITY, 1.0, TORQUE_NM),) * self._axes
        before, begun, lost = _cpu_s(), time.monotonic(), self.motors.state().quality
        taken = 0
        for k in range(count):
            taken += self.motors.command(axes, time.monotonic())
            pause.wait(max(0.0, begun + (k + 1) / RATE_HZ - time.monotonic()))
        share, after = (_cpu_s() - before) / (time.monotonic() - begun), self.motors.state().quality
        return {
            "setpoints": count,
            "not_taken": count - taken,
            "lost": after.lost - lost.lost,
            "late": after.late - lost.late,
            "corrupt": after.corrupt - lost.corrupt,
            "cpu_share_at_100_hz": round(share, 4),
        }


def percentiles(seconds: list[float]) -> tuple[float, float]:
    """Median and 99th percentile."""
    cuts = statistics.quantiles(seconds, n=100)
    return cuts[49], cuts[98]


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
