"""Collision shapes, masses and inertias of the links.

Segment masses as fractions of body mass: P. de Leva, "Adjustments to Zatsiorsky-Seluyanov's segment inertia
parameters", J. Biomechanics 29(9), 1996, table 4 (hand counted with the forearm; upper and middle trunk are our
chest, lower trunk our pelvis). Centre and inertia are those of the part's convex hull at even density.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import trimesh

from sim.person.bake.mesh import Floats
from sim.person.bake.rig import Rig
from sim.person.skeleton import LINK, LINKS

_WOMAN = {
    "head": 0.0668, "chest": 0.1545 + 0.1465, "pelvis": 0.1247, "uarm": 0.0255, "farm": 0.0138 + 0.0056,
    "thigh": 0.1478, "shin": 0.0481, "foot": 0.0129,
}  # fmt: skip
_MAN = {
    "head": 0.0694, "chest": 0.1596 + 0.1633, "pelvis": 0.1117, "uarm": 0.0271, "farm": 0.0162 + 0.0061,
    "thigh": 0.1416, "shin": 0.0433, "foot": 0.0137,
}  # fmt: skip


@dataclass(frozen=True)
class Capsule:
    """From `start` to `end` (3,), metres in the link's frame."""

    start: Floats
    end: Floats
    radius: float


@dataclass(frozen=True)
class Box:
    centre: Floats
    size: Floats


@dataclass(frozen=True)
class Solid:
    """One link's body: mass (kg), centre (3,) m, inertia (3, 3) kg m2 about the centre, its collision shapes.

    `touch` (k, 3): points of the surface that can touch floor and furniture.
    """

    mass: float
    centre: Floats
    inertia: Floats
    shapes: tuple[Capsule | Box, ...]
    touch: Floats


def solids(rigged: Rig, woman: bool, weight_kg: float) -> dict[str, Solid]:
    """A solid for each link; masses sum to `weight_kg`."""
    fractions = _WOMAN if woman else _MAN
    total = sum(fractions[name.split("_")[0]] for name in LINKS)
    result = {}
    dominant = rigged.link_weights.argmax(1)
    for link, name in enumerate(LINKS):
        kind = name.split("_")[0]
        points = rigged.vertices[dominant == link] - rigged.joints[link]
        hull = trimesh.convex.convex_hull(points)
        mass = fractions[kind] / total * weight_kg
        result[name] = Solid(
            mass, np.array(hull.center_mass), np.array(hull.moment_inertia) * mass / hull.volume,
            _shapes(kind, name, points, rigged), _spread(np.array(hull.vertices), 32 if kind == "foot" else 16),
        )  # fmt: skip
    return result


def _shapes(kind: str, name: str, points: Floats, rigged: Rig) -> tuple[Capsule | Box, ...]:
    if kind == "foot":
        low, high = points.min(0), points.max(0)
        high[2] = min(high[2], low[2] + 0.08)
        return (Box((low + high) / 2, high - low),)
    if kind == "head":
        skull = points[points[:, 2] > np.median(points[:, 2])]
        middle, radius = (skull.min(0) + skull.max(0)) / 2, 0.95 * float(np.ptp(skull[:, 1])) / 2
        top = np.array([middle[0] - 0.01, 0.0, skull[:, 2].max() - radius])
        return (Capsule(top - [0.0, 0.0, 0.07], top, radius),)
    if kind in ("pelvis", "chest"):
        return _trunk(points, 1 if kind == "pelvis" else 2)
    low, high = {"thigh": (0.12, 0.94), "shin": (0.05, 0.92), "uarm": (0.05, 0.95), "farm": (0.05, 0.82)}[kind]
    end = points[points[:, 2] < np.quantile(points[:, 2], 0.01)].mean(0) if kind == "farm" else _child(name, rigged)
    along = np.clip(points @ end / (end @ end), 0, 1)[:, None] * end
    radius = float(np.quantile(np.linalg.norm(points - along, axis=1), 0.5))
    return (Capsule(end * low, end * high, radius),)


def _child(name: str, rigged: Rig) -> Floats:
    child = {"thigh": "shin", "shin": "foot", "uarm": "farm"}[name.split("_")[0]] + name[-2:]
    offset: Floats = rigged.joints[LINK[child]] - rigged.joints[LINK[name]]
    return offset


def _trunk(points: Floats, count: int) -> tuple[Capsule, ...]:
    """`count` capsules lying across the trunk, one above the other."""
    edges = np.quantile(points[:, 2], np.linspace(0.02, 0.98, count + 1))
    capsules = []
    for low, high in pairwise(edges):
        band = points[(points[:, 2] >= low) & (points[:, 2] <= high)]
        depth_low, depth_high = np.quantile(band[:, 0], [0.05, 0.95])
        radius = min((depth_high - depth_low) / 2, 0.14)
        reach = max(float(np.quantile(np.abs(band[:, 1]), 0.9)) - radius, 0.01)
        middle = np.array([(depth_low + depth_high) / 2, 0.0, (low + high) / 2])
        capsules.append(Capsule(middle - [0, reach, 0], middle + [0, reach, 0], float(radius)))
    return tuple(capsules)


def _spread(points: Floats, count: int) -> Floats:
    """`count` points far from each other, by farthest-point sampling from the lowest."""
    chosen = [int(points[:, 2].argmin())]
    distance = np.linalg.norm(points - points[chosen[0]], axis=1)
    while len(chosen) < min(count, len(points)):
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return points[chosen]
