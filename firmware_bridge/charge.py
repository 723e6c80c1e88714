"""How full the battery is, as far as its voltage can tell."""

from __future__ import annotations

from dataclasses import dataclass

SMOOTHED_OVER_S = 10.0  # the voltage sags while the motors pull


@dataclass(frozen=True, slots=True)
class ChargeState:
    voltage: float | None = None  # smoothed
    at: float = 0.0


def step(state: ChargeState, voltage: float, now: float) -> ChargeState:
    """Smooth a voltage (V), first order."""
    if state.voltage is None:
        return ChargeState(voltage, now)
    dt = max(0.0, now - state.at)
    share = dt / (dt + SMOOTHED_OVER_S)
    return ChargeState(state.voltage + share * (voltage - state.voltage), now)


def charge(state: ChargeState, empty_v: float, full_v: float) -> float | None:
    """0..1 on a straight line between the profile's voltages; None before the first reading."""
    if state.voltage is None:
        return None
    return max(0.0, min(1.0, (state.voltage - empty_v) / (full_v - empty_v)))
