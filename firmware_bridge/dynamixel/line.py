"""One exchange on a Dynamixel Protocol 2.0 line through ROBOTIS' SDK: bytes or a named error, in a bounded time.

What both makers' SDKs leave open is guarded in `sdk_line.py`. Guarded here, because this one (dynamixel-sdk 4.1) does
not: the error byte that a sync read drops, and a packet with a header's bytes inside. Fast sync reads are not used: the
SDK does not take the byte stuffing out of their answers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import dynamixel_sdk

from firmware_bridge.bus import BusError
from firmware_bridge.sdk_line import REPLY_S, RefusedError, SdkLine
from firmware_bridge.sdk_port import BoundedPort

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


class Line(SdkLine[Port]):
    def __init__(
        self, path: str, baud: int, clock: Callable[[], float] = time.monotonic, reply_s: float = REPLY_S
    ) -> None:
        super().__init__(dynamixel_sdk, path, baud, clock, reply_s)
        self._sdk = packets()

    def _new_port(self) -> Port:
        return Port(self.path, self.baud, self._clock)

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
            self._check_answer(result, error, f"id {device}: reboot")

    def read(self, device: int, address: int, length: int) -> bytes:
        with self._exchange() as port:
            data, result, error = self._called(self._sdk.readTxRx, port, device, address, length)
            what = f"id {device}: read of {address}"
            self._check_answer(result, error, what)
            return self._whole(data, length, what)

    def write(self, device: int, address: int, data: bytes) -> None:
        """Confirmed by the device."""
        with self._exchange() as port:
            result, error = self._called(self._sdk.writeTxRx, port, device, address, len(data), list(data))
            self._check_answer(result, error, f"id {device}: write of {address}")

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

    def _check_answer(self, result: int, error: int, what: str) -> None:
        """`error`: the byte with which the device says that it would not do it."""
        self._check(result, what)
        if error & ~ALERT:
            said = REFUSALS.get(error & ~ALERT, f"error {error & ~ALERT}")
            raise RefusedError(f"{self.path}: {what}: refused: {said}")
