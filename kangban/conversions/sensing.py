"""What sensors measure: scans, pictures, depth, the camera itself, the dock; as messages and back."""

from __future__ import annotations

from array import array

import numpy as np
from geometry_msgs.msg import PoseWithCovarianceStamped
from sensor_msgs.msg import CameraInfo as RosCameraInfo
from sensor_msgs.msg import Image as RosImage
from sensor_msgs.msg import LaserScan
from sensor_msgs.msg import Range as RosRange

from kangban import values as v
from kangban.conversions.pieces import (
    BASE,
    CAMERA,
    LIDAR,
    Conversions,
    covariance_from_ros,
    covariance_to_ros,
    floats_of,
    header_at,
    pose_from_ros,
    pose_to_ros,
    time_from_ros,
)
from kangban.range_values import Range


def _dock_seen(value: v.DockSeen) -> PoseWithCovarianceStamped:
    message = PoseWithCovarianceStamped(header=header_at(value.stamp, BASE))
    message.pose.pose = pose_to_ros(value.dock_in_base)
    message.pose.covariance = covariance_to_ros(value.covariance)
    return message


def _dock_seen_back(m: PoseWithCovarianceStamped) -> v.DockSeen:
    if m.header.frame_id != BASE:
        raise ValueError(f"dock: the pose is in frame {m.header.frame_id!r}, must be in {BASE!r}")
    covariance = covariance_from_ros(m.pose.covariance)
    if covariance is None:
        raise ValueError("dock: the pose has no covariance")
    return v.DockSeen(time_from_ros(m.header.stamp), pose_from_ros(m.pose.pose), covariance)


def _scan(value: v.Scan) -> LaserScan:
    return LaserScan(
        header=header_at(value.stamp, LIDAR),
        angle_min=float(value.angle_min),
        angle_max=float(value.angle_min + value.angle_increment * (len(value.ranges) - 1)),
        angle_increment=float(value.angle_increment),
        range_min=float(value.range_min),
        range_max=float(value.range_max),
        ranges=floats_of(value.ranges),
    )


def _scan_back(m: LaserScan) -> v.Scan:
    ranges = np.frombuffer(m.ranges, dtype=np.float32).astype(float)
    stamp = time_from_ros(m.header.stamp)
    return v.Scan(stamp, m.angle_min, m.angle_increment, m.range_min, m.range_max, ranges)


def _range(value: Range) -> RosRange:
    reach, distance = float(value.range_max), float(value.range_m)
    return RosRange(header=header_at(value.stamp), radiation_type=RosRange.INFRARED, max_range=reach, range=distance)


def _range_back(m: RosRange) -> Range:
    return Range(time_from_ros(m.header.stamp), m.max_range, m.range)


def _raw_image(stamp: float, pixels: np.ndarray, encoding: str) -> RosImage:
    height, width = pixels.shape[:2]
    data = array("B")
    data.frombytes(np.ascontiguousarray(pixels).view(np.uint8).reshape(-1).data)
    step = len(data) // height
    header = header_at(stamp, CAMERA)
    return RosImage(header=header, height=height, width=width, encoding=encoding, step=step, is_bigendian=0, data=data)


def _expect(m: RosImage, encoding: str, bytes_per_pixel: int) -> None:
    if m.encoding != encoding or len(m.data) != m.height * m.width * bytes_per_pixel:
        raise ValueError(
            f"picture of encoding {m.encoding!r}, {m.width}x{m.height}, {len(m.data)} bytes: "
            f"expected {encoding} with {bytes_per_pixel} bytes a pixel and no padding"
        )


def _image(value: v.Image) -> RosImage:
    return _raw_image(value.stamp, value.pixels, "rgb8")


def _image_back(m: RosImage) -> v.Image:
    _expect(m, "rgb8", 3)
    return v.Image(time_from_ros(m.header.stamp), np.frombuffer(m.data, np.uint8).reshape(m.height, m.width, 3))


def _depth(value: v.Depth) -> RosImage:
    return _raw_image(value.stamp, value.millimetres, "16UC1")


def _depth_back(m: RosImage) -> v.Depth:
    _expect(m, "16UC1", 2)
    return v.Depth(time_from_ros(m.header.stamp), np.frombuffer(m.data, np.uint16).reshape(m.height, m.width))


def _camera_info(value: v.CameraInfo) -> RosCameraInfo:
    message = RosCameraInfo(header=header_at(value.stamp, CAMERA), width=value.width, height=value.height)
    message.distortion_model, message.d = "plumb_bob", [0.0] * 5
    fx, fy, cx, cy = float(value.fx), float(value.fy), float(value.cx), float(value.cy)
    message.k = [fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0]
    message.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    message.p = [fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0]
    return message


def _camera_info_back(m: RosCameraInfo) -> v.CameraInfo:
    return v.CameraInfo(time_from_ros(m.header.stamp), m.width, m.height, m.k[0], m.k[4], m.k[2], m.k[5])


CONVERSIONS: Conversions = {
    v.DockSeen: (PoseWithCovarianceStamped, _dock_seen, _dock_seen_back),
    v.Scan: (LaserScan, _scan, _scan_back),
    Range: (RosRange, _range, _range_back),
    v.Image: (RosImage, _image, _image_back),
    v.Depth: (RosImage, _depth, _depth_back),
    v.CameraInfo: (RosCameraInfo, _camera_info, _camera_info_back),
}
