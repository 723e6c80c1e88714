"""The bench's own decoder is right by itself, and the judging notices a decoder that lets too much through."""

from __future__ import annotations

import argparse
import binascii
import random
from pathlib import Path

import pytest
from cobs import cobs
from hypothesis import given
from hypothesis import strategies as st

import bench.cli
from bench.wire import judging
from bench.wire.damage import damaged, good_frames
from bench.wire.firmware_ear import judge_firmware
from bench.wire.firmware_stop import stop_times
from bench.wire.reference import crc, crc_by_division, read_piece, read_stream, unstuff
from firmware_bridge.protocol import Decoder, Frame
from sim.motors.families import MODEL


def test_the_crc_has_the_published_check_value() -> None:
    assert crc_by_division(b"123456789") == crc(b"123456789") == 0x29B1


@given(st.binary(max_size=300))
def test_it_agrees_with_libraries_of_other_people(data: bytes) -> None:
    assert crc(data) == crc_by_division(data) == binascii.crc_hqx(data, 0xFFFF)
    assert unstuff(cobs.encode(data)) == data


@given(st.binary(min_size=1, max_size=60).map(lambda data: data.replace(b"\0", b"\1")))
def test_it_refuses_what_the_library_refuses(piece: bytes) -> None:
    try:
        expected = cobs.decode(piece)
    except cobs.DecodeError:
        expected = None
    assert unstuff(piece) == expected


def test_good_frames_are_read_and_damage_is_damage() -> None:
    dice = random.Random(1)
    good = good_frames(dice, 50)
    assert len(read_stream(b"".join(good))) == 50
    assert all(frame.endswith(b"\0") and frame not in good for frame in damaged(dice, good, 500))
    assert read_piece(b"") is None


def test_ours_lets_nothing_through_that_the_reference_refuses() -> None:
    counts = judging.judge(20_000)
    assert counts["mutated_frames"] == 20_000
    assert counts["accepted_wrongly"] == counts["refused_wrongly"] == counts["good_frames_missed"] == 0


def test_a_decoder_without_its_crc_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    class Careless(Decoder):
        def feed(self, data: bytes) -> list[Frame]:
            bodies = [unstuff(piece) for piece in data.split(b"\0")[:-1]]
            return [
                Frame(b[0], b[1] | b[2] << 8, b[3] | b[4] << 8, b[5:-2]) for b in bodies if b is not None and len(b) > 6
            ]

    monkeypatch.setattr(judging, "Decoder", Careless)
    assert judging.judge(2000)["accepted_wrongly"] > 100


def test_an_option_that_a_bench_does_not_have_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    bench.cli.register(parser.add_subparsers())
    with pytest.raises(SystemExit) as end:
        parser.parse_args(["bench", "seeds", "--frames", "5"])
    assert end.value.code == 2
    assert "--frames" in capsys.readouterr().err
    args = parser.parse_args(["bench", "serial", "--frames", "5"])
    assert (args.name, args.takes, args.frames, args.seconds) == ("serial", ["seconds", "frames"], 5, None)


@pytest.mark.parametrize("words", ["plan A.map --scen B.scen --json", "plan --scen B.scen --json A.map"])
def test_a_bench_may_take_a_file_by_its_place(words: str) -> None:
    parser = argparse.ArgumentParser()
    bench.cli.register(parser.add_subparsers())
    args = parser.parse_args(["bench", *words.split()])
    assert (args.map, args.scen, args.json) == (Path("A.map"), Path("B.scen"), True)


def test_helpers_are_no_benches() -> None:
    parser = argparse.ArgumentParser()
    bench.cli.register(parser.add_subparsers())
    with pytest.raises(SystemExit):
        parser.parse_args(["bench", "wire"])


def test_the_ear_of_a_controller_is_judged_by_what_it_counts() -> None:
    counts = judge_firmware(600, MODEL)
    assert counts["mutated_frames"] == 600
    assert counts["accepted_wrongly"] == counts["good_frames_missed"] == 0


def test_the_stop_time_is_that_of_a_drive() -> None:
    told = stop_times(MODEL)
    assert isinstance(told["stop_after_link_loss_s"], float)
    assert told["watchdog_s"] < told["stop_after_link_loss_s"] < told["stop_promised_s"]
