"""Landmarks without pictures: a recording in a NumPy archive, replayed through the same decisions.

`t` (n,): s. `lm` (n, 33, 5) or (n, people, 33, 5): x, y in 0..1 of the image, z, visibility, presence; NaN where nobody
was seen. `world` (..., 33, 3): m about the hip centre. `size` (2,), optional: the image's width and height, px; without
it the likeliest usual shape is found from the bodies (`aspect.py`).

Of frames with the same time the first counts. A frame up to RESTART_S behind the one before it is late and is skipped;
one that is further behind begins a new recording in the same file, with people of its own. A frame without a time is
skipped. Whoever is not wholly known in a frame (any NaN or infinity in `lm` or `world`) was not seen in it.
"""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perception.aspect import estimate_size
from perception.landmarks import Pose
from perception.rows import ROWS, Rows
from perception.sources import SourceError

USUAL_SIZE = (640, 480)
RESTART_S = 1.0
DAMAGED = (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError, SyntaxError)

Piece = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Landmarks:
    """The people of one frame; `size` (width, height) px; `blind`: the camera gave no usable picture."""

    stamp: float
    poses: tuple[Pose, ...]
    size: tuple[int, int]
    blind: bool = False


def read_recording(path: Path) -> Iterator[Landmarks]:
    """The frames of a recording, in little memory. Raises SourceError where it can't be used (further)."""
    try:
        stamps, size = _stamps(path), _size(path)
        yield from _in_order(_frames(path, stamps, size))
    except KeyError as error:
        raise SourceError(f"{path}: holds no {error}; a landmark recording holds t, lm and world") from error
    except DAMAGED as error:
        raise SourceError(f"{path}: not a landmark recording that can be read ({error})") from error


def _stamps(path: Path) -> NDArray[np.float64]:
    with Rows(path, "t") as rows:
        stamps = rows.whole()
    if stamps.ndim == 2 and 1 in stamps.shape:
        stamps = stamps.ravel()
    return stamps


def _size(path: Path) -> tuple[int, int]:
    try:
        with Rows(path, "size") as rows:
            given = rows.whole().ravel()
    except KeyError:
        return estimate_size((image[seen], body[seen]) for image, body, seen in _pieces(path))
    if given.shape != (2,) or not np.isfinite(given).all() or min(given) < 1:
        raise SourceError(f"{path}: size is {given.tolist()}; expected the image's width and height in pixels")
    return int(given[0]), int(given[1])


def _pieces(path: Path, length: int | None = None) -> Iterator[Piece]:
    """`lm` (rows, people, 33, 5), `world` (rows, people, 33, 3) and who of them was seen, a piece at a time."""
    with ExitStack() as open_rows:
        image, body = (open_rows.enter_context(Rows(path, name)) for name in ("lm", "world"))
        people = image.shape[1:-2]
        n = image.shape[0] if image.shape and length is None else length
        if len(people) > 1 or image.shape != (n, *people, 33, 5) or body.shape != (n, *people, 33, 3):
            raise SourceError(f"{path}: t ({n},), lm {image.shape}, world {body.shape} do not fit; "
                              "expected (n,), (n, 33, 5), (n, 33, 3)")  # fmt: skip
        each = max(1, ROWS // max(1, math.prod(people)))
        for some, more in zip(image.pieces(each), body.pieces(each), strict=True):
            lm, world = (some, more) if people else (some[:, None], more[:, None])
            seen = np.isfinite(lm).all(axis=(2, 3)) & np.isfinite(world).all(axis=(2, 3))
            yield lm, world, np.asarray(seen)


def _frames(path: Path, stamps: NDArray[np.float64], size: tuple[int, int]) -> Iterator[Landmarks]:
    if stamps.ndim != 1:
        raise SourceError(f"{path}: t has the shape {stamps.shape}; expected (n,)")
    at = 0
    for lm, world, seen in _pieces(path, len(stamps)):
        for k, stamp in enumerate(stamps[at : at + len(lm)].tolist()):
            poses = tuple(Pose(lm[k, p], world[k, p]) for p in np.flatnonzero(seen[k]))
            yield Landmarks(round(stamp, 9), poses, size)  # ns, as ROS keeps time: the same in every kind of recording
        at += len(lm)


def _in_order(frames: Iterable[Landmarks]) -> Iterator[Landmarks]:
    last = -math.inf
    for frame in frames:
        if not math.isfinite(frame.stamp) or last - RESTART_S <= frame.stamp <= last:
            continue
        last = frame.stamp
        yield frame


def write_recording(path: Path, frames: Iterable[Landmarks]) -> None:
    """Keep the landmarks of frames, of as many people as the fullest has. Raises OSError."""
    kept = list(frames)
    people = max((len(f.poses) for f in kept), default=1) or 1
    image, body = np.full((len(kept), people, 33, 5), np.nan), np.full((len(kept), people, 33, 3), np.nan)
    for k, frame in enumerate(kept):
        for p, pose in enumerate(frame.poses):
            image[k, p], body[k, p] = pose.image, pose.body
    size = kept[0].size if kept else USUAL_SIZE
    np.savez_compressed(path, t=[f.stamp for f in kept], lm=image, world=body, size=size)
