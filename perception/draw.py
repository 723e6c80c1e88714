"""Skeletons on a picture: for `--annotate`, and for the de-identified pictures that leave the node."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from kangban.values import Array, Fall, Falls, FallState, Persons
from perception.landmarks import BONES, NOSE, VISIBILITY

Pixels = NDArray[np.uint8]
SEEN = 0.2  # landmarks less visible than this are not drawn
CALM, ALARM, SUSPECT = (70, 200, 90), (235, 60, 50), (245, 170, 30)  # RGB


def draw_skeleton(pixels: Pixels, landmarks: Array, colour: tuple[int, int, int]) -> None:
    """Draw bones, joints and head of `landmarks` (33, 5) into `pixels`."""
    height, width = pixels.shape[:2]
    at = np.clip(landmarks[:, :2] * (width, height), -width, 2 * width).astype(int)
    seen = landmarks[:, VISIBILITY] >= SEEN
    thick = max(2, height // 160)
    for a, b in BONES[2:]:
        if seen[a] and seen[b]:
            cv2.line(pixels, at[a].tolist(), at[b].tolist(), colour, thick, cv2.LINE_AA)
    shoulders = float(np.linalg.norm(at[11] - at[12]))
    if seen[NOSE]:
        cv2.circle(pixels, at[NOSE].tolist(), int(max(4.0, 0.35 * shoulders)), colour, thick, cv2.LINE_AA)


def annotate(pixels: Pixels, persons: Persons, falls: tuple[Fall, ...]) -> Pixels:
    """A copy of the picture with each person's skeleton, number, posture and fall."""
    out = pixels.copy()
    by_person = {f.person_id: f for f in falls}
    for person in persons.people:
        fall = by_person.get(person.id)
        colour = _colour(fall)
        if person.landmarks_in_image is None or person.box_in_image is None:
            continue
        draw_skeleton(out, person.landmarks_in_image, colour)
        state = "" if fall is None else f" {fall.state.value.upper()}"
        _write(out, f"{person.id} {person.posture.value}{state}", person.box_in_image, colour)
    lines = [f"{f.state.value}: {', '.join(f.evidence)}" for f in falls] + (["BLIND"] if persons.blind else [])
    for row, line in enumerate(lines):
        cv2.putText(out, line, (8, 22 + 20 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.45, ALARM, 1, cv2.LINE_AA)
    return out


def _colour(fall: Fall | None) -> tuple[int, int, int]:
    if fall is None or fall.state is FallState.RECOVERED:
        return CALM
    return ALARM if fall.state is FallState.CONFIRMED else SUSPECT


def _write(pixels: Pixels, text: str, box: tuple[float, float, float, float], colour: tuple[int, int, int]) -> None:
    height, width = pixels.shape[:2]
    at = (int(box[0] * width), max(14, int(box[1] * height) - 6))
    cv2.putText(pixels, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 3, cv2.LINE_AA)
    cv2.putText(pixels, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, 1, cv2.LINE_AA)


class AnnotatedVideo:
    """Writes annotated pictures to an MP4 file; the rate is that of the first pictures' time stamps."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._writer: cv2.VideoWriter | None = None
        self._held: tuple[float, Pixels] | None = None

    def write(self, stamp: float, pixels: Pixels, persons: Persons, falls: Falls) -> None:
        """Raises OSError where the file can't be written."""
        picture = np.ascontiguousarray(annotate(pixels, persons, falls.falls)[:, :, ::-1])
        if self._writer is None and self._held is not None:
            period = max(1e-3, stamp - self._held[0])
            height, width = picture.shape[:2]
            self._writer = cv2.VideoWriter(self._path, cv2.VideoWriter.fourcc(*"mp4v"), 1.0 / period, (width, height))
            if not self._writer.isOpened():
                raise OSError(f"{self._path}: can't write a video there; is the folder writable, does it end in .mp4?")
            self._writer.write(self._held[1])
        if self._writer is None:
            self._held = (stamp, picture)
        else:
            self._writer.write(picture)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.release()
