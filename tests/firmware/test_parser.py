"""The parser of the C core beside the reference decoder: the same frames from any bytes, no more and no fewer."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from firmware_bridge.protocol import Decoder
from firmware_bridge.protocol.framing import LONGEST_FRAME, encode_frame
from tests.firmware.core import parse
from tests.firmware.host import Host

FRAMES_A_SEED = 20_000


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_mutated_frames_are_read_as_the_reference_reads_them(built: Path, seed: int) -> None:
    host = Host(seed, axes=3)
    stream = b"".join(host.spoil(host.frame(host.any_message(1000))) for _ in range(FRAMES_A_SEED))
    reference = Decoder()
    expected = reference.feed(stream)
    found, corrupt = parse(built, stream)
    assert found == expected
    assert corrupt == reference.corrupt & 0xFFFF
    assert 0 < len(expected) < 2 * FRAMES_A_SEED and reference.corrupt > 1000  # both kinds were there


def test_random_bytes_are_read_as_the_reference_reads_them(built: Path) -> None:
    dice = random.Random(4)
    stream = bytes(dice.choices((0, 0, *range(256)), k=400_000))
    reference = Decoder()
    assert parse(built, stream) == (reference.feed(stream), reference.corrupt & 0xFFFF)


@pytest.mark.parametrize("length", range(LONGEST_FRAME - 12, LONGEST_FRAME - 4))
def test_the_longest_piece_that_is_held_is_the_references(built: Path, length: int) -> None:
    stream = encode_frame(0x10, 1, 1, b"\7" * length) + encode_frame(0x03, 2, 1, b"")
    reference = Decoder()
    assert parse(built, stream) == (reference.feed(stream), reference.corrupt)


def test_a_good_frame_after_any_bytes_is_read(built: Path) -> None:
    dice = random.Random(5)
    good = encode_frame(0x03, 9, 9, b"")
    for _ in range(500):
        noise = bytes(dice.choices(range(256), k=dice.randrange(600)))
        found, _ = parse(built, noise + b"\0" + good)
        assert found[-1].number == 0x03 and found[-1].sequence == 9
