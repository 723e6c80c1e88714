"""One exchange through a servo maker's SDK: bytes or a named error, always within a bounded time.

Guarded here for both makers, because their SDKs (which have one origin) are not: a port that is opened for everybody
and waits by the wall clock (BoundedPort instead), "port is in use" for ever after an unplug (a new port each time it is
opened), answers that are too short, answers of the wrong length, and what arrives late.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Generic, TypeVar

from firmware_bridge.bus import BusAwayError, BusError
from firmware_bridge.sdk_port import BoundedPort
from firmware_bridge.serial_port import BROKEN_PORT, PortAwayError

REPLY_S = 0.05  # a servo answers within 1 ms; an adapter may hold its answer for 16 ms
P = TypeVar("P", bound=BoundedPort)


class RefusedError(BusError):
    """The device answered that it would not do it: the line is well."""


class SdkLine(ABC, Generic[P]):
    """What a maker's own line builds on; `sdk` is the maker's module, for the results of its calls."""

    def __init__(
        self,
        sdk: ModuleType,
        path: str,
        baud: int,
        clock: Callable[[], float] = time.monotonic,
        reply_s: float = REPLY_S,
    ) -> None:
        self.path, self.baud = path, baud
        self.reply_s = reply_s  # how long an answer is waited for
        self._clock = clock
        self._port: P | None = None
        self._results = sdk

    @abstractmethod
    def _new_port(self) -> P: ...

    def open(self) -> None:
        """Raises serial_port.PortBusyError or BusAwayError."""
        self.close()
        try:
            self._port = self._new_port()
        except PortAwayError as error:
            raise BusAwayError(str(error)) from error

    @property
    def is_open(self) -> bool:
        return self._port is not None

    def close(self) -> None:
        """Never raises."""
        if self._port is not None:
            self._port.close()
        self._port = None

    @contextmanager
    def _exchange(self) -> Iterator[P]:
        """Around each exchange: a port that broke is let go of; after a failure the next one waits for late answers."""
        if self._port is None:
            raise BusAwayError(f"{self.path}: not open")
        self._port.reply_s = self.reply_s
        try:
            yield self._port
        except BROKEN_PORT as error:
            self.close()
            raise BusAwayError(f"{self.path}: the port is gone ({error}); check the cable") from error
        except RefusedError:
            raise
        except BusError:
            self._port.is_using = False
            self._port.distrust()
            raise

    def _called(self, call: Callable[..., Any], *inputs: Any) -> Any:
        """The SDKs index into answers that are too short: that is a damaged answer."""
        try:
            return call(*inputs)
        except IndexError as error:
            raise BusError(f"{self.path}: a damaged answer ({error})", corrupt=True) from error

    def _check(self, result: int, what: str) -> None:
        if result == self._results.COMM_RX_TIMEOUT:
            raise BusError(f"{self.path}: {what}: no answer")
        if result == self._results.COMM_TX_FAIL:
            raise BusError(f"{self.path}: {what}: the port takes no bytes")
        if result != self._results.COMM_SUCCESS:
            raise BusError(f"{self.path}: {what}: a damaged answer", corrupt=True)

    def _whole(self, data: Any, length: int, what: str) -> bytes:
        """An answer that has the right length."""
        if len(data) != length:
            raise BusError(f"{self.path}: {what}: {len(data)} bytes came instead of {length}", corrupt=True)
        return bytes(data)
