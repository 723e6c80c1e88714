"""Damaged frames into the firmware: it must call corrupt whatever the reference decoder refuses."""

from __future__ import annotations

import random

from bench.wire.damage import damaged, good_frames
from bench.wire.firmware_talk import Talk
from bench.wire.reference import read_piece
from sim.motors.families import QEMU

SEED = 21
GOOD_FRAMES = 400
TOGETHER = 200  # damaged frames between two looks at its counters
HALF = 0x8000


def judge_firmware(frames: int, controller: str = QEMU, seed: int = SEED) -> dict[str, int]:
    """Pieces that it let through beyond those that the reference lets through, and whether it went on speaking."""
    dice = random.Random(seed)
    good = good_frames(dice, GOOD_FRAMES)
    talk = Talk(controller)
    talk.greet()
    wrongly = both = missed = 0
    left = frames
    before = talk.hear_anew().corrupt
    while left > 0:
        count = min(left, TOGETHER)
        left -= count
        stream = b"".join(damaged(dice, good, count))
        talk.feed(stream)
        missed += not talk.hello()  # and it hears the next good frame; a damaged greeting may have ended our session
        after = _counted(talk)
        pieces = [piece for piece in stream.split(b"\0") if piece]
        allowed = sum(read_piece(piece) is not None for piece in pieces)
        through = len(pieces) - ((after - before) & 0xFFFF)
        both += min(through, allowed)
        wrongly += max(0, through - allowed)
        before = after
    talk.close()
    return {
        "mutated_frames": frames,
        "accepted_wrongly": wrongly,
        "accepted_by_both": both,
        "good_frames_missed": missed,
    }


def _counted(talk: Talk) -> int:
    """Its count of corrupt pieces once all of them are counted."""
    talk.hear_anew()
    return talk.hear_anew().corrupt
