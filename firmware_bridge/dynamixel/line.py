"""One exchange on a Dynamixel Protocol 2.0 line through ROBOTIS' SDK: bytes or a named error, in a bounded time.

Guarded here, because the SDK (dynamixel-sdk 4.1) is not: a port that is opened for everybody and waits by the wall
clock (Port instead), "port is in use" for ever after an unplug (a new port each time it is opened), answers of
the wrong length, the error byte that a sync read drops, a packet with a header's bytes inside, and what arrives late.
Fast sync reads are not used: the SDK does not take the byte stuffing out of their answers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import dynamixel_sdk

from firmware_bridge.bus import BusAwayError, BusError
from firmware_bridge.sdk_port import BoundedPort
from firmware_bridge.serial_port import BROKEN_PORT, PortAwayError

REPLY_S = 0.05  # a servo answers within 1 ms; an adapter may hold its answer for 16 ms
EVERYBODY = 254
ALERT = 0x80  # of a status packet's error: look at the hardware error
REFUSALS = {
    1: "it could not do it",
    2: "it does not know this instruction",
    3: "what it heard was damaged",
    4: "the value is out of range, or its bus watchdog has struck",
    5: "the data have the wrong length",
    6: "the value is past its limit",
    7: "this can't be written now, or there is no such register",
}


def packets() -> Any:
    """The SDK's packet handler, with its byte stuffing: 4.1 makes a stuffed packet and then sends the other one."""
    sdk: Any = dynamixel_sdk.PacketHandler(2.0)
    stuff = sdk.addStuffing

    def in_place(packet: list[int]) -> list[int]:
        packet[:] = stuff(packet)
        return packet

    sdk.addStuffing = in_place
    return sdk


class Port(BoundedPort):
    """With what the SDK asks for when it calls everybody."""

    def __init__(self, path: str, baud: int, clock: Callable[[], float]) -> None:
        super().__init__(path, baud, clock)
        self._baud = baud

    def getBaudRate(self) -> int:  # noqa: N802
        return self._baud

    def setPacketTimeoutMillis(self, milliseconds: float) -> None:  # noqa: N802
        self._deadline = self._clock() + milliseconds / 1000.0


class RefusedError(BusError):
    """The device answered that it would not do it."""


class Line:
    def __init__(
        self, path: str, baud: int, clock: Callable[[], float] = time.monotonic, reply_s: float = REPLY_S
    ) -> None:
        self.path, self.baud = path, baud
        self.reply_s = reply_s  # how long an answer is waited for
        self._clock = clock
        self._port: Port | None = None
        self._sdk = packets()

    def open(self) -> None:
        """Raises serial_port.PortBusyError or BusAwayError."""
        self.close()
        try:
            self._port = Port(self.path, self.baud, self._clock)
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

    def ping(self, device: int) -> int:
        """The model's number. Raises BusError or BusAwayError, as every exchange."""
        with self._exchange() as port:
            model, result, _ = self._called(self._sdk.ping, port, device)
            self._check(result, f"id {device}: ping")
        return int(model)

    def ping_everybody(self) -> dict[int, int]:
        """The model's number of everyone who answers, by id; takes about a second."""
        with self._exchange() as port:
            found, _ = self._called(self._sdk.broadcastPing, port)
        return {int(device): int(row[0]) for device, row in found.items()}

    def reboot(self, device: int) -> None:
        """Confirmed before it happens; it then answers nothing for a while."""
        with self._exchange() as port:
            result, error = self._called(self._sdk.reboot, port, device)
            self._check(result, f"id {device}: reboot", error)

    def read(self, device: int, address: int, length: int) -> bytes:
        with self._exchange() as port:
            data, result, error = self._called(self._sdk.readTxRx, port, device, address, length)
            what = f"id {device}: read of {address}"
            self._check(result, what, error)
            if len(data) != length:
                raise BusError(f"{self.path}: {what}: {len(data)} bytes came instead of {length}", corrupt=True)
        return bytes(data)

    def write(self, device: int, address: int, data: bytes) -> None:
        """Confirmed by the device."""
        with self._exchange() as port:
            result, error = self._called(self._sdk.writeTxRx, port, device, address, len(data), list(data))
            self._check(result, f"id {device}: write of {address}", error)

    def write_to_everybody(self, address: int, data: bytes) -> None:
        """Confirmed by nobody."""
        with self._exchange() as port:
            result = self._called(self._sdk.writeTxOnly, port, EVERYBODY, address, len(data), list(data))
            self._check(result, f"write of {address} to everybody")

    def sync_write(self, address: int, rows: Mapping[int, bytes]) -> None:
        """All of them in one packet. Confirmed by nobody."""
        with self._exchange() as port:
            group = dynamixel_sdk.GroupSyncWrite(port, self._sdk, address, len(next(iter(rows.values()))))
            for device, data in rows.items():
                group.addParam(device, list(data))
            self._check(self._called(group.txPacket), f"write of {address}")

    def sync_read(self, devices: Sequence[int], address: int, length: int) -> dict[int, bytes]:
        """All of them for one packet; each answers. Raises BusError where one answer is missing or damaged."""
        with self._exchange() as port:
            group = dynamixel_sdk.GroupSyncRead(port, self._sdk, address, length)  # a used one keeps old answers
            for device in devices:
                group.addParam(device)
            result = self._called(group.txRxPacket)
            replies = {device: bytes(data) for device, data in group.data_dict.items()}
            missing = [str(device) for device in devices if len(replies[device]) != length]
            if missing or result != dynamixel_sdk.COMM_SUCCESS:
                self._check(result, f"id {missing[0] if missing else devices[-1]}: read of {address}")
                raise BusError(f"{self.path}: read of {address}: ids {missing}: a short answer", corrupt=True)
        return replies

    @contextmanager
    def _exchange(self) -> Iterator[Port]:
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
        """The SDK indexes into answers that are too short: that is a damaged answer."""
        try:
            return call(*inputs)
        except IndexError as error:
            raise BusError(f"{self.path}: a damaged answer ({error})", corrupt=True) from error

    def _check(self, result: int, what: str, error: int = 0) -> None:
        if result == dynamixel_sdk.COMM_RX_TIMEOUT:
            raise BusError(f"{self.path}: {what}: no answer")
        if result == dynamixel_sdk.COMM_TX_FAIL:
            raise BusError(f"{self.path}: {what}: the port takes no bytes")
        if result != dynamixel_sdk.COMM_SUCCESS:
            raise BusError(f"{self.path}: {what}: a damaged answer", corrupt=True)
        if error & ~ALERT:
            said = REFUSALS.get(error & ~ALERT, f"error {error & ~ALERT}")
            raise RefusedError(f"{self.path}: {what}: refused: {said}")
