"""Is there anything to see? Black, washed out, covered, nothing but noise, or the same picture again and again.

A coarse grid of block means is all it looks at: they are free of a sensor's noise, so that a dark room's noise does not
pass for a picture, while a dim room with a window in it still does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.picture import SMALLEST_PX

COLUMNS, ROWS = 32, 24
WIDEST_PX = 320  # a larger picture is thinned out first; only its green is looked at
# Detail: how much a block's brightness differs from the middle of its neighbours', of 255; 2 % of the blocks reach it.
# Rooms reach 70 in full light and 9 at a tenth of it; a smooth gradient, as of a finger on the lens, has none.
DETAIL = 6.0
NOISE_SHARE = 1.6  # detail that chance alone makes of a picture's noise, by so much
CHANCE = 2.33 * math.sqrt(6.0)  # ... is so much as the spread of a block's mean: 2 % of second differences
DARK, BRIGHT = 25.0, 230.0  # of 255, means
SATURATED, SATURATED_SHARE = 250.0, 0.92  # blocks so bright show nothing; so many of them leave nothing
# A camera that stands still gives the same picture again; behind a video encoder nearly so when a key frame comes.
STILL_MEAN, STILL_MOST = 0.6, 4.0  # of 255, against the picture it stopped at
SOLID = 8  # pictures in a row must be equal in every sample before ...
UNEQUAL = 4  # ... so few in a row may differ by no more than that
STILL_LONGER_S = 0.1  # than other faults: a still room behind an encoder repeats itself too
# The picture jumps: the camera was turned over or knocked, or another one took its place.
JUMP_LIKENESS, JUMP_MEAN = 0.15, 20.0  # correlation with the picture before; mean change, of 255


@dataclass(frozen=True, slots=True)
class Sight:
    """What is remembered of the pictures. `bad_since`: nothing (new) to see since then; None: there is.

    `nothing`: the last picture shows nothing at all; `jumped`: it shows something else than the one before.
    """

    sample: NDArray[np.uint8] | None = None
    blocks: NDArray[np.float32] | None = None
    stopped_at: NDArray[np.float32] | None = None  # blocks of the first of the pictures that are alike
    alike_since: float = 0.0
    equal: int = 0  # in a row
    unequal: int = 0  # in a row
    bad_since: float | None = None
    why: str = ""
    nothing: bool = False
    jumped: bool = False


def watch_sight(sight: Sight, pixels: NDArray[np.uint8], stamp: float) -> Sight:
    """The state after one more picture, (height, width, 3). Costs 0.2 ms."""
    thin = max(1, pixels.shape[1] // WIDEST_PX)
    green = np.ascontiguousarray(pixels[::thin, ::thin, 1])
    sample = pixels[::9, ::11].copy()
    blocks = cv2.resize(green, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA).astype(np.float32)
    why = _shows_nothing(blocks, green, pixels.shape[:2])
    fresh = _alike(replace(sight, jumped=_jumped(sight, sample, blocks, bool(why))), sample, blocks, stamp)
    if why:
        return replace(fresh, bad_since=stamp if sight.bad_since is None else sight.bad_since, why=why, nothing=True)
    if fresh.stopped_at is not None:
        since = fresh.alike_since + STILL_LONGER_S
        return replace(fresh, bad_since=since, why="the picture stands still: has the camera stopped?", nothing=False)
    return replace(fresh, bad_since=None, why="", nothing=False)


def is_blind(sight: Sight, now: float, after_s: float) -> bool:
    return sight.bad_since is not None and now - sight.bad_since >= after_s


def _shows_nothing(blocks: NDArray[np.float32], green: NDArray[np.uint8], shape: tuple[int, ...]) -> str:
    """Why the picture shows nothing; empty where it shows something."""
    mean = float(blocks.mean())
    if min(shape) < SMALLEST_PX:
        return f"the picture is {shape[1]}x{shape[0]}: too small to see anything"
    if float((blocks >= SATURATED).mean()) >= SATURATED_SHARE:
        return "the picture is white: strong light into the lens?"
    bends = np.concatenate([(blocks[2:] - 2 * blocks[1:-1] + blocks[:-2]).ravel(),
                            (blocks[:, 2:] - 2 * blocks[:, 1:-1] + blocks[:, :-2]).ravel()])  # fmt: skip
    top = int(0.98 * len(bends))
    detail = float(np.partition(np.abs(bends), top)[top])
    noise = math.sqrt(max(0.0, float(green[::3, ::3].var()) - float(blocks.var())))
    each = max(1.0, green.size / (ROWS * COLUMNS))  # values behind a block's mean
    by_chance = NOISE_SHARE * CHANCE * noise / math.sqrt(each)
    if detail >= max(DETAIL, by_chance):
        return ""
    if mean < DARK:
        return "the picture is black: is the lens covered, the room dark?"
    if mean > BRIGHT:
        return "the picture is white: strong light into the lens?"
    if by_chance > DETAIL:
        return "the picture is nothing but noise: is the camera or its cable broken?"
    return "the picture shows nothing: is something right before the lens?"


def _alike(sight: Sight, sample: NDArray[np.uint8], blocks: NDArray[np.float32], stamp: float) -> Sight:
    """Carry on the run of pictures that are alike, begin one where a picture equals the one before, or break it."""
    before, first = sight.sample, sight.stopped_at
    fresh = replace(sight, sample=sample, blocks=blocks)
    equal = before is not None and before.shape == sample.shape and np.array_equal(before, sample)
    if first is None:
        return replace(fresh, stopped_at=blocks, alike_since=stamp, equal=1, unequal=0) if equal else fresh
    if equal:
        return replace(fresh, equal=sight.equal + 1 if sight.unequal == 0 else 1, unequal=0)
    apart = np.abs(blocks - first)
    near = float(apart.mean()) <= STILL_MEAN and float(apart.max()) <= STILL_MOST
    if near and (0 < sight.unequal < UNEQUAL or (sight.unequal == 0 and sight.equal >= SOLID)):
        return replace(fresh, unequal=sight.unequal + 1)
    return replace(fresh, stopped_at=None, equal=0, unequal=0)


def _jumped(sight: Sight, sample: NDArray[np.uint8], blocks: NDArray[np.float32], nothing: bool) -> bool:
    before = sight.blocks
    if before is None or nothing or sight.nothing:
        return False
    if sight.sample is not None and sight.sample.shape != sample.shape:
        return True  # another size: turned, or another camera
    if float(np.abs(blocks - before).mean()) < JUMP_MEAN:
        return False
    a, b = blocks - blocks.mean(), before - before.mean()
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return length > 0 and float((a * b).sum()) / length < JUMP_LIKENESS
