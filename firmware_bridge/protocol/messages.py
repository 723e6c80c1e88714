"""Every message once: its number on the wire and its fields in order. Numbers below 0x80 go to the controller.

A class is its own layout: `codec.py` reads the annotated fields, and the C header is made from the same table, so no
layout is written twice. Units are in the names: ms on the controller's own clock, µrad/s of a wheel, mN·m, mA, mV,
tenths of a degree Celsius. Integers only, so that "not a number" can't be said on the wire.
The numbers and layouts of HELLO and HELLO_ACK never change; they are how two versions find out that they differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import ClassVar, TypeAlias

from firmware_bridge.protocol.wire_types import I16, I32, U8, U16, U32, Text

PROTOCOL_VERSION = 1


class State(IntEnum):
    """What the controller does. Only ARMED turns wheels; each other state brakes them to zero and holds them."""

    BOOT = 0
    DISARMED = 1
    ARMED = 2
    WATCHDOG = 3  # armed, then no valid setpoint for the watchdog time
    EMERGENCY_STOP = 4
    FAULT = 5


class FaultBit(IntFlag):
    """Why a controller is in FAULT. Bits hold until an ARM is accepted."""

    STALL = 1
    OVER_CURRENT = 2
    UNDER_VOLTAGE = 4
    OVER_TEMPERATURE = 8
    ENCODER = 16


class InputBit(IntFlag):
    BUTTON = 1  # the emergency-stop button is down
    BUMPER = 2
    CLEARABLE = 4  # stopped, and the button has been let go since: CLEAR_EMERGENCY_STOP will be accepted


class Refusal(IntEnum):
    """Why a request was not obeyed."""

    LATE = 1  # its deadline had passed
    TOO_FAR_AHEAD = 2  # its deadline is further away than a setpoint may live: the clocks disagree
    BUTTON_DOWN = 3
    NOT_RELEASED_HERE = 4  # nobody has pressed and let go the button since the stop
    STATE = 5  # not from this state
    CAUSE_REMAINS = 6  # the fault is still there
    VERSION = 7  # HELLO of another protocol version


@dataclass(frozen=True, slots=True)
class Hello:
    """Begin a session: its number is the frame's. A controller that turned wheels for another session stops."""

    number: ClassVar[int] = 0x01
    protocol: U16
    telemetry_hz: U16


@dataclass(frozen=True, slots=True)
class Arm:
    """Let setpoints turn the wheels. The setpoint in force becomes zero."""

    number: ClassVar[int] = 0x02
    deadline_ms: U32


@dataclass(frozen=True, slots=True)
class Disarm:
    number: ClassVar[int] = 0x03


@dataclass(frozen=True, slots=True)
class EmergencyStop:
    """Stop and latch. Obeyed with any session number, so that a confused host can always stop."""

    number: ClassVar[int] = 0x04


@dataclass(frozen=True, slots=True)
class ClearEmergencyStop:
    """Leave the latched stop for DISARMED; only after somebody has let go the button at the robot since the stop."""

    number: ClassVar[int] = 0x05
    deadline_ms: U32


@dataclass(frozen=True, slots=True)
class Setpoint:
    """Wheel velocities, dead at `deadline_ms`; no wheel may use more torque than the limit."""

    number: ClassVar[int] = 0x10
    deadline_ms: U32
    left_urad_per_s: I32
    right_urad_per_s: I32
    torque_limit_mnm: U16


@dataclass(frozen=True, slots=True)
class HelloAck:
    """The answer to HELLO: who it is, its clock at the moment HELLO came in, and its limits."""

    number: ClassVar[int] = 0x81
    protocol: U16
    firmware_major: U8
    firmware_minor: U8
    boot_id: U32  # another after each reset: encoder counts and clock began anew
    time_ms: U32
    echo_sequence: U16
    ticks_per_turn: U32
    watchdog_ms: U16
    longest_life_ms: U16  # a deadline further ahead than this is refused
    highest_urad_per_s: U32
    highest_torque_mnm: U16


@dataclass(frozen=True, slots=True)
class Telemetry:
    """The state at `time_ms`. Counters are since boot and wrap; `echo_*` is the last frame accepted and its age."""

    number: ClassVar[int] = 0x90
    time_ms: U32
    state: U8
    inputs: U8
    faults: U16
    left_ticks: I32
    right_ticks: I32
    left_urad_per_s: I32
    right_urad_per_s: I32
    left_ma: I16
    right_ma: I16
    voltage_mv: U16
    temperature_dc: I16
    echo_sequence: U16
    echo_age_ms: U16
    accepted: U16
    corrupt: U16
    stale: U16
    late: U16
    lost: U16


@dataclass(frozen=True, slots=True)
class Refused:
    """A request (not a setpoint: those are counted in telemetry) that was not obeyed, and why."""

    number: ClassVar[int] = 0x91
    refused: U8
    sequence: U16
    reason: U8


@dataclass(frozen=True, slots=True)
class Log:
    number: ClassVar[int] = 0x92
    level: U8  # as Python's: 20 info, 30 warning, 40 error
    text: Text


Message: TypeAlias = (
    Hello | Arm | Disarm | EmergencyStop | ClearEmergencyStop | Setpoint | HelloAck | Telemetry | Refused | Log
)
MESSAGES: tuple[type[Message], ...] = (
    Hello,
    Arm,
    Disarm,
    EmergencyStop,
    ClearEmergencyStop,
    Setpoint,
    HelloAck,
    Telemetry,
    Refused,
    Log,
)
