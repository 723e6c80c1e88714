"""The rig's own parts: what the bad wire does is what its rows are called."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from tests.contract.motors.wire import BadWire, doubled, flipped, half, other_baud, swapped

FRAMES = st.lists(st.binary(min_size=1, max_size=30).map(lambda d: d.replace(b"\0", b"\1") + b"\0"), max_size=8)


@given(FRAMES, st.booleans())
def test_a_good_wire_changes_nothing(frames: list[bytes], zero: bool) -> None:
    wire = BadWire(1, zero)
    assert b"".join(wire.carry(frame, k) for k, frame in enumerate(frames)) == b"".join(frames)


@given(st.binary(min_size=1, max_size=40))
def test_equal_rates_read_what_was_sent_and_others_do_not(data: bytes) -> None:
    dice = random.Random(1)
    assert other_baud(1.0)(dice, data) == [data]
    assert other_baud(1.03)(dice, data) == [data], "a UART bears a few per cent"
    # A run of ones looks the same at any rate; the zero that ends every frame does not.
    assert other_baud(0.5)(dice, data + b"\0") != [data + b"\0"]


def test_ways() -> None:
    dice = random.Random(1)
    assert len(half(dice, bytes(range(1, 40)))[0]) < 39
    broken = flipped(dice, bytes(20))[0]
    assert 1 <= sum(byte.bit_count() for byte in broken) <= 3
    assert doubled(dice, b"a") == [b"a", b"a"]
    way = swapped()
    assert [way(dice, frame) for frame in (b"a", b"b", b"c")] == [[], [b"b", b"a"], []]


def test_a_slow_wire_holds_back_what_was_sent_through_it() -> None:
    wire = BadWire(1, True)
    wire.delay_s = 0.1
    assert wire.carry(b"one\0", 1.0) == b""
    wire.heal()
    assert wire.carry(b"two\0", 1.05) == b"two\0"
    assert wire.carry(b"", 1.1) == b"one\0"
    wire.delay_s = 0.1
    wire.carry(b"three\0", 1.2)
    wire.cut()
    assert wire.carry(b"", 2.0) == b""
