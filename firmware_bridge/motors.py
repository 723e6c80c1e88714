"""What every family of motor controllers is to the bridge: one small protocol, one stamped state, named errors.

An axis is a wheel or a joint. Tuples run over the profile's wheels, then its joints, always in that order, and in the
profile's sense of direction: the family has applied `sign` (and for joints `zero_ticks`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol


class MotorsError(Exception):
    """The motors can't be used; the message says which port, what is wrong and what to do."""


class Mode(Enum):
    VELOCITY = "velocity"  # rad/s
    POSITION = "position"  # rad
    TORQUE = "torque"  # N·m


@dataclass(frozen=True, slots=True)
class AxisCommand:
    """What one axis shall do, with at most this torque (N·m)."""

    mode: Mode
    value: float
    torque_limit: float


@dataclass(frozen=True, slots=True)
class AxisReadings:
    """All axes at `stamp` (the bridge's time). `boot_id` changes when the counts began anew."""

    stamp: float
    boot_id: int
    ticks: tuple[int, ...]  # signed 32 bits, wrapping; of `encoder_ticks_per_turn`
    velocity: tuple[float, ...]  # rad/s
    current: tuple[float | None, ...]  # A; None where this motor does not tell
    temperature: tuple[float | None, ...]  # degrees Celsius


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
    charging: bool | None = None  # a charger feeds the battery; None: these motors can't tell
    faults: tuple[str, ...] = ()  # names of FaultBit in lower case, in every family
    axes: AxisReadings | None = None
    voltage: float | None = None
    temperature: float | None = None  # degrees Celsius, of the board
    highest_velocity: float | None = None  # rad/s of a wheel, the controller's own limit
    quality: LinkQuality = field(default_factory=LinkQuality)


class MotorController(Protocol):
    """Driven axes on one port. Calls return at once; only the newest command is ever kept, and none across a break."""

    def connect(self) -> None:
        """Open and keep open. Raises MotorsError where the port is held by another program."""
        ...

    def state(self) -> MotorState: ...

    def readings(self) -> list[AxisReadings]:
        """What came since the last call, oldest first; of many the newest, a second or so of them."""
        ...

    def log_lines(self) -> list[tuple[int, str]]:
        """Level (as Python's logging) and text of what the controller has said since the last call."""
        ...

    def arm(self) -> None:
        """Ask for it; `state().armed` says whether it happened."""
        ...

    def disarm(self) -> None: ...

    def emergency_stop(self) -> None:
        """Stop and latch: in the controller where it can, else in the family's own thread."""
        ...

    def clear_emergency_stop(self) -> None:
        """Obeyed only after somebody has let go the button at the robot (where there is one)."""
        ...

    def command(self, axes: tuple[AxisCommand, ...], made_at: float) -> bool:
        """One command for every axis; its life (`motors.command_life_s`) runs from `made_at`, on the bridge's clock.

        Past it the wheels are told zero, by the controller where it can, else by the family's own thread, which does
        not depend on the caller's. False where there is nobody to take it.
        """
        ...

    def close(self) -> None:
        """Disarm, then let go of the port and its thread."""
        ...
