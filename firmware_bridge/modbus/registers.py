"""A driver's register map: one YAML file in launch/config/registers/, validated here.

What every key means is in docs/families/modbus.md. Addresses are as they travel on the wire, from 0. Nothing has a
default.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from firmware_bridge.motors import MotorsError
from kangban.config import ConfigError, config_dir, load_file
from kangban.fields import Section
from kangban.motor_profile import BusId, Name, Sign

MOST_IN_A_READ = 125  # registers, by the Modbus application protocol 1.1b3, function 03
Address = Annotated[int, Field(ge=0, le=0xFFFF)]
Value = Annotated[int, Field(ge=0, le=0xFFFF)]
Kind = Literal["int16", "uint16", "int32", "uint32"]
Scale = Annotated[float, Field(ge=1e-6, le=1000)]
RampTime = Annotated[float, Field(gt=0, le=60)]  # s
FaultName = Literal["stall", "over_current", "under_voltage", "over_temperature", "encoder"]  # FaultBit in lower case
WIDTH = {"int16": 1, "uint16": 1, "int32": 2, "uint32": 2}


class Serial(Section):
    parity: Literal["none", "even", "odd"]
    stop_bits: Literal[1, 2]


class Control(Section):
    """The register that takes what the driver shall do; read back, it says what it does."""

    address: Address
    enable: Value
    stop: Value
    clear_alarm: Value
    emergency_stop: Value  # never written: a stop that somebody else ordered is seen by it
    after_power_on: Value  # what it reads before anything was written

    @model_validator(mode="after")
    def _told_apart(self) -> Control:
        words = (self.enable, self.stop, self.clear_alarm, self.emergency_stop, self.after_power_on)
        if len(set(words)) != len(words):
            raise ValueError("enable, stop, clear_alarm, emergency_stop and after_power_on must all differ")
        return self


class Mode(Section):
    address: Address
    velocity: Value


class Quantity(Section):
    """One number a channel; `signs` says for each whether the driver counts it the other way round."""

    addresses: tuple[Address, ...]
    type: Kind
    signs: tuple[Sign, ...]


class Command(Quantity):
    type: Literal["int16", "int32"]
    rpm_per_count: Scale
    highest_rpm: Annotated[float, Field(gt=0, le=10_000)]


class Velocity(Quantity):
    rpm_per_count: Scale


class Current(Quantity):
    amperes_per_count: Scale


class Temperature(Quantity):
    degrees_per_count: Scale


class Voltage(Section):
    address: Address
    type: Kind
    volts_per_count: Scale


class Ramp(Section):
    addresses: tuple[Address, ...]
    seconds_per_count: Scale
    shortest_s: Annotated[float, Field(ge=0, le=60)]
    longest_s: RampTime

    @model_validator(mode="after")
    def _in_order(self) -> Ramp:
        if self.shortest_s >= self.longest_s:
            raise ValueError("shortest_s must be below longest_s")
        return self


class FaultBitMeaning(Section):
    bit: Annotated[int, Field(ge=0, le=15)]
    fault: FaultName
    means: Annotated[str, Field(min_length=1)]  # in the driver's own words
    clearable: bool  # may the bridge clear it when it connects or arms?


class Faults(Section):
    """One word of bits a channel. A bit that is not listed counts as `unlisted`, and is never cleared."""

    addresses: tuple[Address, ...]
    unlisted: FaultName
    bits: tuple[FaultBitMeaning, ...]

    @model_validator(mode="after")
    def _each_once(self) -> Faults:
        bits = [meaning.bit for meaning in self.bits]
        if len(set(bits)) != len(bits):
            raise ValueError("bits: each bit may be listed once")
        return self


class Watchdog(Section):
    """After this time without a message the driver stops by itself."""

    address: Address
    seconds_per_count: Scale
    longest_s: RampTime
    verified_on_hardware: bool  # somebody has pulled the cable of a turning wheel off the floor and seen it stop


class Service(Section):
    """For the bench: the unit's number on the bus, and what makes the driver keep it."""

    unit_id: Address
    highest_unit: Annotated[int, Field(ge=1, le=247)]
    save: Address
    save_value: Value


class RegisterMap(Section):
    name: Name
    driver: Annotated[str, Field(min_length=1)]  # make and model
    serial: Serial
    word_order: Literal["high_first", "low_first"]  # of 32-bit numbers
    longest_gap: Annotated[int, Field(ge=0, le=100)]  # registers in between that may be read along
    channels: Annotated[tuple[BusId, ...], Field(min_length=1, max_length=4)]  # what the profile calls `id` of a wheel
    control: Control
    mode: Mode
    command: Command
    velocity: Velocity
    position: Quantity
    current: Current | None
    temperature: Temperature | None
    voltage: Voltage | None
    acceleration: Ramp
    deceleration: Ramp
    faults: Faults
    watchdog: Watchdog | None
    service: Service | None

    @model_validator(mode="after")
    def _one_for_each_channel(self) -> RegisterMap:
        if len(set(self.channels)) != len(self.channels):
            raise ValueError("channels: each may be listed once")
        for name, part in self._by_channel().items():
            for key in ("addresses", "signs"):
                found = getattr(part, key, self.channels)
                if len(found) != len(self.channels):
                    raise ValueError(f"{name}.{key}: there are {len(found)}, for {len(self.channels)} channels")
        return self

    @model_validator(mode="after")
    def _nothing_overlaps(self) -> RegisterMap:
        taken: dict[int, str] = {}
        for name, address, width in self._places():
            for register in range(address, address + width):
                if register in taken:
                    raise ValueError(f"{name} and {taken[register]} both have register {register:#06x}")
                taken[register] = name
        return self

    @model_validator(mode="after")
    def _told_at_once(self) -> RegisterMap:
        step = WIDTH[self.command.type]
        if any(b - a != step for a, b in pairwise(sorted(self.command.addresses))):
            raise ValueError("command.addresses must follow one another: all wheels are told in one message")
        return self

    def _by_channel(self) -> dict[str, Quantity | Ramp | Faults]:
        parts = {
            "command": self.command, "velocity": self.velocity, "position": self.position, "current": self.current,
            "temperature": self.temperature, "acceleration": self.acceleration, "deceleration": self.deceleration,
            "faults": self.faults,
        }  # fmt: skip
        return {name: part for name, part in parts.items() if part is not None}

    def _places(self) -> list[tuple[str, int, int]]:
        """Name, first register, how many; a driver may give one temperature for all its channels."""
        places = [("control", self.control.address, 1), ("mode", self.mode.address, 1)]
        for name, part in self._by_channel().items():
            width = WIDTH[part.type] if isinstance(part, Quantity) else 1
            shared = name == "temperature"
            places += [(name, a, width) for a in (dict.fromkeys(part.addresses) if shared else part.addresses)]
        if self.voltage is not None:
            places.append(("voltage", self.voltage.address, WIDTH[self.voltage.type]))
        if self.watchdog is not None:
            places.append(("watchdog", self.watchdog.address, 1))
        if self.service is not None:
            places += [("service.unit_id", self.service.unit_id, 1), ("service.save", self.service.save, 1)]
        return places

    def reads(self) -> tuple[tuple[int, int], ...]:
        """First register and count of each read that a poll takes: as few as the gaps allow."""
        polled = {"control", "mode", "velocity", "position", "current", "temperature", "faults", "voltage"}
        spans = sorted((address, address + width) for name, address, width in self._places() if name in polled)
        blocks = [spans[0]]
        for first, end in spans[1:]:
            begun, last = blocks[-1]
            if first - last <= self.longest_gap and end - begun <= MOST_IN_A_READ:
                blocks[-1] = (begun, end)
            else:
                blocks.append((first, end))
        return tuple((first, end - first) for first, end in blocks)


def path_of(name: str) -> Path:
    return config_dir() / "registers" / f"{name}.yaml"


def load_map(path: Path) -> RegisterMap:
    """Raises ConfigError with file, key, value and what is allowed."""
    return load_file(path, RegisterMap)


def load(name: str) -> RegisterMap:
    """The map that a profile names. Raises MotorsError."""
    try:
        return load_map(path_of(name))
    except ConfigError as error:
        raise MotorsError(str(error)) from error
