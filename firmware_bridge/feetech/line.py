"""One exchange with servos on a line, through Feetech's SDK: bytes or a named error, always within a bounded time.

Guarded here, because the SDK (ftservo-python-sdk 2.0) is not: a reply of the wrong length, a sync read that keeps the
last answer of a servo that is silent now, an id that answers in another's place, and "port is in use" for ever after an
unplug (a new handler each time the port is opened).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import scservo_sdk

from firmware_bridge.bus import BusAwayError, BusError
from firmware_bridge.feetech import registers as reg
from firmware_bridge.sdk_port import BoundedPort
from firmware_bridge.serial_port import BROKEN_PORT, PortAwayError

REPLY_S = 0.05  # a servo answers within 1 ms; an adapter may hold its answer for 16 ms
Reply = tuple[int, bytes]  # the servo's error byte, its data


class Line:
    def __init__(
        self, path: str, baud: int, clock: Callable[[], float] = time.monotonic, reply_s: float = REPLY_S
    ) -> None:
        self.path, self.baud = path, baud
        self.reply_s = reply_s  # how long an answer is waited for
        self._clock = clock
        self._port: BoundedPort | None = None
        self._sdk: Any = None

    def open(self) -> None:
        """Raises serial_port.PortBusyError or BusAwayError."""
        self.close()
        try:
            self._port = BoundedPort(self.path, self.baud, self._clock)
        except PortAwayError as error:
            raise BusAwayError(str(error)) from error
        self._sdk = scservo_sdk.sms_sts(self._port)

    @property
    def is_open(self) -> bool:
        return self._port is not None

    def close(self) -> None:
        """Never raises."""
        if self._port is not None:
            self._port.close()
        self._port = self._sdk = None

    def ping(self, servo: int) -> int:
        """The model's number. Raises BusError or BusAwayError, as every exchange."""
        with self._exchange() as sdk:
            model, result, _ = self._called(sdk.ping, servo)
            self._check(result, f"servo {servo}: ping")
        return int(model)

    def read(self, servo: int, address: int, length: int) -> Reply:
        with self._exchange() as sdk:
            data, result, error = self._called(sdk.readTxRx, servo, address, length)
            what = f"servo {servo}: read of register {address}"
            self._check(result, what)
            if len(data) != length:
                raise BusError(f"{self.path}: {what}: {len(data)} bytes came instead of {length}", corrupt=True)
        return int(error), bytes(data)

    def write(self, servo: int, address: int, data: bytes) -> None:
        """Confirmed by the servo."""
        with self._exchange() as sdk:
            result, _ = self._called(sdk.writeTxRx, servo, address, len(data), list(data))
            self._check(result, f"servo {servo}: write of register {address}")

    def write_to_everybody(self, address: int, data: bytes) -> None:
        """Confirmed by nobody."""
        with self._exchange() as sdk:
            result = self._called(sdk.writeTxOnly, reg.EVERYBODY, address, len(data), list(data))
            self._check(result, f"write of register {address} to everybody")

    def sync_write(self, address: int, rows: Mapping[int, bytes]) -> None:
        """All of them in one packet. Confirmed by nobody."""
        with self._exchange() as sdk:
            group = scservo_sdk.GroupSyncWrite(sdk, address, len(next(iter(rows.values()))))
            for servo, data in rows.items():
                group.addParam(servo, list(data))
            self._check(self._called(group.txPacket), f"write of register {address}")

    def sync_read(self, servos: Sequence[int], address: int, length: int) -> dict[int, Reply]:
        """All of them for one packet; each answers. Raises BusError where one answer is missing or damaged."""
        with self._exchange() as sdk:
            group = scservo_sdk.GroupSyncRead(sdk, address, length)  # a used one keeps answers of the last time
            for servo in servos:
                group.addParam(servo)
            result = self._called(group.txRxPacket)
            replies = {servo: bytes(data) for servo, data in group.data_dict.items() if data}
            missing = [str(servo) for servo in servos if len(replies.get(servo, b"")) != length + 1]
            if missing or result != scservo_sdk.COMM_SUCCESS:
                raise self._sync_error(missing, address, result)
        return {servo: (data[0], data[1:]) for servo, data in replies.items()}

    def _sync_error(self, missing: list[str], address: int, result: int) -> BusError:
        who = f"servo {', '.join(missing)}" if missing else "somebody"
        damaged = result not in (scservo_sdk.COMM_RX_TIMEOUT, scservo_sdk.COMM_TX_FAIL)
        return BusError(f"{self.path}: read of register {address}: no good answer from {who}", corrupt=damaged)

    @contextmanager
    def _exchange(self) -> Iterator[Any]:
        if self._port is None:
            raise BusAwayError(f"{self.path}: not open")
        self._port.reply_s = self.reply_s
        try:
            yield self._sdk
        except BROKEN_PORT as error:
            self.close()
            raise BusAwayError(f"{self.path}: the port is gone ({error}); check the cable") from error
        except BusError:
            self._port.is_using = False
            self._port.distrust()
            raise

    def _called(self, call: Callable[..., Any], *inputs: Any) -> Any:
        """The SDK indexes into replies that are too short: that is a damaged reply."""
        try:
            return call(*inputs)
        except IndexError as error:
            raise BusError(f"{self.path}: a damaged answer ({error})", corrupt=True) from error

    def _check(self, result: int, what: str) -> None:
        if result == scservo_sdk.COMM_SUCCESS:
            return
        if result == scservo_sdk.COMM_RX_TIMEOUT:
            raise BusError(f"{self.path}: {what}: no answer")
        if result == scservo_sdk.COMM_TX_FAIL:
            raise BusError(f"{self.path}: {what}: the port takes no bytes")
        raise BusError(f"{self.path}: {what}: a damaged answer", corrupt=True)
