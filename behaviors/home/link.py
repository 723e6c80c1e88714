"""The line to the MQTT broker: connects, listens, tries again with back-off. Threads are paho's; what comes in waits in
a queue for `take`, which never blocks."""

from __future__ import annotations

import ssl
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from behaviors.home.said import LARGEST, Message
from kangban.home_site import Broker

KEEPALIVE_S = 10
FIRST_RETRY_S, LONGEST_RETRY_S = 1, 30
LARGEST_PACKET = 4 * LARGEST  # the broker itself drops what is larger
MOST_WAITING = 2000


class LinkError(Exception):
    """The line can't be set up; the message says what to change."""


class Link:
    """`status`: in words why the broker is not there; empty while it is. Raises LinkError from the constructor."""

    def __init__(self, broker: Broker, name: str, environment: Mapping[str, str]) -> None:
        self._broker = broker
        self._lock = threading.Lock()
        self._waiting: deque[Message] = deque(maxlen=MOST_WAITING)
        self._wanted: frozenset[str] = frozenset()
        self._refused: dict[int, tuple[str, ...]] = {}
        self.connected = False
        self.status = "not connected yet"
        self.refused_topics: tuple[str, ...] = ()  # that the broker does not let us listen to
        self.dropped = 0
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"kangban-{name}-home", protocol=mqtt.MQTTv5)
        self._set_up(environment)
        self._client.reconnect_delay_set(FIRST_RETRY_S, LONGEST_RETRY_S)
        self._client.on_connect = self._came
        self._client.on_connect_fail = self._failed
        self._client.on_disconnect = self._went
        self._client.on_message = self._heard
        self._client.on_subscribe = self._subscribed

    def start(self) -> None:
        """Begin to try; returns at once."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.MaximumPacketSize = LARGEST_PACKET
        self._client.connect_async(self._broker.host, self._broker.port, KEEPALIVE_S, properties=properties)
        self._client.loop_start()

    def listen(self, topics: Iterable[str]) -> None:
        """Listen to these topics, now and after every reconnection."""
        with self._lock:
            wanted = frozenset(topics)
            new, gone = wanted - self._wanted, self._wanted - wanted
            self._wanted = wanted
        if self.connected and new:
            self._subscribe(new)
        if self.connected and gone:
            self._client.unsubscribe(sorted(gone))

    def take(self) -> list[Message]:
        """What has come since the last call, oldest first."""
        with self._lock:
            taken = list(self._waiting)
            self._waiting.clear()
        return taken

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _set_up(self, environment: Mapping[str, str]) -> None:
        broker = self._broker
        if broker.password_env is not None and not environment.get(broker.password_env):
            raise LinkError(f"home.broker.password_env: the environment variable {broker.password_env} is not set")
        if broker.user is not None:
            password = environment.get(broker.password_env) if broker.password_env else None
            self._client.username_pw_set(broker.user, password)
        if broker.tls is not None:
            try:
                self._client.tls_set(
                    broker.tls.ca_file, broker.tls.certificate_file, broker.tls.key_file, cert_reqs=ssl.CERT_REQUIRED
                )
            except (OSError, ValueError) as error:
                raise LinkError(f"home.broker.tls: {error}; check the three files") from error

    def _subscribe(self, topics: Iterable[str]) -> None:
        asked = tuple(sorted(topics))
        result, number = self._client.subscribe([(topic, 1) for topic in asked])
        if result == mqtt.MQTT_ERR_SUCCESS and number is not None:
            self._refused[number] = asked

    # paho's thread

    def _came(self, client: Any, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            self.connected, self.status = False, f"{self._where()} refuses: {reason}; check user and password"
            return
        self.connected, self.status, self.refused_topics = True, "", ()
        with self._lock:
            wanted = self._wanted
        if wanted:
            self._subscribe(wanted)

    def _failed(self, client: Any, data: Any) -> None:
        self.connected, self.status = False, f"{self._where()} does not answer; is the broker running?"

    def _went(self, client: Any, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        if self.connected or not self.status:
            self.status = f"{self._where()} has gone ({reason}); trying again"
        self.connected = False

    def _subscribed(self, client: Any, data: Any, number: int, reasons: Any, properties: Any) -> None:
        asked = self._refused.pop(number, ())
        refused = tuple(t for t, reason in zip(asked, reasons, strict=False) if reason.is_failure)
        self.refused_topics = (*self.refused_topics, *refused)

    def _heard(self, client: Any, data: Any, message: Any) -> None:
        payload = bytes(message.payload[: LARGEST + 1])  # one more than is read: then it is told that it was too large
        with self._lock:
            self.dropped += len(self._waiting) == MOST_WAITING
            self._waiting.append(Message(str(message.topic), payload, bool(message.retain)))

    def _where(self) -> str:
        return f"the broker at {self._broker.host}:{self._broker.port}"
