"""Our decoder beside the reference on the same damaged frames: whatever ours lets through, the reference must too."""

from __future__ import annotations

import random
import struct

from bench.wire.damage import damaged, good_frames
from bench.wire.reference import read_stream
from firmware_bridge.protocol import Decoder, Frame

SEED = 20
GOOD_FRAMES = 400
TOGETHER = 50  # damaged frames that reach the decoders in one piece
_HEADER = struct.Struct("<BHH")


def judge(frames: int, seed: int = SEED) -> dict[str, int]:
    """Counts over `frames` damaged frames, and whether the next good one was still read after each piece of them."""
    dice = random.Random(seed)
    good = good_frames(dice, GOOD_FRAMES)
    ours = Decoder()
    counts = {"mutated_frames": frames, "accepted_wrongly": 0, "accepted_by_both": 0, "refused_wrongly": 0}
    counts["good_frames_missed"] = 0
    left = frames
    while left > 0:
        piece = min(left, TOGETHER)
        left -= piece
        stream = b"".join(damaged(dice, good, piece))
        _compare(ours, stream, counts)
        witness = dice.choice(good)
        if [_body(frame) for frame in ours.feed(witness)] != read_stream(witness):
            counts["good_frames_missed"] += 1
    return counts


def _compare(ours: Decoder, stream: bytes, counts: dict[str, int]) -> None:
    taken, allowed = [_body(frame) for frame in ours.feed(stream)], read_stream(stream)
    if taken == allowed:
        counts["accepted_by_both"] += len(taken)
        return
    both = [body for body in taken if body in allowed]
    counts["accepted_by_both"] += len(both)
    counts["accepted_wrongly"] += len(taken) - len(both)
    counts["refused_wrongly"] += len([body for body in allowed if body not in taken])


def _body(frame: Frame) -> bytes:
    return _HEADER.pack(frame.number, frame.sequence, frame.session) + frame.payload
