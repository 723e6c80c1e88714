"""One exchange with servos on a line, through Feetech's SDK: bytes or a named error, always within a bounded time.

What both makers' SDKs leave open is guarded in `sdk_line.py`. Guarded here, because this one (ftservo-python-sdk 2.0)
does not: a sync read that keeps the last answer of a servo that is silent now, and an id that answers for another.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import scservo_sdk

from firmware_bridge.bus import BusError
from firmware_bridge.feetech import registers as reg
from firmware_bridge.sdk_line import REPLY_S, SdkLine
from firmware_bridge.sdk_port import BoundedPort

Reply = tuple[int, bytes]  # the servo's error byte, its data


class Line(SdkLine[BoundedPort]):
    def __init__(
        self, path: str, baud: int, clock: Callable[[], float] = time.monotonic, reply_s: float = REPLY_S
    ) -> None:
        super().__init__(scservo_sdk, path, baud, clock, reply_s)
        self._sdk: Any = None

    def _new_port(self) -> BoundedPort:
        port = BoundedPort(self.path, self.baud, self._clock)
        self._sdk = scservo_sdk.sms_sts(port)
        return port

    def ping(self, servo: int) -> int:
        """The model's number. Raises BusError or BusAwayError, as every exchange."""
        with self._exchange():
            model, result, _ = self._called(self._sdk.ping, servo)
            self._check(result, f"servo {servo}: ping")
        return int(model)

    def read(self, servo: int, address: int, length: int) -> Reply:
        with self._exchange():
            data, result, error = self._called(self._sdk.readTxRx, servo, address, length)
            what = f"servo {servo}: read of register {address}"
            self._check(result, what)
            return int(error), self._whole(data, length, what)

    def write(self, servo: int, address: int, data: bytes) -> None:
        """Confirmed by the servo."""
        with self._exchange():
            result, _ = self._called(self._sdk.writeTxRx, servo, address, len(data), list(data))
            self._check(result, f"servo {servo}: write of register {address}")

    def write_to_everybody(self, address: int, data: bytes) -> None:
        """Confirmed by nobody."""
        with self._exchange():
            result = self._called(self._sdk.writeTxOnly, reg.EVERYBODY, address, len(data), list(data))
            self._check(result, f"write of register {address} to everybody")

    def sync_write(self, address: int, rows: Mapping[int, bytes]) -> None:
        """All of them in one packet. Confirmed by nobody."""
        with self._exchange():
            group = scservo_sdk.GroupSyncWrite(self._sdk, address, len(next(iter(rows.values()))))
            for servo, data in rows.items():
                group.addParam(servo, list(data))
            self._check(self._called(group.txPacket), f"write of register {address}")

    def sync_read(self, servos: Sequence[int], address: int, length: int) -> dict[int, Reply]:
        """All of them for one packet; each answers. Raises BusError where one answer is missing or damaged."""
        with self._exchange():
            group = scservo_sdk.GroupSyncRead(self._sdk, address, length)  # a used one keeps answers of the last time
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
