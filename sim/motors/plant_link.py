"""The bytes between the simulator and the firmware in QEMU: settings page, plant frames and their answers.

The layouts stand in firmware_bridge/firmware/core/settings.c and boards/qemu/plant.h.
`python -m sim.motors.plant_link PROFILE FILE` writes the settings page of a profile, for a real board.
"""

from __future__ import annotations

import struct
import sys
from dataclasses import dataclass
from pathlib import Path

from firmware_bridge.protocol import PROTOCOL_VERSION, Frame, Parameter, ParameterValue, State, encode_frame
from firmware_bridge.protocol.framing import crc16
from kangban.config import load_profile
from sim.motors import parameters
from sim.motors.settings import ControllerSettings, settings_from

FRAME, ANSWER, BOOTED = 0x01, 0x81, 0x82
HAS_READINGS, HANG = 1, 2
BUTTON, BUMPER, CHARGING = 1, 2, 4
PAGE_MAGIC = b"KBS2"
_PAGE = struct.Struct("<4sHHHBxI")
_PAGE_TORQUE = struct.Struct("<i")
_PAGE_ROW = struct.Struct("<iii")
_HEAD = struct.Struct("<QIBBHh")
_ROW = struct.Struct("<iih")
_ANSWER = struct.Struct("<IBBIH")
_DRIVE = struct.Struct("<ii")
_BOOTED = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class Sensed:
    """One axis as the board's pins tell it: ticks since the board was switched on, mA, tenths of a degree Celsius."""

    ticks: int
    ma: int
    temperature_dc: int


@dataclass(frozen=True, slots=True)
class Moment:
    """What the board meets at `time_us` of its own clock; `axes` None: only the clock and the inputs move."""

    time_us: int
    host_bytes: int
    inputs: int
    voltage_mv: int
    temperature_dc: int
    axes: tuple[Sensed, ...] | None
    hang: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What the board answers; torque (mN·m) and the velocity (µrad/s) that it is for, of each axis."""

    host_bytes: int
    state: State
    setpoint_deadline_ms: int | None
    session: int  # 0: none
    drives: tuple[tuple[int, int], ...]


def settings_page(settings: ControllerSettings) -> bytes:
    """What is stored on the board: the same limits as the Python emulator's."""
    page = _PAGE.pack(
        PAGE_MAGIC,
        settings.protocol or PROTOCOL_VERSION,
        round(settings.boot_s * 1000),
        round(settings.under_voltage_v * 1000),
        len(settings.axes),
        settings.ticks_per_turn,
    )
    for number, axis in enumerate(settings.axes):
        page += _PAGE_TORQUE.pack(round(axis.torque_per_ampere * 1000))
        page += b"".join(_parameter(settings, parameter, number) for parameter in Parameter)
    return page + struct.pack("<H", crc16(page))


def _parameter(settings: ControllerSettings, parameter: Parameter, axis: int) -> bytes:
    found = parameters.read(settings, settings, parameter, axis)
    if not isinstance(found, ParameterValue):
        return _PAGE_ROW.pack(0, 0, 0)  # of the controller, not of an axis: row 0 has it
    return _PAGE_ROW.pack(found.value, found.lowest, found.highest)


def encode_moment(sequence: int, moment: Moment) -> bytes:
    flags = (0 if moment.axes is None else HAS_READINGS) | (HANG if moment.hang else 0)
    head = _HEAD.pack(
        moment.time_us, moment.host_bytes & 0xFFFF_FFFF, flags, moment.inputs, moment.voltage_mv, moment.temperature_dc
    )
    rows = b"".join(_ROW.pack(axis.ticks, axis.ma, axis.temperature_dc) for axis in moment.axes or ())
    return encode_frame(FRAME, sequence, 0, head + rows)


def decode_answer(frame: Frame) -> Told:
    host_bytes, state, seen, deadline_ms, session = _ANSWER.unpack_from(frame.payload)
    drives = tuple(_DRIVE.iter_unpack(frame.payload[_ANSWER.size :]))
    return Told(host_bytes, State(state), deadline_ms if seen else None, session, drives)


def decode_booted(frame: Frame) -> int:
    """The boot's number."""
    (boot_id,) = _BOOTED.unpack(frame.payload)
    return int(boot_id)


if __name__ == "__main__":
    Path(sys.argv[2]).write_bytes(settings_page(settings_from(load_profile(sys.argv[1], []))))
