"""Every message once: its number on the wire and its fields in order. Numbers below 0x80 go to the controller.

A class is its own layout: `codec.py` reads the annotated fields, and the C header is made from the same table, so no
layout is written twice. An axis is a wheel or a joint; rows stand in the order of the axes. Units are in the names: ms
on the controller's own clock, µrad and µrad/s of an axis, mN·m, mA, mV, tenths of a degree Celsius. Integers only, so
that "not a number" can't be said on the wire.
The numbers and layouts of HELLO and HELLO_ACK never change; they are how two versions find out that they differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Annotated, ClassVar, TypeAlias

from firmware_bridge.protocol.wire_types import I16, I32, U8, U16, U32, Group, Text

PROTOCOL_VERSION = 2


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
    CHARGING = 8  # a charger feeds the battery; told from firmware 2.1 on


class Refusal(IntEnum):
    """Why a request was not obeyed."""

    LATE = 1  # its deadline had passed
    TOO_FAR_AHEAD = 2  # its deadline is further away than a setpoint may live: the clocks disagree
    BUTTON_DOWN = 3
    NOT_RELEASED_HERE = 4  # nobody has pressed and let go the button since the stop
    STATE = 5  # not from this state
    CAUSE_REMAINS = 6  # the fault is still there
    VERSION = 7  # HELLO of another protocol version
    UNKNOWN = 8  # no such parameter or axis
    RANGE = 9  # a parameter outside its limits


class Mode(IntEnum):
    """What a setpoint's value means for an axis."""

    VELOCITY = 0  # µrad/s
    POSITION = 1  # µrad from where the encoder counted zero
    TORQUE = 2  # mN·m


class Parameter(IntEnum):
    """What may be tuned while disarmed, and never beyond the firmware's own limits. Kept until the next reset."""

    WATCHDOG_MS = 1  # of the controller; axis 0
    LONGEST_LIFE_MS = 2  # of the controller; axis 0
    HIGHEST_URAD_PER_S = 3
    HIGHEST_TORQUE_MNM = 4
    ACCELERATION_URAD_PER_S2 = 5
    BRAKING_URAD_PER_S2 = 6
    LOWEST_POSITION_URAD = 7  # position and velocity setpoints stop at these two
    HIGHEST_POSITION_URAD = 8
    VELOCITY_GAIN = 9  # mN·m of torque for 1 rad/s too slow
    VELOCITY_INTEGRAL = 10  # mN·m for 1 rad behind
    POSITION_GAIN = 11  # mrad/s for 1 rad away
    CURRENT_LIMIT_MA = 12
    BUMPER_BLOCKS = 13  # 1: this axis does not turn positive while the bumper is pressed; -1: not negative; 0: either


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
class ReadParameter:
    """Answered by PARAMETER_VALUE."""

    number: ClassVar[int] = 0x06
    parameter: U8
    axis: U8


@dataclass(frozen=True, slots=True)
class WriteParameter:
    """Only while DISARMED; answered by PARAMETER_VALUE or REFUSED. Never clipped: out of range is refused."""

    number: ClassVar[int] = 0x07
    parameter: U8
    axis: U8
    value: I32


@dataclass(frozen=True, slots=True)
class AxisSetpoint:
    """What one axis shall do, with at most this torque."""

    mode: U8
    value: I32
    torque_limit_mnm: U16


@dataclass(frozen=True, slots=True)
class Setpoint:
    """All axes at once, dead at `deadline_ms`. With another number of rows than the controller has axes: corrupt."""

    number: ClassVar[int] = 0x10
    deadline_ms: U32
    axes: Annotated[tuple[AxisSetpoint, ...], Group(AxisSetpoint)]


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
    axes: U8
    ticks_per_turn: U32
    watchdog_ms: U16
    longest_life_ms: U16  # a deadline further ahead than this is refused
    highest_urad_per_s: U32
    highest_torque_mnm: U16


@dataclass(frozen=True, slots=True)
class AxisState:
    """One axis; its faults are among those of the whole."""

    ticks: I32
    urad_per_s: I32
    ma: I16
    temperature_dc: I16
    faults: U16


@dataclass(frozen=True, slots=True)
class Telemetry:
    """The state at `time_ms`. Counters are since boot and wrap; `echo_*` is the last frame accepted and its age."""

    number: ClassVar[int] = 0x90
    time_ms: U32
    state: U8
    inputs: U8
    faults: U16  # of the board and of every axis
    voltage_mv: U16
    temperature_dc: I16  # of the board
    echo_sequence: U16
    echo_age_ms: U16
    accepted: U16
    corrupt: U16
    stale: U16
    late: U16
    lost: U16
    axes: Annotated[tuple[AxisState, ...], Group(AxisState)]


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


@dataclass(frozen=True, slots=True)
class ParameterValue:
    """What a parameter is, and between what it may lie."""

    number: ClassVar[int] = 0x93
    parameter: U8
    axis: U8
    value: I32
    lowest: I32
    highest: I32


Message: TypeAlias = (
    Hello
    | Arm
    | Disarm
    | EmergencyStop
    | ClearEmergencyStop
    | ReadParameter
    | WriteParameter
    | Setpoint
    | HelloAck
    | Telemetry
    | Refused
    | Log
    | ParameterValue
)
MESSAGES: tuple[type[Message], ...] = (
    Hello,
    Arm,
    Disarm,
    EmergencyStop,
    ClearEmergencyStop,
    ReadParameter,
    WriteParameter,
    Setpoint,
    HelloAck,
    Telemetry,
    Refused,
    Log,
    ParameterValue,
)
