"""What a host may send, good and bad, from a seed."""

from __future__ import annotations

import random

from firmware_bridge.protocol import (
    PROTOCOL_VERSION,
    Arm,
    AxisSetpoint,
    ClearEmergencyStop,
    Disarm,
    EmergencyStop,
    Hello,
    Message,
    ReadParameter,
    Setpoint,
    WriteParameter,
    encode_frame,
    pack,
)

NOISE = tuple(range(256))


class Host:
    """Numbers its frames; `spoil` gives what a bad wire makes of them."""

    def __init__(self, seed: int, axes: int, session: int = 77) -> None:
        self.random = random.Random(seed)
        self.session, self.sequence, self.axes = session, 0, axes

    def frame(self, message: Message) -> bytes:
        self.sequence = (self.sequence + 1) & 0xFFFF
        return encode_frame(message.number, self.sequence, self.session, pack(message))

    def setpoint(self, now_ms: int, value: int, mode: int = 0, torque_mnm: int = 6000, life_ms: int = 150) -> bytes:
        row = AxisSetpoint(mode, value, torque_mnm)
        return self.frame(Setpoint((now_ms + life_ms) & 0xFFFF_FFFF, (row,) * self.axes))

    def any_message(self, now_ms: int) -> Message:
        dice = self.random
        soon = (now_ms + dice.choice((-5, 0, 1, 60, 150, 300, 301, 100_000))) & 0xFFFF_FFFF
        axes = dice.choice((self.axes,) * 9 + (self.axes - 1,))
        rows = tuple(
            AxisSetpoint(
                dice.choice((0, 0, 0, 1, 2, 3)),
                dice.choice((0, 3_000_000, -3_000_000, 2**31 - 1, -(2**31), dice.randrange(-(10**7), 10**7))),
                dice.choice((0, 500, 6000, 65535)),
            )
            for _ in range(axes)
        )
        return dice.choice(
            (
                Setpoint(soon, rows),
                Setpoint(soon, rows),
                Setpoint(soon, rows),
                Arm(soon),
                Arm((now_ms + 100) & 0xFFFF_FFFF),
                Disarm(),
                EmergencyStop(),
                ClearEmergencyStop((now_ms + 100) & 0xFFFF_FFFF),
                Hello(dice.choice((PROTOCOL_VERSION, PROTOCOL_VERSION, 1)), dice.choice((0, 10, 100, 65535))),
                ReadParameter(dice.randrange(16), dice.randrange(self.axes + 2)),
                WriteParameter(dice.randrange(16), dice.randrange(3), dice.choice((0, 1, 50, 10**6, -(10**6)))),
            )
        )

    def spoil(self, frame: bytes) -> bytes:
        """Sometimes as it is; else flipped bits, a piece missing, noise before it, twice, or of another session."""
        dice = self.random
        way = dice.randrange(10)
        if way == 0:
            place = dice.randrange(len(frame))
            return frame[:place] + bytes([frame[place] ^ (1 << dice.randrange(8))]) + frame[place + 1 :]
        if way == 1:
            begin = dice.randrange(len(frame))
            return frame[:begin] + frame[begin + dice.randrange(1, 9) :]
        if way == 2:
            return bytes(dice.choices(NOISE, k=dice.randrange(1, 250))) + frame
        return frame + frame if way == 3 else frame


def stranger(frame_of: Host, message: Message) -> bytes:
    """The same, of a session that never began."""
    return encode_frame(message.number, frame_of.sequence + 1, frame_of.session ^ 0x5555, pack(message))
