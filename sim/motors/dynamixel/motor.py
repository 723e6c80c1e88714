"""The motor inside a servo: what a PWM or current limit leaves of its torque, by the straight line of a DC motor. Pure.

Torques and speeds are the makers' figures at 12 V; everything is in the servo's own sense of direction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.motors.simulated import AxisDrive

RADPS_PER_COUNT = 0.229 * math.tau / 60.0
AMPERES_PER_COUNT = 0.00269
POSITION_GAIN = 20.0  # 1/s


@dataclass(frozen=True, slots=True)
class Spec:
    model: int
    stall_torque_nm: float
    no_load_radps: float
    torque_per_ampere: float | None  # None: it measures load instead of current

    def present_current(self, torque_nm: float) -> int:
        """Counts of current; of 0.1 % of the full torque where it measures none."""
        if self.torque_per_ampere is None:
            return round(1000.0 * torque_nm / self.stall_torque_nm)
        return round(torque_nm / self.torque_per_ampere / AMPERES_PER_COUNT)

    def torque_of(self, current_counts: int) -> float:
        if self.torque_per_ampere is None:
            return self.stall_torque_nm
        return abs(current_counts) * AMPERES_PER_COUNT * self.torque_per_ampere

    def turn(self, velocity: float, pwm_share: float) -> AxisDrive:
        """Hold this velocity (rad/s) with what `pwm_share` of the supply gives."""
        top = self.no_load_radps * pwm_share
        held = max(-top, min(top, velocity))
        return AxisDrive(held, self.stall_torque_nm * max(0.0, pwm_share - abs(held) / self.no_load_radps))

    def reach(self, error_rad: float, fastest_radps: float, pwm_share: float, torque_nm: float) -> AxisDrive:
        """Go towards a place `error_rad` away."""
        top = min(fastest_radps, self.no_load_radps)
        velocity = max(-top, min(top, POSITION_GAIN * error_rad))
        return AxisDrive(velocity, min(torque_nm, self.stall_torque_nm * pwm_share))


XL430_W250 = Spec(1060, 1.5, 61 * math.tau / 60, None)
XM430_W350 = Spec(1020, 4.1, 46 * math.tau / 60, 4.1 / 2.3)
XM430_W210 = Spec(1030, 3.0, 77 * math.tau / 60, 3.0 / 2.3)
