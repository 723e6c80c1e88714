"""A viewer for tests: a WebSocket (RFC 6455) on a plain socket that speaks Foxglove's protocol, written from their
specifications and not from our side. It never blocks: `poll` takes in what has come.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import select
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

PATIENCE_S = 20.0  # a bound for a machine that is busy, not an expectation
MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class RefusedError(Exception):
    """The server did not switch to a WebSocket; the message is its answer."""


class Viewer:
    def __init__(
        self,
        port: int,
        turn: Callable[[], None] | None = None,
        origin: str | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        """`turn` lets the others work while we wait; without it the socket is waited for."""
        self._turn, self._data, self.closed = turn, b"", False
        self.told: list[dict[str, Any]] = []  # texts of the server
        self.channels: dict[str, dict[str, Any]] = {}  # by topic
        self.messages: dict[str, list[tuple[int, bytes]]] = {}  # by topic: time (ns) and payload
        self._topics: dict[int, str] = {}  # by subscription
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self._socket.setblocking(False)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET / HTTP/1.1\r\nHost: {host}:{port}", "Upgrade: websocket", "Connection: Upgrade"]
        lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: foxglove.sdk.v1"]
        lines += [f"Origin: {origin}"] if origin is not None else []
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.wait(lambda: b"\r\n\r\n" in self._data, "an answer")
        head, self._data = self._data.split(b"\r\n\r\n", 1)
        if not head.startswith(b"HTTP/1.1 101"):
            self.wait(lambda: self.closed, "the end of the refusal")
            raise RefusedError(f"{head.decode()}\n{self._data.decode()}")
        accept = base64.b64encode(hashlib.sha1((key + MAGIC).encode()).digest()).decode()
        assert f"sec-websocket-accept: {accept}".lower() in head.decode().lower()
        self._shaken = True
        self.poll()

    _shaken = False

    def wait(self, condition: Callable[[], Any], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, f"waited for {what}; told: {self.told[-3:]}"
            if self._turn is None:
                select.select([self._socket], [], [], 0.05)
            else:
                self._turn()
            self.poll()

    def subscribe(self, *topics: str) -> None:
        self.wait(lambda: set(topics) <= set(self.channels), f"channels {topics}")
        wanted = []
        for topic in topics:
            number = len(self._topics) + 100
            self._topics[number] = topic
            self.messages.setdefault(topic, [])
            wanted.append({"id": number, "channelId": self.channels[topic]["id"]})
        self.say({"op": "subscribe", "subscriptions": wanted})

    def unsubscribe(self, topic: str) -> None:
        self.say({"op": "unsubscribe", "subscriptionIds": [n for n, t in self._topics.items() if t == topic]})

    def say(self, words: dict[str, Any]) -> None:
        self._send(TEXT, json.dumps(words).encode())

    def say_bytes(self, data: bytes) -> None:
        self._send(BINARY, data)

    def poll(self) -> None:
        while not self.closed:
            try:
                came = self._socket.recv(1 << 16)
            except BlockingIOError:
                break
            except OSError:
                came = b""
            self.closed = came == b""
            self._data += came
        while self._shaken and self._frame():
            pass

    def close(self) -> None:
        self._socket.close()

    def _send(self, kind: int, data: bytes) -> None:
        mask, size = os.urandom(4), len(data)
        length = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + struct.pack(">H", size)
        masked = bytes(byte ^ mask[k % 4] for k, byte in enumerate(data))
        self._socket.setblocking(True)
        self._socket.sendall(bytes([0x80 | kind]) + length + mask + masked)
        self._socket.setblocking(False)

    def _frame(self) -> bool:
        """Take one whole frame off what has come; the server never masks or splits its own."""
        if len(self._data) < 2:
            return False
        first, second = self._data[0], self._data[1]
        start, size = 2, second & 0x7F
        if size >= 126:
            width = 2 if size == 126 else 8
            start += width
            if len(self._data) < start:
                return False
            size = int.from_bytes(self._data[2:start], "big")
        if len(self._data) < start + size:
            return False
        payload, self._data = self._data[start : start + size], self._data[start + size :]
        assert first & 0x80 and not second & 0x80
        self._take(first & 0x0F, payload)
        return True

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == TEXT:
            words = json.loads(payload)
            self.told.append(words)
            for channel in words["channels"] if words["op"] == "advertise" else ():
                self.channels[channel["topic"]] = channel
        elif kind == PING:
            self._send(PONG, payload)
        elif kind == BINARY and payload[0] == 1:
            number, at = struct.unpack_from("<IQ", payload, 1)
            self.messages[self._topics[number]].append((at, payload[13:]))
