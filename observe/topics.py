"""What is looked at: every stream but those with pixels, the transforms, and what the robot looks like."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from kangban import streams
from kangban.config import Config
from kangban.streams import Qos, Stream


class TopicError(Exception):
    """A stream that is asked for can't be recorded; the message says which there are."""


@dataclass(frozen=True, slots=True)
class Topic:
    """`stream` None: one of the topics of ROS itself."""

    name: str
    qos: Qos
    stream: Stream[Any] | None = None


TRANSFORMS, STILL_TRANSFORMS = Topic("/tf", Qos.EVENT), Topic("/tf_static", Qos.STATE)
DESCRIPTION = Topic(streams.ROBOT_DESCRIPTION, Qos.STATE)


def topics(config: Config, wanted: Collection[str] = ()) -> tuple[Topic, ...]:
    """`wanted`: only these names, and the transforms. Raises TopicError for a name that there is none of."""
    cliff = config.profile.cliff
    floor = () if cliff is None else tuple(streams.cliff(sensor.name) for sensor in cliff.sensors)
    every: tuple[Stream[Any], ...] = (*streams.ALL, *floor)
    named = {s.name: Topic(s.name, s.qos, s) for s in every if s.name not in streams.PIXELS}
    if not set(wanted) <= set(named):
        unknown = ", ".join(sorted(set(wanted) - set(named)))
        raise TopicError(f"{unknown}: can't be recorded (pictures never are); allowed: {', '.join(sorted(named))}")
    chosen = [topic for name, topic in named.items() if not wanted or name in wanted]
    return (*chosen, TRANSFORMS, STILL_TRANSFORMS, DESCRIPTION)
