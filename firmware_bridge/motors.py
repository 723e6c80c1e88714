"""What every family of motor controllers is to the bridge: one small protocol, one stamped state, named errors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


class MotorsError(Exception):
    """The motors can't be used; the message says which port, what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class WheelReadings:
    """Left and right wheel at `stamp` (the bridge's time). `boot_id` changes when the counts began anew."""

    stamp: float
    boot_id: int
    ticks: tuple[int, int]  # signed 32 bits, wrapping
    velocity: tuple[float, float]  # rad/s
    current: tuple[float, float]  # A


@dataclass(frozen=True, slots=True)
class LinkQuality:
    """Counts since the link was made, both directions together; `round_trip` is the last, None: none yet."""

    lost: int = 0
    corrupt: int = 0
    stale: int = 0
    late: int = 0
    round_trip: float | None = None  # s


@dataclass(frozen=True, slots=True)
class MotorState:
    """The controller as last heard. While not connected everything but `message` and `quality` is what it last was."""

    connected: bool
    message: str  # the link in words
    armed: bool = False
    watchdog: bool = False  # it stopped by itself, because nothing valid came
    emergency_stop: bool = False
    clearable: bool = False  # the button has been let go since the stop
    bumper: bool = False
    faults: tuple[str, ...] = ()
    wheels: WheelReadings | None = None
    voltage: float | None = None
    temperature: float | None = None  # degrees Celsius
    highest_velocity: float | None = None  # rad/s of a wheel, the controller's own limit
    quality: LinkQuality = field(default_factory=LinkQuality)


class MotorController(Protocol):
    """A driven pair of wheels. Calls return at once; only the newest command is ever kept, and none across a break."""

    def connect(self) -> None:
        """Open and keep open. Raises MotorsError where the port is held by another program."""
        ...

    def state(self) -> MotorState: ...

    def log_lines(self) -> list[tuple[int, str]]:
        """Level (as Python's logging) and text of what the controller has said since the last call."""
        ...

    def arm(self) -> None:
        """Ask for it; `state().armed` says whether it happened."""
        ...

    def disarm(self) -> None: ...

    def emergency_stop(self) -> None:
        """Stop and latch in the controller."""
        ...

    def clear_emergency_stop(self) -> None:
        """Obeyed only after somebody has let go the button at the robot."""
        ...

    def command(self, left: float, right: float, torque_limit: float, made_at: float) -> bool:
        """Wheel velocities (rad/s) and the torque (N·m) a wheel may use; its life runs from `made_at`.

        False where there is nobody to take it.
        """
        ...

    def close(self) -> None:
        """Disarm, then let go of the port and its thread."""
        ...
