"""The wire: every message survives it, nothing damaged does, and no bytes upset the decoder."""

from __future__ import annotations

import random
from dataclasses import fields
from typing import Any, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.protocol import (
    LONGEST_FRAME,
    AxisSetpoint,
    AxisState,
    Decoder,
    Log,
    Message,
    Mode,
    ProtocolError,
    SequenceWindow,
    Setpoint,
    Telemetry,
    encode_frame,
    milliseconds_until,
    pack,
    unpack,
)
from firmware_bridge.protocol.framing import crc16
from firmware_bridge.protocol.messages import MESSAGES
from firmware_bridge.protocol.wire_types import MOST_AXES, Group


def values_of(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Every value that the fields of a message, or of a row of it, can have."""
    hints = get_type_hints(kind, include_extras=True)
    by_name: dict[str, st.SearchStrategy[Any]] = {}
    for field in fields(kind):
        wire = hints[field.name].__metadata__[0]
        if isinstance(wire, Group):
            by_name[field.name] = st.lists(values_of(wire.row), max_size=MOST_AXES).map(tuple)
        else:
            by_name[field.name] = st.integers(wire.lowest, wire.highest) if wire.code else st.text(max_size=30)
    return st.builds(kind, **by_name)


MESSAGES_OF_ANY_KIND = st.one_of([values_of(message) for message in MESSAGES])
REPEATABLE = settings(derandomize=True, deadline=None)
U16 = st.integers(0, 0xFFFF)
SOME_ROWS = (AxisSetpoint(Mode.VELOCITY, -5_000_000, 6000), AxisSetpoint(Mode.VELOCITY, 5_000_000, 6000))
SOME_FRAME = encode_frame(Setpoint.number, 7, 99, pack(Setpoint(1000, SOME_ROWS)))


@REPEATABLE
@given(MESSAGES_OF_ANY_KIND, U16, U16)
def test_a_message_survives_the_wire(message: Message, sequence: int, session: int) -> None:
    encoded = encode_frame(message.number, sequence, session, pack(message))
    assert encoded.count(b"\0") == 1
    assert len(encoded) <= LONGEST_FRAME
    (frame,) = Decoder().feed(encoded)
    assert (frame.sequence, frame.session) == (sequence, session)
    assert unpack(frame.number, frame.payload) == message


@REPEATABLE
@given(st.lists(st.binary(max_size=60), max_size=20))
def test_any_bytes_leave_the_decoder_able_to_read_the_next_frame(pieces: list[bytes]) -> None:
    decoder = Decoder()
    for piece in pieces:
        decoder.feed(piece)
    frames = decoder.feed(b"\0" + SOME_FRAME)
    assert frames[-1].number == Setpoint.number


@REPEATABLE
@given(st.lists(st.tuples(MESSAGES_OF_ANY_KIND, U16), min_size=1, max_size=6), st.data())
def test_frames_cut_into_pieces_arrive_whole(messages: list[tuple[Message, int]], data: st.DataObject) -> None:
    stream = b"".join(encode_frame(m.number, sequence, 1, pack(m)) for m, sequence in messages)
    decoder, heard = Decoder(), []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        heard += decoder.feed(stream[:size])
        stream = stream[size:]
    assert [(unpack(f.number, f.payload), f.sequence) for f in heard] == messages
    assert decoder.corrupt == 0


@pytest.mark.parametrize("place", range(len(SOME_FRAME) - 1))
def test_no_frame_with_one_wrong_byte_is_taken(place: int) -> None:
    for value in range(256):
        if value != SOME_FRAME[place]:
            damaged = SOME_FRAME[:place] + bytes([value]) + SOME_FRAME[place + 1 :]
            assert Decoder().feed(damaged) == []


def test_damaged_frames_pass_no_more_often_than_the_checksum_allows() -> None:
    """Of frames mutated in any way, at most a few in 65536 may look intact; here none does (seeded)."""
    dice = random.Random(3)
    taken = 0
    for _ in range(20_000):
        damaged = bytearray(SOME_FRAME)
        for _ in range(dice.randrange(1, 6)):
            action, place = dice.randrange(3), dice.randrange(len(damaged))
            if action == 0:
                damaged[place] = dice.randrange(256)
            elif action == 1:
                damaged.insert(place, dice.randrange(256))
            else:
                del damaged[place]
        for frame in Decoder().feed(bytes(damaged) + b"\0"):
            taken += encode_frame(frame.number, frame.sequence, frame.session, frame.payload) != SOME_FRAME
    assert taken == 0


def test_a_flood_without_a_zero_is_dropped_and_counted_once() -> None:
    decoder = Decoder()
    for _ in range(1000):
        assert decoder.feed(b"\x05" * 100) == []
        assert len(decoder._held) <= LONGEST_FRAME
    assert [frame.number for frame in decoder.feed(b"\0" + SOME_FRAME)] == [Setpoint.number]
    assert decoder.corrupt == 1


def test_the_checksum_is_the_one_in_the_specification() -> None:
    assert crc16(b"123456789") == 0x29B1


def test_a_value_that_does_not_fit_is_an_error_not_another_value() -> None:
    with pytest.raises(ProtocolError, match="Setpoint"):
        pack(Setpoint(0, (AxisSetpoint(Mode.VELOCITY, 2**31, 0),)))
    with pytest.raises(ProtocolError, match="10 axes, at most 9"):
        pack(Setpoint(0, SOME_ROWS * 5))


@REPEATABLE
@given(st.integers(0, 255), st.binary(max_size=160))
def test_any_payload_is_a_message_or_a_protocol_error(number: int, payload: bytes) -> None:
    try:
        message = unpack(number, payload)
    except ProtocolError:
        return
    assert pack(message) == payload


def test_a_long_log_line_is_cut_between_characters() -> None:
    log = unpack(Log.number, pack(Log(20, "跌" * 100)))
    assert isinstance(log, Log)
    assert log.text == "跌" * 40


def test_every_message_has_its_own_number_and_fits_a_frame() -> None:
    assert len({message.number for message in MESSAGES}) == len(MESSAGES)
    telemetry = Telemetry(*[-1 if k == 5 else 0 for k in range(13)], axes=(AxisState(-1, -1, -1, -1, 0),) * MOST_AXES)
    assert len(encode_frame(telemetry.number, 1, 1, pack(telemetry))) == 161 <= LONGEST_FRAME + 1


@REPEATABLE
@given(st.lists(U16, max_size=50))
def test_a_sequence_window_never_accepts_twice_or_backwards(sequences: list[int]) -> None:
    window, last = SequenceWindow(), None
    for sequence in sequences:
        if window.accept(sequence):
            assert last is None or 0 < (sequence - last) % 0x10000 < 0x8000
            last = sequence
    assert window.last == last


def test_a_sequence_window_goes_on_over_the_end_and_counts_the_lost() -> None:
    window = SequenceWindow()
    assert [window.accept(s) for s in (0xFFFE, 0xFFFF, 0xFFFF, 2, 1, 3)] == [True, True, False, True, False, True]
    assert window.lost == 2


@REPEATABLE
@given(st.integers(0, 2**32 - 1), st.integers(-(2**31), 2**31 - 1))
def test_a_deadline_is_as_far_away_as_it_is_over_any_wrap(now_ms: int, ahead: int) -> None:
    assert milliseconds_until((now_ms + ahead) % 2**32, now_ms) == ahead
