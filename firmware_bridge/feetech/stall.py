"""Wheels that were told to turn and stand. The servo's own overload protection sleeps below its register's 80 %.

Pure: `step(standing, wheels, now) -> standing, faults`. A wheel that stands and pulls is stalled; one that stands and
pulls little turns without its encoder seeing it, or is not driven at all.
"""

from __future__ import annotations

from collections.abc import Mapping

from firmware_bridge.feetech.registers import Feedback
from firmware_bridge.protocol.messages import FaultBit

TOLD_STEPS_PER_S = 100  # less than that may stick without being stalled
STANDING_STEPS_PER_S = 30
STANDING_FOR_S = 0.5
PULLING_SHARE = 0.5  # of its torque limit

Standing = Mapping[int, float]  # by servo: since when, s


def step(
    standing: Standing, told: Mapping[int, int], wheels: Mapping[int, Feedback], now: float
) -> tuple[Standing, FaultBit]:
    """`told` are the velocities last written, in steps/s by servo."""
    found: dict[int, float] = {}
    faults = FaultBit(0)
    for servo, velocity in told.items():
        said = wheels[servo]
        if abs(velocity) < TOLD_STEPS_PER_S or abs(said.velocity) > STANDING_STEPS_PER_S:
            continue
        found[servo] = standing.get(servo, now)
        if now - found[servo] >= STANDING_FOR_S:
            pulls = abs(said.load) >= PULLING_SHARE * said.torque_limit / 1000
            faults |= FaultBit.STALL if pulls else FaultBit.ENCODER
    return found, faults
