"""What a viewer is shown: where the robot is, what it measures, sees and does. Not what somebody said, nor incidents
with their evidence, nor the home's sensors, nor any picture: a viewer asks for no password."""

from __future__ import annotations

from typing import Any

from kangban import streams
from kangban.config import Config
from kangban.streams import Stream
from observe.topics import Topic, topics

SHOWN: tuple[Stream[Any], ...] = (
    streams.SCAN,
    streams.ODOM,
    streams.JOINT_STATES,
    streams.BATTERY,
    streams.CAMERA_INFO,
    streams.DOCK,
    streams.CONTROLLER,
    streams.POSE,
    streams.MAP,
    streams.MAPPING,
    streams.PLAN,
    streams.CMD_VEL_TELEOP,
    streams.CMD_VEL_NAV,
    streams.CMD_VEL_BEHAVIOR,
    streams.CMD_VEL,
    streams.JOINT_COMMAND,
    streams.CHAIN,
    streams.PERSONS,
    streams.FALLS,
    streams.TREE,
    streams.MISSION,
    streams.DIAGNOSTICS,
)


def shown(config: Config) -> tuple[Topic, ...]:
    """The topics for viewers: these streams, the profile's cliff sensors, the transforms and the description."""
    cliff = config.profile.cliff
    floor = () if cliff is None else tuple(streams.cliff(sensor.name).name for sensor in cliff.sensors)
    return topics(config, (*(stream.name for stream in SHOWN), *floor))
