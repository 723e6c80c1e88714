"""The process that shows the robot to Foxglove: topics in, a WebSocket out. Only wiring.

Started where the site has a section `foxglove`. A topic is heard only while somebody looks at it (latched ones always),
so nobody looking costs next to nothing. When it dies, nothing but the picture is missing.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from rclpy.serialization import deserialize_message

from kangban import conversions, streams
from kangban.config import Config
from kangban.foxglove_site import is_this_machine
from kangban.node import KangbanNode, NodeError, run
from kangban.streams import Qos
from kangban.values import Health, Persons
from observe.definitions import name_of, text_of
from observe.door import DoorError
from observe.nodes.watch import type_of
from observe.scene import scene_of
from observe.shown import shown
from observe.viewers import Shown, Viewers

LOOK_S = 0.25
AGAIN_S = 10.0  # until an address that was taken is tried once more
URL_FILE = "foxglove.url"
SCENE = "persons/scene"


class ViewersNode(KangbanNode):
    """Shows the robot to Foxglove; nothing comes back."""

    def __init__(self, config: Config) -> None:
        super().__init__("foxglove", config)
        if config.site.foxglove is None:
            raise NodeError(f"site {config.site.name}: has no section `foxglove`, so nobody may look on")
        self._settings = config.site.foxglove
        self._topics = {self._full(topic.name): topic for topic in shown(config)}
        self._heard: dict[str, Any] = {}
        self._viewers: Viewers | None = None
        self._refused = 0
        self._next_try = float("-inf")
        self._open()
        self.every(LOOK_S, self._look)

    def close(self) -> None:
        if self._viewers is not None:
            self._viewers.close()

    def _open(self) -> None:
        """An address that is taken costs the viewers, not the robot: it is told, and tried again."""
        self._next_try = self.now() + AGAIN_S
        channels = [
            Shown(name, name_of(type_of(topic)), text_of(type_of(topic)), topic.qos is Qos.STATE)
            for name, topic in self._topics.items()
        ]
        try:
            self._viewers = Viewers(self.config.profile.name, self._settings, channels, self._full(SCENE))
            url = f"ws://{_bracketed(self._settings.host)}:{self._viewers.port}"
            (self.config.run_dir / URL_FILE).write_text(f"{url}\n", encoding="utf-8")
        except DoorError as error:
            why = f"site key foxglove: {error}; end what listens there, or choose another port; tried again"
            self.report("viewers", Health.ERROR, why)
            return
        except OSError as error:
            self.report("address", Health.WARN, f"{self.config.run_dir / URL_FILE} can't be written ({error.strerror})")
            return
        if is_this_machine(self._settings.host):
            self.report("address", Health.OK, f"{url} (this machine only)")
        else:
            why = f"{url} shows the home to the network, unencrypted, because: {self._settings.open_because}"
            self.report("address", Health.WARN, why)

    def _look(self) -> None:
        """Hear what somebody looks at, and no more."""
        viewers = self._viewers
        if viewers is None:
            if self.now() >= self._next_try:
                self._open()
            return
        wanted = set(viewers.watched)
        if viewers.scene_is_watched:
            wanted.add(self._full(streams.PERSONS.name))
        wanted |= {name for name, topic in self._topics.items() if topic.qos is Qos.STATE}
        for name in wanted - set(self._heard):
            topic = self._topics[name]
            self._heard[name] = self.watch(topic.name, type_of(topic), topic.qos, partial(self._take, name))
        for name in set(self._heard) - wanted:
            self.destroy_subscription(self._heard.pop(name))
        door = viewers.door
        self.report("viewers", Health.OK, f"{door.inside} look on", topics=len(viewers.watched), refused=door.refused)
        if door.refused != self._refused:
            self._refused = door.refused
            self.report("refused", Health.WARN, door.last_refusal)

    def _take(self, name: str, data: bytes) -> None:
        viewers = self._viewers
        if viewers is None:
            return
        viewers.put(name, data, self.now())
        if self._topics[name].stream is streams.PERSONS and viewers.scene_is_watched:
            self._draw(viewers, data)

    def _draw(self, viewers: Viewers, data: bytes) -> None:
        message = deserialize_message(data, conversions.message_type(Persons))
        try:
            persons = conversions.from_ros(message, Persons)
        except ValueError as error:
            self.report("people", Health.ERROR, f"{streams.PERSONS.name} can't be drawn: {error}")
            return
        viewers.put_scene(scene_of(persons, conversions.BASE), self.now())

    def _full(self, name: str) -> str:
        return name if name.startswith("/") else f"{self.get_namespace().rstrip('/')}/{name}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


if __name__ == "__main__":
    raise SystemExit(run(ViewersNode))
