"""The viewers' server: channels out, nothing in. Foxglove's SDK speaks with the viewers, `door.py` lets them in.

It is offered no way back: no topics from viewers, no services, no parameters, no files.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass

import foxglove
from foxglove import Channel, Context, Schema
from foxglove.channels import SceneUpdateChannel
from foxglove.messages import SceneUpdate
from foxglove.websocket import ChannelView, Client, ServerListener

from kangban.foxglove_site import Foxglove
from observe.door import Door, DoorError

WAITING = 256  # messages for a viewer that is slow; then the oldest are left out
NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Shown:
    """A channel: ROS 2 messages as they were sent. `kind` is `package/msg/Name`, `definition` its text."""

    topic: str
    kind: str
    definition: str
    latched: bool


class Viewers(ServerListener):
    """Channels for viewers. Raises DoorError where the address can't be had."""

    def __init__(self, robot: str, settings: Foxglove, channels: Iterable[Shown], scene: str) -> None:
        self._lock = threading.Lock()
        self._last: dict[str, bytes] = {}  # of latched topics: for whoever comes later
        self._latest_ns = 0
        context = self._context = Context()  # channels hold it only weakly
        self._channels: dict[str, Channel] = {}
        self._latched: set[str] = set()
        for each in channels:
            schema = Schema(name=each.kind, encoding="ros2msg", data=each.definition.encode())
            self._channels[each.topic] = Channel(each.topic, schema=schema, message_encoding="cdr", context=context)
            if each.latched:
                self._latched.add(each.topic)
        self._scene = SceneUpdateChannel(scene, context=context)
        # Behind the door, at an address that no page finds by trying: 127/8 is all this machine's.
        hidden = f"127.{secrets.randbelow(254) + 1}.{secrets.randbelow(256)}.{secrets.randbelow(254) + 1}"
        try:
            self._server = foxglove.start_server(
                name=robot,
                host=hidden,
                port=0,
                capabilities=[],
                supported_encodings=[],
                server_listener=self,
                context=context,
                message_backlog_size=WAITING,
            )
        except RuntimeError as error:
            raise DoorError(f"the server for viewers does not start ({error})") from error
        try:
            self._door = Door(settings.host, settings.port, (hidden, self._server.port), settings.origins)
        except DoorError:
            self._server.stop()
            raise
        self._door.start()

    @property
    def port(self) -> int:
        return self._door.port

    @property
    def door(self) -> Door:
        return self._door

    @property
    def watched(self) -> frozenset[str]:
        """The topics that somebody looks at."""
        return frozenset(topic for topic, channel in self._channels.items() if channel.has_sinks())

    @property
    def scene_is_watched(self) -> bool:
        return self._scene.has_sinks()

    def put(self, topic: str, data: bytes, at: float) -> None:
        """Show a message that was heard at the robot's time `at` (s)."""
        with self._lock:
            self._latest_ns = max(0, round(at * NS))
            if topic in self._latched:
                self._last[topic] = data
            self._channels[topic].log(data, log_time=self._latest_ns)

    def put_scene(self, scene: SceneUpdate, at: float) -> None:
        self._scene.log(scene, log_time=max(0, round(at * NS)))

    def on_subscribe(self, client: Client, channel: ChannelView) -> None:
        """From the server's thread: whoever comes late gets what still holds."""
        with self._lock:
            last = self._last.get(channel.topic)
            if last is not None:
                self._channels[channel.topic].log(last, log_time=self._latest_ns, sink_id=client.id)

    def close(self) -> None:
        self._door.close()
        self._server.stop()
