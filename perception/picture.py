"""One picture of a source, and what may go wrong with a source."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]  # (height, width, 3), RGB
SMALLEST_PX = 32  # of the shorter side; nothing can be seen in less (`blind.py` says so)
PATIENCE_S = 0.5  # without a picture from a live source: that is told, and asked again
REOPEN_S = 1.0  # an unplugged camera may come back ...
GIVE_UP_S = 600.0  # ... within so long


class SourceError(Exception):
    """No pictures, or no more of them; the message says which source, what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Picture:
    """`stamp`: media seconds from the start; `pixels` (height, width, 3), uint8, RGB."""

    stamp: float
    pixels: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class NoPicture:
    """None came for a while, and `why`."""

    stamp: float
    why: str


def rgb(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """OpenCV's picture with its colours in the usual order."""
    if frame.ndim == 2:
        return np.asarray(cv2.cvtColor(frame, cv2.COLOR_GRAY2RGB), dtype=np.uint8)
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), dtype=np.uint8)
