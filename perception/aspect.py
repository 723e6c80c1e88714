"""How wide a picture was for its height, from the bodies in it: for recordings that do not say.

A body is as many pixels to the metre across as it is down (weak perspective). Landmarks are shares of the picture's
width and height, so how much more of the height than of the width a metre takes is the picture's aspect.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from perception.landmarks import BODY, VISIBILITY

USUAL = (4 / 3, 16 / 9, 1.0, 3 / 4, 9 / 16)
USUAL_HEIGHT_PX = 480
FEWEST = 15  # bodies: below it a guess is worth nothing
ENOUGH = 4000
IN_DOUBT = 0.06  # of the logarithm: by so much another shape must fit better than the commonest, the first


def estimate_size(pieces: Iterable[tuple[NDArray[np.float64], NDArray[np.float64]]]) -> tuple[int, int]:
    """Width and height, px, of pictures of the likeliest usual shape.

    `pieces`: landmarks (n, 33, 5) and bodies (n, 33, 3), all of them seen; it takes no more than it needs.
    """
    found: list[float] = []
    for image, body in pieces:
        found += _aspects(image, body)
        if len(found) >= ENOUGH:
            break
    shape = USUAL[0] if len(found) < FEWEST else _nearest(float(np.median(found)))
    return round(USUAL_HEIGHT_PX * shape), USUAL_HEIGHT_PX


def _nearest(aspect: float) -> float:
    off = {shape: abs(math.log(aspect / shape)) + IN_DOUBT * (shape != USUAL[0]) for shape in USUAL}
    return min(off, key=lambda shape: off[shape])


def _aspects(image: NDArray[np.float64], body: NDArray[np.float64]) -> list[float]:
    if not len(image):
        return []
    which = list(BODY)
    weight = np.clip(image[:, which, VISIBILITY], 0.05, 1.0)[..., None]
    seen, model = _spread(image[:, which, :2], weight), _spread(body[:, which, :2], weight)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.sqrt(seen / model)
        aspect = scale[:, 1] / scale[:, 0]
    return [float(a) for a in aspect if math.isfinite(a) and a > 0]


def _spread(points: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted variance of points (n, k, 2) along each axis, up to a factor: (n, 2)."""
    centred = points - (weight * points).sum(axis=1, keepdims=True) / weight.sum(axis=1, keepdims=True)
    return np.asarray((weight * centred * centred).sum(axis=1))
