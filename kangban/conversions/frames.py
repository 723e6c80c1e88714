"""Frames of a robot's description as the message of /tf and /tf_static."""

from __future__ import annotations

from collections.abc import Iterable

from geometry_msgs.msg import Quaternion, TransformStamped
from tf2_msgs.msg import TFMessage

from kangban.conversions.pieces import header_at
from kangban.description.chain import Placed


def frames_to_ros(frames: Iterable[Placed], stamp: float) -> TFMessage:
    return TFMessage(transforms=[_frame(placed, stamp) for placed in frames])


def _frame(placed: Placed, stamp: float) -> TransformStamped:
    transform = TransformStamped(header=header_at(stamp, placed.parent), child_frame_id=placed.child)
    at = transform.transform.translation
    at.x, at.y, at.z = placed.at
    w, x, y, z = placed.turn
    transform.transform.rotation = Quaternion(x=x, y=y, z=z, w=w)
    return transform
