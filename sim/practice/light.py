"""Light in the room, and what a cheap sensor, its exposure and its compression make of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

NOISES = 5  # noise pictures made once a film; one is taken by lot for each frame
KINDS: tuple[tuple[str, float], ...] = (("bright", 0.4), ("even", 0.2), ("side", 0.15), ("dim", 0.15), ("back", 0.1))


@dataclass(frozen=True)
class Lighting:
    """`direction` points from the scene to the lamp. `gain` (3,): exposure by colour; `gamma` darkens or lifts mid
    tones; `noise`: standard deviation in grey levels; `blur`: standard deviation, px; `smear`: px along which the
    picture is dragged; `jpeg`: quality, None uncompressed. `shade` darkens everything but windows."""

    kind: str
    direction: tuple[float, float, float]
    ambient: float
    diffuse: float
    gain: tuple[float, float, float]
    gamma: float
    noise: float
    blur: float
    smear: int
    jpeg: int | None
    shade: float = 1.0


def draw_light(rng: np.random.Generator, width: int) -> Lighting:
    kinds, shares = zip(*KINDS, strict=True)
    kind = kinds[int(rng.choice(len(kinds), p=np.array(shares)))]
    bearing = float(rng.uniform(-math.pi, math.pi))
    flat = 4.0 if kind == "side" else float(rng.uniform(0.5, 2.5))
    ambient, diffuse = float(rng.uniform(0.45, 0.7)), float(rng.uniform(0.25, 0.5))
    exposure = float(rng.uniform(0.75, 1.25))
    noise = float(rng.uniform(0.5, 4.0))
    shade, gamma = 1.0, float(rng.uniform(0.85, 1.2))
    if kind == "side":
        ambient, diffuse = float(rng.uniform(0.25, 0.4)), float(rng.uniform(0.5, 0.8))
    elif kind == "dim":
        exposure, noise = float(rng.uniform(0.3, 0.6)), float(rng.uniform(2.5, 7.0))
    elif kind == "back":
        shade, ambient, diffuse = float(rng.uniform(0.4, 0.7)), 0.95, 0.1
        exposure = float(rng.uniform(1.0, 1.4))
    warmth = float(rng.normal(0.0, 0.06))
    gain = (exposure * (1 + warmth), exposure, exposure * (1 - warmth))
    blurred = float(rng.uniform(0.5, 1.6)) * width / 640 if rng.random() < 0.35 else 0.0
    smear = int(rng.integers(3, 8)) if rng.random() < 0.08 else 0
    jpeg = int(rng.integers(25, 90)) if rng.random() < 0.6 else None
    direction = (flat * math.cos(bearing), flat * math.sin(bearing), 2.0 if kind == "side" else 4.0)
    return Lighting(kind, direction, ambient, diffuse, gain, gamma, noise, blurred, smear, jpeg, shade)


class Sensor:
    """Spoils pictures of one size as one camera under one light does. `rng` decides the noise."""

    def __init__(self, light: Lighting, height: int, width: int, rng: np.random.Generator) -> None:
        self._light, self._rng = light, rng
        level = np.arange(256)[:, None] / 255.0
        table = 255.0 * np.clip(level**light.gamma * np.array(light.gain), 0.0, 1.0)
        self._table = table.astype(np.uint8).reshape(256, 1, 3)
        # Grain of a sensor is coarser than a pixel of a small picture: half of it is drawn at half the size.
        fine = rng.normal(0.0, 0.8 * light.noise, (NOISES, height, width, 3)).astype(np.float32)
        self._noise = [self._grain(sheet, light.noise) for sheet in fine]
        self._smear = np.zeros((max(light.smear, 1),) * 2, np.float32)
        self._smear[len(self._smear) // 2] = 1.0 / len(self._smear)

    def _grain(self, fine: NDArray[np.float32], noise: float) -> NDArray[np.int16]:
        height, width = fine.shape[:2]
        coarse = self._rng.normal(0.0, 0.9 * noise, (height // 2, width // 2, 1)).astype(np.float32)
        grain = fine + cv2.resize(coarse, (width, height))[..., None]
        whole: NDArray[np.int16] = grain.astype(np.int16)
        return whole

    def take(self, pixels: Pixels) -> Pixels:
        """(height, width, 3) RGB in, the same shape out."""
        light = self._light
        picture = cv2.LUT(pixels, self._table)
        if light.blur > 0.2:
            picture = cv2.GaussianBlur(picture, (0, 0), light.blur)
        if light.smear > 1:
            picture = cv2.filter2D(picture, -1, self._smear)
        noise = self._noise[int(self._rng.integers(NOISES))]
        picture = cv2.add(picture, noise, dtype=cv2.CV_8U)
        if light.jpeg is not None:
            _, packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, light.jpeg])
            picture = cv2.imdecode(packed, cv2.IMREAD_COLOR)
        taken: Pixels = np.ascontiguousarray(picture)
        return taken
