"""Looking for a camera's pictures where none may be: in files and in messages, whatever they are packed in.

A picture is found three ways: as an image file or a part of one (PNG, JPEG, by how it begins), as an array (`.npy`,
`.npz`), and as plain bytes. What is found is compared with the raw frames by fine detail alone, so that a mosaic or a
blurred picture of the same room does not pass for one.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
BEGINNINGS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
LIKE = 0.3  # correlation of fine detail from which a picture shows a raw frame
RUN = 64  # bytes in a row that only a raw picture shares with a raw picture


def images_in(data: bytes) -> Iterator[Pixels]:
    """Every image packed in some bytes: image files, whole or embedded, and arrays of pixels."""
    for beginning in BEGINNINGS:
        at = data.find(beginning)
        while at >= 0:
            image = cv2.imdecode(np.frombuffer(data[at:], np.uint8), cv2.IMREAD_COLOR)
            if image is not None:
                yield np.asarray(image[:, :, ::-1], dtype=np.uint8)
            at = data.find(beginning, at + 1)
    if data.startswith(b"\x93NUMPY"):
        yield from _pictures(np.load(io.BytesIO(data), allow_pickle=False))
    elif data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield from images_in(archive.read(name))


def _pictures(array: NDArray[np.generic]) -> Iterator[Pixels]:
    """The pictures in an array: (height, width[, 3]), or a stack of such."""
    if array.dtype != np.uint8 or array.ndim not in (2, 3, 4):
        return
    for picture in array if array.ndim == 4 else [array]:
        if min(picture.shape[:2]) < 16 or picture.shape[2:] not in ((), (3,)):
            continue
        yield np.asarray(picture if picture.ndim == 3 else np.repeat(picture[:, :, None], 3, axis=2), dtype=np.uint8)


def likeness(picture: Pixels, frame: Pixels) -> float:
    """Correlation of the fine detail of two pictures, -1..1, whatever their sizes."""
    a, b = _detail(picture), _detail(frame)
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float((a * b).sum()) / length if length > 1e-9 else 0.0


def _detail(picture: Pixels) -> NDArray[np.float32]:
    small = cv2.resize(picture, (160, 120), interpolation=cv2.INTER_AREA).astype(np.float32).mean(axis=2)
    return np.asarray(small - cv2.GaussianBlur(small, (0, 0), 2.0))


def shows(data: bytes, frames: Iterable[Pixels]) -> str | None:
    """What in some bytes shows one of the raw frames; None: nothing does."""
    kept = list(frames)
    for image in images_in(data):
        for frame in kept:
            if (like := likeness(image, frame)) > LIKE:
                return f"an image {image.shape[1]}x{image.shape[0]} that is like a raw frame by {like:.2f}"
    for frame in kept:
        for layout in (frame, frame[:, :, ::-1]):
            rows = np.ascontiguousarray(layout[len(frame) // 4 :: len(frame) // 4])
            if any(row.tobytes()[k : k + RUN] in data for row in rows for k in (0, RUN, 3 * RUN)):
                return "a raw frame's own bytes"
    return None


def leaks(folders: Iterable[Path], frames: Iterable[Pixels]) -> list[str]:
    """Every file below the folders that shows a raw frame, and what it shows."""
    kept, found = list(frames), []
    for folder in folders:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            what = shows(path.read_bytes(), kept)
            if what is not None:
                found.append(f"{path.relative_to(folder)}: {what}")
    return found


def image_files(folder: Path) -> list[str]:
    """Every file below a folder that holds an image."""
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*")
                  if p.is_file() and next(images_in(p.read_bytes()), None) is not None)  # fmt: skip
