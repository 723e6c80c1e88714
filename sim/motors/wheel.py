"""One simulated wheel drive: encoder, velocity ramp, current, and what goes wrong with them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from firmware_bridge.protocol import FaultBit

VELOCITY_FILTER_S = 0.03  # the encoder is coarse, so firmware smooths its differences
STALLED_BELOW_RADPS = 0.05
STALLED_AT_TORQUE = 0.95  # share of the torque in use
STALLED_AFTER_S = 0.5
OVER_CURRENT_AFTER_S = 0.05
AMBIENT_C = 25.0
HEATING_C_PER_A2_S = 1e-3  # with the time below: 60 degrees above ambient at a steady 10 A
COOLING_TIME_S = 600.0
HOTTEST_C = 85.0


@dataclass(frozen=True, slots=True)
class WheelReading:
    """The physics of one wheel: angle (rad, unbounded), velocity (rad/s), torque its motor applied last (N·m)."""

    angle: float
    velocity: float
    torque: float


@dataclass(frozen=True, slots=True)
class WheelDrive:
    """What the motor does until the next tick: hold this velocity (rad/s) with at most this torque (N·m)."""

    velocity: float
    torque_limit: float


@dataclass(frozen=True)
class WheelLimits:
    """Of the controller's own hardware; no command gets past them."""

    velocity: float  # rad/s
    acceleration: float  # rad/s^2
    braking: float  # rad/s^2
    torque: float  # N·m
    torque_per_ampere: float  # N·m/A
    current: float  # A


class Wheel:
    def __init__(self, limits: WheelLimits, ticks_per_turn: int) -> None:
        self.limits = limits
        self.ticks = 0  # as the encoder counts, 32 bits
        self.velocity = 0.0  # rad/s, measured from the encoder
        self.current = 0.0  # A
        self.temperature = AMBIENT_C  # degrees Celsius
        self.target = 0.0  # rad/s, of the ramp
        self.encoder_stuck = False
        self._ticks_per_turn = ticks_per_turn
        self._stalled_for = 0.0
        self._over_current_for = 0.0
        self._first_turns: int | None = None

    def drive(self, dt: float, reading: WheelReading, wished: float, torque_limit: float) -> WheelDrive:
        """Move the ramp towards `wished` (rad/s) within the limits."""
        self._measure(dt, reading)
        limits = self.limits
        wished = max(-limits.velocity, min(limits.velocity, wished))
        slowing = abs(wished) < abs(self.target) or wished * self.target < 0
        change = (limits.braking if slowing else limits.acceleration) * dt
        self.target += max(-change, min(change, wished - self.target))
        torque = min(limits.torque, torque_limit)
        self._watch(dt, reading, torque)
        return WheelDrive(self.target, torque)

    def faults(self) -> FaultBit:
        """What is wrong now."""
        stall = FaultBit.STALL if self._stalled_for >= STALLED_AFTER_S else FaultBit(0)
        over = FaultBit.OVER_CURRENT if self._over_current_for >= OVER_CURRENT_AFTER_S else FaultBit(0)
        hot = FaultBit.OVER_TEMPERATURE if self.temperature > HOTTEST_C else FaultBit(0)
        return stall | over | hot

    def forgive(self) -> None:
        """A person has armed again: count anew."""
        self._stalled_for = self._over_current_for = 0.0

    def _measure(self, dt: float, reading: WheelReading) -> None:
        counted = math.floor(reading.angle / math.tau * self._ticks_per_turn)
        if self._first_turns is None:
            self._first_turns = counted  # an incremental encoder counts from where it was switched on
        ticks = _wrap(counted - self._first_turns)
        if self.encoder_stuck:
            ticks = self.ticks
        moved = _wrap(ticks - self.ticks) * math.tau / self._ticks_per_turn
        self.ticks = ticks
        if dt > 0:
            share = dt / (dt + VELOCITY_FILTER_S)
            self.velocity += share * (moved / dt - self.velocity)
        self.current = reading.torque / self.limits.torque_per_ampere
        cooling = (self.temperature - AMBIENT_C) / COOLING_TIME_S
        self.temperature += dt * (HEATING_C_PER_A2_S * self.current**2 - cooling)

    def _watch(self, dt: float, reading: WheelReading, torque: float) -> None:
        blocked = (
            abs(self.target) > STALLED_BELOW_RADPS
            and abs(self.velocity) < STALLED_BELOW_RADPS
            and abs(reading.torque) >= STALLED_AT_TORQUE * torque
        )
        self._stalled_for = self._stalled_for + dt if blocked else 0.0
        over = abs(self.current) > self.limits.current
        self._over_current_for = self._over_current_for + dt if over else 0.0


def _wrap(ticks: int) -> int:
    return (ticks + 0x8000_0000) % 0x1_0000_0000 - 0x8000_0000
