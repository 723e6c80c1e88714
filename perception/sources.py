"""Where pictures come from: a video file, a folder of images, a camera, a network stream. Each yields frames with media
time, strictly rising; each way it can go wrong is a SourceError that says what to do."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from perception.live import live_pictures
from perception.picture import SMALLEST_PX, NoPicture, Picture, SourceError, rgb

__all__ = ["SMALLEST_PX", "NoPicture", "Picture", "SourceError", "open_source"]

IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff")
STREAMS = ("rtsp://", "rtsps://", "rtmp://", "http://", "https://", "udp://")
STREAM_TIMEOUT_MS = 5000
STREAM_HINT = "is the address right, the camera on, the password correct?"
CAMERA_HINT = (
    "is it plugged in (`ls /dev/video*` shows cameras), does another program use it, are you in the group `video`?"
)
SHORTER_SHARE, SHORTER_FRAMES = 0.05, 3  # a container may announce so many frames too many


def open_source(
    name: str, rate_hz: float = 10.0, size: tuple[int, int] | None = None, now: Callable[[], float] = time.monotonic
) -> Iterator[Picture | NoPicture]:
    """Pictures of a source named as on the command line; NoPicture while a live one gives none.

    `rate_hz` is the rate of an image folder's pictures, `size` (width, height) what a camera is asked for.
    """
    if name.lower().startswith(STREAMS):
        return _live(name, cv2.CAP_FFMPEG, STREAM_HINT, None, now)
    if name.isdigit() or name.startswith("/dev/"):
        return _live(name, cv2.CAP_V4L2, CAMERA_HINT, size, now)
    path = Path(name)
    if path.is_dir():
        return _folder(path, rate_hz)
    if not path.exists():
        raise SourceError(f"{name}: no such file, folder, camera or address; a camera is a number such as 0")
    if path.stat().st_size == 0:
        raise SourceError(f"{name}: the file is empty; copy it again")
    return _video(path)


def _video(path: Path) -> Iterator[Picture]:
    with _Capture(str(path), cv2.CAP_FFMPEG) as capture:
        yield from _whole(capture, str(path))


def _whole(capture: _Capture, path: str) -> Iterator[Picture]:
    """A film from its beginning to its end."""
    if not capture.isOpened():
        raise SourceError(f"{path}: not a video that can be read (damaged, cut off or another kind of file); "
                          "copy it again, or convert it to MP4 (H.264)")  # fmt: skip
    announced, rate = capture.get(cv2.CAP_PROP_FRAME_COUNT), capture.get(cv2.CAP_PROP_FPS)
    period = 1.0 / rate if 0.5 < rate < 1000 else 1.0 / 30.0
    count, stamp, first = 0, -period, None
    while True:
        got, frame = capture.read()
        if not got:
            break
        at = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0
        first = at if first is None else first
        # Some containers repeat or drop time stamps: then the announced rate carries on.
        stamp = at - first if at - first > stamp else stamp + period
        count += 1
        yield Picture(stamp, rgb(frame))
    if count == 0:
        raise SourceError(f"{path}: no picture in it can be decoded; copy it again, or convert it to MP4 (H.264)")
    if announced - count > max(SHORTER_FRAMES, SHORTER_SHARE * announced):
        raise SourceError(f"{path}: cut off after {count} of {announced:.0f} pictures; the events before it are valid, "
                          "copy the file again for the rest")  # fmt: skip


def _folder(path: Path, rate_hz: float) -> Iterator[Picture]:
    files = sorted(p for p in path.iterdir() if p.suffix.lower() in IMAGES)
    if not files:
        raise SourceError(f"{path}: no pictures in this folder (looked for {', '.join(IMAGES)})")
    for index, file in enumerate(files):
        frame = cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_COLOR) if file.stat().st_size else None
        if frame is None:
            raise SourceError(f"{file}: not a picture that can be read; remove it or copy it again")
        yield Picture(index / rate_hz, rgb(frame))


def _live(
    name: str, backend: int, hint: str, size: tuple[int, int] | None, now: Callable[[], float]
) -> Iterator[Picture | NoPicture]:
    device: str | int = int(name) if name.isdigit() else name
    shown = f"camera {name}" if not name.lower().startswith(STREAMS) else _without_password(name)
    path = f"/dev/video{name}" if name.isdigit() else name

    def opened() -> Any:
        if path.startswith("/dev/") and not os.path.exists(path):  # noqa: PTH110  # a device, not a file
            raise SourceError(f"{shown}: no such device; {hint}")
        capture = _Capture(device, backend)
        if not capture.isOpened():
            capture.release()
            raise SourceError(f"{shown}: can't be opened; {hint}")
        if backend == cv2.CAP_FFMPEG and capture.get(cv2.CAP_PROP_FRAME_COUNT) > 0:
            raise _IsFilm(capture)
        if size is not None:
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
        return capture

    try:
        yield from live_pictures(opened, f"{shown}: gives no picture; {hint}", now)
    except _IsFilm as film:
        with film.capture as capture:
            yield from _whole(capture, shown)


class _IsFilm(Exception):  # noqa: N818  # no error: the address leads to a film with an end, not to a camera
    def __init__(self, capture: _Capture) -> None:
        super().__init__()
        self.capture = capture


class _Capture:
    """OpenCV's, with time limits where it has any; used in a `with` it is let go of."""

    def __init__(self, source: str | int, backend: int) -> None:
        limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, STREAM_TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, STREAM_TIMEOUT_MS]
        self._capture = cv2.VideoCapture(source, backend, limits if backend == cv2.CAP_FFMPEG else [])

    def __getattr__(self, name: str) -> Any:  # read, get, set, isOpened, release
        return getattr(self._capture, name)

    def __enter__(self) -> _Capture:
        return self

    def __exit__(self, *_: object) -> None:
        self._capture.release()


def _without_password(address: str) -> str:
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
