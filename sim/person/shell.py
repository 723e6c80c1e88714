"""What is seen of a person, and what rays, bumpers and robots touch while she moves by plan.

Every drawn part is a static PyBullet body of its own that is set to its place: 43 parts cost about 40 microseconds to
move and nothing while they rest. Parts of whole links carry the collision shapes; those across joints are only drawn.
"""

from __future__ import annotations

import numpy as np
import pybullet as p
from numpy.typing import NDArray

from sim.person.body import Body, Shape
from sim.person.rotation import quaternions
from sim.person.skeleton import LINKS, PARENTS

Array = NDArray[np.float64]

_ALL = -1
"""Every bit: PyBullet's own group and mask of static bodies is narrower, and static bodies never meet each other."""


class Shell:
    def __init__(self, client: int, body: Body, drawn: bool = True) -> None:
        """Not `drawn`, she is only solid, and there much sooner."""
        self._client, self._scale = client, body.scale
        self._parts = body.parts if drawn else tuple(part for part in body.parts if part.share == 1)
        self._ids = [
            self._make(part.file if drawn else None, body.shapes[part.link] if part.share == 1 else ())
            for part in self._parts
        ]
        texture = p.loadTexture(str(body.texture), physicsClientId=client) if drawn and not body.pictured else -1
        picture = {} if body.pictured else {"textureUniqueId": texture}
        for part_id in self._ids if drawn else ():
            p.changeVisualShape(
                part_id, -1, rgbaColor=[1, 1, 1, 1], specularColor=[0, 0, 0], physicsClientId=client, **picture
            )
        self._solid = [i for i, part in zip(self._ids, self._parts, strict=True) if part.share == 1]
        self._link = np.array([part.link for part in self._parts])
        self._share = np.array([[part.share] for part in self._parts])
        self._parent = np.array([max(PARENTS[part.link], 0) for part in self._parts])

    def _make(self, file: object, shapes: tuple[Shape, ...]) -> int:
        visual = -1
        if file is not None:
            visual = p.createVisualShape(
                p.GEOM_MESH, fileName=str(file), meshScale=[self._scale] * 3, physicsClientId=self._client
            )
        collision = _collision(shapes, self._client) if shapes else -1
        return int(p.createMultiBody(0, collision, visual, [0, 0, -10], physicsClientId=self._client))

    @property
    def ids(self) -> tuple[int, ...]:
        """PyBullet ids of all parts, drawn in the order of the body's parts."""
        return tuple(self._ids)

    def link_of(self) -> dict[int, str]:
        """Link name of each part's PyBullet id."""
        return {i: LINKS[part.link] for i, part in zip(self._ids, self._parts, strict=True)}

    def show(self, positions: Array, rotations: Array) -> None:
        """Put the parts where the links are: positions (13, 3) m and rotations (13, 3, 3) in the world."""
        of_links = quaternions(rotations)
        of_parts = of_links[self._link]
        parents = of_links[self._parent]
        sign = np.where((of_parts * parents).sum(1) < 0, -1.0, 1.0)[:, None]
        mixed = of_parts * sign * self._share + parents * (1 - self._share)
        turned = (mixed / np.linalg.norm(mixed, axis=1, keepdims=True)).tolist()
        places = positions[self._link].tolist()
        for part_id, place, turn in zip(self._ids, places, turned, strict=True):
            p.resetBasePositionAndOrientation(part_id, place, turn, physicsClientId=self._client)

    def set_solid(self, solid: bool) -> None:
        """Whether anything collides with the shell (not while the ragdoll stands in for it)."""
        for part_id in self._solid:
            bits = _ALL if solid else 0
            p.setCollisionFilterGroupMask(part_id, -1, bits, bits, physicsClientId=self._client)


def _collision(shapes: tuple[Shape, ...], client: int) -> int:
    types, radii, lengths, halves, places, turns = [], [], [], [], [], []
    for shape in shapes:
        if shape.radius is None:
            types.append(p.GEOM_BOX)
            radii.append(0.0)
            lengths.append(0.0)
            halves.append((shape.b / 2).tolist())
            places.append(shape.a.tolist())
            turns.append([0, 0, 0, 1])
            continue
        along = shape.b - shape.a
        length = float(np.linalg.norm(along))
        pitch, yaw = float(np.arccos(np.clip(along[2] / length, -1, 1))), float(np.arctan2(along[1], along[0]))
        types.append(p.GEOM_CAPSULE)
        radii.append(shape.radius)
        lengths.append(length)
        halves.append([0.0, 0.0, 0.0])
        places.append(((shape.a + shape.b) / 2).tolist())
        turns.append(p.getQuaternionFromEuler([0, pitch, yaw]))
    return int(
        p.createCollisionShapeArray(
            shapeTypes=types, radii=radii, lengths=lengths, halfExtents=halves, collisionFramePositions=places,
            collisionFrameOrientations=turns, physicsClientId=client,
        )
    )  # fmt: skip
