"""A real pseudo-terminal for the simulated controller: the bridge opens its far side as it opens a serial port."""

from __future__ import annotations

import contextlib
import fcntl
import os
import termios
import tty
from pathlib import Path

LONGEST_READ = 4096
IS_EXCLUSIVE = 0x80045440  # TIOCGEXCL of Linux, which Python's termios does not name
LOOK_AFTER_READS = 50  # that brought nothing: has the bridge died?


class PseudoTerminal:
    """`link` is a symbolic link that always leads to the present terminal; it is gone while unplugged.

    Both ends are held open here, so that a bridge may come and go without this end seeing a hang-up.
    """

    def __init__(self, link: Path) -> None:
        self.link = link
        self.dropped = 0  # bytes that did not fit because nobody reads
        self._empty_reads = 0
        self._master: int | None = None
        self._slave: int | None = None
        self.replug()

    @property
    def plugged(self) -> bool:
        return self._master is not None

    def fileno(self) -> int:
        """To select on. Raises OSError while unplugged."""
        if self._master is None:
            raise OSError(f"{self.link}: unplugged")
        return self._master

    def read(self) -> bytes:
        """What has come, without waiting; nothing while unplugged."""
        if self._master is None:
            return b""
        try:
            data = os.read(self._master, LONGEST_READ)
        except BlockingIOError:
            self._empty_reads += 1
            if self._empty_reads % LOOK_AFTER_READS == 0:
                self._free_if_left()
            return b""
        self._empty_reads = 0
        return data

    def write(self, data: bytes) -> None:
        """Send without waiting; what the full buffer doesn't take is lost, as on a line that nobody reads."""
        if self._master is None or not data:
            return
        try:
            written = os.write(self._master, data)
        except BlockingIOError:
            written = 0
        self.dropped += len(data) - written

    def _free_if_left(self) -> None:
        """End the exclusive use of a bridge that was killed, as a cable's driver does where nobody else has it open.

        The bridge's lock (flock) ends with its process; only its mark on the terminal stays.
        """
        if self._slave is None or not any(fcntl.ioctl(self._slave, IS_EXCLUSIVE, bytes(4))):
            return
        try:
            fcntl.flock(self._slave, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        fcntl.ioctl(self._slave, termios.TIOCNXCL)
        fcntl.flock(self._slave, fcntl.LOCK_UN)

    def unplug(self) -> None:
        """Pull the cable: the bridge's open port breaks and bytes under way are lost."""
        self.link.unlink(missing_ok=True)
        for end in (self._master, self._slave):
            if end is not None:
                os.close(end)
        self._master = self._slave = None

    def replug(self) -> None:
        """A new terminal behind the same link. Nothing to do while plugged."""
        if self._master is not None:
            return
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        fresh = self.link.with_name(f"{self.link.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(self._slave))
        fresh.replace(self.link)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.unplug()
