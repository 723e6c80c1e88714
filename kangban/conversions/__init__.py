"""The only place where values become ROS messages and back. `to_ros(value)` and `from_ros(message, value_type)`.

Unknown (`None`) never becomes zero: a message carries a flag or NaN for it, and comes back as `None`.
ROS quaternions have w last, transforms3d's have w first; that swap happens in `pieces.py` and nowhere else.
Every number is cast: a message's float field given a Python int or a numpy.float32 silently becomes nonsense.
Each module beside this one has the pairs of one topic, and their table; here they are put together.
"""

from __future__ import annotations

from typing import Any, TypeVar

from tf2_msgs.msg import TFMessage

from kangban.conversions import care, house, maps, motion, motors, people, sensing, words
from kangban.conversions.frames import frames_to_ros
from kangban.conversions.pieces import (
    BASE,
    CAMERA,
    COVARIANCE_UNKNOWN,
    LIDAR,
    MAP,
    NAN,
    ODOM,
    Conversions,
    pose2d_from_ros,
    pose2d_to_ros,
    time_from_ros,
    time_to_ros,
    transform_to_ros,
)

__all__ = [
    "BASE",
    "CAMERA",
    "COVARIANCE_UNKNOWN",
    "LIDAR",
    "MAP",
    "NAN",
    "ODOM",
    "TFMessage",
    "frames_to_ros",
    "from_ros",
    "message_type",
    "pose2d_from_ros",
    "pose2d_to_ros",
    "time_from_ros",
    "time_to_ros",
    "to_ros",
    "transform_to_ros",
]

T = TypeVar("T")

_TABLE: Conversions = {
    **motion.CONVERSIONS,
    **motors.CONVERSIONS,
    **sensing.CONVERSIONS,
    **people.CONVERSIONS,
    **care.CONVERSIONS,
    **words.CONVERSIONS,
    **maps.CONVERSIONS,
    **house.CONVERSIONS,
}


def message_type(value_type: type) -> type:
    return _TABLE[value_type][0]


def to_ros(value: object) -> Any:
    return _TABLE[type(value)][1](value)


def from_ros(message: object, value_type: type[T]) -> T:
    """Raises ValueError where the message can't be such a value (wrong encoding, unknown word)."""
    value: T = _TABLE[value_type][2](message)
    return value
