"""The serial port and the thread that opens it, reads it and opens it again.

Whoever has something new to send writes it at once, without ever waiting: what the port does not take is counted as
lost and never said again, so that nothing old can come out of a buffer later.

Decisions about commands use the bridge's clock (`now`), which a simulation may slow down. Opening and greeting use the
machine's own steady clock: how often a cable is tried has nothing to do with what a command is worth.
"""

from __future__ import annotations

import logging
import os
import select
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import serial

from firmware_bridge.host_session import HostSession
from firmware_bridge.serial_port import (
    BROKEN_PORT,
    PortAwayError,
    PortBusyError,
    close_quietly,
    forget_unsent,
    open_port,
    write_at_once,
)

T = TypeVar("T")
LONGEST_READ = 4096
LOOK_EVERY_MS = 50  # how often silence is looked for when nothing comes
GREET_EVERY_S = 0.25
REOPEN_AFTER_GREETINGS = 8  # a port that answers none of these is closed and opened anew
FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 0.05, 2.0
DELIMITER = b"\0"
SPOILED = b"\1"  # whatever stands half on the wire is no frame with it behind, not even where only its end was missing

_log = logging.getLogger(__name__)


class Link:
    """Runs `session` over the port at `path`. `heard` is called in the link's thread whenever bytes have been taken in.

    `session` may only be used through `look` and `act`.
    """

    def __init__(
        self, path: str, baud: int, session: HostSession, now: Callable[[], float], heard: Callable[[], None]
    ) -> None:
        self._path, self._baud = path, baud
        self._session, self._now, self._heard = session, now, heard
        self._lock = threading.Lock()  # of the session, of writing, and of which port is open
        self._port: serial.Serial | None = None
        self._poll = select.poll()  # of that port
        self._ending = threading.Event()
        self._backoff = FIRST_BACKOFF_S
        self._greeted_at = 0.0
        self._greetings = 0
        self._first = DELIMITER  # goes before the next frame: whatever stood half on the wire ends there
        self._thread = threading.Thread(target=self._run, name="motor-link", daemon=True)

    def start(self) -> None:
        """Try to open at once, then keep it open. Raises PortBusyError where another program holds the port."""
        try:
            self._open()
        except PortAwayError as error:
            self._away(str(error))
        self._thread.start()

    def close(self) -> None:
        """Let go of the port. Closing twice does nothing."""
        if self._ending.is_set():
            return
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2.0)
        self._drop("closed")

    def look(self, at: Callable[[HostSession], T]) -> T:
        """Read something of the session; nothing is sent."""
        with self._lock:
            return at(self._session)

    def act(self, act: Callable[[HostSession], T]) -> T:
        """Do something with the session, and send what it then has to say."""
        with self._lock:
            result = act(self._session)
            self._send()
        return result

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                if self._port is None:
                    self._reopen()
                else:
                    self._listen(self._port)
            except BROKEN_PORT as error:
                self._drop(f"{self._path}: the connection broke ({error}); check the cable")
            except Exception as error:  # noqa: BLE001  a slip must not end the thread that notices silence
                _log.exception("a slip in the motor link")
                self._drop(f"{self._path}: {type(error).__name__}: {error}; the port is opened anew")

    # With a port

    def _listen(self, port: serial.Serial) -> None:
        before = self._now()  # all that was sent before this moment is read below
        data = os.read(port.fileno(), LONGEST_READ) if self._poll.poll(LOOK_EVERY_MS) else None
        if data == b"":
            raise OSError("the device is gone")  # readable without a byte: it has hung up
        with self._lock:
            if data:
                self._session.receive(data, self._now())
            speaks = self._session.check(before)
            well = speaks and self._session.ready
            self._send()
        if data or not speaks:
            self._tell()
        if not well or self._greetings:
            self._greet_if_needed(speaks)

    def _send(self) -> None:
        """With the lock held."""
        if self._port is None:
            return
        data = self._session.outgoing(self._now())
        if not data:
            return
        begin = len(self._first)
        data = self._first + data
        try:
            written = write_at_once(self._port, data)
        except BROKEN_PORT:
            written = 0  # reading finds that out as well, and opens it again
        self._first = b""
        if written < len(data):
            self._first = SPOILED + DELIMITER
            self._session.unsent(data[max(begin, written) :].count(DELIMITER))

    def _greet_if_needed(self, speaks: bool) -> None:
        steady = time.monotonic()
        with self._lock:
            if speaks and self._session.ready:
                self._greetings, self._backoff, self._greeted_at = 0, FIRST_BACKOFF_S, steady
                return
            if steady - self._greeted_at < GREET_EVERY_S:
                return
            self._greeted_at = steady
            self._greetings += 1
            if self._greetings <= REOPEN_AFTER_GREETINGS:
                self._session.opened()
                self._send()
                return
            refusal = self._session.refusal
        self._drop(refusal or f"{self._path}: nothing answers; is this the motor controller, and does it have power?")

    # Without one

    def _reopen(self) -> None:
        if self._ending.wait(self._backoff):
            return
        self._backoff = min(LONGEST_BACKOFF_S, 2.0 * self._backoff)
        try:
            self._open()
        except (PortAwayError, PortBusyError) as error:
            self._away(str(error))

    def _open(self) -> None:
        port = open_port(self._path, self._baud)
        self._poll = select.poll()
        self._poll.register(port.fileno(), select.POLLIN)
        with self._lock:
            self._port, self._first = port, DELIMITER
            self._greetings, self._greeted_at = 1, time.monotonic()
            self._session.opened()
            self._send()

    def _away(self, why: str) -> None:
        with self._lock:
            self._session.closed(why)
        self._tell()

    def _tell(self) -> None:
        try:
            self._heard()
        except Exception:  # noqa: BLE001  whoever listens may slip; this thread goes on noticing silence
            _log.exception("a slip of who listens to the motors")

    def _drop(self, why: str) -> None:
        with self._lock:
            port, self._port = self._port, None
        self._away(why)
        if port is None:
            return
        if not self._ending.is_set():  # closing on purpose, the last word is one that stops
            forget_unsent(port)
        close_quietly(port)
