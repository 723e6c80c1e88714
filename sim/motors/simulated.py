"""What every simulated motor controller is to the world: bytes and axis readings in, bytes and axis drives out.

Pure: no port, no thread; `now` is the world's time in seconds. The world calls `feed` whenever bytes may have come and
`tick` at each physics step. Axes stand as in the profile: wheels, then joints, in the profile's sense of direction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sim.motors.battery import Battery


@dataclass(frozen=True, slots=True)
class AxisReading:
    """The physics of one axis: angle (rad, unbounded), velocity (rad/s), torque its motor applied last (N·m)."""

    angle: float
    velocity: float
    torque: float


@dataclass(frozen=True, slots=True)
class AxisDrive:
    """What the motor does until the next tick: hold this velocity (rad/s) with at most this torque (N·m)."""

    velocity: float
    torque_limit: float


class SimulatedMotors(Protocol):
    @property
    def battery(self) -> Battery | None:
        """What drives it; a charger feeds it."""
        ...

    @property
    def armed(self) -> bool:
        """Setpoints turn the wheels now."""
        ...

    @property
    def last_setpoint_made_at(self) -> float | None:
        """When the last setpoint that came over the wire was made, in the world's time; None: none since power-on.

        Where the bytes do not say when, the time it came.
        """
        ...

    def feed(self, data: bytes, now: float) -> bytes:
        """Take what came over the wire; return what goes out, telemetry that is due included."""
        ...

    def tick(self, now: float, axes: tuple[AxisReading, ...]) -> tuple[AxisDrive, ...]: ...

    def reboot(self, now: float) -> None:
        """As after a brown-out: everything volatile is gone; buttons stay as they are."""
        ...

    def press_estop(self, down: bool) -> None:
        """The button at the robot. Controllers without one cut the power of all axes while it is down."""
        ...

    def set_bumper(self, pressed: bool) -> None: ...
