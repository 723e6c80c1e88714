"""Joint angles from one person's landmarks. Pure; radians. Unseen is None.

Landmark numbers are MediaPipe's. An arm's angle is that between the upper arm and the trunk: 0 hanging down, pi
straight up. A knee's is that between thigh and shank: pi straight.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kangban.values import Array, Person

SEEN = 0.5  # a landmark's visibility
SHOULDERS, ELBOWS, WRISTS, HIPS, KNEES, ANKLES = (11, 12), (13, 14), (15, 16), (23, 24), (25, 26), (27, 28)


@dataclass(frozen=True, slots=True)
class Pair:
    """An angle on her left and on her right side, rad; None: not seen."""

    left: float | None
    right: float | None

    @property
    def known(self) -> bool:
        return self.left is not None and self.right is not None

    @property
    def least(self) -> float | None:
        return None if self.left is None or self.right is None else min(self.left, self.right)

    @property
    def most(self) -> float | None:
        return None if self.left is None or self.right is None else max(self.left, self.right)


UNSEEN = Pair(None, None)


def arms(person: Person) -> Pair:
    """How far each arm is raised."""
    return _pair(person, HIPS, SHOULDERS, ELBOWS)


def knees(person: Person) -> Pair:
    return _pair(person, HIPS, KNEES, ANKLES)


def _pair(person: Person, first: tuple[int, int], at: tuple[int, int], last: tuple[int, int]) -> Pair:
    body, image = person.landmarks_in_body, person.landmarks_in_image
    if not person.seen or body is None or image is None:
        return UNSEEN
    return Pair(*(_angle(body, image, (first[k], at[k], last[k])) for k in (0, 1)))


def _angle(body: Array, image: Array, points: tuple[int, int, int]) -> float | None:
    if min(image[k, 3] for k in points) < SEEN:
        return None
    a, b, c = (body[k] for k in points)
    u, v = a - b, c - b
    sizes = float(np.linalg.norm(u) * np.linalg.norm(v))
    return None if sizes < 1e-6 else float(np.arccos(np.clip(float(u @ v) / sizes, -1.0, 1.0)))
