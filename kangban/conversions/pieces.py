"""Small pieces of messages: times, places, poses, and numbers that may be unknown. Quaternions swap here only."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, Quaternion, TransformStamped, Twist
from geometry_msgs.msg import Pose as RosPose
from geometry_msgs.msg import Pose2D as RosPose2D
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage
from transforms3d.euler import euler2quat, quat2euler

from kangban import values as v
from kangban.frame_names import BASE as BASE
from kangban.frame_names import CAMERA as CAMERA
from kangban.frame_names import LIDAR as LIDAR
from kangban.frame_names import MAP as MAP
from kangban.frame_names import ODOM as ODOM

# By the type of the value: the message, to it, and back.
Conversions = dict[type, tuple[type, Callable[[Any], Any], Callable[[Any], Any]]]
NAN = float("nan")


def time_to_ros(stamp: float) -> Time:
    nanoseconds = round(stamp * 1e9)
    return Time(sec=nanoseconds // 1_000_000_000, nanosec=nanoseconds % 1_000_000_000)


def time_from_ros(message: Time) -> float:
    return float(message.sec + message.nanosec * 1e-9)


def header_at(stamp: float, frame: str = "") -> Header:
    return Header(stamp=time_to_ros(stamp), frame_id=frame)


def point_of(place: Sequence[float] | None) -> Point:
    return Point() if place is None else Point(x=float(place[0]), y=float(place[1]), z=float(place[2]))


def place_of(message: Point, known: bool) -> v.Point3 | None:
    return (message.x, message.y, message.z) if known else None


def quaternion_of(yaw: float) -> Quaternion:
    w, x, y, z = euler2quat(0.0, 0.0, yaw)
    return Quaternion(x=x, y=y, z=z, w=w)


def yaw_of(q: Quaternion) -> float:
    return float(quat2euler((q.w, q.x, q.y, q.z))[2])


def pose_to_ros(pose: v.Pose2D) -> RosPose:
    return RosPose(position=point_of((pose.x, pose.y, 0.0)), orientation=quaternion_of(pose.yaw))


def pose_from_ros(message: RosPose) -> v.Pose2D:
    return v.Pose2D(message.position.x, message.position.y, yaw_of(message.orientation))


def twist_to_ros(twist: v.Twist2D) -> Twist:
    message = Twist()
    message.linear.x, message.linear.y, message.angular.z = float(twist.vx), float(twist.vy), float(twist.wz)
    return message


def twist_from_ros(message: Twist) -> v.Twist2D:
    return v.Twist2D(message.linear.x, message.linear.y, message.angular.z)


def floats_of(values: np.ndarray | None) -> array[float]:
    return array("f") if values is None else array("f", np.ascontiguousarray(values, dtype=np.float32).tobytes())


def rows_of(values: Any, columns: int) -> v.Array | None:
    return np.asarray(values, dtype=float).reshape(-1, columns) if len(values) else None


def number_or_nan(value: float | None) -> float:
    return NAN if value is None else float(value)


def known_or_none(value: float) -> float | None:
    return None if math.isnan(value) else value


def pose2d_to_ros(pose: v.Pose2D) -> RosPose2D:
    return RosPose2D(x=float(pose.x), y=float(pose.y), theta=float(pose.yaw))


def pose2d_from_ros(message: RosPose2D) -> v.Pose2D:
    return v.Pose2D(message.x, message.y, message.theta)


def transform_to_ros(parent: str, child: str, pose: v.Pose2D, stamp: float) -> TFMessage:
    """`pose` is the child frame's pose in the parent frame."""
    transform = TransformStamped(header=header_at(stamp, parent), child_frame_id=child)
    transform.transform.translation.x = float(pose.x)
    transform.transform.translation.y = float(pose.y)
    transform.transform.rotation = quaternion_of(pose.yaw)
    return TFMessage(transforms=[transform])


_X, _Y, _YAW = 0, 1, 5  # rows of ROS's 6 by 6 covariances: x, y, z, roll, pitch, yaw
_COVARIANCE_PLACES = {
    "xx": (_X, _X), "xy": (_X, _Y), "x_yaw": (_X, _YAW), "yy": (_Y, _Y), "y_yaw": (_Y, _YAW), "yaw_yaw": (_YAW, _YAW),
}  # fmt: skip
COVARIANCE_UNKNOWN = -1.0  # in its first place, as sensor_msgs/Imu has it


def covariance_to_ros(value: v.Covariance2D | None) -> np.ndarray:
    """36 numbers. z, roll and pitch are zero by definition of a frame on the floor."""
    matrix = np.zeros((6, 6))
    if value is None:
        matrix[0, 0] = COVARIANCE_UNKNOWN
        return matrix.ravel()
    for name, (row, column) in _COVARIANCE_PLACES.items():
        matrix[row, column] = matrix[column, row] = float(getattr(value, name))
    return matrix.ravel()


def covariance_from_ros(numbers: Any) -> v.Covariance2D | None:
    if numbers[0] < 0:
        return None
    return v.Covariance2D(**{name: float(numbers[6 * r + c]) for name, (r, c) in _COVARIANCE_PLACES.items()})
