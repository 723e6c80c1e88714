"""Good frames of every kind, and what a bad line makes of them; all from one seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from firmware_bridge.protocol import (
    Arm,
    AxisSetpoint,
    AxisState,
    Disarm,
    Hello,
    Log,
    Message,
    Setpoint,
    Telemetry,
    encode_frame,
    pack,
)

MOST_MUTATIONS = 3


def good_frames(dice: random.Random, count: int) -> list[bytes]:
    """Frames as they are sent, closing zero included."""
    return [
        encode_frame(message.number, dice.randrange(0x10000), dice.randrange(1, 0x10000), pack(message))
        for message in (_message(dice) for _ in range(count))
    ]


def _message(dice: random.Random) -> Message:
    axes = dice.choice((2, 2, 3, 4, 9))
    kind = dice.randrange(6)
    deadline = dice.randrange(1 << 32)
    if kind == 0:
        return Hello(2, dice.randrange(1, 101))
    if kind == 1:
        return Disarm()
    if kind == 2:
        return Arm(deadline)
    if kind == 3:
        return Log(20, "watchdog: no valid setpoint came"[: dice.randrange(33)])
    if kind == 4:
        return _telemetry(dice, axes)
    rows = (AxisSetpoint(dice.randrange(3), dice.randrange(-9_000_000, 9_000_000), 6000) for _ in range(axes))
    return Setpoint(deadline, tuple(rows))


def _telemetry(dice: random.Random, axes: int) -> Telemetry:
    return Telemetry(
        time_ms=dice.randrange(1 << 32),
        state=dice.randrange(6),
        inputs=dice.randrange(8),
        faults=0,
        voltage_mv=25_200,
        temperature_dc=350,
        echo_sequence=dice.randrange(0x10000),
        echo_age_ms=dice.randrange(100),
        accepted=dice.randrange(0x10000),
        corrupt=dice.randrange(0x10000),
        stale=0,
        late=0,
        lost=0,
        axes=tuple(_axis(dice) for _ in range(axes)),
    )


def _axis(dice: random.Random) -> AxisState:
    return AxisState(dice.randrange(-(1 << 31), 1 << 31), dice.randrange(-9_000_000, 9_000_000), 700, 310, 0)


def damaged(dice: random.Random, good: list[bytes], count: int) -> Iterator[bytes]:
    """`count` damaged frames; each ends with a zero, so that the next begins anew."""
    for _ in range(count):
        whole = frame = dice.choice(good)[:-1]
        for _ in range(dice.randrange(1, MOST_MUTATIONS + 1)):
            frame = dice.choice(WAYS)(dice, frame)
        yield (_flip(dice, whole) if frame == whole else frame) + b"\0"


def _flip(dice: random.Random, frame: bytes) -> bytes:
    if not frame:
        return frame
    at = dice.randrange(len(frame))
    return frame[:at] + bytes((frame[at] ^ 1 << dice.randrange(8),)) + frame[at + 1 :]


def _cut(dice: random.Random, frame: bytes) -> bytes:
    at = dice.randrange(len(frame) + 1)
    return frame[:at] if dice.randrange(2) else frame[at:]


def _drop_one(dice: random.Random, frame: bytes) -> bytes:
    at = dice.randrange(len(frame) + 1)
    return frame[:at] + frame[at + 1 :]


def _insert(dice: random.Random, frame: bytes) -> bytes:
    at = dice.randrange(len(frame) + 1)
    return frame[:at] + dice.randbytes(dice.randrange(1, 4)) + frame[at:]


def _burst(dice: random.Random, frame: bytes) -> bytes:
    at = dice.randrange(len(frame) + 1)
    length = dice.randrange(1, 20)
    return frame[:at] + dice.randbytes(length) + frame[at + length :]


def _swap(dice: random.Random, frame: bytes) -> bytes:
    at = dice.randrange(len(frame) + 1)
    return frame[at:] + frame[:at]


WAYS: tuple[Callable[[random.Random, bytes], bytes], ...] = (_flip, _flip, _cut, _drop_one, _insert, _burst, _swap)
