"""pymodbus's RTU client on a port of ours: its frames and its CRC, our opening, waiting and throwing away.

pymodbus (3.16) opens its serial port exclusively, but opens it again by itself inside an exchange, measures its waits
by the wall clock, polls with sleeps, and logs each missed answer as an error. Only the four methods of its transport
are replaced here; what is sent and what is taken for an answer stay the library's.
"""

from __future__ import annotations

import errno
import logging
import os
import select
from collections.abc import Callable
from typing import Any

import serial
from pymodbus import FramerType
from pymodbus.client import ModbusSerialClient

from firmware_bridge.modbus.registers import Serial
from firmware_bridge.serial_port import close_quietly, open_port, write_at_once

PARITY = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}
BITS_PER_BYTE = 11  # start, eight, parity or none, one or two stop
LONGEST_READ = 4096

# An exchange that failed is raised, counted and told by us; the library's own lines would come 100 times a second.
logging.getLogger("pymodbus").setLevel(logging.CRITICAL + 1)


class BoundedClient(ModbusSerialClient):
    """Raises one of serial_port.BROKEN_PORT from any exchange once the port was pulled out."""

    def __init__(self, path: str, baud: int, settings: Serial, reply_s: float, clock: Callable[[], float]) -> None:
        """Open it. Raises serial_port.PortBusyError or PortAwayError."""
        super().__init__(path, framer=FramerType.RTU, baudrate=baud, timeout=reply_s, retries=0)
        self.heard = 0  # bytes since the last request went out
        self.answer_bytes = 0  # how long the answer will be: set before each exchange
        self.reply_s = reply_s  # longest wait for it, beside the time that bytes take
        self._byte_s = BITS_PER_BYTE / baud
        self._clock = clock
        self._deadline = clock()
        port = open_port(path, baud)
        try:
            port.parity, port.stopbits = PARITY[settings.parity], settings.stop_bits
        except BaseException:
            close_quietly(port)
            raise
        self._port = port

    @property
    def is_open(self) -> bool:
        return bool(self._port.is_open)

    def connect(self) -> bool:
        """Never opens: after a break nothing may be sent before the devices have been greeted again."""
        return self.is_open

    def close(self) -> None:
        close_quietly(self._port)

    def send(self, request: bytes, addr: tuple[Any, ...] | None = None) -> int:
        """At once or not at all; what is still in the buffer answers something older, and is thrown away."""
        self._port.reset_input_buffer()
        self.heard = 0
        if write_at_once(self._port, request) < len(request):
            raise OSError(errno.EIO, "the port takes no bytes")
        self._deadline = self._clock() + self.reply_s + (len(request) + self.answer_bytes) * self._byte_s
        return len(request)

    def forget_unsent(self) -> None:
        """An adapter that hung must not send the old commands when it wakes up."""
        self._port.reset_output_buffer()

    def recv(self, size: int | None) -> bytes:
        """What comes, as soon as it comes; nothing once the time of the answer has passed."""
        left = self._deadline - self._clock()
        if left <= 0 or not self._readable(left):
            return b""
        data = self._take()
        self.heard += len(data)
        return data

    def let_pass(self, quiet_s: float) -> None:
        """Throw away what comes until `quiet_s` have gone by: late answers to what was asked before."""
        until = self._clock() + quiet_s
        while (left := until - self._clock()) > 0:
            if self._readable(left):
                self._take()

    def _readable(self, longest_s: float) -> bool:
        return bool(select.select([self._port.fileno()], [], [], longest_s)[0])

    def _take(self) -> bytes:
        try:
            data = os.read(self._port.fileno(), LONGEST_READ)
        except BlockingIOError:
            return b""
        if not data:
            raise OSError(errno.EIO, "the port was pulled out")
        return data
