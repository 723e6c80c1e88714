"""The ZLAC emulator: framing that nothing can wedge, exceptions, and a state machine that only obeys in order."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangban.config import load_profile
from sim.motors.simulated import AxisReading
from sim.motors.zlac import driver as d
from sim.motors.zlac.emulator import ZlacDriver, zlac_for
from sim.motors.zlac.rtu import RtuReader, checksum, framed

STEP_S = 1.0 / 240.0
RPM = math.tau / 60.0


class Bench:
    """The emulator with wheels that follow at once, spoken to in raw frames."""

    def __init__(self) -> None:
        self.emulator: ZlacDriver = zlac_for(load_profile("hub"), 0.0)
        self.now = 0.0
        self.velocity = [0.0, 0.0]
        self.angles = [0.0, 0.0]

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP_S)):
            self.now += STEP_S
            drives = self.emulator.tick(
                self.now, tuple(AxisReading(a, v, 0.0) for a, v in zip(self.angles, self.velocity, strict=True))
            )
            self.velocity = [drive.velocity for drive in drives]
            self.angles = [a + v * STEP_S for a, v in zip(self.angles, self.velocity, strict=True)]

    def ask(self, function: int, *words: int, unit: int = 1) -> bytes:
        return self.emulator.feed(framed(unit, function, struct.pack(f">{len(words)}H", *words)), self.now)

    def write(self, address: int, value: int) -> None:
        answer = self.ask(6, address, value)
        assert answer == framed(1, 6, struct.pack(">HH", address, value))

    def read(self, address: int) -> int:
        answer = self.ask(3, address, 1)
        assert answer[:3] == bytes((1, 3, 2)) and checksum(answer[:-2]) == answer[-2:]
        return int.from_bytes(answer[3:5], "big")

    def drive(self, left: int, right: int) -> None:
        data = struct.pack(">HHBhh", 0x2088, 2, 4, left, right)
        assert self.emulator.feed(framed(1, 16, data), self.now) == framed(1, 16, data[:4])

    def ready(self) -> None:
        for address, value in ((0x200D, 3), (0x2080, 50), (0x2081, 50), (0x2082, 200), (0x2083, 200), (0x200E, 8)):
            self.write(address, value)


def test_checksum_is_the_one_of_the_standard() -> None:
    assert checksum(b"123456789") == bytes((0x37, 0x4B))  # the catalogue's check value 0x4B37, low byte first
    assert framed(1, 3, bytes((0, 0, 0, 1))).hex() == "010300000001840a"


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_after_any_noise_the_next_good_frame_is_read(noise: list[bytes]) -> None:
    reader, now = RtuReader(), 0.0
    good = framed(1, 3, bytes((0x20, 0xA1, 0, 1)))
    for piece in noise:
        now += 0.0005
        reader.read(piece, now)
    assert [request.data for request in reader.read(good, now)] == [good[2:-2]]


@given(st.lists(st.integers(1, 12), min_size=1, max_size=4))
def test_a_frame_in_pieces_is_whole_unless_a_pause_spoils_it(cuts: list[int]) -> None:
    good = framed(1, 16, struct.pack(">HHBhh", 0x2088, 2, 4, 5, -5))
    for pause, found in ((0.0001, 1), (0.003, 0)):
        reader, now, rest, heard = RtuReader(), 0.0, good, 0
        for cut in cuts:
            piece, rest = rest[: min(cut, len(rest) - 1)], rest[min(cut, len(rest) - 1) :]
            heard += len(reader.read(piece, now))
            now += pause
        heard += len(reader.read(rest, now))
        assert heard == (1 if len(rest) == len(good) else found)


@given(st.integers(0, 12 * 8 - 1))
def test_a_flipped_bit_is_never_obeyed(bit: int) -> None:
    good = bytearray(framed(1, 16, struct.pack(">HHBhh", 0x2088, 2, 4, 5, -5)))
    good[bit // 8] ^= 1 << bit % 8
    reader = RtuReader()
    assert reader.read(bytes(good), 0.0) == []
    assert reader.read(framed(1, 6, bytes(4)), 1.0) != []


def test_another_unit_is_none_of_its_business() -> None:
    bench = Bench()
    assert bench.ask(3, 0x20A1, 1, unit=2) == b""
    assert bench.ask(6, 0x200D, 3, unit=0) == b""


@pytest.mark.parametrize(
    ("function", "words", "code"),
    [
        (4, (0x20A1, 1), 1), (43, (0x0E01, 0), 1),
        (3, (0x1FFF, 1), 2), (3, (0x2000, 3), 2), (6, (0x20A1, 1), 2), (6, (0x1234, 1), 2),
        (3, (0x20A1, 0), 3), (3, (0x20A1, 126), 3), (6, (0x200E, 4), 3), (6, (0x2001, 0), 3), (6, (0x2089, 0xF000), 3),
    ],
)  # fmt: skip
def test_exceptions(function: int, words: tuple[int, ...], code: int) -> None:
    assert Bench().ask(function, *words) == framed(1, function | 0x80, bytes((code,)))


def test_a_write_of_many_is_all_or_nothing_and_its_length_must_be_true() -> None:
    bench = Bench()
    bench.ready()
    for data in (struct.pack(">HHBhh", 0x2088, 2, 4, 30, 3000), struct.pack(">HHBhh", 0x2088, 3, 4, 30, 30)):
        assert bench.emulator.feed(framed(1, 16, data), 0.0) == framed(1, 0x90, b"\3")
    assert bench.read(0x2088) == 0
    bench.emulator.driver.broken = True
    assert bench.ask(3, 0x20A1, 1) == framed(1, 0x83, b"\4")


def test_it_turns_only_in_its_mode_and_enabled() -> None:
    bench = Bench()
    bench.drive(30, 30)
    bench.run(0.2)
    assert bench.velocity == [0.0, 0.0]
    bench.write(0x200E, 8)
    assert bench.read(0x200E) == 0, "not in its velocity mode"
    bench.ready()
    bench.run(0.2)
    assert bench.velocity == pytest.approx([30 * RPM, -30 * RPM])
    assert bench.emulator.armed and bench.emulator.last_setpoint_made_at == 0.0


def test_stop_brakes_in_the_deceleration_time_whatever_the_speed() -> None:
    for rpm in (10, 200):
        bench = Bench()
        bench.ready()
        bench.drive(rpm, rpm)
        bench.run(0.2)
        bench.write(0x200E, 7)
        bench.run(0.19)
        assert bench.velocity[0] > 0
        bench.run(0.02)
        assert bench.velocity == [0.0, 0.0] and not bench.emulator.armed


def test_an_emergency_stop_is_quick_and_only_clear_alarm_lets_it_go() -> None:
    bench = Bench()
    bench.ready()
    bench.drive(60, 60)
    bench.run(0.2)
    bench.write(0x200E, 5)
    bench.run(0.02)
    assert bench.velocity == [0.0, 0.0]
    for word in (7, 8):
        bench.write(0x200E, word)
        assert bench.read(0x200E) == 5
    bench.write(0x200E, 6)
    bench.write(0x200E, 8)
    bench.run(0.2)
    assert bench.velocity[0] == pytest.approx(60 * RPM), "it held its command"


def test_a_stuck_encoder_and_a_broken_sensor_are_faults_that_cut_the_power() -> None:
    bench = Bench()
    bench.ready()
    bench.drive(30, 30)
    bench.run(0.2)
    bench.emulator.driver.channels[0].encoder_stuck = True
    bench.run(0.8)
    assert bench.read(0x20A5) == d.SPEED_ASTRAY and bench.read(0x20A6) == 0
    assert bench.velocity == [0.0, 0.0]
    bench.emulator.driver.channels[0].encoder_stuck = False
    bench.emulator.driver.channels[1].hall_broken = True
    bench.write(0x200E, 6)
    assert (bench.read(0x20A5), bench.read(0x20A6)) == (0, d.HALL), "its cause is still there"
    bench.write(0x200E, 8)
    assert not bench.emulator.armed


def test_offline_time_stops_it_unless_somebody_speaks_to_it() -> None:
    bench = Bench()
    bench.ready()
    bench.write(0x2000, 100)
    bench.drive(30, 30)
    for _ in range(5):
        bench.run(0.08)
        bench.read(0x20A1)
    assert bench.emulator.armed
    bench.ask(3, 0x20A1, 1, unit=2)
    bench.run(0.11)
    assert not bench.emulator.armed, "talk with somebody else does not count"
    bench.run(0.25)
    assert bench.velocity == [0.0, 0.0] and bench.read(0x200E) == 7


def test_power_lost_is_memory_lost_but_what_was_saved() -> None:
    bench = Bench()
    bench.ready()
    bench.drive(30, 30)
    bench.run(1.0)
    bench.write(0x2001, 5)
    bench.emulator.reboot(bench.now)
    assert bench.read(0x2001) == 1 and bench.read(0x200E) == 0 and bench.read(0x200D) == 0 and bench.read(0x20A8) == 0
    bench.write(0x2001, 5)
    bench.write(0x2010, 1)
    bench.emulator.reboot(bench.now)
    assert bench.ask(3, 0x2001, 1) == b"" and bench.ask(3, 0x2001, 1, unit=5) != b""


def test_the_button_cuts_the_supply_of_the_whole_driver() -> None:
    bench = Bench()
    bench.ready()
    bench.drive(30, 30)
    bench.run(0.5)
    bench.emulator.press_estop(True)
    bench.run(0.01)
    assert bench.velocity == [0.0, 0.0] and bench.ask(3, 0x20A1, 1) == b"" and not bench.emulator.armed
    bench.emulator.press_estop(False)
    bench.run(0.5)
    assert bench.read(0x200E) == 0 and bench.velocity == [0.0, 0.0]
