"""One exchange with a driver on Modbus RTU: registers or a named error, always within a bounded time.

RTU answers carry no number, and an answer to a read does not even say which registers it holds: its length is all that
tells it from another. So after a failed exchange nothing that is read is believed before a question whose answer has a
length of its own has been answered; a late answer is then known for what it is. Writes go out at once all the same
(a stop must not wait), and are confirmed by their own address and value.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from pymodbus import ModbusException
from pymodbus.pdu import ModbusPDU

from firmware_bridge.bus import BusAwayError, BusError
from firmware_bridge.modbus.client import BoundedClient
from firmware_bridge.modbus.registers import Serial
from firmware_bridge.serial_port import BROKEN_PORT, PortAwayError

LATE_S = 0.01  # after a failed exchange: what comes in this time is not an answer to the next question
EXCEPTIONS = {
    1: "it does not know this function",
    2: "it has no such register",
    3: "it does not take this value",
    4: "it failed while obeying",
    5: "it needs longer",
    6: "it is busy",
}
LASTING = (1, 2, 3)  # asking again would change nothing
Probe = tuple[int, int]  # first register, how many


class RefusedError(BusError):
    """The driver answered with an exception. `lasting`: it will say the same the next time."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code
        self.lasting = code in LASTING


def probes_for(reads: Sequence[tuple[int, int]]) -> tuple[Probe, ...]:
    """Reads that the driver allows, of lengths that no other question has. `reads`: the polled ones."""
    first, longest = max(reads, key=lambda read: read[1])
    lengths = [length for length in range(2, longest) if length not in {count for _, count in reads}]
    return tuple((first, length) for length in lengths)


class Line:
    def __init__(
        self,
        path: str,
        baud: int,
        settings: Serial,
        reply_s: float,
        probes: Sequence[Probe] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`reply_s`: longest wait for an answer, beside the time that its bytes take. `probes`: see `probes_for`."""
        self.path, self.baud = path, baud
        self.reply_s = reply_s
        self._settings, self._clock = settings, clock
        self._probes = tuple(probes)
        self._client: BoundedClient | None = None
        self._doubted = False
        self._probed = 0

    def open(self) -> None:
        """Raises serial_port.PortBusyError or BusAwayError."""
        self.close()
        try:
            self._client = BoundedClient(self.path, self.baud, self._settings, self.reply_s, self._clock)
        except PortAwayError as error:
            raise BusAwayError(str(error)) from error
        except BROKEN_PORT as error:
            raise BusAwayError(f"{self.path}: the port is gone ({error}); check the cable") from error
        self._doubted = True  # answers to whoever had the port before us may be on their way

    @property
    def is_open(self) -> bool:
        return self._client is not None

    def close(self) -> None:
        """Never raises."""
        if self._client is not None:
            self._client.close()
        self._client = None

    def read(self, unit: int, address: int, count: int) -> list[int]:
        """Raises BusError, RefusedError or BusAwayError, as every exchange."""
        if self._doubted:
            self._make_sure(unit)
        return self._read(unit, address, count)

    def write(self, unit: int, address: int, values: Sequence[int]) -> None:
        """All of them in one message, confirmed by the driver."""
        what = f"unit {unit}: write of register {address:#06x}"
        with self._exchange(what, answer_bytes=8) as client:
            if len(values) == 1:
                answer = client.write_register(address, values[0], device_id=unit)
                right = answer.registers == list(values)
            else:
                answer = client.write_registers(address, list(values), device_id=unit)
                right = answer.count == len(values)
            self._check(answer, 6 if len(values) == 1 else 16, what)
            if answer.address != address or not right:
                raise BusError(f"{self.path}: {what}: an answer to something else", corrupt=True)

    def _make_sure(self, unit: int) -> None:
        """Let late answers pass, then ask what only one answer fits; another question each time."""
        if self._client is not None:
            with self._broken_means_away(self._client) as client:
                client.let_pass(LATE_S)
        if self._probes:
            self._probed += 1
            self._read(unit, *self._probes[self._probed % len(self._probes)])
        self._doubted = False

    def _read(self, unit: int, address: int, count: int) -> list[int]:
        what = f"unit {unit}: read of register {address:#06x}"
        with self._exchange(what, answer_bytes=5 + 2 * count) as client:
            answer = client.read_holding_registers(address, count=count, device_id=unit)
            self._check(answer, 3, what)
            if len(answer.registers) != count:
                raise BusError(f"{self.path}: {what}: an answer to something else", corrupt=True)
            return list(answer.registers)

    @contextmanager
    def _exchange(self, what: str, answer_bytes: int) -> Iterator[BoundedClient]:
        if self._client is None:
            raise BusAwayError(f"{self.path}: not open")
        try:
            with self._broken_means_away(self._client) as client:
                if self._doubted:
                    client.forget_unsent()
                client.answer_bytes, client.reply_s = answer_bytes, self.reply_s
                yield client
        except RefusedError:
            raise
        except BusError:
            self._doubted = True
            raise
        except (ModbusException, struct.error, IndexError, ValueError) as error:
            self._doubted = True
            heard = self._client.heard if self._client is not None else 0
            said = "a damaged answer" if heard else "no answer"
            raise BusError(f"{self.path}: {what}: {said}", corrupt=heard > 0) from error

    @contextmanager
    def _broken_means_away(self, client: BoundedClient) -> Iterator[BoundedClient]:
        try:
            yield client
        except BROKEN_PORT as error:
            self.close()
            raise BusAwayError(f"{self.path}: the port is gone ({error}); check the cable") from error

    def _check(self, answer: ModbusPDU, function: int, what: str) -> None:
        if answer.function_code == function:
            return
        if answer.function_code == function | 0x80:
            code = answer.exception_code
            said = EXCEPTIONS.get(code, "no reason that the standard knows")
            raise RefusedError(f"{self.path}: {what}: refused, exception {code}: {said}", code)
        raise BusError(f"{self.path}: {what}: an answer to something else", corrupt=True)
