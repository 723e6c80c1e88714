"""`kangban motors scan`: which serial ports there are, and who answers on them; nothing moves."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from serial.tools import list_ports

from firmware_bridge.bus import BusAwayError
from firmware_bridge.motors import MotorsError
from firmware_bridge.serial_port import PortBusyError
from kangban.config import config_dir

KANGBAN_BAUDS = (921600, 460800, 115200)
SERVO_BAUDS = (1_000_000, 115200, 57600)
MODBUS_BAUDS = (115200,)
FAMILIES = ("kangban", "dynamixel", "feetech", "modbus")
LISTEN_S = 0.35  # a controller of ours tells its state ten times a second without being asked


@dataclass(frozen=True, slots=True)
class Answer:
    port: str
    family: str
    baud: int
    id: int | None
    says: str


def run(args: argparse.Namespace) -> int:
    ports = [args.port] if args.port else [p.device for p in sorted(list_ports.comports())]
    if not ports:
        raise MotorsError("no serial port is there; plug the adapter in, or name one: kangban motors scan --port PATH")
    families = args.family or list(FAMILIES)
    found = 0
    for port in ports:
        try:
            for answer in answers(port, families, args.baud):
                found += 1
                _tell(answer, args.json)
        except (MotorsError, PortBusyError, BusAwayError) as error:
            sys.stderr.write(f"{error}\n")
    if not found:
        sys.stderr.write(f"nobody answered on {', '.join(ports)} (asked as {', '.join(families)})\n")
    return 0 if found else 1


def answers(port: str, families: list[str], baud: int | None) -> Iterator[Answer]:
    """Family after family, each at its usual rates unless one is given."""
    for family in families:
        yield from _ASK[family](port, None if baud is None else (baud,))


def _kangban(port: str, bauds: tuple[int, ...] | None) -> Iterator[Answer]:
    """Listens only: it tells its state by itself, so nobody else on the line is disturbed by our bytes."""
    from firmware_bridge.protocol import Decoder, ProtocolError, State, Telemetry, unpack
    from firmware_bridge.serial_port import BROKEN_PORT, PortAwayError, close_quietly, open_port

    for baud in bauds or KANGBAN_BAUDS:
        try:
            line = open_port(port, baud)
        except PortAwayError as error:
            raise MotorsError(str(error)) from error
        decoder, end = Decoder(), time.monotonic() + LISTEN_S
        try:
            line.timeout = 0.05
            while time.monotonic() < end:
                for frame in decoder.feed(line.read(256)):
                    try:
                        message = unpack(frame.number, frame.payload)
                    except ProtocolError:
                        continue
                    if isinstance(message, Telemetry):
                        yield Answer(port, "kangban", baud, None, _state(message, State))
                        return
        except BROKEN_PORT as error:
            raise MotorsError(f"{port}: the connection broke ({error}); check the cable") from error
        finally:
            close_quietly(line)


def _state(message: Any, states: Any) -> str:
    volts = message.voltage_mv / 1000.0
    return f"{len(message.axes)} axes, {states(message.state).name.lower()}, {volts:.1f} V"


def _feetech(port: str, bauds: tuple[int, ...] | None) -> Iterator[Answer]:
    from firmware_bridge.feetech import service

    for found in service.scan(port, bauds or SERVO_BAUDS[:1]):
        yield Answer(port, "feetech", found.baud, found.id, found.name)


def _dynamixel(port: str, bauds: tuple[int, ...] | None) -> Iterator[Answer]:
    from firmware_bridge.dynamixel import service

    for found in service.scan(port, bauds or SERVO_BAUDS):
        yield Answer(port, "dynamixel", found.baud, found.id, found.name)


def _modbus(port: str, bauds: tuple[int, ...] | None) -> Iterator[Answer]:
    from firmware_bridge.modbus import registers, service

    for name in sorted(path.stem for path in (config_dir() / "registers").glob("*.yaml")):
        register_map = registers.load(name)
        for found in service.scan(port, register_map, bauds or MODBUS_BAUDS, range(1, 17)):
            says = f"{name}, {'under power' if found.enabled else 'without power'}" if found.fits else "another driver"
            yield Answer(port, "modbus", found.baud, found.unit, "; ".join((says, *found.faults)))


_ASK = {"kangban": _kangban, "dynamixel": _dynamixel, "feetech": _feetech, "modbus": _modbus}


def _tell(answer: Answer, as_json: bool) -> None:
    if as_json:
        found = {slot: getattr(answer, slot) for slot in answer.__slots__}
        sys.stdout.write(json.dumps(found) + "\n")
    else:
        who = "" if answer.id is None else f" id {answer.id}"
        sys.stdout.write(f"{answer.port} at {answer.baud}: {answer.family}{who}: {answer.says}\n")
    sys.stdout.flush()
