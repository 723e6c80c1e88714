"""One simulated motor with its encoder: ramp, position loop, current, heat, and what goes wrong with them.

Inside, angles and directions are the encoder's. `drive` turns the world's into them and back, as the motor's mounting
does on a robot.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from firmware_bridge.protocol import FaultBit, Mode
from sim.motors.settings import AxisSettings
from sim.motors.simulated import AxisDrive, AxisReading

VELOCITY_FILTER_S = 0.03  # the encoder is coarse, so firmware smooths its differences
TURNING_RADPS = 0.05  # slower than this counts as standing
STALLED_AT_TORQUE = 0.95  # share of the torque in use
STALLED_AFTER_S = 0.5
STRAINS_AT_TORQUE = 0.5  # share: what turns freely needs less
MISSED_TICKS, MISSED_RAD, MISSED_FOR_S = 4, 0.05, 0.1  # turned so far without one count: the encoder is dead
OVER_CURRENT_AFTER_S = 0.05
AMBIENT_C = 25.0
HEATING_C_PER_A2_S = 1e-3  # with the time below: 60 degrees above ambient at a steady 10 A
COOLING_TIME_S = 600.0
HOTTEST_C = 85.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What a living setpoint asks of one axis: rad/s, rad or N·m by `mode`, with at most this torque (N·m)."""

    mode: Mode
    value: float
    torque_limit: float


class Axis:
    def __init__(self, settings: AxisSettings, ticks_per_turn: int) -> None:
        self.settings = settings
        self.ticks = 0  # as the encoder counts, 32 bits
        self.velocity = 0.0  # rad/s, measured from the encoder
        self.current = 0.0  # A
        self.temperature = AMBIENT_C  # degrees Celsius
        self.target = 0.0  # rad/s, of the ramp
        self.faults = FaultBit(0)  # held until `forgive`
        self.encoder_stuck = False
        self._rad_per_tick = math.tau / ticks_per_turn
        self._stalled_for = 0.0
        self._over_current_for = 0.0
        self._missed_rad = self._missed_for = 0.0
        self._first_count: int | None = None

    @property
    def position(self) -> float:
        """rad from where the encoder counts zero."""
        return self.ticks * self._rad_per_tick

    def drive(self, dt: float, reading: AxisReading, wish: Wish | None, bumper: bool) -> AxisDrive:
        """What the motor does until the next step; None brakes it to zero and holds it, if it can see it."""
        self._measure(dt, reading)
        if self.faults & FaultBit.ENCODER:  # nothing can be regulated blind: no torque until a person has seen to it
            self.target = 0.0
            return AxisDrive(0.0, 0.0)
        s = self.settings
        torque = s.torque if wish is None else min(s.torque, wish.torque_limit)
        if wish is not None and wish.mode is Mode.TORQUE:
            return self._push(wish.value, torque, bumper)
        wished = self._reachable(0.0 if wish is None else self._wished_velocity(wish), bumper)
        slowing = abs(wished) < abs(self.target) or wished * self.target < 0
        change = (s.braking if slowing else s.acceleration) * dt
        self.target += max(-change, min(change, wished - self.target))
        self._watch(dt, reading, torque)
        return AxisDrive(s.sign * self.target, torque)

    def present_faults(self) -> FaultBit:
        """What is wrong now."""
        stall = FaultBit.STALL if self._stalled_for >= STALLED_AFTER_S else FaultBit(0)
        over = FaultBit.OVER_CURRENT if self._over_current_for >= OVER_CURRENT_AFTER_S else FaultBit(0)
        hot = FaultBit.OVER_TEMPERATURE if self.temperature > HOTTEST_C else FaultBit(0)
        far = self._missed_rad > max(MISSED_RAD, MISSED_TICKS * self._rad_per_tick)
        blind = FaultBit.ENCODER if far and self._missed_for > MISSED_FOR_S else FaultBit(0)
        return stall | over | hot | blind

    def forgive(self) -> None:
        """A person has armed again: count anew."""
        self.faults = FaultBit(0)
        self._stalled_for = self._over_current_for = self._missed_rad = self._missed_for = 0.0

    def _wished_velocity(self, wish: Wish) -> float:
        return self._towards(wish.value) if wish.mode is Mode.POSITION else wish.value

    def _towards(self, place: float) -> float:
        """The velocity with which it can still brake before `place` (rad)."""
        way = place - self.position
        return math.copysign(min(self.settings.position_gain * abs(way), self._can_brake_within(abs(way))), way)

    def _can_brake_within(self, way: float) -> float:
        return math.sqrt(2.0 * self.settings.braking * max(0.0, way))

    def _reachable(self, wished: float, bumper: bool) -> float:
        """Within the velocity limit, the range and what the bumper leaves."""
        s = self.settings
        fastest = min(s.velocity, max(0.0, self._towards(s.highest)) if math.isfinite(s.highest) else s.velocity)
        slowest = max(-s.velocity, min(0.0, self._towards(s.lowest)) if math.isfinite(s.lowest) else -s.velocity)
        if bumper and s.bumper_blocks > 0:
            fastest = 0.0
        elif bumper and s.bumper_blocks < 0:
            slowest = 0.0
        return max(slowest, min(fastest, wished))

    def _push(self, wished: float, torque: float, bumper: bool) -> AxisDrive:
        """A torque: as fast as it may turn with no more than that. Where it may not go it is held."""
        self._stalled_for = self._missed_rad = self._missed_for = 0.0  # standing under a torque is no stall
        self.target = self.velocity
        velocity = self._reachable(math.copysign(self.settings.velocity, wished), bumper)
        return AxisDrive(self.settings.sign * velocity, min(torque, abs(wished)) if velocity else torque)

    def _measure(self, dt: float, reading: AxisReading) -> None:
        s = self.settings
        counted = math.floor(s.sign * reading.angle / self._rad_per_tick + 1e-9)
        if self._first_count is None:
            self._first_count = counted if s.zero_ticks is None else -s.zero_ticks
            self.ticks = _wrap(counted - self._first_count)  # what it has turned before is no motion
        ticks = self.ticks if self.encoder_stuck else _wrap(counted - self._first_count)
        moved = _wrap(ticks - self.ticks) * self._rad_per_tick
        self.ticks = ticks
        if dt > 0:
            share = dt / (dt + VELOCITY_FILTER_S)
            self.velocity += share * (moved / dt - self.velocity)
        if moved:
            self._missed_rad = self._missed_for = 0.0
        self.current = s.sign * reading.torque / s.torque_per_ampere
        cooling = (self.temperature - AMBIENT_C) / COOLING_TIME_S
        self.temperature += dt * (HEATING_C_PER_A2_S * self.current**2 - cooling)
        over = abs(self.current) > s.current
        self._over_current_for = self._over_current_for + dt if over else 0.0

    def _watch(self, dt: float, reading: AxisReading, torque: float) -> None:
        turning = abs(self.target) > TURNING_RADPS
        stands = abs(self.velocity) < TURNING_RADPS
        stalled = turning and stands and abs(reading.torque) >= STALLED_AT_TORQUE * torque
        self._stalled_for = self._stalled_for + dt if stalled else 0.0
        if turning and abs(reading.torque) < STRAINS_AT_TORQUE * torque:
            self._missed_rad += abs(self.target) * dt
            self._missed_for += dt


def _wrap(ticks: int) -> int:
    return (ticks + 0x8000_0000) % 0x1_0000_0000 - 0x8000_0000
