"""Where a body is: from the depth image where there is one, else from the floor under the feet, else from its size.

Frames: pixels -> the camera's optical axes (x right, y down, z away) -> base_link (x forward, y left, z up, z = 0 is
the floor). Nothing known gives None.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kangban.profile import Mount
from kangban.values import Array, CameraInfo, Point3
from perception.landmarks import (
    BODY,
    FEET,
    HIPS,
    SHOULDERS,
    VISIBILITY,
    Pose,
    middle,
    pixels,
    pixels_per_metre,
    visibility,
)

RELIABLE = 0.5  # visibility from which a landmark is believed
BODY_DEPTH_M = 1.0  # a landmark farther than this from the torso's depth hit something before or behind the body
FARTHEST_M = 12.0


@dataclass(frozen=True)
class View:
    """A camera whose geometry is known: pinhole in pixels, its mount in base_link, the depth range it is good for."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    mount: Mount
    depth_min_m: float
    depth_max_m: float

    @classmethod
    def of(cls, info: CameraInfo, mount: Mount, depth_min_m: float, depth_max_m: float) -> View:
        return cls(info.width, info.height, info.fx, info.fy, info.cx, info.cy, mount, depth_min_m, depth_max_m)

    def turn_to_base(self, in_camera: Array) -> Array:
        """Directions (..., 3) along the optical axes, as directions in base_link."""
        x, y, z = in_camera[..., 0], in_camera[..., 1], in_camera[..., 2]
        cp, sp = math.cos(self.mount.pitch_rad), math.sin(self.mount.pitch_rad)
        ahead, left, up = cp * z - sp * y, -x, -sp * z - cp * y
        cw, sw = math.cos(self.mount.yaw_rad), math.sin(self.mount.yaw_rad)
        return np.stack([cw * ahead - sw * left, sw * ahead + cw * left, up], axis=-1)

    def rays_in_base(self, at: Array) -> Array:
        """Directions through pixels (..., 2), one metre along the optical axis long."""
        x, y = (at[..., 0] - self.cx) / self.fx, (at[..., 1] - self.cy) / self.fy
        return self.turn_to_base(np.stack([x, y, np.ones_like(x)], axis=-1))

    @property
    def eye(self) -> Array:
        return np.array([self.mount.x_m, self.mount.y_m, self.mount.z_m])


@dataclass(frozen=True)
class Place:
    """A located body in base_link, m. `joints` (33, 3): NaN where a landmark was not located.

    `measured`: heights come from a distance measurement and may be trusted.
    """

    hip: Point3
    joints: Array
    measured: bool

    @property
    def points(self) -> Array | None:
        """The located joints, (k, 3); None without any."""
        good = self.joints[np.isfinite(self.joints[:, 0])]
        return good if len(good) else None

    def height(self, which: tuple[int, ...]) -> float | None:
        """Mean height above the floor of those of these joints that were located."""
        z = self.joints[list(which), 2]
        return float(np.nanmean(z)) if np.isfinite(z).any() else None


NOWHERE = np.full((33, 3), np.nan)


def locate(pose: Pose, view: View, millimetres: NDArray[np.uint16] | None) -> Place | None:
    """Where this body is, by the best means there is."""
    if millimetres is not None:
        place = _by_depth(pose, view, millimetres)
        if place is not None:
            return place
    return _by_floor(pose, view) or _by_size(pose, view)


def _by_depth(pose: Pose, view: View, millimetres: NDArray[np.uint16]) -> Place | None:
    at = pixels(pose, view.width, view.height)
    distance = np.full(33, np.nan)
    for k in BODY:
        if pose.image[k, VISIBILITY] >= RELIABLE:
            distance[k] = _depth_at(millimetres, at[k], view)
    torso = distance[[*SHOULDERS, *HIPS]]
    known = torso[np.isfinite(torso)] if np.isfinite(torso).any() else distance[np.isfinite(distance)]
    if not len(known):
        return None
    distance[np.abs(distance - np.median(known)) > BODY_DEPTH_M] = np.nan
    joints = view.eye + view.rays_in_base(at) * distance[:, None]
    located = np.isfinite(distance)
    if not located.any():
        return None
    hips = joints[list(HIPS)]
    if np.isfinite(hips[:, 0]).any():
        hip = np.nanmean(hips, axis=0)
    else:  # hidden hips: step from the joints that were located, by the model's own body
        hip = (joints[located] - view.turn_to_base(pose.body)[located]).mean(axis=0)
    return Place(_point(hip), joints, measured=True)


def _depth_at(millimetres: NDArray[np.uint16], at: Array, view: View) -> float:
    """The nearer part of the readings about a pixel, m: at a limb's edge the rest is background. NaN: no reading."""
    rows, columns = millimetres.shape
    column, row = int(at[0] * columns / view.width), int(at[1] * rows / view.height)
    if not (0 <= column < columns and 0 <= row < rows):
        return math.nan
    window = millimetres[max(0, row - 2) : row + 3, max(0, column - 2) : column + 3]
    readings = window[window > 0] * 0.001
    readings = readings[(readings >= view.depth_min_m) & (readings <= view.depth_max_m)]
    return float(np.percentile(readings, 30)) if len(readings) else math.nan


def _by_floor(pose: Pose, view: View) -> Place | None:
    """The feet are on the floor, and the hips are above them (or beside them, when both are low)."""
    feet = middle(pose.image, FEET)
    if visibility(pose, FEET) < RELIABLE or not (0.0 < feet[0] < 1.0 and 0.0 < feet[1] < 0.99):
        return None
    at = pixels(pose, view.width, view.height)
    ray = view.rays_in_base(middle(at, FEET))
    if ray[2] > -0.02:
        return None
    distance = -view.eye[2] / ray[2]
    if not 0.0 < distance < FARTHEST_M:
        return None
    offset = -view.turn_to_base(middle(pose.body, FEET))
    on_floor = view.eye + distance * ray
    return Place((float(on_floor[0] + offset[0]), float(on_floor[1] + offset[1]), max(0.0, float(offset[2]))), NOWHERE,
                 measured=False)  # fmt: skip


def _by_size(pose: Pose, view: View) -> Place | None:
    """A body of known size looks smaller the farther it is."""
    if visibility(pose, (*SHOULDERS, *HIPS)) < RELIABLE:
        return None
    distance = view.fy / max(pixels_per_metre(pose, view.width, view.height), 1e-6)
    if not 0.2 < distance < FARTHEST_M:
        return None
    hip = view.eye + distance * view.rays_in_base(middle(pixels(pose, view.width, view.height), HIPS))
    return Place(_point(hip), NOWHERE, measured=False)


def _point(values: Array) -> Point3:
    return float(values[0]), float(values[1]), float(values[2])
