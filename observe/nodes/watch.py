"""Hears every message of some topics as it was sent."""

from __future__ import annotations

from collections.abc import Callable, Collection

from std_msgs.msg import String
from tf2_msgs.msg import TFMessage

from kangban.conversions import message_type
from kangban.node import KangbanNode
from kangban.streams import Qos
from observe.ring import Sent
from observe.topics import DESCRIPTION, Topic, topics


def type_of(topic: Topic) -> type:
    """The message type of a topic."""
    if topic.stream is not None:
        return message_type(topic.stream.value)
    return String if topic == DESCRIPTION else TFMessage


class Watch:
    """Every message of some topics, as it was sent, to `take`."""

    def __init__(self, node: KangbanNode, wanted: Collection[str], take: Callable[[Sent], None]) -> None:
        self._node, self._take = node, take
        self.topics = topics(node.config, wanted)
        self.full: dict[str, str] = {topic.name: self._full(topic.name) for topic in self.topics}
        self.types = {self.full[topic.name]: type_of(topic) for topic in self.topics}
        self.latched = frozenset(self.full[topic.name] for topic in self.topics if topic.qos is Qos.STATE)
        for topic in self.topics:
            node.watch(topic.name, type_of(topic), topic.qos, self._taker(self.full[topic.name]))

    def _full(self, name: str) -> str:
        return name if name.startswith("/") else f"{self._node.get_namespace().rstrip('/')}/{name}"

    def _taker(self, full: str) -> Callable[[bytes], None]:
        return lambda data: self._take(Sent(self._node.now(), full, data))
