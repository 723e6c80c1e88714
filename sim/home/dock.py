"""The charging dock in the home: its body, its tag, and what may happen to it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pybullet as p
from numpy.typing import NDArray

from kangban import dock as shape
from kangban.dock_picture import BLACK_MODULES, MODULES, tag_picture
from kangban.profile import Docking
from kangban.site import Station
from kangban.values import Pose2D
from sim.docks import touches
from sim.home.mesh import Box
from sim.home.textures import MARGIN, SIZE, TAG, patch

PLATE_M, PANEL_M = 0.012, 0.02  # thickness
PANEL_WIDTH_M = 0.26
BEFORE_PANEL_M = 0.001
BELOW_M = -20.0
COVER_M = 0.004  # what hides the tag lies so far before it


@dataclass(frozen=True)
class DockBodies:
    """PyBullet's numbers."""

    body: int
    tag: int
    cover: int


class DockBody:
    """In the physics; `pose` is where it really stands. Its faults move it and cover its tag."""

    def __init__(self, client: int, bodies: DockBodies, docking: Docking, pose: Pose2D) -> None:
        self._client, self._bodies, self._docking = client, bodies, docking
        self.ids = frozenset([bodies.body])
        self._put(bodies.cover, pose, BELOW_M)
        self.move(pose)

    def move(self, pose: Pose2D) -> None:
        self.pose = pose
        for body in (self._bodies.body, self._bodies.tag):
            self._put(body, pose, 0.0)

    def cover_tag(self) -> None:
        """As with a towel."""
        self._put(self._bodies.cover, self.pose, 0.0)

    def feeds(self, robot: Pose2D) -> bool:
        return touches(robot, self.pose, self._docking)

    def _put(self, body: int, pose: Pose2D, z: float) -> None:
        turn = p.getQuaternionFromEuler([0.0, 0.0, pose.yaw])
        p.resetBasePositionAndOrientation(body, [pose.x, pose.y, z], turn, physicsClientId=self._client)


def boxes(station: Station) -> list[Box]:
    """In the dock's frame: foot, the two plates of the V, and the panel that carries the tag."""
    found = [Box((shape.TAG_X_M / 2, 0.0, shape.FOOT_M[1] / 2), 0.0,
                 (shape.TAG_X_M, 2 * shape.FOOT_HALF_WIDTH_M, shape.FOOT_M[1]), "dark")]  # fmt: skip
    low, high = shape.PLATES_M
    for a, b in zip(shape.V_IN_DOCK[:-1], shape.V_IN_DOCK[1:], strict=True):
        along, middle = b - a, (a + b) / 2
        yaw = math.atan2(along[1], along[0])
        behind = np.array([-along[1], along[0]]) / np.hypot(*along) * PLATE_M / 2
        behind = behind if behind[0] > 0 else -behind
        at = (float(middle[0] + behind[0]), float(middle[1] + behind[1]), (low + high) / 2)
        found.append(Box(at, yaw, (float(np.hypot(*along)), PLATE_M, high - low), "white"))
    top = station.tag_height_m + 0.75 * station.tag_size_m
    width = max(PANEL_WIDTH_M, 1.3 * station.tag_size_m)
    found.append(Box((shape.TAG_X_M + PANEL_M / 2, 0.0, top / 2), 0.0, (PANEL_M, width, top), "grey"))
    return found


def cover(station: Station) -> Box:
    """What hides the tag where it is hung there; else it lies deep below the floor."""
    side = 1.3 * station.tag_size_m
    return Box((shape.TAG_X_M - COVER_M, 0.0, station.tag_height_m), 0.0, (0.002, side, side), "fabric")


def tag_patch(tag: int) -> NDArray[np.uint8]:
    """The tag as a patch of the home's shared picture: (SIZE, SIZE), white about it."""
    picture = tag_picture(tag, (SIZE - 2 * MARGIN) // MODULES)
    before = (SIZE - len(picture)) // 2
    return np.pad(picture, (before, SIZE - len(picture) - before), constant_values=255)


def write_tag(path: Path, station: Station) -> None:
    """A square that shows its patch; who looks along x reads it."""
    inner = MODULES * ((SIZE - 2 * MARGIN) // MODULES) / (SIZE - 2 * MARGIN)  # of the patch is the tag, the rest border
    half = station.tag_size_m * MODULES / BLACK_MODULES / 2 / inner
    x, z = shape.TAG_X_M - BEFORE_PANEL_M, station.tag_height_m
    corners = [(x, half, z - half), (x, -half, z - half), (x, -half, z + half), (x, half, z + half)]
    left, bottom, right, top = patch(TAG)
    lines = [f"v {a:.5f} {b:.5f} {c:.5f}" for a, b, c in corners]
    lines += [f"vt {u:.6f} {v:.6f}" for u, v in ((left, bottom), (right, bottom), (right, top), (left, top))]
    lines += ["vn -1.0 0.0 0.0", "f 1/1/1 2/2/1 3/3/1", "f 1/1/1 3/3/1 4/4/1"]
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
