"""Single keys from the terminal, as they are pressed."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import termios
import tty
from collections.abc import Iterator

from firmware_bridge.motors import MotorsError


class Keys:
    def __init__(self, file_descriptor: int) -> None:
        self._fd = file_descriptor

    def within(self, seconds: float) -> str:
        """All keys that came, waiting at most so long for the first; empty: none. Raises EOFError at its end."""
        readable, _, _ = select.select([self._fd], [], [], seconds)
        if not readable:
            return ""
        data = os.read(self._fd, 256)
        if not data:
            raise EOFError("the terminal was closed")
        return data.decode("utf-8", errors="ignore")


@contextlib.contextmanager
def keys() -> Iterator[Keys]:
    """The terminal without line editing, given back as it was. Raises MotorsError where there is none."""
    if not sys.stdin.isatty():
        raise MotorsError("this needs a terminal with a keyboard: a key held down is what lets the motor turn")
    fd = sys.stdin.fileno()
    before = termios.tcgetattr(fd)
    tty.setcbreak(fd)
    try:
        yield Keys(fd)
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)
