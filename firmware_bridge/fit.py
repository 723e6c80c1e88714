"""Is the controller that answered the one that the profile describes?"""

from __future__ import annotations

from dataclasses import dataclass

from firmware_bridge.protocol import PROTOCOL_VERSION, HelloAck


@dataclass(frozen=True)
class Expectations:
    """What the profile says of the controller; one that differs is not driven."""

    axes: int
    ticks_per_turn: int
    watchdog_s: float
    command_life_s: float
    telemetry_hz: int


def misfit(ack: HelloAck, expected: Expectations) -> str | None:
    """Why this controller is not the one that the profile describes, with what to do; None where it is."""
    if ack.protocol != PROTOCOL_VERSION:
        firmware = f"firmware {ack.firmware_major}.{ack.firmware_minor}"
        return f"{firmware} speaks protocol {ack.protocol}, this bridge {PROTOCOL_VERSION}: flash matching firmware"
    if ack.axes != expected.axes:
        return (
            f"the controller drives {ack.axes} axes, the profile has {expected.axes}: correct motors.wheels and "
            "motors.joints, or flash firmware for this robot"
        )
    if ack.ticks_per_turn != expected.ticks_per_turn:
        return (
            f"the controller counts {ack.ticks_per_turn} ticks a turn, the profile says "
            f"{expected.ticks_per_turn}: correct motors.encoder_ticks_per_turn"
        )
    if ack.watchdog_ms > round(expected.watchdog_s * 1000):
        return (
            f"the controller's watchdog is {ack.watchdog_ms} ms, longer than motors.watchdog_s "
            f"{expected.watchdog_s}: flash firmware with a shorter one"
        )
    if ack.longest_life_ms < round(expected.command_life_s * 1000):
        return (
            f"the controller lets setpoints live at most {ack.longest_life_ms} ms, shorter than "
            f"motors.command_life_s {expected.command_life_s}: lower that"
        )
    return None
