"""The serial port under the servo makers' SDKs: ours alone, never spinning, never waiting without end.

Their own PortHandler opens the port for everybody, times out by the wall clock, spins while it waits and, on a line
that never falls silent, waits for ever. Their packet handlers take any object with these methods instead.
"""

from __future__ import annotations

import errno
import os
import select
from collections.abc import Callable

from firmware_bridge.serial_port import close_quietly, open_port, write_at_once

LATE_S = 0.02  # after a failed exchange: what still comes in this time answers the old question
LONGEST_READ = 4096


class BoundedPort:
    """What the SDK's packet handler calls, with its names; raises one of serial_port.BROKEN_PORT when pulled out."""

    def __init__(self, path: str, baud: int, clock: Callable[[], float]) -> None:
        """Raises serial_port.PortBusyError or PortAwayError."""
        self.is_using = False  # the SDK's own mark
        self._serial = open_port(path, baud)
        self._byte_s = 10.0 / baud
        self.reply_s = 0.0  # how long an answer is waited for, beside its own length
        self._clock = clock
        self._deadline = self._silent_until = clock()
        self._doubted = False

    def close(self) -> None:
        close_quietly(self._serial)

    def distrust(self) -> None:
        """An exchange failed: the next one first lets a late reply pass. The protocol has no number to tell it by."""
        self._silent_until, self._doubted = self._clock() + LATE_S, True

    def clearPort(self) -> None:  # noqa: N802
        """The SDK calls it before it sends."""
        if self._doubted:  # an adapter that hung must not send the old commands when it wakes up
            self._serial.reset_output_buffer()
            self._doubted = False
        while (left := self._silent_until - self._clock()) > 0:
            if select.select([self._serial.fileno()], [], [], left)[0]:
                self._take(LONGEST_READ)
        self._serial.reset_input_buffer()

    def writePort(self, packet: list[int]) -> int:  # noqa: N802
        return write_at_once(self._serial, bytes(packet))

    def readPort(self, length: int) -> bytes:  # noqa: N802
        """Waits for the first byte, not for all; nothing once the time of the reply has passed."""
        left = self._deadline - self._clock()
        if length <= 0 or left <= 0:
            return b""
        if not select.select([self._serial.fileno()], [], [], left)[0]:
            return b""
        return self._take(length)

    def setPacketTimeout(self, packet_length: int) -> None:  # noqa: N802
        self._deadline = self._clock() + self.reply_s + packet_length * self._byte_s

    def isPacketTimeout(self) -> bool:  # noqa: N802
        return self._clock() >= self._deadline

    def _take(self, length: int) -> bytes:
        """What has come, at least one byte. A port that is readable and gives nothing was pulled out."""
        try:
            data = os.read(self._serial.fileno(), length)
        except BlockingIOError:
            return b""
        if not data:
            raise OSError(errno.EIO, "the port was pulled out")
        return data
