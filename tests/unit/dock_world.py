"""A dock among walls for a lidar and a camera, drawn from its own shape: for the tests of finding it and driving in."""

from __future__ import annotations

import itertools
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from kangban.config import load_profile
from kangban.dock import V_IN_DOCK, tag_corners_in_dock
from kangban.dock_picture import BLACK_MODULES, MODULES, tag_picture
from kangban.site import Station
from kangban.values import Array, Pose2D, Scan
from perception.place import View

PROFILE = load_profile("companion")
assert PROFILE.docking is not None
CONTACTS = PROFILE.docking
STATION = Station(tag=7, tag_size_m=0.16, tag_height_m=1.12)
LIDAR = Pose2D(PROFILE.lidar.mount.x_m, PROFILE.lidar.mount.y_m, 0.0)
LIDAR_STD_M = 0.012
RAYS = 360
Segment = tuple[Array, Array]


def view() -> View:
    camera = PROFILE.camera
    focal = camera.height_px / 2 / math.tan(camera.vertical_fov_rad / 2)
    middle = camera.width_px / 2, camera.height_px / 2
    return View(camera.width_px, camera.height_px, focal, focal, *middle, camera.mount, 0.3, 8.0)


def plates(dock: Pose2D) -> list[Segment]:
    return list(itertools.pairwise(dock.transform(V_IN_DOCK)))


def wall(at: Pose2D, half: float = 4.0) -> Segment:
    """Across `at`."""
    a, b = at.transform(np.array([[0.0, -half], [0.0, half]]))
    return a, b


def ranges(segments: list[Segment], rng: np.random.Generator, lidar: Pose2D) -> Array:
    """The lidar's ranges (RAYS,), m; the segments are given in the frame that it stands in."""
    eye = np.array([lidar.x, lidar.y])
    angles = lidar.yaw - math.pi + math.tau / RAYS * np.arange(RAYS)
    ray = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    nearest = np.full(RAYS, np.inf)
    for a, b in segments:
        edge, to = b - a, a - eye
        across = ray[:, 0] * edge[1] - ray[:, 1] * edge[0]
        with np.errstate(divide="ignore", invalid="ignore"):
            far = (to[0] * edge[1] - to[1] * edge[0]) / across
            along = (to[0] * ray[:, 1] - to[1] * ray[:, 0]) / across
        hit = (far > 0.0) & (along >= 0.0) & (along <= 1.0)
        nearest = np.where(hit, np.minimum(nearest, far), nearest)
    return np.asarray(nearest + rng.normal(0.0, LIDAR_STD_M, RAYS))


def scan(segments: list[Segment], rng: np.random.Generator, base: Pose2D, stamp: float) -> Scan:
    """From a robot at `base`, in the frame of the segments."""
    return Scan(stamp, -math.pi, math.tau / RAYS, 0.1, 10.0, ranges(segments, rng, base @ LIDAR))


def returns(segments: list[Segment], rng: np.random.Generator) -> Array:
    """The returns (n, 2), m, in the base; so are the segments."""
    return LIDAR.transform(scan(segments, rng, Pose2D(0.0, 0.0, 0.0), 0.0).points_in_lidar())


def picture(
    dock_in_base: Pose2D, rng: np.random.Generator, station: Station = STATION, tag: int | None = None
) -> NDArray[np.uint8]:
    """What the camera sees: the tag before a grey wall, a little soft, with noise. (height, width, 3) RGB."""
    eye, side = view(), station.tag_size_m * MODULES / BLACK_MODULES
    larger = Station(tag=station.tag, tag_size_m=side, tag_height_m=station.tag_height_m)
    corners = pixels(dock_in_base, larger)
    drawn = tag_picture(station.tag if tag is None else tag, 24)
    n = len(drawn)
    flat = np.array([[0, 0], [n, 0], [n, n], [0, n]], np.float32)
    turn = cv2.getPerspectiveTransform(flat, corners.astype(np.float32))
    size = eye.width * 2, eye.height * 2  # drawn twice as fine, then made smaller: no stairs
    twice = np.diag([2.0, 2.0, 1.0]) @ turn
    wide = np.full((size[1], size[0]), 150, np.uint8)
    cv2.warpPerspective(drawn, twice, size, wide, cv2.INTER_LINEAR, cv2.BORDER_TRANSPARENT)
    small = cv2.resize(wide, (eye.width, eye.height), interpolation=cv2.INTER_AREA).astype(float)
    noisy = small[:, :, None] + rng.normal(0.0, 4.0, (eye.height, eye.width, 3))
    return np.clip(noisy, 0, 255).astype(np.uint8)


def pixels(dock_in_base: Pose2D, station: Station) -> Array:
    """Where the tag's corners fall in the picture, (4, 2)."""
    eye = view()
    points = dock_in_base.transform(tag_corners_in_dock(station))
    mount = np.array([eye.mount.x_m, eye.mount.y_m, eye.mount.z_m])
    x, y, z = ((points - mount) @ eye.turn_to_base(np.eye(3)).T).T
    return np.stack([eye.cx + eye.fx * x / z, eye.cy + eye.fy * y / z], axis=1)
