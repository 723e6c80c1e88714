"""What the simulated controller says of itself."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_bridge.protocol import (
    PROTOCOL_VERSION,
    AxisState,
    FaultBit,
    HelloAck,
    InputBit,
    State,
    Telemetry,
    milliseconds_until,
)
from sim.motors.axis import AMBIENT_C, Axis
from sim.motors.receiver import Receiver
from sim.motors.settings import ControllerSettings

FIRMWARE = (2, 1)
MICRO = 1e6
BOARD_SHARE = 0.5  # of the motors' warmth that reaches the board


@dataclass(frozen=True, slots=True)
class Seen:
    """The board's own readings at one moment."""

    time_ms: int
    state: State
    inputs: InputBit
    faults: FaultBit
    voltage: float


def telemetry(seen: Seen, axes: tuple[Axis, ...], receiver: Receiver) -> Telemetry:
    warmest = max(axis.temperature for axis in axes)
    return Telemetry(
        time_ms=seen.time_ms,
        state=seen.state,
        inputs=seen.inputs,
        faults=seen.faults,
        voltage_mv=min(0xFFFF, max(0, round(seen.voltage * 1000))),
        temperature_dc=_int16(10 * (AMBIENT_C + BOARD_SHARE * (warmest - AMBIENT_C))),
        echo_sequence=receiver.echo_sequence,
        echo_age_ms=min(0xFFFF, max(0, milliseconds_until(seen.time_ms, receiver.echo_ms))),
        accepted=receiver.accepted & 0xFFFF,
        corrupt=receiver.corrupt & 0xFFFF,
        stale=receiver.stale & 0xFFFF,
        late=receiver.late & 0xFFFF,
        lost=receiver.lost & 0xFFFF,
        axes=tuple(_axis(axis) for axis in axes),
    )


def _axis(axis: Axis) -> AxisState:
    return AxisState(
        ticks=axis.ticks,
        urad_per_s=max(-0x8000_0000, min(0x7FFF_FFFF, round(axis.velocity * MICRO))),
        ma=_int16(axis.current * 1000),
        temperature_dc=_int16(axis.temperature * 10),
        faults=axis.faults,
    )


def acknowledgement(settings: ControllerSettings, boot_id: int, time_ms: int, sequence: int) -> HelloAck:
    first = settings.axes[0]
    return HelloAck(
        protocol=settings.protocol or PROTOCOL_VERSION,
        firmware_major=FIRMWARE[0],
        firmware_minor=FIRMWARE[1],
        boot_id=boot_id,
        time_ms=time_ms,
        echo_sequence=sequence,
        axes=len(settings.axes),
        ticks_per_turn=settings.ticks_per_turn,
        watchdog_ms=min(0xFFFF, round(settings.watchdog_s * 1000)),
        longest_life_ms=round(settings.longest_life_s * 1000),
        highest_urad_per_s=round(first.velocity * MICRO),
        highest_torque_mnm=round(first.torque * 1000),
    )


def _int16(value: float) -> int:
    return max(-0x8000, min(0x7FFF, round(value)))
