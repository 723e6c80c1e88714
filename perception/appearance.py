"""What somebody wears, roughly: the colours of torso and legs, to tell people apart whom movement alone can't.

A few dozen pixels inside the torso and along the thighs, counted by hue and saturation (by brightness where there is
no colour). No face, no shape, nothing that would know a person again in another run: it lives in a track, is never
published and never stored. Recordings have no pictures; then it is None and everything works without it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kangban.values import Array
from perception.landmarks import HIPS, KNEES, SHOULDERS, TORSO, Pose, visibility

VISIBLE = 0.5  # visibility from which a part of the body is looked at
HUES, GREYS = 12, 5
COLOURED = 50  # of 255: saturation below which hue is noise
BINS = 2 * HUES + GREYS  # hues pale and strong, then greys
FEWEST = 12  # pixels inside the picture, or a part is unknown
KEEP = 0.85  # of the mean, at each new look

# Where to look: in the torso, away from its edge and the arms; along the thighs, away from hands in the lap.
_ACROSS, _DOWN = (g.ravel() for g in np.meshgrid(np.linspace(0.25, 0.75, 7), np.linspace(0.15, 0.85, 8)))
_ALONG = np.linspace(0.35, 0.85, 12)


@dataclass(frozen=True, slots=True)
class Appearance:
    """Shares of each colour (BINS,), summing to 1, of torso and of legs; None where that part is not seen."""

    torso: Array | None
    legs: Array | None


def appearance(pixels: NDArray[np.uint8], pose: Pose) -> Appearance | None:
    """Of one pose in a picture (height, width, 3) RGB; None where neither torso nor legs are seen."""
    at = pose.image[:, :2] * (pixels.shape[1], pixels.shape[0])
    torso = _colours(pixels, _in_torso(at)) if visibility(pose, TORSO) >= VISIBLE else None
    thighs = [_on_thigh(at, hip, knee) for hip, knee in zip(HIPS, KNEES, strict=True)
              if visibility(pose, (hip, knee)) >= VISIBLE]  # fmt: skip
    legs = _colours(pixels, np.concatenate(thighs)) if thighs else None
    return None if torso is None and legs is None else Appearance(torso, legs)


def difference(a: Appearance | None, b: Appearance | None) -> float | None:
    """0: the same colours; 1: none in common (Hellinger distance); None: no part seen of both."""
    if a is None or b is None:
        return None
    parts = [_apart(x, y) for x, y in ((a.torso, b.torso), (a.legs, b.legs)) if x is not None and y is not None]
    return sum(parts) / len(parts) if parts else None


def blended(before: Appearance | None, new: Appearance) -> Appearance:
    """The mean over time after one more look."""
    if before is None:
        return new
    return Appearance(_mean(before.torso, new.torso), _mean(before.legs, new.legs))


def _mean(before: Array | None, new: Array | None) -> Array | None:
    if before is None or new is None:
        return new if before is None else before
    return KEEP * before + (1.0 - KEEP) * new


def _apart(a: Array, b: Array) -> float:
    return float(np.sqrt(max(0.0, 1.0 - np.sqrt(a * b).sum())))


def _in_torso(at: Array) -> Array:
    right, left = at[SHOULDERS[1]], at[SHOULDERS[0]]
    low_right, low_left = at[HIPS[1]], at[HIPS[0]]
    across, down = _ACROSS[:, None], _DOWN[:, None]
    top, bottom = right + across * (left - right), low_right + across * (low_left - low_right)
    return np.asarray(top + down * (bottom - top))


def _on_thigh(at: Array, hip: int, knee: int) -> Array:
    return np.asarray(at[hip] + _ALONG[:, None] * (at[knee] - at[hip]))


def _colours(pixels: NDArray[np.uint8], at: Array) -> Array | None:
    where = at.astype(int)
    inside = (where >= 0).all(axis=1) & (where < (pixels.shape[1], pixels.shape[0])).all(axis=1)
    where = where[inside]
    if len(where) < FEWEST:
        return None
    rgb = pixels[where[:, 1], where[:, 0]][None]
    hue, saturation, value = (c.astype(int) for c in cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV)[0].T)  # hue is 0..179
    # Dark pixels have no colour worth the name, whatever the arithmetic says.
    coloured = (saturation >= COLOURED) & (value >= COLOURED)
    strong = saturation >= 2.5 * COLOURED
    bins = np.where(coloured, hue * HUES // 180 + HUES * strong, 2 * HUES + value * GREYS // 256)
    counts = np.bincount(bins, minlength=BINS).astype(float)
    return _softened(counts / counts.sum())


def _softened(shares: Array) -> Array:
    """A colour at the border of two bins must not count as another one: each bin lends to its neighbours."""
    hues, greys = shares[: 2 * HUES].reshape(2, HUES), shares[2 * HUES :]
    hues = 0.6 * hues + 0.2 * (np.roll(hues, 1, axis=1) + np.roll(hues, -1, axis=1))
    hues = 0.75 * hues + 0.25 * hues[::-1]
    padded = np.pad(greys, 1, mode="edge")
    return np.concatenate([hues.ravel(), 0.6 * greys + 0.2 * (padded[:-2] + padded[2:])])
