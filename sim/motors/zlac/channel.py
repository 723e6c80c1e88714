"""One hub motor on the driver: ramp, encoder, current, heat, and when the driver finds that it does not follow."""

from __future__ import annotations

import math

from sim.motors.simulated import AxisDrive, AxisReading

RADPS_PER_RPM = math.tau / 60.0
VELOCITY_FILTER_S = 0.03
FOLLOWS_FROM_RPM = 3.0
STANDS_BELOW_RPM = 0.5
NOT_FOLLOWING_AFTER_S = 0.5
NM_PER_AMPERE = 0.7  # of a common hub motor


class Channel:
    """All in the driver's own sense of direction, which is the wheel's times `sign`."""

    def __init__(self, sign: int, counts_per_turn: int, torque_nm: float) -> None:
        self.sign = sign
        self.encoder_stuck = False
        self.hall_broken = False
        self._counts_per_turn = counts_per_turn
        self._torque = torque_nm
        self.start_anew()

    def start_anew(self) -> None:
        """As when power comes: the encoder counts from where the wheel is now."""
        self.counts = 0
        self.velocity = 0.0  # rad/s, measured
        self.current = 0.0  # A
        self.target_rpm = 0.0  # where the ramp goes
        self.ramp_rpm = 0.0  # where it is
        self.astray_for = 0.0  # s since it last followed
        self._slope = math.inf  # rpm/s
        self._first: int | None = None

    def aim(self, rpm: float, within_s: float) -> None:
        """The ramp takes `within_s` for the change, whatever its size. Told the same again, it goes on."""
        if rpm == self.target_rpm:
            return
        self.target_rpm = rpm
        self._slope = abs(rpm - self.ramp_rpm) / within_s if within_s > 0 else math.inf

    def turn(self, dt: float, reading: AxisReading, powered: bool) -> AxisDrive:
        """What the motor does until the next step; without power it is free."""
        self._measure(dt, reading)
        step = self._slope * dt if dt > 0 else 0.0
        self.ramp_rpm += max(-step, min(step, self.target_rpm - self.ramp_rpm))
        if not powered:
            self.ramp_rpm = self.target_rpm = self.astray_for = 0.0
            return AxisDrive(0.0, 0.0)
        follows = abs(self.ramp_rpm) < FOLLOWS_FROM_RPM or abs(self.velocity) > STANDS_BELOW_RPM * RADPS_PER_RPM
        self.astray_for = 0.0 if follows else self.astray_for + dt
        return AxisDrive(self.sign * self.ramp_rpm * RADPS_PER_RPM, self._torque)

    @property
    def astray(self) -> bool:
        return self.astray_for >= NOT_FOLLOWING_AFTER_S

    def _measure(self, dt: float, reading: AxisReading) -> None:
        counted = math.floor(self.sign * reading.angle / math.tau * self._counts_per_turn)
        if self._first is None:
            self._first = counted
        counts = self.counts if self.encoder_stuck else counted - self._first
        if self.encoder_stuck:
            self._first = counted - self.counts
        if dt > 0:
            moved = (counts - self.counts) * math.tau / self._counts_per_turn
            self.velocity += dt / (dt + VELOCITY_FILTER_S) * (moved / dt - self.velocity)
        self.counts = counts
        self.current = self.sign * reading.torque / NM_PER_AMPERE
