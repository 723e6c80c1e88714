"""Surfaces of rooms nobody lives in: the patches of `sim.home.textures`, in many more colours and patterns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sim.home.textures import PAINTERS, SIZE, Picture, fabric, planks, tiles

Painter = Callable[[np.random.Generator], Picture]
WOODS = ((150, 110, 75), (96, 66, 44), (190, 160, 122), (70, 52, 40), (205, 186, 160), (128, 122, 114))


def colour(rng: np.random.Generator, dullest: float, brightest: float, gaudy: float) -> Picture:
    """RGB (3,): a grey between two levels with a tint of at most `gaudy` of it."""
    tone: Picture = float(rng.uniform(dullest, brightest)) * (1.0 + gaudy * rng.uniform(-1.0, 1.0, 3))
    return tone


def _flat(tone: Picture, grain: float, rng: np.random.Generator) -> Picture:
    picture: Picture = np.asarray(tone) + rng.normal(0.0, grain, (SIZE, SIZE, 1))
    return picture


def floor(rng: np.random.Generator) -> Picture:
    kind = rng.choice(["planks", "carpet", "tiles", "vinyl"], p=[0.45, 0.2, 0.2, 0.15])
    if kind == "planks":
        wood = np.array(WOODS[int(rng.integers(len(WOODS)))], dtype=float)
        stained: Picture = planks(rng) * (wood / np.array([150.0, 110.0, 75.0]))
        return stained
    if kind == "carpet":
        return _flat(colour(rng, 50, 190, 0.25), 7.0, rng)
    if kind == "tiles":
        return tiles(rng) * colour(rng, 0.5, 1.1, 0.08)
    speckle = rng.normal(0.0, 9.0, (SIZE // 4, SIZE // 4, 1)).repeat(4, 0).repeat(4, 1)
    return _flat(colour(rng, 90, 210, 0.12), 2.0, rng) + speckle


def wall(rng: np.random.Generator) -> Picture:
    picture = _flat(colour(rng, 110, 240, 0.12), 2.5, rng)
    kind = rng.random()
    if kind < 0.2:  # striped wallpaper
        stripe = np.sign(np.sin(np.arange(SIZE) * 2 * np.pi * int(rng.integers(3, 12)) / SIZE))
        picture = picture + float(rng.uniform(4, 18)) * stripe[None, :, None]
    elif kind < 0.35:  # a pattern of dots
        wave = np.sin(np.arange(SIZE) * 2 * np.pi * int(rng.integers(4, 14)) / SIZE)
        picture = picture + float(rng.uniform(6, 20)) * (np.outer(wave, wave) > 0.4)[..., None]
    elif kind < 0.45:  # panelling
        picture[:: SIZE // int(rng.integers(3, 9))] *= 0.75
    return picture


def cloth(rng: np.random.Generator) -> Picture:
    kind = rng.random()
    if kind < 0.5:
        return fabric(rng) * float(rng.uniform(0.5, 1.6))
    picture = _flat(colour(rng, 40, 215, 0.35), 4.0, rng)
    if kind < 0.75:  # checks
        lines = (np.arange(SIZE) // int(rng.integers(10, 40))) % 2
        picture = picture + float(rng.uniform(-35, 35)) * (lines[:, None, None] + lines[None, :, None] - 1.0)
    return picture


def shade(dullest: float, brightest: float, gaudy: float) -> Painter:
    def paint(rng: np.random.Generator) -> Picture:
        return _flat(colour(rng, dullest, brightest, gaudy), 2.5, rng)

    return paint


PRACTICE_PAINTERS: dict[str, Painter] = {
    **PAINTERS,
    "planks": floor,
    "tiles": floor,
    "plaster": wall,
    "fabric": cloth,
    "wood": shade(50, 190, 0.3),
    "dark": shade(25, 110, 0.3),
    "white": shade(150, 240, 0.08),
    "grey": shade(60, 200, 0.35),
}
"""The same names in the same order as `PAINTERS`, so that meshes find their patches."""
