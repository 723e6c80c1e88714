"""The only pictures that leave perception: where the furniture is, as a coarse mosaic, and the person as a skeleton.

Twenty mosaic tiles across a picture keep a bed from a doorway and nobody from anybody.
"""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from kangban.values import Array
from perception.draw import ALARM, CALM, draw_skeleton

TILES = 20  # across the picture
DIMMED = 0.55


def deidentified(pixels: NDArray[np.uint8], fallen: Array | None, others: tuple[Array, ...] = ()) -> NDArray[np.uint8]:
    """A picture of the same size, RGB, without anyone's looks; `fallen` and `others` are landmarks (33, 5)."""
    height, width = pixels.shape[:2]
    tiles = (TILES, max(1, round(TILES * height / width)))
    small = cv2.resize(pixels, tiles, interpolation=cv2.INTER_AREA)
    smooth = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    out = np.asarray(smooth * DIMMED, dtype=np.uint8)
    for landmarks in others:
        draw_skeleton(out, landmarks, CALM)
    if fallen is not None:
        draw_skeleton(out, fallen, ALARM)
    return out


def write_picture(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Write a PNG whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    good, data = cv2.imencode(".png", np.ascontiguousarray(pixels[:, :, ::-1]))
    if not good:
        raise OSError(f"{path}: the picture can't be encoded")
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(data.tobytes())
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
