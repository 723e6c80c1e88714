"""How a robot's sensors sit on it, for `/tf_static`: the frames of REP 105, their axes as REP 103 has them."""

from __future__ import annotations

import math

from geometry_msgs.msg import Quaternion, TransformStamped
from tf2_msgs.msg import TFMessage
from transforms3d.euler import euler2quat

from kangban.conversions.pieces import BASE, CAMERA, LIDAR, header_at
from kangban.profile import Mount, Profile

CAMERA_BODY = "camera"  # x forward, as the mount has it; in `camera_optical` z looks forward and x to the right
_OPTICAL = (-math.pi / 2, 0.0, -math.pi / 2)


def robot_frames(profile: Profile, stamp: float) -> TFMessage:
    """From base_link to the lidar and to the camera's body, and from that to the camera's optical frame."""
    optical = TransformStamped(header=header_at(stamp, CAMERA_BODY), child_frame_id=CAMERA)
    optical.transform.rotation = _quaternion(*_OPTICAL)
    mounted = [_mounted(LIDAR, profile.lidar.mount, stamp), _mounted(CAMERA_BODY, profile.camera.mount, stamp)]
    return TFMessage(transforms=[*mounted, optical])


def _mounted(child: str, mount: Mount, stamp: float) -> TransformStamped:
    transform = TransformStamped(header=header_at(stamp, BASE), child_frame_id=child)
    at = transform.transform.translation
    at.x, at.y, at.z = float(mount.x_m), float(mount.y_m), float(mount.z_m)
    transform.transform.rotation = _quaternion(0.0, mount.pitch_rad, mount.yaw_rad)
    return transform


def _quaternion(roll: float, pitch: float, yaw: float) -> Quaternion:
    w, x, y, z = euler2quat(roll, pitch, yaw, "sxyz")
    return Quaternion(x=float(x), y=float(y), z=float(z), w=float(w))
