"""Keeps a picture of each fall that is confirmed, as far as the home allows it (`privacy.py`)."""

from __future__ import annotations

from pathlib import Path

from kangban.site import Site
from kangban.values import Fall, FallState, Persons, Pose2D
from perception.deidentify import deidentified, write_picture
from perception.follow import Follower
from perception.picture import Pixels
from perception.privacy import Keep, picture_of_fall

PLACE_KNOWN_WITHIN_S = 10.0  # after a fall: else no picture of it is kept
NOT_ALLOWED = "no picture of the last fall: a room that nobody may look into"


class FallPictures:
    """One for a camera; from one thread."""

    def __init__(self, site: Site, folder: Path) -> None:
        self._site, self._folder = site, folder
        self._confirmed: set[str] = set()
        self._wanted: dict[str, float] = {}  # falls whose picture is to be kept, and since when

    def step(
        self, pixels: Pixels, persons: Persons, falls: tuple[Fall, ...], follower: Follower, camera: Pose2D | None
    ) -> str | None:
        """Look at one more frame, seen from `camera` in the map. Returns why a picture is not kept; raises OSError."""
        confirmed = {fall.id for fall in falls if fall.state is FallState.CONFIRMED}
        self._wanted.update(dict.fromkeys(confirmed - self._confirmed, persons.stamp))
        self._confirmed = confirmed
        here = {fall.id: fall for fall in falls}
        why: str | None = None
        for name, since in list(self._wanted.items()):
            fall = here.get(name)
            keep = Keep.NOTHING if fall is None else picture_of_fall(self._site, camera, fall.place_in_map)
            if keep is Keep.UNKNOWN and persons.stamp - since < PLACE_KNOWN_WITHIN_S:
                continue
            del self._wanted[name]
            if fall is not None and keep in (Keep.DEIDENTIFIED, Keep.RAW):
                self._write(pixels, persons, fall, follower, keep)
            elif fall is not None:
                why = NOT_ALLOWED
        return why

    def _write(self, pixels: Pixels, persons: Persons, fall: Fall, follower: Follower, keep: Keep) -> None:
        fallen = follower.last_landmarks(fall.person_id)
        others = tuple(
            p.landmarks_in_image for p in persons.people if p.landmarks_in_image is not None and p.id != fall.person_id
        )
        picture = pixels if keep is Keep.RAW else deidentified(pixels, fallen, others)
        write_picture(self._folder / f"{fall.id}.png", picture)
