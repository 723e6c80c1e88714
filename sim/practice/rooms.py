"""A room drawn by lot: its size, its furniture along the walls, things that stand in the way, and free floor."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pybullet as p
from numpy.typing import NDArray

from kangban.site import Furniture, FurnitureKind
from sim.home.furniture import parts
from sim.home.mesh import Box, write_mesh
from sim.home.textures import paint_atlas
from sim.practice.paint import PRACTICE_PAINTERS

Array = NDArray[np.float64]

WALL_M, BORDER_M = 0.1, 0.3
MOST_BOXES = 16  # solid boxes in a body; PyBullet takes no more
CLEAR_M = 0.35  # between a walking person's middle and furniture
STANDS_OFF_M = 0.16  # between the ankles and the edge of what she will sit on


@dataclass(frozen=True)
class Window:
    """On the wall at `at` (m), facing along `yaw` rad into the room; `size` wide and high, from `sill` m upwards."""

    at: tuple[float, float]
    yaw: float
    size: tuple[float, float]
    sill: float


@dataclass(frozen=True)
class Room:
    """Floor from (0, 0) to `size`, m. `focus` is the middle of the free floor, where most happens."""

    size: tuple[float, float]
    ceiling: float
    furniture: tuple[Furniture, ...]
    windows: tuple[Window, ...]
    focus: tuple[float, float]

    def free(self, x: float, y: float, clear: float = CLEAR_M) -> bool:
        """Whether somebody can stand there."""
        if not (clear <= x <= self.size[0] - clear and clear <= y <= self.size[1] - clear):
            return False
        return all(_apart(thing, x, y) > clear for thing in self.furniture if thing.kind != "rug")

    def blocks(self, x: float, y: float, z: float) -> bool:
        """Whether furniture stands right before (or around) a camera there."""
        near = [thing for thing in self.furniture if thing.kind != "rug" and _apart(thing, x, y) < 0.3]
        return any(z < thing.size_m[2] + 0.25 for thing in near)

    def walkable(self, start: tuple[float, float], end: tuple[float, float], clear: float = 0.22) -> bool:
        steps = max(2, math.ceil(math.dist(start, end) / 0.15))
        way = np.linspace(start, end, steps + 1)[1:]
        return all(self.free(float(x), float(y), clear) for x, y in way[:-1])

    def seats(self, kinds: tuple[str, ...]) -> list[Furniture]:
        return [thing for thing in self.furniture if thing.kind in kinds and thing.rest_height_m is not None]


def in_front(seat: Furniture, aside: float = 0.0) -> tuple[float, float, float]:
    """Where to stand (x, y m) and face (yaw rad) to sit down on it; a bed is sat on from its left side."""
    c, s = math.cos(seat.yaw_rad), math.sin(seat.yaw_rad)
    if seat.kind == "bed":
        x, y, turned = aside, seat.size_m[1] / 2 + STANDS_OFF_M, math.pi / 2
    else:
        x, y, turned = seat.size_m[0] / 2 + STANDS_OFF_M, aside, 0.0
    return seat.at_m[0] + c * x - s * y, seat.at_m[1] + s * x + c * y, seat.yaw_rad + turned


def _apart(thing: Furniture, x: float, y: float) -> float:
    """From a point to the edge of its rectangle, m; negative inside."""
    c, s = math.cos(thing.yaw_rad), math.sin(thing.yaw_rad)
    dx, dy = x - thing.at_m[0], y - thing.at_m[1]
    u, v = abs(c * dx + s * dy) - thing.size_m[0] / 2, abs(-s * dx + c * dy) - thing.size_m[1] / 2
    return math.hypot(max(u, 0.0), max(v, 0.0)) if max(u, v) > 0 else max(u, v)


_ALONG_WALLS: tuple[tuple[FurnitureKind, float], ...] = (
    ("bed", 0.55), ("sofa", 0.6), ("cupboard", 0.4), ("shelf", 0.5), ("kitchen", 0.12),
)  # fmt: skip
_ANYWHERE: tuple[tuple[FurnitureKind, float], ...] = (
    ("chair", 0.75), ("chair", 0.4), ("table", 0.45), ("lamp", 0.35), ("dock", 0.4), ("dock", 0.25),
)  # fmt: skip
"""What may be there, and how likely; a dock is a box here: clutter."""


def draw_room(rng: np.random.Generator) -> Room:
    wide, deep = float(rng.uniform(3.4, 7.5)), float(rng.uniform(3.0, 6.0))
    focus = (float(rng.uniform(0.36, 0.64)) * wide, float(rng.uniform(0.36, 0.64)) * deep)
    layout = _Layout(rng, (wide, deep), focus)
    for kind, chance in _ALONG_WALLS:
        if rng.random() < chance:
            layout.along_wall(kind)
    for kind, chance in _ANYWHERE:
        if rng.random() < chance:
            layout.anywhere(kind)
    if not any(f.rest_height_m is not None for f in layout.found):
        layout.along_wall("sofa")
    if rng.random() < 0.3:
        layout.rug()
    windows = [_window(rng, (wide, deep)) for _ in range(int(rng.integers(0, 3)))]
    return Room((wide, deep), float(rng.uniform(2.4, 2.9)), tuple(layout.found), tuple(windows), focus)


_SIZES: dict[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]] = {
    "bed": ((1.9, 2.1), (0.9, 1.6), (0.45, 0.6)),
    "sofa": ((0.8, 0.95), (1.3, 2.1), (0.7, 0.95)),
    "chair": ((0.42, 0.5), (0.42, 0.5), (0.8, 1.0)),
    "table": ((0.5, 0.9), (0.5, 1.4), (0.4, 0.78)),
    "cupboard": ((0.4, 0.6), (0.7, 1.4), (0.8, 2.1)),
    "shelf": ((0.25, 0.4), (0.6, 1.2), (0.8, 2.0)),
    "kitchen": ((0.55, 0.65), (1.2, 2.4), (0.85, 0.95)),
    "lamp": ((0.25, 0.4), (0.25, 0.4), (1.2, 1.7)),
    "dock": ((0.25, 0.6), (0.25, 0.7), (0.2, 0.65)),  # a box, a basket, a stool: clutter
}


class _Layout:
    def __init__(self, rng: np.random.Generator, size: tuple[float, float], focus: tuple[float, float]) -> None:
        self._rng, self._size, self._focus = rng, size, focus
        self.found: list[Furniture] = []

    def along_wall(self, kind: FurnitureKind) -> None:
        """With its back (its head, for a bed) to a wall."""
        for _ in range(12):
            size = self._draw(kind)
            side = int(self._rng.integers(4))
            yaw = side * math.pi / 2  # its front looks into the room
            length = self._size[side % 2]
            across = self._size[1 - side % 2]
            along = float(self._rng.uniform(size[1] / 2 + 0.05, max(across - size[1] / 2 - 0.05, size[1] / 2 + 0.06)))
            back = size[0] / 2 + 0.03
            at = ((back, along), (along, back), (length - back, along), (along, length - back))[side]
            if self._put(kind, at, yaw, size, 0.75):
                return

    def anywhere(self, kind: FurnitureKind) -> None:
        for _ in range(12):
            size = self._draw(kind)
            at = tuple(float(self._rng.uniform(0.4, side - 0.4)) for side in self._size)
            yaw = float(self._rng.uniform(-math.pi, math.pi))
            if self._put(kind, (at[0], at[1]), yaw, size, 0.55):
                return

    def rug(self) -> None:
        size = (float(self._rng.uniform(1.0, 2.4)), float(self._rng.uniform(0.7, 1.6)), 0.02)
        at = (self._focus[0] + float(self._rng.normal(0, 0.4)), self._focus[1] + float(self._rng.normal(0, 0.4)))
        self.found.append(
            Furniture(name=f"rug_{len(self.found)}", kind="rug", at_m=at, yaw_rad=0.0, size_m=size)
        )  # fmt: skip

    def _draw(self, kind: str) -> tuple[float, float, float]:
        x, y, z = (float(self._rng.uniform(*span)) for span in _SIZES[kind])
        return x, y, z

    def _put(
        self, kind: FurnitureKind, at: tuple[float, float], yaw: float, size: tuple[float, float, float], clear: float
    ) -> bool:
        rest = None
        if kind in ("bed", "sofa", "chair"):
            rest = size[2] if kind == "bed" else float(self._rng.uniform(0.4, 0.5))
            size = size if kind != "bed" else (size[0], size[1], size[2] + 0.3)
        thing = Furniture(
            name=f"{kind}_{len(self.found)}", kind=kind, at_m=at, yaw_rad=math.remainder(yaw, math.tau), size_m=size,
            rest_height_m=rest,
        )  # fmt: skip
        corners = list(_corners(thing))
        inside = all(0.0 <= x <= self._size[0] and 0.0 <= y <= self._size[1] for x, y in corners)
        if not inside or _apart(thing, *self._focus) < clear:
            return False
        rim = [*corners, *_rim(corners), at]
        if any(_apart(other, x, y) < 0.05 for other in self.found for x, y in rim):
            return False
        if any(_apart(thing, x, y) < 0.05 for other in self.found for x, y in (*_corners(other), other.at_m)):
            return False
        self.found.append(thing)
        return True


def _corners(thing: Furniture) -> Iterator[tuple[float, float]]:
    c, s = math.cos(thing.yaw_rad), math.sin(thing.yaw_rad)
    for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        x, y = i * thing.size_m[0] / 2, j * thing.size_m[1] / 2
        yield thing.at_m[0] + c * x - s * y, thing.at_m[1] + s * x + c * y


def _rim(corners: list[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    for k, (x, y) in enumerate(corners):
        u, v = corners[(k + 1) % 4]
        for share in (0.25, 0.5, 0.75):
            yield x + share * (u - x), y + share * (v - y)


def _window(rng: np.random.Generator, size: tuple[float, float]) -> Window:
    side = int(rng.integers(4))
    wide = float(rng.uniform(0.6, 1.8))
    along = float(rng.uniform(wide / 2 + 0.2, size[1 - side % 2] - wide / 2 - 0.2))
    length = size[side % 2]
    at = ((0.02, along), (along, 0.02), (length - 0.02, along), (along, length - 0.02))[side]
    return Window(at, side * math.pi / 2, (wide, float(rng.uniform(0.7, 1.4))), float(rng.uniform(0.6, 1.0)))


def build_solids(client: int, room: Room) -> frozenset[int]:
    """Floor, walls and furniture to fall upon, without looks. Returns their PyBullet ids."""
    found = set()
    for solid, _, friction in _bodies(room):
        if solid:
            body = p.createMultiBody(0, _shape(client, solid), physicsClientId=client)
            p.changeDynamics(body, -1, lateralFriction=friction, physicsClientId=client)
            found.add(int(body))
    return frozenset(found)


def build_looks(client: int, room: Room, folder: Path, rng: np.random.Generator, shade: float) -> None:
    """What is seen of the room; `folder` takes its picture and meshes. `shade` darkens all but the windows."""
    folder.mkdir(parents=True, exist_ok=True)
    paint_atlas(folder / "atlas.png", rng, PRACTICE_PAINTERS)
    builder = _Builder(client, folder)
    for _, drawn, _ in _bodies(room):
        builder.draw(drawn, shade)
    for window in room.windows:
        centre = (0.0, 0.0, window.sill + window.size[1] / 2)
        builder.draw([_placed(centre, (0.02, *window.size), "ceiling", window.at, window.yaw)], 1.0)
    # The EGL renderer gives the next texture that is loaded to what was made last, too: a speck under the floor.
    builder.draw([Box((0.0, 0.0, -5.0), 0.0, (0.01, 0.01, 0.01), "grey")], 1.0)


def _bodies(room: Room) -> Iterator[tuple[list[Box], list[Box], float]]:
    """Solid boxes, drawn boxes and friction of each body."""
    wide, deep = room.size
    slab = Box((wide / 2, deep / 2, -0.05), 0.0, (wide + 1, deep + 1, 0.1), "grey")
    yield [slab], [Box((wide / 2, deep / 2, -0.01), 0.0, (wide, deep, 0.02), "planks")], 0.9
    yield [], [_ceiling(room)], 0.6
    walls = list(_walls(room))
    yield walls, walls, 0.6
    for thing in room.furniture:
        placed = [_placed(part.centre, part.size, part.skin, thing.at_m, thing.yaw_rad) for part in parts(thing)]
        solid = [box for box, part in zip(placed, parts(thing), strict=True) if part.solid]
        yield solid[:MOST_BOXES], placed, 0.6


def _shape(client: int, solid: list[Box]) -> int:
    shape: int = p.createCollisionShapeArray(
        [p.GEOM_BOX] * len(solid),
        halfExtents=[[side / 2 for side in box.size] for box in solid],
        collisionFramePositions=[list(box.centre) for box in solid],
        collisionFrameOrientations=[p.getQuaternionFromEuler([0, 0, box.yaw]) for box in solid],
        physicsClientId=client,
    )
    return shape


class _Builder:
    def __init__(self, client: int, folder: Path) -> None:
        self._client, self._folder, self._count = client, folder, 0
        self._texture = p.loadTexture(str(folder / "atlas.png"), physicsClientId=client)

    def draw(self, boxes: list[Box], shade: float) -> None:
        path = self._folder / f"mesh{self._count}.obj"
        self._count += 1
        write_mesh(path, boxes)
        visual = p.createVisualShape(
            p.GEOM_MESH, fileName=str(path), specularColor=[0, 0, 0], physicsClientId=self._client
        )
        body: int = p.createMultiBody(0, -1, visual, physicsClientId=self._client)
        p.changeVisualShape(
            body, -1, textureUniqueId=self._texture, rgbaColor=[shade, shade, shade, 1], physicsClientId=self._client
        )


def _ceiling(room: Room) -> Box:
    wide, deep = room.size
    return Box((wide / 2, deep / 2, room.ceiling + 0.02), 0.0, (wide, deep, 0.04), "ceiling")


def _walls(room: Room) -> Iterator[Box]:
    wide, deep = room.size
    for x in (-WALL_M / 2, wide + WALL_M / 2):
        yield Box((x, deep / 2, room.ceiling / 2), 0.0, (WALL_M, deep + 2 * WALL_M, room.ceiling), "plaster")
    for y in (-WALL_M / 2, deep + WALL_M / 2):
        yield Box((wide / 2, y, room.ceiling / 2), 0.0, (wide + 2 * WALL_M, WALL_M, room.ceiling), "plaster")


def _placed(
    centre: tuple[float, float, float], size: tuple[float, float, float], skin: str, at: tuple[float, float], yaw: float
) -> Box:
    c, s = math.cos(yaw), math.sin(yaw)
    x, y, z = centre
    return Box((at[0] + c * x - s * y, at[1] + s * x + c * y, z), yaw, size, skin)
