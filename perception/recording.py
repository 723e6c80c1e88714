"""Landmarks without pictures: a recording in a NumPy archive, replayed through the same decisions.

`t` (n,): s, rising. `lm` (n, 33, 5) or (n, people, 33, 5): x, y in 0..1 of the image, z, visibility, presence; NaN
where nobody was seen. `world` (..., 33, 3): m about the hip centre. `size` (2,), optional: the image's width and
height, px.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from perception.landmarks import Pose
from perception.sources import SourceError

USUAL_SIZE = (640, 480)


@dataclass(frozen=True, slots=True)
class Landmarks:
    """The people of one frame; `size` (width, height) px."""

    stamp: float
    poses: tuple[Pose, ...]
    size: tuple[int, int]


def read_recording(path: Path) -> Iterator[Landmarks]:
    """The frames of a recording. Raises SourceError where it can't be used."""
    try:
        with np.load(path) as archive:
            stamps, image, body = (np.asarray(archive[key], dtype=float) for key in ("t", "lm", "world"))
            width, height = (int(v) for v in archive["size"]) if "size" in archive else USUAL_SIZE
    except KeyError as error:
        raise SourceError(f"{path}: holds no {error}; a landmark recording holds t, lm and world") from error
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise SourceError(f"{path}: not a landmark recording that can be read ({error})") from error
    if image.ndim == 3 and body.ndim == 3:
        image, body = image[:, None], body[:, None]
    people = image.shape[1] if image.ndim == 4 else 0
    if image.shape != (len(stamps), people, 33, 5) or body.shape != (len(stamps), people, 33, 3):
        raise SourceError(f"{path}: t {stamps.shape}, lm {image.shape}, world {body.shape} do not fit; "
                          "expected (n,), (n, 33, 5), (n, 33, 3)")  # fmt: skip
    last = -np.inf
    for stamp, images, bodies in zip(stamps, image, body, strict=True):
        if not np.isfinite(stamp) or stamp <= last:
            continue  # a repeated or missing time stamp: nothing can be told from that frame
        last = float(stamp)
        seen = np.isfinite(images).all(axis=(1, 2)) & np.isfinite(bodies).all(axis=(1, 2))
        poses = tuple(Pose(i, b) for i, b, good in zip(images, bodies, seen, strict=True) if good)
        yield Landmarks(last, poses, (width, height))


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
