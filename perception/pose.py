"""The pose model: MediaPipe's full landmarker, as cheap as it gets, for several people.

A landmarker in VIDEO mode skips its person detector while it follows as many people as it was made for. So there is
one for each number of people, made when first needed; now and then a wider look (`scan`) asks whether there are more.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from kangban.models import pose_model_path
from perception.doubles import distinct
from perception.landmarks import Pose

Pixels = NDArray[np.uint8]
SCAN_EVERY_S = 1.0  # and never more often than every SCAN_EVERY_FRAMES frames: a scan costs two frames' work
SCAN_EVERY_FRAMES = 40
FEWER_AFTER_S = 0.6  # a person lost for this long is no longer searched for in every frame


class PoseSource(Protocol):
    """Where the poses of a frame come from: the model, or a recording of what it saw."""

    def track(self, pixels: Pixels, stamp: float) -> list[Pose]:
        """The people in the next frame of a video; (height, width, 3) RGB, stamps rising."""
        ...

    def scan(self, pixels: Pixels, stamp: float) -> None:
        """Now and then: look whether there are more people than are being followed."""
        ...

    def look(self, pixels: Pixels) -> list[Pose]:
        """The people in a single picture, found without a past."""
        ...


@contextmanager
def _without_plotting() -> Iterator[None]:
    """MediaPipe imports matplotlib and sounddevice only to draw and to record: 0.8 s of start-up that nobody needs."""
    absent = [n for n in ("matplotlib", "matplotlib.pyplot", "sounddevice") if n not in sys.modules]
    for name in absent:
        sys.modules[name] = types.ModuleType(name)
    try:
        yield
    finally:
        for name in absent:
            sys.modules.pop(name, None)


class PoseModel:
    """MediaPipe's landmarkers; single-threaded, to be used from one thread. Raises kangban.models.ModelError."""

    def __init__(self, max_people: int, confidence: float, path: Path | None = None) -> None:
        with _without_plotting():
            from mediapipe.tasks.python.core.base_options import BaseOptions
            from mediapipe.tasks.python.vision import pose_landmarker as api
            from mediapipe.tasks.python.vision.core.image import Image, ImageFormat
            from mediapipe.tasks.python.vision.core.vision_task_running_mode import VisionTaskRunningMode
        cv2.setNumThreads(1)
        self._api, self._image, self._rgb = api, Image, ImageFormat.SRGB
        self._modes = VisionTaskRunningMode
        self._base = BaseOptions(model_asset_path=str(path or pose_model_path()))
        self._max, self._confidence = max_people, confidence
        self._videos: dict[int, Any] = {}
        self._single: Any = None
        self._people = self._fewest = 1  # how many the present landmarker follows
        self._last_ms = -1
        self._full_since: float | None = None  # last time that all of them were seen
        self._frames_to_scan, self._next_scan = 0, float("-inf")

    def prepare(self) -> None:
        """Load what every run needs now, not at the first picture."""
        self._videos[1] = self._make(self._modes.VIDEO, 1)
        self._single = self._make(self._modes.IMAGE, self._max)

    def follow_always(self, people: int) -> None:
        """Follow exactly so many from now on, whether they are seen or not."""
        self._people, self._fewest = people, people

    def track(self, pixels: Pixels, stamp: float) -> list[Pose]:
        self._last_ms = max(self._last_ms + 1, int(stamp * 1000))
        if self._people not in self._videos:
            self._videos[self._people] = self._make(self._modes.VIDEO, self._people)
        found = self._videos[self._people].detect_for_video(self._wrap(pixels), self._last_ms)
        poses = _distinct(_poses(found), pixels)
        if len(poses) >= self._people or self._full_since is None:
            self._full_since = stamp
        elif self._people > self._fewest and stamp - self._full_since > FEWER_AFTER_S:
            self._people, self._full_since = max(self._fewest, len(poses)), stamp
        self._frames_to_scan -= 1
        return poses

    def scan(self, pixels: Pixels, stamp: float) -> None:
        searching = self._full_since is not None and stamp > self._full_since  # the detector runs in each frame anyway
        if searching or self._people >= self._max or self._frames_to_scan > 0 or stamp < self._next_scan:
            return
        self._frames_to_scan, self._next_scan = SCAN_EVERY_FRAMES, stamp + SCAN_EVERY_S
        self._people = max(self._people, min(self._max, len(self.look(pixels))))

    def look(self, pixels: Pixels) -> list[Pose]:
        if self._single is None:
            self._single = self._make(self._modes.IMAGE, self._max)
        return _distinct(_poses(self._single.detect(self._wrap(pixels))), pixels)

    def close(self) -> None:
        for landmarker in (*self._videos.values(), self._single):
            if landmarker is not None:
                landmarker.close()
        self._videos, self._single = {}, None

    def _make(self, mode: Any, people: int) -> Any:
        options = self._api.PoseLandmarkerOptions(
            base_options=self._base,
            running_mode=mode,
            num_poses=people,
            min_pose_detection_confidence=self._confidence,
            min_pose_presence_confidence=self._confidence,
            min_tracking_confidence=self._confidence,
        )
        return self._api.PoseLandmarker.create_from_options(options)

    def _wrap(self, pixels: Pixels) -> Any:
        return self._image(image_format=self._rgb, data=np.ascontiguousarray(pixels))


def _poses(result: Any) -> list[Pose]:
    return [
        Pose(
            np.array([(p.x, p.y, p.z, p.visibility, p.presence) for p in image]),
            np.array([(p.x, p.y, p.z) for p in body]),
        )
        for image, body in zip(result.pose_landmarks, result.pose_world_landmarks, strict=True)
    ]


def _distinct(poses: list[Pose], pixels: Pixels) -> list[Pose]:
    """The landmarker sometimes follows one person twice."""
    return [poses[k] for k in distinct(poses, (pixels.shape[1], pixels.shape[0]))]


def turned(pixels: Pixels, quarter_turns: int) -> Pixels:
    """A picture turned counter-clockwise by quarter turns."""
    return np.ascontiguousarray(np.rot90(pixels, quarter_turns))


def turned_back(pose: Pose, quarter_turns: int) -> Pose:
    """A pose found in a picture that had been turned counter-clockwise, as it lies in the unturned picture."""
    image, body = pose.image.copy(), pose.body.copy()
    for _ in range(quarter_turns % 4):
        # Counter-clockwise took (x, y) to (y, 1 - x); this is the way back.
        image[:, 0], image[:, 1] = 1.0 - image[:, 1], image[:, 0].copy()
        body[:, 0], body[:, 1] = -body[:, 1], body[:, 0].copy()
    return Pose(image, body)


def moved_into(pose: Pose, region: tuple[float, float, float, float]) -> Pose:
    """A pose found in a crop, with its landmarks in the whole picture; `region` is the crop's box in 0..1."""
    left, top, right, bottom = region
    image = pose.image.copy()
    image[:, 0] = left + image[:, 0] * (right - left)
    image[:, 1] = top + image[:, 1] * (bottom - top)
    return Pose(image, pose.body)
