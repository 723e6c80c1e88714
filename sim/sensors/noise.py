"""Sensor noise, seeded. Figures are of common parts: an RGB-D camera of the structured-light kind and a 10 m lidar."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

PICTURES = 6  # noise pictures made once; one is taken at random for each frame
BRIGHTNESS_STD = 4.0  # grey levels
DEPTH_STD_AT_1M = 0.0015  # m, growing with the square of the distance (Khoshelham and Elberink 2012)
EDGE_M = 0.12  # a jump of depth between neighbours above which a reading may be lost
LIDAR_STD_M = 0.012
LIDAR_LOST = 0.003  # share of rays without a reading


class PictureNoise:
    def __init__(self, shape: tuple[int, int, int], rng: np.random.Generator) -> None:
        self.rng = rng
        normal = [rng.normal(0.0, BRIGHTNESS_STD, shape) for _ in range(PICTURES)]
        self._up = [np.clip(n, 0, 255).astype(np.uint8) for n in normal]
        self._down = [np.clip(-n, 0, 255).astype(np.uint8) for n in normal]

    def add(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        k = int(self.rng.integers(PICTURES))
        noisy: NDArray[np.uint8] = cv2.subtract(cv2.add(pixels, self._up[k]), self._down[k])
        return noisy


class DepthNoise:
    """Metres in, millimetres out; 0 where there is no reading: out of range, or lost at an edge."""

    def __init__(
        self, shape: tuple[int, int], range_min_m: float, range_max_m: float, rng: np.random.Generator
    ) -> None:
        self.rng = rng
        # Millimetres a square metre, and 1 where an edge's reading is kept.
        spread = 1000.0 * DEPTH_STD_AT_1M
        self._normal = [rng.normal(0.0, spread, shape).astype(np.float32) for _ in range(PICTURES)]
        self._kept = [(rng.random(shape) < 0.5).astype(np.uint8) for _ in range(PICTURES)]
        self._range = range_min_m, range_max_m

    def spoil(self, metres: NDArray[np.float32]) -> NDArray[np.uint16]:
        k, (low, high) = int(self.rng.integers(PICTURES)), self._range
        good = cv2.inRange(metres, np.array(low), np.array(high))  # 255 where in range
        smooth = np.full(metres.shape, 255, np.uint8)
        smooth[:, 1:] = cv2.inRange(cv2.absdiff(metres[:, 1:], metres[:, :-1]), np.array(0.0), np.array(EDGE_M))
        smooth[1:] &= cv2.inRange(cv2.absdiff(metres[1:], metres[:-1]), np.array(0.0), np.array(EDGE_M))
        good &= cv2.max(smooth, self._kept[k])
        noise = cv2.multiply(cv2.multiply(metres, metres), self._normal[k])
        noisy = cv2.scaleAdd(metres, 1000.0, noise)
        millimetres: NDArray[np.uint16] = noisy.astype(np.uint16)
        millimetres[good == 0] = 0
        return millimetres


def spoil_ranges(
    ranges: NDArray[np.float64], range_min_m: float, range_max_m: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """True distances (inf: nothing hit) to readings: NaN lost, +inf nothing within range, -inf too near (REP 117)."""
    noisy = ranges + rng.normal(0.0, LIDAR_STD_M, ranges.shape)
    noisy = np.where(noisy > range_max_m, np.inf, noisy)
    noisy = np.where(noisy < range_min_m, -np.inf, noisy)
    return np.where(rng.random(ranges.shape) < LIDAR_LOST, np.nan, noisy)
