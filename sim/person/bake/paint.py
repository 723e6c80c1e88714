"""Clothes, hair and a face, painted into the UV map texel by texel from where each texel lies on the body."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from sim.person.bake.mesh import Floats, Mesh
from sim.person.bake.rig import Rig, hair_cover
from sim.person.bake.specs import BodySpec
from sim.person.skeleton import LINK

SIZE = 1024
_GRAIN = 2.0
"""Standard deviation of the noise on colours (0..255): cloth and skin that are not flat."""

Image8 = NDArray[np.uint8]


@dataclass(frozen=True)
class Texels:
    """Texels of one triangle: places at rest (n, 3), link weights (n, 13), eye and hand weights (n,)."""

    places: Floats
    weights: Floats
    eyes: Floats
    hands: Floats


class Painter:
    """Knows one body's measures and colours."""

    def __init__(self, rigged: Rig, spec: BodySpec, pelvis_z: float, spine_x: float) -> None:
        self.spec = spec
        eyes = rigged.rest[rigged.eyes > 0.5]
        self.eye_middle = np.array([eyes[:, 0].mean(), 0.0, eyes[:, 2].mean()])
        self.eye_y = float(np.abs(eyes[:, 1]).mean())
        self.waist_z = pelvis_z + 0.04
        self.spine_x = spine_x

    def colours(self, texels: Texels) -> Floats:
        colours = np.tile(np.array(self.spec.looks.skin, dtype=float), (len(texels.places), 1))
        self._dress(colours, texels)
        self._face(colours, texels)
        return colours

    def _dress(self, colours: Floats, texels: Texels) -> None:
        clothes, p, w = self.spec.clothes, texels.places, texels.weights
        feet = w[:, LINK["foot_r"]] + w[:, LINK["foot_l"]]
        upper = sum(w[:, LINK[n]] for n in ("chest", "uarm_r", "uarm_l", "farm_r", "farm_l"))
        dressed = 1 - feet - w[:, LINK["head"]] > 0.5
        top = dressed & ((upper > 0.5) | (p[:, 2] > self.waist_z))
        colours[dressed] = clothes.trousers
        colours[top] = clothes.top
        if clothes.stripe_period_m is not None:
            stripe = top & (np.mod(p[:, 2], clothes.stripe_period_m) < 0.25 * clothes.stripe_period_m)
            colours[stripe] = np.minimum(np.array(clothes.top) * 1.25, 255)
        if clothes.buttons is not None:
            colours[top & (np.abs(p[:, 1]) < 0.012) & (p[:, 0] > self.spine_x + 0.05)] = clothes.buttons
        colours[texels.hands > 0.5] = self.spec.looks.skin
        colours[feet > 0.5] = clothes.shoes

    def _face(self, colours: Floats, texels: Texels) -> None:
        looks = self.spec.looks
        head = texels.weights[:, LINK["head"]] > 0.5
        from_eyes = texels.places - self.eye_middle
        side = np.abs(from_eyes[:, 1])
        z = from_eyes[:, 2]
        hair = head & (texels.eyes < 0.5) & hair_cover(texels.places, self.eye_middle, looks)
        front = head & ~hair & (from_eyes[:, 0] > -0.05)
        colours[hair] = looks.hair
        colours[front & _ellipse(side - self.eye_y, z, 0.020, 0.014) & (texels.eyes < 0.5)] *= 0.86
        colours[front & _ellipse(side - self.eye_y, z - 0.026, 0.022, 0.006)] = looks.brows
        colours[front & _ellipse(side, z + 0.072, 0.026, 0.008)] = looks.lips
        eye = texels.eyes > 0.5
        colours[eye] = (235, 232, 228)
        colours[eye & _ellipse(side - self.eye_y, z, 0.0065, 0.0065)] = (60, 80, 95)
        colours[eye & _ellipse(side - self.eye_y, z, 0.003, 0.003)] = (15, 15, 15)


def _ellipse(u: Floats, v: Floats, half_u: float, half_v: float) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = np.hypot(u / half_u, v / half_v) < 1
    return inside


def paint(mesh: Mesh, rigged: Rig, spec: BodySpec) -> Image8:
    """The texture (1024, 1024, 3); v = 0 is the lowest row, as OBJ has it."""
    pelvis = mesh.bone_heads[mesh.bone("root")]
    spine = mesh.bone_heads[mesh.bone("spine04")]
    painter = Painter(rigged, spec, float(pelvis[2]), float(spine[0]))
    image = np.zeros((SIZE, SIZE, 3)) + np.array(spec.looks.skin, dtype=float)
    sure = np.zeros((SIZE, SIZE), dtype=bool)
    for face, uv_face in zip(rigged.faces, rigged.uv_faces, strict=True):
        corners = rigged.uv[uv_face] * SIZE
        corners[:, 1] = SIZE - corners[:, 1]
        rows, columns, weights, inside = _cover(corners)
        keep = inside | ~sure[rows, columns]
        rows, columns, weights, inside = rows[keep], columns[keep], weights[keep], inside[keep]
        if not len(rows):
            continue
        texels = Texels(
            weights @ rigged.rest[face], weights @ rigged.link_weights[face],
            weights @ rigged.eyes[face], weights @ rigged.hands[face],
        )  # fmt: skip
        image[rows, columns] = painter.colours(texels)
        sure[rows, columns] |= inside
    nearest = ndimage.distance_transform_edt(~sure, return_distances=False, return_indices=True)
    image = image[tuple(nearest)]
    grain = np.random.default_rng(0).normal(0, _GRAIN, (SIZE, SIZE, 1))
    painted: Image8 = np.clip(image + grain, 0, 255).astype(np.uint8)
    return painted


def _cover(corners: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats, NDArray[np.bool_]]:
    """Texels of a triangle and a margin of about one texel: rows, columns, barycentric weights, strictly inside."""
    empty = np.zeros(0, dtype=np.int64)
    nothing = empty, empty, np.zeros((0, 3)), np.zeros(0, dtype=bool)
    edges = np.stack([corners[1] - corners[0], corners[2] - corners[0]], axis=1)
    area = abs(float(np.linalg.det(edges)))
    if area < 1e-9:
        return nothing
    low = np.clip(np.floor(corners.min(0) - 1.5), 0, SIZE - 1).astype(int)
    high = np.clip(np.ceil(corners.max(0) + 1.5), 0, SIZE - 1).astype(int)
    columns, rows = (g.ravel() for g in np.meshgrid(np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1)))
    local = (np.stack([columns, rows], 1) + 0.5 - corners[0]) @ np.linalg.inv(edges).T
    weights = np.stack([1 - local.sum(1), local[:, 0], local[:, 1]], axis=1)
    near = np.asarray((weights >= -1.2 / np.sqrt(area)).all(axis=1))
    inside = np.asarray((weights >= -0.02).all(axis=1))
    margin = np.clip(weights, 0, 1)
    margin /= margin.sum(1, keepdims=True)
    return rows[near], columns[near], margin[near], inside[near]


def save_texture(image: Image8, path: Path, size: int = SIZE) -> None:
    """As a palette PNG, which stays below 512 kB."""
    sized = Image.fromarray(image).resize((size, size), Image.Resampling.NEAREST)
    sized.quantize(56, dither=Image.Dither.NONE).convert("P").save(path, optimize=True)
