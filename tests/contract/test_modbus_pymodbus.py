"""pymodbus as an independent judge: its client talks to our emulator, its server answers our bus.

Neither shares a line with what it is held against: the client knows nothing of our emulator's framing, the server packs
numbers by its own data types, and the emulator has its addresses from its own list, not from the register map.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
import select
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymodbus.client import ModbusSerialClient
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from firmware_bridge.bus import BusError
from firmware_bridge.modbus import service
from firmware_bridge.modbus.bus import ModbusBus
from firmware_bridge.modbus.registers import RegisterMap
from firmware_bridge.motors import MotorsError
from sim.motors.port import PseudoTerminal
from tests.contract.modbus_rig import PATIENT_S, ModbusRig, motors_at, speeds, zlac_map

RPM = math.tau / 60.0
TYPES = {"int16": DataType.INT16, "uint16": DataType.UINT16, "int32": DataType.INT32, "uint32": DataType.UINT32}


# pymodbus's client on the emulator


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody answers, a busy machine may take its time."""
    monkeypatch.setattr(service, "REPLY_S", 0.3)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ModbusRig]:
    made = ModbusRig(tmp_path)
    yield made
    made.close()


@pytest.fixture
def client(rig: ModbusRig) -> Iterator[ModbusSerialClient]:
    made = ModbusSerialClient(str(rig.port.link), baudrate=115200, timeout=PATIENT_S, retries=0)
    assert made.connect()
    yield made
    made.close()


def test_a_stranger_drives_the_emulator(rig: ModbusRig, client: ModbusSerialClient) -> None:
    for address, value in ((0x200D, 3), (0x2080, 100), (0x2081, 100), (0x200E, 8)):
        answer = client.write_register(address, value, device_id=1)
        assert not answer.isError() and answer.address == address and answer.registers == [value]
    words = client.convert_to_registers(-30, client.DATATYPE.INT16)
    answer = client.write_registers(0x2088, [60, *words], device_id=1)
    assert not answer.isError() and (answer.address, answer.count) == (0x2088, 2)
    rig.run(1.0)
    said = client.read_holding_registers(0x20AB, count=2, device_id=1).registers
    assert client.convert_from_registers(said[:1], client.DATATYPE.INT16) == pytest.approx(600, abs=3)
    assert client.convert_from_registers(said[1:], client.DATATYPE.INT16) == pytest.approx(-300, abs=3)
    said = client.read_holding_registers(0x20A7, count=4, device_id=1).registers
    left = client.convert_from_registers(said[:2], client.DATATYPE.INT32)
    right = client.convert_from_registers(said[2:], client.DATATYPE.INT32)
    assert left > 10_000 and right == pytest.approx(-left / 2, rel=0.05)
    assert rig.velocity == pytest.approx([60 * RPM, 30 * RPM]), "the right motor is mounted the other way round"


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda c: c.read_coils(0, count=1, device_id=1), 1),
        (lambda c: c.read_holding_registers(0x1000, count=1, device_id=1), 2),
        (lambda c: c.read_holding_registers(0x20B0, count=2, device_id=1), 2),
        (lambda c: c.write_register(0x20AB, 1, device_id=1), 2),
        (lambda c: c.write_registers(0x2088, [1, 1, 1], device_id=1), 2),
        (lambda c: c.write_register(0x200E, 99, device_id=1), 3),
        (lambda c: c.write_register(0x2088, 1001, device_id=1), 3),
        (lambda c: c.write_register(0x2080, 40_000, device_id=1), 3),
    ],
)
def test_exceptions(rig: ModbusRig, client: ModbusSerialClient, ask: Any, code: int) -> None:
    answer = ask(client)
    assert answer.isError() and answer.exception_code == code


def test_a_failing_driver_answers_four(rig: ModbusRig, client: ModbusSerialClient) -> None:
    rig.emulator.driver.broken = True
    assert client.read_holding_registers(0x20A1, count=1, device_id=1).exception_code == 4


# Our bus on pymodbus's server


class Judge:
    """pymodbus's serial server on a pseudo-terminal of its own, joined to the bus's by a thread that copies bytes."""

    def __init__(self, folder: Path, registers: RegisterMap, values: dict[str, list[int]]) -> None:
        self.written: list[tuple[int, int, list[int]]] = []  # function, address, values
        self.ours, self.theirs = PseudoTerminal(folder / "motors.tty"), PseudoTerminal(folder / "server.tty")
        self._device = SimDevice(1, _data(registers, values), action=self._note)
        self._up = threading.Event()
        self._ended, self._end = os.pipe()
        self._loop = asyncio.new_event_loop()
        self._threads = [threading.Thread(target=job, daemon=True) for job in (self._copy, self._serve)]
        for thread in self._threads:
            thread.start()
        assert self._up.wait(5.0)

    def bus(self, registers: RegisterMap) -> ModbusBus:
        made = ModbusBus(motors_at(self.ours.link), registers)
        made.line.reply_s = PATIENT_S
        made.open()
        return made

    async def _note(self, function: int, start: int, address: int, count: int, held: Any, values: Any) -> None:
        if values:
            self.written.append((function, address, list(values)))

    def _serve(self) -> None:
        async def serve() -> None:
            server = ModbusSerialServer(self._device, port=str(self.theirs.link), baudrate=115200)
            await server.serve_forever(background=True)
            self._stop = server.shutdown
            self._up.set()
            await server.serving

        self._loop.run_until_complete(serve())
        self._loop.close()

    def _copy(self) -> None:
        while True:
            ready, _, _ = select.select([self._ended, self.ours, self.theirs], [], [])
            if self._ended in ready:
                return
            self.theirs.write(self.ours.read())
            self.ours.write(self.theirs.read())

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop)
        os.write(self._end, b".")
        for thread in self._threads:
            thread.join()
        for port in (self.ours, self.theirs):
            port.close()
        os.close(self._ended)
        os.close(self._end)


def _data(registers: RegisterMap, values: dict[str, list[int]]) -> list[SimData]:
    """Every register of the map, each with its data type; and those between that may be read along."""
    kinds: dict[int, tuple[DataType, int]] = {}
    for name in ("command", "velocity", "position", "current", "temperature"):
        part = getattr(registers, name)
        for k, address in enumerate(part.addresses):
            kinds[address] = (TYPES[part.type], values.get(name, [0, 0])[k])
    for name in ("acceleration", "deceleration", "faults"):
        for k, address in enumerate(getattr(registers, name).addresses):
            kinds[address] = (DataType.UINT16, values.get(name, [0, 0])[k])
    assert registers.voltage is not None and registers.watchdog is not None
    for name, address in (
        ("control", registers.control.address), ("mode", registers.mode.address),
        ("voltage", registers.voltage.address), ("watchdog", registers.watchdog.address),
    ):  # fmt: skip
        kinds[address] = (DataType.UINT16, values.get(name, [0])[0])
    taken = {address + k for address, (kind, _) in kinds.items() for k in range(2 if kind == DataType.INT32 else 1)}
    for first, count in registers.reads():
        gaps = set(range(first, first + count)) - taken
        kinds |= dict.fromkeys(gaps, (DataType.UINT16, 0))
    return [SimData(address, values=value, datatype=kind) for address, (kind, value) in sorted(kinds.items())]


READINGS = {
    "velocity": [-1234, 32767],
    "position": [-70_000, 2_147_483_647],
    "current": [-51, 300],
    "temperature": [-55, -55],
    "voltage": [65_535],
    "control": [8],
    "mode": [3],
}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """pymodbus's server says at each end that its listener was lost."""
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL + 1)
    yield


def test_every_reading_is_where_and_what_pymodbus_says_it_is(tmp_path: Path) -> None:
    judge = Judge(tmp_path, zlac_map(), READINGS)
    bus = judge.bus(zlac_map())
    said = bus.read()
    bus.close()
    judge.close()
    assert said.velocity == pytest.approx((-123.4 * RPM, -3276.7 * RPM))  # the right one is mounted the other way round
    assert said.ticks == (-70_000, -2_147_483_647)
    assert said.current == pytest.approx((-5.1, -30.0))
    assert said.temperature == pytest.approx((-5.5, -5.5))
    assert said.voltage == pytest.approx(655.35)
    assert said.enabled and said.faults == () and not said.watchdog and not said.emergency_stop


@pytest.mark.parametrize(
    ("left", "right", "faults"),
    [
        (0x0001, 0, ("under_voltage",)),
        (0x0002, 0, ("under_voltage",)),
        (0, 0x0004, ("over_current",)),
        (0x0008, 0x0400, ("over_temperature", "stall")),
        (0, 0x0200, ("encoder",)),
        (0x8000, 0, ("encoder",)),
    ],
)
def test_fault_bits(tmp_path: Path, left: int, right: int, faults: tuple[str, ...]) -> None:
    judge = Judge(tmp_path, zlac_map(), READINGS | {"faults": [left, right]})
    bus = judge.bus(zlac_map())
    said = bus.read()
    bus.close()
    judge.close()
    assert said.faults == faults and not said.enabled


def test_every_write_arrives_where_and_as_the_map_says(tmp_path: Path) -> None:
    judge = Judge(tmp_path, zlac_map(), {"control": [7]})
    bus = judge.bus(zlac_map())
    bus.greet()
    bus.enable()
    bus.write(speeds(-7.9 * RPM, 1000 * RPM))
    bus.write(speeds(9999.0, -9999.0))
    bus.close()
    judge.close()
    assert judge.written == [
        (16, 0x2088, [0, 0]),
        (6, 0x200E, [7]),
        (6, 0x200D, [3]),
        (6, 0x2080, [50]),
        (6, 0x2081, [50]),
        (6, 0x2082, [120]),
        (6, 0x2083, [120]),
        (16, 0x2088, [0, 0]),
        (6, 0x200E, [8]),
        (16, 0x2088, [0xFFF9, 0xFC18]),  # -7; and -1000, because the right one is mounted the other way round
        (16, 0x2088, [1000, 1000]),  # never beyond what the driver takes
        (16, 0x2088, [0, 0]),
        (6, 0x200E, [7]),
    ]


def test_a_driver_with_low_words_first_and_wide_commands(tmp_path: Path) -> None:
    changes: dict[str, object] = {
        "word_order": "low_first",
        "command": {
            "addresses": (0x3000, 0x3002), "type": "int32", "signs": (1, -1), "rpm_per_count": 0.1, "highest_rpm": 500,
        },
    }  # fmt: skip
    turned = ModbusSerialClient.convert_to_registers(-70_000, ModbusSerialClient.DATATYPE.INT32, "little")
    high_low = ModbusSerialClient.convert_from_registers(turned, ModbusSerialClient.DATATYPE.INT32)
    judge = Judge(tmp_path, zlac_map(**changes), READINGS | {"control": [7], "position": [int(str(high_low)), 0]})
    bus = judge.bus(zlac_map(**changes))
    assert bus.read().ticks[0] == -70_000
    bus.enable()
    bus.write(speeds(-30 * RPM, -30 * RPM))
    bus.close()
    judge.close()
    wide = ModbusSerialClient.convert_to_registers(-300, ModbusSerialClient.DATATYPE.INT32, "little")
    assert judge.written[-3] == (16, 0x3000, wide + wide)  # the profile's sign and the map's: right is turned twice


# The bench


def test_scan_finds_who_answers_and_touches_nothing(rig: ModbusRig) -> None:
    found = list(service.scan(str(rig.port.link), zlac_map(), bauds=(115200,), units=range(1, 4)))
    assert found == [service.Found(1, 115200, fits=True, enabled=False)]
    assert {request[1] for request in rig.requests} == {3}


def test_a_scan_shows_a_driver_of_another_make(rig: ModbusRig) -> None:
    other = zlac_map(control=zlac_map().control.model_dump() | {"address": 0x5000})
    assert service.ping(str(rig.port.link), 115200, other, 1) == service.Found(1, 115200, fits=False)


def test_a_new_number_holds_after_the_driver_was_switched_off_and_on(rig: ModbusRig) -> None:
    path = str(rig.port.link)
    assert "switched off and on" in service.set_unit(path, 115200, zlac_map(), 1, 7)
    assert service.ping(path, 115200, zlac_map(), 7) is None
    with rig._lock:
        rig.emulator.reboot(rig.now)
    assert service.ping(path, 115200, zlac_map(), 7) is not None
    assert service.ping(path, 115200, zlac_map(), 1) is None


def test_numbers_that_can_not_be_given(rig: ModbusRig) -> None:
    path = str(rig.port.link)
    for unit, new, says in ((1, 128, "allowed: 1 to 127"), (1, 0, "allowed"), (5, 6, "unit 5: no answer")):
        with pytest.raises(MotorsError, match=says):
            service.set_unit(path, 115200, zlac_map(), unit, new)
    with pytest.raises(MotorsError, match="no section service"):
        service.set_unit(path, 115200, zlac_map(service=None), 1, 2)
    bus = rig.greeted()
    bus.enable()
    bus.line.close()
    with pytest.raises(MotorsError, match="under power"):
        service.set_unit(path, 115200, zlac_map(), 1, 2)
    assert issubclass(BusError, Exception) and rig.emulator.driver.stored[0x2001] == 1
