"""Builds the flat of a site file in a PyBullet world. Everything is static.

What is solid are boxes, up to sixteen in a body (PyBullet takes no more); what is drawn is one mesh for each body.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pybullet as p

from kangban.site import Site, Station
from sim.home.dock import DockBodies, boxes, cover, tag_patch, write_tag
from sim.home.furniture import Part, parts
from sim.home.mesh import Box, write_mesh
from sim.home.textures import paint_atlas
from sim.home.walls import panels

MOST_BOXES = 16
FLOOR_FRICTION = 0.9
WET_ROOMS = ("kitchen", "bathroom")


@dataclass(frozen=True)
class Home:
    """`floor_ids` are what a robot may touch; `body_ids` are what it must not. `dock`: the bodies of the
    charging dock, its tag and what covers the tag."""

    floor_ids: frozenset[int]
    body_ids: frozenset[int]
    dock: DockBodies | None = None


def build(client: int, site: Site, folder: Path, rng: np.random.Generator, station: Station | None = None) -> Home:
    """`folder` takes the picture and the meshes; `rng` varies the colours."""
    folder.mkdir(parents=True, exist_ok=True)
    paint_atlas(folder / "atlas.png", rng, tag=None if station is None else tag_patch(station.tag))
    builder = _Builder(client, folder)
    floor = builder.body([_slab(site)], list(_pavement(site)), friction=FLOOR_FRICTION)
    bodies = []
    walls = list(_walls(site))
    for some in _some(walls):
        bodies.append(builder.body(some, some))
    for thing in site.furniture:
        solid = [_placed(part, thing.at_m, thing.yaw_rad) for part in parts(thing) if part.solid]
        drawn = [_placed(part, thing.at_m, thing.yaw_rad) for part in parts(thing)]
        bodies.append(builder.body(solid, drawn))
    # Before the ceiling: the renderer gives the last body's picture to the one before it, and they all share one.
    dock = None if station is None else _dock(builder, station)
    builder.body([], [_ceiling(site)])
    return Home(frozenset([floor]), frozenset(bodies), dock)


class _Builder:
    def __init__(self, client: int, folder: Path) -> None:
        self._client, self.folder, self._count = client, folder, 0
        self._texture = p.loadTexture(str(folder / "atlas.png"), physicsClientId=client)

    def body(self, solid: Sequence[Box], drawn: Sequence[Box], friction: float = 0.6) -> int:
        """A static body; raises ValueError for more solid boxes than a body can have."""
        if len(solid) > MOST_BOXES:
            raise ValueError(f"{len(solid)} solid boxes in one body; at most {MOST_BOXES}")
        path = self.folder / f"mesh{self._count}.obj"
        self._count += 1
        write_mesh(path, drawn)
        return self.drawn(path, solid, friction)

    def drawn(self, path: Path, solid: Sequence[Box], friction: float = 0.6) -> int:
        """The same of a mesh that is there already."""
        visual = p.createVisualShape(
            p.GEOM_MESH, fileName=str(path), specularColor=[0, 0, 0], physicsClientId=self._client
        )
        shape = -1
        if solid:
            shape = p.createCollisionShapeArray(
                [p.GEOM_BOX] * len(solid),
                halfExtents=[[side / 2 for side in box.size] for box in solid],
                collisionFramePositions=[list(box.centre) for box in solid],
                collisionFrameOrientations=[p.getQuaternionFromEuler([0, 0, box.yaw]) for box in solid],
                physicsClientId=self._client,
            )
        body: int = p.createMultiBody(0, shape, visual, physicsClientId=self._client)
        p.changeVisualShape(body, -1, textureUniqueId=self._texture, physicsClientId=self._client)
        p.changeVisualShape(body, -1, rgbaColor=[1, 1, 1, 1], physicsClientId=self._client)
        p.changeDynamics(body, -1, lateralFriction=friction, physicsClientId=self._client)
        return body


def _dock(builder: _Builder, station: Station) -> DockBodies:
    """In their own frame; whoever knows where the dock stands puts them there."""
    parts = boxes(station)
    body = builder.body(parts, parts)
    write_tag(builder.folder / "tag.obj", station)
    tag = builder.drawn(builder.folder / "tag.obj", [])
    return DockBodies(body, tag, builder.body([], [cover(station)]))


def _some(boxes: Sequence[Box]) -> Iterator[Sequence[Box]]:
    for start in range(0, len(boxes), MOST_BOXES):
        yield boxes[start : start + MOST_BOXES]


def _placed(part: Part, at: tuple[float, float], yaw: float) -> Box:
    c, s = math.cos(yaw), math.sin(yaw)
    x, y, z = part.centre
    return Box((at[0] + c * x - s * y, at[1] + s * x + c * y, z), yaw, part.size, part.skin)


def _extent(site: Site) -> tuple[float, float, float, float]:
    lows, highs = [r.min_m for r in site.rooms], [r.max_m for r in site.rooms]
    return min(x for x, _ in lows), min(y for _, y in lows), max(x for x, _ in highs), max(y for _, y in highs)


def _slab(site: Site) -> Box:
    x0, y0, x1, y1 = _extent(site)
    return Box(((x0 + x1) / 2, (y0 + y1) / 2, -0.05), 0.0, (x1 - x0 + 1, y1 - y0 + 1, 0.1), "grey")


def _pavement(site: Site) -> Iterator[Box]:
    """What the floor looks like, two centimetres thick, with its top at z = 0."""
    for room in site.rooms:
        (x0, y0), (x1, y1) = room.min_m, room.max_m
        skin = "tiles" if room.name in WET_ROOMS else "planks"
        yield Box(((x0 + x1) / 2, (y0 + y1) / 2, -0.01), 0.0, (x1 - x0, y1 - y0, 0.02), skin)


def _walls(site: Site) -> Iterator[Box]:
    for panel in panels(site):
        size = (panel.length, panel.thickness, panel.top - panel.bottom)
        yield Box((panel.x, panel.y, (panel.top + panel.bottom) / 2), panel.yaw, size, "plaster")


def _ceiling(site: Site) -> Box:
    x0, y0, x1, y1 = _extent(site)
    centre = ((x0 + x1) / 2, (y0 + y1) / 2, site.ceiling_m + 0.02)
    return Box(centre, 0.0, (x1 - x0, y1 - y0, 0.04), "ceiling")
