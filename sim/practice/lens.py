"""The camera of a film: a fixed one somewhere in the room, held a little askew."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pybullet as p
from numpy.typing import NDArray

from sim.practice.light import Lighting
from sim.practice.rooms import Room

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]

NEAR_M, FAR_M = 0.08, 16.0
SIZES = (
    ((320, 240), 0.28), ((424, 240), 0.20), ((480, 360), 0.13), ((640, 480), 0.16), ((640, 360), 0.17),
    ((854, 480), 0.03), ((960, 720), 0.01), ((1280, 720), 0.02),
)  # fmt: skip
"""Width and height in pixels, and how often; large ones are rare because they cost most."""


@dataclass(frozen=True)
class Lens:
    """Where the camera is and what it takes in. Yaw from +x counter-clockwise, pitch downwards, roll clockwise; rad."""

    eye: tuple[float, float, float]
    yaw: float
    pitch: float
    roll: float
    vertical_fov: float
    width: int
    height: int

    @property
    def view(self) -> Array:
        """World to camera (4, 4), OpenGL's: x right, y up, looking along -z."""
        c, s = math.cos(self.pitch), math.sin(self.pitch)
        ahead = np.array([c * math.cos(self.yaw), c * math.sin(self.yaw), -s])
        right = np.array([math.sin(self.yaw), -math.cos(self.yaw), 0.0])
        up = np.cross(right, ahead)
        cr, sr = math.cos(self.roll), math.sin(self.roll)
        right, up = cr * right - sr * up, sr * right + cr * up
        turn = np.stack([right, up, -ahead])
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = turn, -turn @ np.array(self.eye)
        return matrix

    @property
    def focal(self) -> float:
        """In image heights."""
        return 0.5 / math.tan(self.vertical_fov / 2)

    def project(self, points: Array) -> Array:
        """Points (n, 3) in the world -> x, y (n, 2) in 0..1 of the image, NaN behind.

        They are beyond it where they lie beside the picture.
        """
        inside = points @ self.view[:3, :3].T + self.view[:3, 3]
        depth = np.where(inside[:, 2] < -NEAR_M, -inside[:, 2], np.nan)
        x = 0.5 + self.focal * inside[:, 0] / depth * self.height / self.width
        y = 0.5 - self.focal * inside[:, 1] / depth
        return np.stack([x, y], axis=1)

    def sees(self, point: Array, margin: float = 0.0) -> bool:
        x, y = self.project(np.asarray(point, dtype=float)[None])[0]
        return bool(margin <= x <= 1 - margin and margin <= y <= 1 - margin)

    def shoot(self, client: int, light: Lighting) -> Pixels:
        """What the room looks like, (height, width, 3) RGB, before the sensor spoils it."""
        lens = p.computeProjectionMatrixFOV(math.degrees(self.vertical_fov), self.width / self.height, NEAR_M, FAR_M)
        pixels = p.getCameraImage(
            self.width, self.height, self.view.T.ravel().tolist(), lens,
            renderer=p.ER_BULLET_HARDWARE_OPENGL, flags=p.ER_NO_SEGMENTATION_MASK, shadow=0,
            lightDirection=light.direction, lightAmbientCoeff=light.ambient, lightDiffuseCoeff=light.diffuse,
            lightSpecularCoeff=0.0, physicsClientId=client,
        )[2]  # fmt: skip
        return np.ascontiguousarray(np.asarray(pixels, dtype=np.uint8).reshape(self.height, self.width, 4)[..., :3])


def draw_lens(rng: np.random.Generator, room: Room) -> Lens:
    """A camera that looks at the floor around the room's focus; one in eight cuts people off."""
    size, ceiling, focus = room.size, room.ceiling, room.focus
    partial = rng.random() < 0.12
    # Wide pictures and narrow lenses are tried until the person fits well enough: at most so often.
    for _ in range(200):
        bearing, away = float(rng.uniform(-math.pi, math.pi)), float(rng.uniform(1.2, 6.0))
        eye = np.array(focus) + away * np.array([math.cos(bearing), math.sin(bearing)])
        if not (0.12 <= eye[0] <= size[0] - 0.12 and 0.12 <= eye[1] <= size[1] - 0.12):
            continue
        height = min(
            float(rng.choice([rng.uniform(0.4, 1.0), rng.uniform(1.0, 1.7), rng.uniform(1.7, 2.4)])), ceiling - 0.1
        )
        if room.blocks(float(eye[0]), float(eye[1]), height):
            continue
        fov = float(rng.uniform(0.6, 1.4))
        covers = 2 * away * math.tan(fov / 2)  # m from top to bottom of the picture, at the focus
        if covers < (0.9 if partial else 1.5) or covers > 6.5:
            continue
        aims_at = float(rng.uniform(0.2, 0.9))
        pitch = math.atan2(height - aims_at, away) + float(rng.normal(0.0, 0.05 if not partial else 0.15))
        floor_at = math.atan2(height, away) - pitch
        if floor_at > (0.6 if partial else 0.46) * fov or pitch - fov / 2 > 0.7:
            continue
        aside = float(rng.normal(0.0, 0.08 if not partial else 0.22))
        return _lens(rng, (float(eye[0]), float(eye[1]), height), bearing + math.pi + aside, pitch, fov)
    return _lens(rng, (0.2, 0.2, 1.4), math.atan2(focus[1] - 0.2, focus[0] - 0.2), 0.35, 1.1)


def _lens(rng: np.random.Generator, eye: tuple[float, float, float], yaw: float, pitch: float, fov: float) -> Lens:
    sizes, shares = zip(*SIZES, strict=True)
    width, height = sizes[int(rng.choice(len(sizes), p=shares))]
    roll = float(np.clip(rng.normal(0.0, 0.03), -0.1, 0.1))
    return Lens(eye, yaw, pitch, roll, fov, width, height)
