"""For the bench: who answers on a line of Modbus drivers, and giving one another number. Turns no wheel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from firmware_bridge.bus import BusAwayError, BusError
from firmware_bridge.modbus.greeting import in_words
from firmware_bridge.modbus.line import Line, RefusedError
from firmware_bridge.modbus.registers import RegisterMap, Service
from firmware_bridge.motors import MotorsError
from firmware_bridge.serial_port import PortBusyError

REPLY_S = 0.03
BAUDS = (115200, 57600, 38400, 19200, 9600)
UNITS = range(1, 248)


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody who answers. `fits` is False where it does not know the map's registers; the rest is then unknown."""

    unit: int
    baud: int
    fits: bool
    enabled: bool | None = None
    faults: tuple[str, ...] = ()  # in the driver's words, one for each channel that has it


def scan(
    path: str, registers: RegisterMap, bauds: Iterable[int] = BAUDS, units: Iterable[int] = UNITS
) -> Iterator[Found]:
    """Ask every number at every baud rate; each silent one takes 40 ms. Only reads. Raises MotorsError."""
    asked = tuple(units)
    for baud in bauds:
        with _line(path, baud, registers) as line:
            for unit in asked:
                found = _ask(line, registers, unit)
                if found is not None:
                    yield found


def ping(path: str, baud: int, registers: RegisterMap, unit: int) -> Found | None:
    """None where nobody answers. Raises MotorsError."""
    with _line(path, baud, registers) as line:
        return _ask(line, registers, unit)


def set_unit(path: str, baud: int, registers: RegisterMap, unit: int, new: int) -> str:
    """Give the driver `unit` the number `new` and let it keep it; returns what is left to do.

    Raises MotorsError: nobody there, the number is taken, the driver is driving, or it did not obey.
    """
    service = _service_of(registers, new)
    with _line(path, baud, registers) as line:
        found = _ask(line, registers, unit)
        if found is None:
            raise MotorsError(f"{path}: unit {unit}: no answer; see which units there are with a scan")
        if found.enabled is not False:
            raise MotorsError(f"{path}: unit {unit} is under power or is another driver; stop the bridge first")
        if new != unit and _ask(line, registers, new) is not None:
            raise MotorsError(f"{path}: unit {new} is there already; two of one number can't be told apart")
        try:
            line.write(unit, service.unit_id, [new])
            answers_at = new if _ask(line, registers, new) is not None else unit
            held = line.read(answers_at, service.unit_id, 1)[0]
            if held != new:
                raise MotorsError(f"{path}: unit {unit} was told number {new} and holds {held}")
            line.write(answers_at, service.save, [service.save_value])
        except BusError as error:
            raise MotorsError(f"{error}; scan to see which number it has now") from error
    if answers_at == new:
        return f"unit {unit} is unit {new} now"
    return f"unit {unit} keeps number {new} from when it is next switched off and on"


def _service_of(registers: RegisterMap, new: int) -> Service:
    service = registers.service
    if service is None:
        raise MotorsError(f"register map {registers.name} has no section service: it can't set the unit's number")
    if not 1 <= new <= service.highest_unit:
        raise MotorsError(f"unit {new} is not allowed: allowed: 1 to {service.highest_unit}")
    return service


def _ask(line: Line, registers: RegisterMap, unit: int) -> Found | None:
    try:
        control = line.read(unit, registers.control.address, 1)[0]
        words = [line.read(unit, address, 1)[0] for address in registers.faults.addresses]
    except RefusedError:
        return Found(unit, line.baud, fits=False)
    except BusError:
        return None
    faults = tuple(
        f"channel {channel}: {text}"
        for channel, word in zip(registers.channels, words, strict=True)
        for text in in_words(registers.faults, word)
    )
    return Found(unit, line.baud, fits=True, enabled=control == registers.control.enable, faults=faults)


@contextmanager
def _line(path: str, baud: int, registers: RegisterMap) -> Iterator[Line]:
    line = Line(path, baud, registers.serial, REPLY_S)
    try:
        line.open()
        yield line
    except (BusAwayError, PortBusyError) as error:
        raise MotorsError(str(error)) from error
    finally:
        line.close()
