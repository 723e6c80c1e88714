"""Cameras: the robot's RGB-D camera at its mount, and free views for pictures of a scenario."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pybullet as p
from numpy.typing import NDArray

from kangban.profile import Camera
from kangban.values import CameraInfo, Depth, Image, Point3, Pose2D
from sim.sensors.noise import DepthNoise, PictureNoise

NEAR_M, FAR_M = 0.08, 16.0


@dataclass(frozen=True)
class Light:
    """`direction` points from the scene to the lamp; ambient and diffuse are shares of full light."""

    direction: tuple[float, float, float] = (2.0, 1.5, 5.0)
    ambient: float = 0.6
    diffuse: float = 0.45


@dataclass(frozen=True)
class View:
    eye: Point3
    target: Point3
    vertical_fov_rad: float
    width: int
    height: int


def render(client: int, view: View, light: Light) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Pixels (height, width, 3) RGB and distances along the optical axis (height, width), m."""
    looking = p.computeViewMatrix(view.eye, view.target, [0, 0, 1])
    degrees, aspect = math.degrees(view.vertical_fov_rad), view.width / view.height
    lens = p.computeProjectionMatrixFOV(degrees, aspect, NEAR_M, FAR_M)
    _, _, pixels, buffer, _ = p.getCameraImage(
        view.width,
        view.height,
        looking,
        lens,
        renderer=p.ER_BULLET_HARDWARE_OPENGL,
        flags=p.ER_NO_SEGMENTATION_MASK,
        shadow=0,
        lightDirection=light.direction,
        lightAmbientCoeff=light.ambient,
        lightDiffuseCoeff=light.diffuse,
        lightSpecularCoeff=0.0,
        physicsClientId=client,
    )
    colours = np.asarray(pixels, dtype=np.uint8).reshape(view.height, view.width, 4)[..., :3]
    depth = np.asarray(buffer, dtype=np.float32).reshape(view.height, view.width)
    return np.ascontiguousarray(colours), (NEAR_M * FAR_M / (FAR_M - (FAR_M - NEAR_M) * depth)).astype(np.float32)


def intrinsics(camera: Camera) -> CameraInfo:
    """Square pixels, optical centre in the middle."""
    focal = camera.height_px / 2 / math.tan(camera.vertical_fov_rad / 2)
    return CameraInfo(0.0, camera.width_px, camera.height_px, focal, focal, camera.width_px / 2, camera.height_px / 2)


class RgbdCamera:
    def __init__(self, client: int, camera: Camera, light: Light, rng: np.random.Generator) -> None:
        self._client, self._camera, self._light = client, camera, light
        shape = camera.height_px, camera.width_px
        self._picture_noise = PictureNoise((*shape, 3), rng)
        self._depth_noise = DepthNoise(shape, camera.depth_min_m, camera.depth_max_m, rng)

    def reseed(self, rng: np.random.Generator) -> None:
        self._picture_noise.rng = self._depth_noise.rng = rng

    def view(self, base: Pose2D) -> View:
        mount, camera = self._camera.mount, self._camera
        at = base @ Pose2D(mount.x_m, mount.y_m, mount.yaw_rad)
        eye = (at.x, at.y, mount.z_m)
        forward = math.cos(mount.pitch_rad)
        target = (
            eye[0] + forward * math.cos(at.yaw),
            eye[1] + forward * math.sin(at.yaw),
            eye[2] - math.sin(mount.pitch_rad),
        )
        return View(eye, target, camera.vertical_fov_rad, camera.width_px, camera.height_px)

    def shoot(self, base: Pose2D, now: float) -> tuple[Image, Depth]:
        pixels, metres = render(self._client, self.view(base), self._light)
        return Image(now, self._picture_noise.add(pixels)), Depth(now, self._depth_noise.spoil(metres))
