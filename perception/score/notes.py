"""Keeps what was seen and thought about each labelled fall and about each alarm, and lets go of the rest.

Recordings last for hours, so only the last seconds are held until an alarm, or a label, says that they matter.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.deidentify import TILES
from perception.trace import Moment

BEFORE_S, AFTER_S = 8.0, 3.0  # of an alarm
PICTURE_EVERY_S = 0.15
MOST = 40  # alarms of one clip that are explained

Tiles = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Scene:
    """Some seconds of a clip. `alarm_s`: None for those about a labelled fall. `size`: (width, height) px."""

    from_s: float
    to_s: float
    alarm_s: float | None
    size: tuple[int, int]
    moments: tuple[Moment, ...]
    pictures: tuple[tuple[float, Tiles], ...]


class Notes:
    """Of one clip: tell it of every moment, picture and alarm as they come; then take the `scenes`."""

    def __init__(self, spans: Sequence[tuple[float, float]] = (), size: tuple[int, int] = (640, 480)) -> None:
        self.size = size
        self._given = tuple(spans)
        self._spans: list[tuple[float, float, float | None]] = [(a, b, None) for a, b in spans]
        self._moments: deque[Moment] = deque()
        self._kept: list[Moment] = []
        self._pictures: deque[tuple[float, Tiles]] = deque()
        self._kept_pictures: list[tuple[float, Tiles]] = []
        self._scenes: list[Scene] = []

    def see(self, moment: Moment) -> None:
        if self._moments and moment.stamp < self._moments[-1].stamp:
            self._close()  # another recording in the same file
        self._moments.append(moment)
        while self._moments[0].stamp < moment.stamp - BEFORE_S:
            old = self._moments.popleft()
            if self._wanted(old.stamp):
                self._kept.append(old)

    def picture(self, stamp: float, pixels: NDArray[np.uint8]) -> None:
        """Keeps a few dozen tiles of the picture, in which nobody can be known."""
        if self._pictures and stamp - self._pictures[-1][0] < PICTURE_EVERY_S:
            return
        height, width = pixels.shape[:2]
        shape = (TILES, max(1, round(TILES * height / width)))
        tiles = np.asarray(cv2.resize(pixels, shape, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        self._pictures.append((stamp, tiles))
        while self._pictures[0][0] < stamp - BEFORE_S:
            old = self._pictures.popleft()
            if self._wanted(old[0]):
                self._kept_pictures.append(old)

    def alarm(self, stamp: float) -> None:
        if sum(alarm is not None for _, _, alarm in self._spans) + len(self._scenes) < MOST:
            self._spans.append((stamp - BEFORE_S, stamp + AFTER_S, stamp))

    def scenes(self) -> list[Scene]:
        self._close()
        return self._scenes

    def _wanted(self, stamp: float) -> bool:
        return any(begin <= stamp <= end for begin, end, _ in self._spans)

    def _close(self) -> None:
        moments, pictures = [*self._kept, *self._moments], [*self._kept_pictures, *self._pictures]
        for begin, end, alarm in self._spans:
            self._scenes.append(
                Scene(
                    begin,
                    end,
                    alarm,
                    self.size,
                    tuple(m for m in moments if begin <= m.stamp <= end),
                    tuple(p for p in pictures if begin <= p[0] <= end),
                )
            )
        self._spans, self._kept, self._kept_pictures = [], [], []
        self._moments.clear()
        self._pictures.clear()
