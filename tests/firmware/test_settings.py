"""The page of settings in a board's flash: damaged or senseless, it is refused, and the board does not drive."""

from __future__ import annotations

import ctypes
import struct
from pathlib import Path

import pytest

from firmware_bridge.protocol import Parameter
from firmware_bridge.protocol.framing import crc16
from kangban.config import config_dir, load_profile
from kangban.motor_profile import KangbanMotors
from sim.motors.plant_link import settings_page
from sim.motors.settings import settings_from
from tests.firmware.twins import settings

HEAD, AXIS, ROW = 16, 4 + 13 * 12, 12
LOWEST, HIGHEST = -(2**31), 2**31 - 1


def accepted(built: Path, page: bytes) -> bool:
    library = ctypes.CDLL(str(built / "libcore.so"))
    library.kb_bench_bytes.restype = ctypes.c_size_t
    bench = ctypes.create_string_buffer(library.kb_bench_bytes())
    return bool(library.kb_bench_open(bench, page, ctypes.c_size_t(len(page)), ctypes.c_uint32(1)) & 0xFF)


def changed(parameter: Parameter, row: tuple[int, int, int], axis: int = 0) -> bytes:
    """A page with another value, lowest and highest of one parameter, and a good CRC."""
    page = bytearray(settings_page(settings(2, 1))[:-2])
    struct.pack_into("<iii", page, HEAD + axis * AXIS + 4 + (parameter - 1) * ROW, *row)
    return bytes(page) + struct.pack("<H", crc16(bytes(page)))


def test_the_pages_of_our_robots_are_accepted(built: Path) -> None:
    robots = [load_profile(path.stem) for path in (config_dir() / "profiles").glob("*.yaml")]
    ours = [robot for robot in robots if isinstance(robot.motors, KangbanMotors)]
    assert ours
    for robot in ours:
        assert accepted(built, settings_page(settings_from(robot)))
    assert accepted(built, settings_page(settings(3, 6)))


@pytest.mark.parametrize(
    ("parameter", "row"),
    [
        (Parameter.WATCHDOG_MS, (-1, -1, 100)),  # as an unsigned number of microseconds: never
        (Parameter.WATCHDOG_MS, (100, 0, 100)),
        (Parameter.WATCHDOG_MS, (70_000, 20, 70_000)),  # more than HELLO_ACK can say
        (Parameter.LONGEST_LIFE_MS, (300, -5, 300)),
        (Parameter.LONGEST_LIFE_MS, (70_000, 20, 70_000)),
        (Parameter.HIGHEST_URAD_PER_S, (1_000_000, -1, 1_000_000)),
        (Parameter.HIGHEST_TORQUE_MNM, (1000, -1, 1000)),
        (Parameter.ACCELERATION_URAD_PER_S2, (1_000_000, -1, 1_000_000)),
        (Parameter.BRAKING_URAD_PER_S2, (1_000_000, 0, 1_000_000)),  # it would never stop
        (Parameter.LOWEST_POSITION_URAD, (2_000_000, 0, 2_000_000)),  # above the highest
        (Parameter.VELOCITY_GAIN, (5, -5, 10)),  # it would run away
        (Parameter.VELOCITY_INTEGRAL, (5, -5, 10)),
        (Parameter.POSITION_GAIN, (5, -5, 10)),
        (Parameter.CURRENT_LIMIT_MA, (1000, -1, 1000)),
        (Parameter.BUMPER_BLOCKS, (1, -1, 2)),
        (Parameter.WATCHDOG_MS, (100, 120, 200)),  # outside its own limits
    ],
)
def test_a_page_by_which_it_would_not_stop_or_run_away_is_refused(
    built: Path, parameter: Parameter, row: tuple[int, int, int]
) -> None:
    axis = 2 if parameter is Parameter.LOWEST_POSITION_URAD else 0
    assert not accepted(built, changed(parameter, row, axis))


def test_what_is_within_reason_is_not_refused(built: Path) -> None:
    assert accepted(built, changed(Parameter.BRAKING_URAD_PER_S2, (1_000_000, 1, 2_000_000)))
    assert accepted(built, changed(Parameter.LOWEST_POSITION_URAD, (LOWEST, LOWEST, HIGHEST)))
    assert accepted(built, changed(Parameter.HIGHEST_TORQUE_MNM, (0, 0, 60_000)))


@pytest.mark.parametrize("place", [0, 5, 10, 12, 20, 100, -1])
def test_a_damaged_page_is_refused(built: Path, place: int) -> None:
    page = bytearray(settings_page(settings(2, 1)))
    page[place] ^= 0x40
    assert not accepted(built, bytes(page))
    assert not accepted(built, settings_page(settings(2, 1))[:-3])
