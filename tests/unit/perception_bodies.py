"""Bodies made of joints, seen by a camera of known geometry: what the perception tests look at instead of pictures.

A body is 33 landmarks in the world (m, z up, feet on z = 0 unless lifted), facing +x. Proportions of a 1.65 m adult.
"""

from __future__ import annotations

import math

import numpy as np

from kangban.config import load_profile
from kangban.profile import Mount, Perception
from kangban.values import Array
from perception.landmarks import Pose
from perception.place import View

THIGH, SHIN, TORSO, ARM = 0.42, 0.42, 0.50, 0.28
HALF_HIPS, HALF_SHOULDERS = 0.12, 0.18
LIMITS: Perception = load_profile("companion").perception


def camera(height: float = 1.2, pitch: float = 0.3, width: int = 640, rows: int = 480, fov: float = 1.05) -> View:
    focal = 0.5 * rows / math.tan(0.5 * fov)
    mount = Mount(x_m=0.0, y_m=0.0, z_m=height, yaw_rad=0.0, pitch_rad=pitch)
    return View(width, rows, focal, focal, width / 2, rows / 2, mount, 0.3, 8.0)


def body(lean: float = 0.0, thigh: float = 0.0, shin: float = 0.0) -> Array:
    """33 joints, hip centre at the origin. Angles from upright, rad, forwards: torso, thighs, shins (0 is standing)."""
    up = np.array([math.sin(lean), 0.0, math.cos(lean)])
    knee = THIGH * np.array([math.sin(thigh), 0.0, -math.cos(thigh)])
    ankle = knee + SHIN * np.array([-math.sin(shin), 0.0, -math.cos(shin)])
    ahead = np.array([math.cos(shin), 0.0, 0.0])
    joints = np.zeros((33, 3))
    joints[:11] = (TORSO + 0.2) * up
    for side, left in ((0, 1.0), (1, -1.0)):
        y = np.array([0.0, left, 0.0])
        shoulder = TORSO * up + HALF_SHOULDERS * y
        joints[11 + side] = shoulder
        joints[13 + side] = shoulder - ARM * up
        joints[[15 + side, 17 + side, 19 + side, 21 + side]] = shoulder - 1.8 * ARM * up
        joints[23 + side] = HALF_HIPS * y
        joints[25 + side] = knee + HALF_HIPS * y
        joints[27 + side] = ankle + HALF_HIPS * y
        joints[29 + side] = ankle + HALF_HIPS * y - 0.05 * ahead
        joints[31 + side] = ankle + HALF_HIPS * y + 0.15 * ahead
    return joints


def standing() -> Array:
    return body()


def sitting() -> Array:
    return body(thigh=math.pi / 2)


def bending() -> Array:
    return body(lean=math.radians(80), thigh=math.radians(12), shin=math.radians(-12))


def kneeling() -> Array:
    return body(shin=math.pi / 2)


def squatting() -> Array:
    return body(lean=math.radians(25), thigh=math.radians(110), shin=math.radians(35))


def lying() -> Array:
    """On the back along +x, head far."""
    return body(lean=math.pi / 2, thigh=-math.pi / 2, shin=math.pi / 2)


def placed(joints: Array, x: float, y: float, yaw: float = math.pi, lift: float = 0.0) -> Array:
    """The body turned by `yaw` and set on the floor (or `lift` above it) with its hips over (x, y)."""
    c, s = math.cos(yaw), math.sin(yaw)
    turned = joints @ np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    return turned + (x, y, lift + 0.05 - joints[:, 2].min())


def seen(joints: Array, view: View, visible: float = 1.0) -> Pose:
    """The pose a perfect model would find."""
    yaw, pitch = view.mount.yaw_rad, view.mount.pitch_rad
    away = joints - view.eye
    c, s = math.cos(yaw), math.sin(yaw)
    ahead, left, up = c * away[:, 0] + s * away[:, 1], -s * away[:, 0] + c * away[:, 1], away[:, 2]
    cp, sp = math.cos(pitch), math.sin(pitch)
    in_camera = np.stack([-left, -sp * ahead - cp * up, cp * ahead - sp * up], axis=1)
    at = in_camera[:, :2] / in_camera[:, 2:] * (view.fx, view.fy) + (view.cx, view.cy)
    image = np.column_stack([at / (view.width, view.height), np.zeros(33), np.full(33, visible), np.full(33, visible)])
    return Pose(image, in_camera - 0.5 * (in_camera[23] + in_camera[24]))


def depth(joints: Array, view: View, background_m: float = 6.0) -> np.ndarray:
    """A depth image with a patch at each joint before a far wall, mm."""
    pose = seen(joints, view)
    out = np.full((view.height, view.width), background_m * 1000, np.uint16)
    pitch = view.mount.pitch_rad
    away = joints - view.eye
    along = math.cos(pitch) * away[:, 0] - math.sin(pitch) * away[:, 2]
    for (u, v), z in zip(pose.image[:, :2] * (view.width, view.height), along, strict=True):
        if 4 <= u < view.width - 4 and 4 <= v < view.height - 4:
            out[int(v) - 4 : int(v) + 5, int(u) - 4 : int(u) + 5] = round(1000 * z)
    return out


def between(a: Array, b: Array, share: float) -> Array:
    """A body part of the way from one posture to another (placed joints)."""
    return (1.0 - share) * a + share * b
