"""The bytes between bridge and motor controller, for both ends: a leaf that imports nothing of the house.

Message values go in, bytes for the wire come out, and back. `messages.py` defines every message once, as data (a C
header is generated from the same table); `framing.py` puts them on the wire and finds them again in any bytes;
`sequence.py` tells new from old. docs/protocol.md is the specification; open `messages.py` first.
"""

from firmware_bridge.protocol.codec import ProtocolError, pack, unpack
from firmware_bridge.protocol.framing import LONGEST_FRAME, Decoder, Frame, encode_frame
from firmware_bridge.protocol.messages import (
    PROTOCOL_VERSION,
    Arm,
    AxisSetpoint,
    AxisState,
    ClearEmergencyStop,
    Disarm,
    EmergencyStop,
    FaultBit,
    Hello,
    HelloAck,
    InputBit,
    Log,
    Message,
    Mode,
    Parameter,
    ParameterValue,
    ReadParameter,
    Refusal,
    Refused,
    Setpoint,
    State,
    Telemetry,
    WriteParameter,
)
from firmware_bridge.protocol.sequence import SequenceWindow, milliseconds_until

__all__ = [
    "LONGEST_FRAME",
    "PROTOCOL_VERSION",
    "Arm",
    "AxisSetpoint",
    "AxisState",
    "ClearEmergencyStop",
    "Decoder",
    "Disarm",
    "EmergencyStop",
    "FaultBit",
    "Frame",
    "Hello",
    "HelloAck",
    "InputBit",
    "Log",
    "Message",
    "Mode",
    "Parameter",
    "ParameterValue",
    "ProtocolError",
    "ReadParameter",
    "Refusal",
    "Refused",
    "SequenceWindow",
    "Setpoint",
    "State",
    "Telemetry",
    "WriteParameter",
    "encode_frame",
    "milliseconds_until",
    "pack",
    "unpack",
]
