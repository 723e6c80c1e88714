"""The firmware's core, compiled for this machine and stepped from Python."""

from __future__ import annotations

import ctypes
import struct
from pathlib import Path

from firmware_bridge.protocol import Frame, State
from sim.motors.plant_link import Sensed, settings_page
from sim.motors.settings import ControllerSettings

OUTBOX_BYTES = 2048


class Core:
    """One controller; times are microseconds since its reset."""

    def __init__(self, folder: Path, settings: ControllerSettings, boot_id: int = 1) -> None:
        self._library = ctypes.CDLL(str(folder / "libcore.so"))
        self._library.kb_bench_bytes.restype = ctypes.c_size_t
        self._library.kb_bench_feed.restype = ctypes.c_size_t
        self._axes = len(settings.axes)
        self._bench = ctypes.create_string_buffer(self._library.kb_bench_bytes())
        self._out = ctypes.create_string_buffer(OUTBOX_BYTES)
        page = settings_page(settings)
        opened = self._library.kb_bench_open(self._bench, page, ctypes.c_size_t(len(page)), ctypes.c_uint32(boot_id))
        assert opened & 0xFF, "the core refuses the settings"

    @property
    def state(self) -> State:
        return State(self._library.kb_bench_state(self._bench) & 0xFF)

    def sense(self, now_us: int, button: bool, bumper: bool) -> None:
        self._library.kb_bench_sense(self._bench, ctypes.c_uint64(now_us), button, bumper)

    def charge(self, charging: bool) -> None:
        self._library.kb_bench_charging(self._bench, charging)

    def step(self, now_us: int, axes: tuple[Sensed, ...], voltage_mv: int) -> tuple[tuple[int, int], ...]:
        """One millisecond; torque (mN·m) and velocity (µrad/s) of each axis."""
        for number, axis in enumerate(axes):
            self._library.kb_bench_read(self._bench, number, axis.ticks, axis.ma, axis.temperature_dc)
        self._library.kb_bench_board(self._bench, voltage_mv, 250)
        self._library.kb_bench_step(self._bench, ctypes.c_uint64(now_us))
        torque, velocity = self._library.kb_bench_torque, self._library.kb_bench_velocity
        return tuple((torque(self._bench, k), velocity(self._bench, k)) for k in range(self._axes))

    def feed(self, now_us: int, data: bytes) -> bytes:
        size = self._library.kb_bench_feed(
            self._bench, ctypes.c_uint64(now_us), data, ctypes.c_size_t(len(data)), self._out
        )
        return self._out.raw[:size]


def parse(folder: Path, data: bytes) -> tuple[list[Frame], int]:
    """What the core's parser finds in a stream, and how many pieces were no frame."""
    library = ctypes.CDLL(str(folder / "libcore.so"))
    library.kb_bench_parse.restype = ctypes.c_size_t
    frames = ctypes.create_string_buffer(2 * len(data) + 16)
    corrupt = ctypes.c_uint16()
    size = library.kb_bench_parse(data, ctypes.c_size_t(len(data)), frames, ctypes.byref(corrupt))
    found, at, raw = [], 0, frames.raw
    while at < size:
        (length,) = struct.unpack_from("<H", raw, at)
        number, sequence, session = struct.unpack_from("<BHH", raw, at + 2)
        found.append(Frame(number, sequence, session, raw[at + 7 : at + 2 + length]))
        at += 2 + length
    return found, corrupt.value
