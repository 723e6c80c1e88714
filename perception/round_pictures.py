"""Keeps a picture for a round where one is wished: always without anybody's looks, and only where the home allows it.

A wish is answered with what became of it: kept, or why not (a code: no_look, unknown_place, blind, disk, name).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path

from kangban.site import Site
from kangban.values import Persons, PictureKept, PictureWish, Pose2D
from perception.deidentify import deidentified, write_picture
from perception.picture import Pixels
from perception.privacy import Keep, picture_of_round

WITHIN_S = 2.0  # a picture that comes later shows something else
MOST_WAITING = 20
_NAME = re.compile(r"^[a-z][a-z0-9_-]{0,99}$")


class RoundPictures:
    """Wishes come from the node's thread, pictures from the worker's."""

    def __init__(self, site: Site, folder: Path, view_rad: float, answer: Callable[[PictureKept], None]) -> None:
        self._site, self._folder, self._view_rad, self._answer = site, folder, view_rad, answer
        self._lock = threading.Lock()
        self._waiting: list[PictureWish] = []

    def wish(self, wish: PictureWish) -> None:
        if not _NAME.match(wish.name):
            self._answer(PictureKept(wish.stamp, wish.name[:100], "name"))
            return
        with self._lock:
            self._waiting = [*self._waiting, wish][-MOST_WAITING:]

    def step(self, pixels: Pixels, persons: Persons, camera: Pose2D | None, now: float) -> None:
        """One more picture, taken at the stamp of `persons` from `camera` in the map (None: unknown)."""
        with self._lock:
            due = [w for w in self._waiting if persons.stamp >= w.stamp or now - w.stamp > WITHIN_S]
            self._waiting = [w for w in self._waiting if w not in due]
        for wish in due:
            why = self._why_not(persons, camera, wish) or self._write(wish.name, pixels, persons)
            self._answer(PictureKept(now, wish.name, why))

    def _why_not(self, persons: Persons, camera: Pose2D | None, wish: PictureWish) -> str:
        if persons.blind or not 0.0 <= persons.stamp - wish.stamp <= WITHIN_S:
            return "blind"
        places = [p.position_in_map for p in persons.people if p.position_in_map is not None]
        keep = picture_of_round(self._site, camera, places, self._view_rad)
        return {Keep.DEIDENTIFIED: "", Keep.UNKNOWN: "unknown_place"}.get(keep, "no_look")

    def _write(self, name: str, pixels: Pixels, persons: Persons) -> str:
        seen = tuple(p.landmarks_in_image for p in persons.people if p.landmarks_in_image is not None)
        try:
            write_picture(self._folder / f"{name}.png", deidentified(pixels, None, seen))
        except OSError:
            return "disk"
        return ""
