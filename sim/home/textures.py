"""One picture with a patch for each surface of a home, painted by numbers; a seed changes the colours.

One picture and few meshes keep rendering on a processor fast: what costs there is the number of things drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIZE = 256  # pixels of a patch
COLUMNS = 4
MARGIN = 4  # pixels of a patch not used, so that neighbours do not bleed in
Picture = NDArray[np.float64]
TAG = "tag"  # a patch of its own: the picture on the charging dock


def planks(rng: np.random.Generator) -> Picture:
    """Planks with a grain along them."""
    base = np.array([150.0, 110.0, 75.0]) * rng.uniform(0.75, 1.15)
    picture = np.zeros((SIZE, SIZE, 3))
    plank = SIZE // 8
    for row in range(8):
        tone = base * rng.uniform(0.88, 1.1)
        grain = np.cumsum(rng.normal(0.0, 0.8, plank))[:, None, None] + rng.normal(0.0, 4.0, (1, SIZE, 1))
        picture[row * plank : (row + 1) * plank] = tone + grain
        picture[row * plank] = tone * 0.6
        seam = int(rng.integers(0, SIZE))
        picture[row * plank : (row + 1) * plank, seam : seam + 1] = tone * 0.6
    return picture


def plaster(rng: np.random.Generator) -> Picture:
    tone = np.array([212.0, 208.0, 196.0]) * rng.uniform(0.9, 1.05, 3)
    return tone + rng.normal(0.0, 2.5, (SIZE, SIZE, 1))


def fabric(rng: np.random.Generator) -> Picture:
    tone = rng.uniform(60.0, 150.0, 3)
    weave = 6.0 * np.sin(np.arange(SIZE) * np.pi / 4)
    return tone + weave[:, None, None] + weave[None, :, None] + rng.normal(0.0, 4.0, (SIZE, SIZE, 1))


def tiles(rng: np.random.Generator) -> Picture:
    picture = np.full((SIZE, SIZE, 3), 205.0) * rng.uniform(0.85, 1.05) + rng.normal(0.0, 2.0, (SIZE, SIZE, 1))
    for line in range(0, SIZE, SIZE // 4):
        picture[line : line + 3] = picture[:, line : line + 3] = 150.0
    return picture


def plain(red: float, green: float, blue: float) -> Callable[[np.random.Generator], Picture]:
    def paint(rng: np.random.Generator) -> Picture:
        tone = 255.0 * np.array([red, green, blue]) * rng.uniform(0.95, 1.05)
        return tone + rng.normal(0.0, 1.5, (SIZE, SIZE, 1))

    return paint


PAINTERS: dict[str, Callable[[np.random.Generator], Picture]] = {
    "planks": planks,
    "plaster": plaster,
    "fabric": fabric,
    "tiles": tiles,
    "wood": plain(0.50, 0.35, 0.22),
    "dark": plain(0.30, 0.24, 0.20),
    "white": plain(0.88, 0.88, 0.86),
    "grey": plain(0.55, 0.56, 0.58),
    "ceiling": plain(0.93, 0.93, 0.91),
}


def paint_atlas(
    path: Path,
    rng: np.random.Generator,
    painters: Mapping[str, Callable[[np.random.Generator], Picture]] = PAINTERS,
    tag: NDArray[np.uint8] | None = None,
) -> None:
    """Write the picture that all surfaces share; `painters` have the names of PAINTERS in the same order. `tag`: grey
    levels (SIZE, SIZE) for the patch TAG."""
    side = SIZE * COLUMNS
    atlas = np.zeros((side, side, 3))
    for number, painter in enumerate(painters.values()):
        row, column = divmod(number, COLUMNS)
        atlas[row * SIZE : (row + 1) * SIZE, column * SIZE : (column + 1) * SIZE] = painter(rng)
    if tag is not None:
        row, column = divmod(len(PAINTERS), COLUMNS)
        atlas[row * SIZE : (row + 1) * SIZE, column * SIZE : (column + 1) * SIZE] = tag[:, :, None]
    Image.fromarray(np.clip(atlas, 0, 255).astype(np.uint8)).save(path, compress_level=1)


def patch(name: str) -> tuple[float, float, float, float]:
    """Left, bottom, right, top of a patch in texture coordinates (0..1, v upwards)."""
    row, column = divmod([*PAINTERS, TAG].index(name), COLUMNS)
    side, inset = SIZE * COLUMNS, MARGIN / (SIZE * COLUMNS)
    left, top = column * SIZE / side, 1.0 - row * SIZE / side
    return left + inset, top - SIZE / side + inset, left + SIZE / side - inset, top - inset
