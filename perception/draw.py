"""Skeletons and words on a picture: for `annotate.py`, and for the de-identified pictures that leave the node."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from kangban.values import Array, Fall, FallState
from perception.falls import Stage
from perception.landmarks import BONES, NOSE, VISIBILITY

Pixels = NDArray[np.uint8]
Colour = tuple[int, ...]  # RGB
SEEN = 0.2  # landmarks less visible than this are not drawn
CALM, ALARM, SUSPECT = (70, 200, 90), (235, 60, 50), (245, 170, 30)  # RGB
UP_AGAIN, OTHER = (70, 130, 220), (150, 160, 175)
STAGE_COLOURS: dict[Stage, Colour] = {
    Stage.CALM: CALM, Stage.SUSPECTED: SUSPECT, Stage.CONFIRMED: ALARM, Stage.RECOVERED: UP_AGAIN,
}  # fmt: skip


def draw_skeleton(pixels: Pixels, landmarks: Array, colour: Colour) -> None:
    """Draw bones, joints and head of `landmarks` (33, 5) into `pixels`."""
    height, width = pixels.shape[:2]
    at = np.clip(landmarks[:, :2] * (width, height), -width, 2 * width).astype(int)
    seen = landmarks[:, VISIBILITY] >= SEEN
    thick = max(2, height // 160)
    for a, b in BONES[2:]:
        if seen[a] and seen[b]:
            cv2.line(pixels, at[a].tolist(), at[b].tolist(), colour, thick, cv2.LINE_AA)
    shoulders = float(np.linalg.norm(at[11] - at[12]))
    if seen[NOSE]:
        cv2.circle(pixels, at[NOSE].tolist(), int(max(4.0, 0.35 * shoulders)), colour, thick, cv2.LINE_AA)


def colour_of(fall: Fall | None) -> Colour:
    if fall is None:
        return CALM
    return {FallState.CONFIRMED: ALARM, FallState.SUSPECTED: SUSPECT, FallState.RECOVERED: UP_AGAIN}[fall.state]


def write(pixels: Pixels, text: str, at: tuple[int, int], size: float, colour: Colour) -> None:
    """Words on a dark ground, so that they can be read on anything.

    `at`: left end of their base line, px; `size` 1 is 12 px high.
    """
    thick = max(1, round(size))
    (wide, tall), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.48 * size, thick)
    x, y, edge = *at, max(2, round(2 * size))
    ground = pixels[max(0, y - tall - edge) : y + below, max(0, x - edge) : x + wide + edge]
    ground[:] = (0.3 * ground).astype(np.uint8)
    bright = tuple(round(0.65 * c + 0.35 * 255) for c in colour)
    cv2.putText(pixels, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.48 * size, bright, thick, cv2.LINE_AA)
