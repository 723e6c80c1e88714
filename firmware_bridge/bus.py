"""What a family that is asked and answers (servos, Modbus drivers) must say for itself; `polled.py` does the rest.

`polled.py` owns the thread, the age of commands, reopening with back-off, the state and its counts. A `Bus` only turns
calls into exchanges on its wire through the family's maintained library. Every call may block for at most the
library's own time limit, is made from one thread, and raises BusError where the exchange failed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from firmware_bridge.motors import AxisCommand


class BusError(Exception):
    """One exchange failed: nothing came, or what came was damaged. The message says with whom and what."""

    def __init__(self, message: str, corrupt: bool = False) -> None:
        super().__init__(message)
        self.corrupt = corrupt  # something came, but damaged


class BusAwayError(Exception):
    """The port is gone or can't be opened now; it may come back. The message says what to do."""


class MisfitError(Exception):
    """Who answered is not what the profile describes, or can't be driven safely; the message says what to change."""


@dataclass(frozen=True, slots=True)
class BusReadings:
    """All axes, wheels then joints, in the profile's sense; `faults` are names of FaultBit in lower case."""

    ticks: tuple[int, ...]  # signed 32 bits, wrapping
    velocity: tuple[float, ...]  # rad/s
    current: tuple[float | None, ...]  # A
    temperature: tuple[float | None, ...]  # degrees Celsius
    voltage: float | None
    faults: tuple[str, ...] = ()
    enabled: bool = False  # the motors are under power, as the devices themselves say
    watchdog: bool = False  # they stopped by their own watchdog
    emergency_stop: bool = False  # stopped by a button or command that they latch


class Bus(Protocol):
    def open(self) -> None:
        """The port, ours alone. Raises firmware_bridge.serial_port.PortBusyError or BusAwayError."""
        ...

    def greet(self) -> int:
        """Find every device, check it against the profile, disable it, set its mode, limits and watchdog.

        Returns a number that changes when the devices' counts began anew. Raises MisfitError or BusError.
        """
        ...

    def read(self) -> BusReadings: ...

    def enable(self) -> None:
        """Power, with every wheel at zero velocity and every joint holding where it is."""
        ...

    def disable(self) -> None:
        """Wheels to zero, then without power (joints that would drop something keep holding: the profile's matter)."""
        ...

    def write(self, axes: tuple[AxisCommand, ...]) -> None:
        """One exchange for all axes where the wire allows it. Also feeds the devices' watchdog, where they have one."""
        ...

    def highest_velocity(self) -> float | None:
        """rad/s of a wheel, the devices' own limit."""
        ...

    def close(self) -> None:
        """Let go of the port, whatever state it is in; never raises."""
        ...
