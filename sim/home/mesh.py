"""Boxes as one drawn mesh: faces in pieces, each with its own normals and its patch of the shared picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.home.textures import patch

PIECE_M = 1.2  # a patch is this large at most, so that planks and tiles keep their size


@dataclass(frozen=True)
class Box:
    """Centre and heading in the world, full size, surface."""

    centre: tuple[float, float, float]
    yaw: float
    size: tuple[float, float, float]
    skin: str


# The axes (normal, u, v) of a box's faces; u and v are turned so that u x v = normal.
_FACES = [
    ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    ((-1, 0, 0), (0, -1, 0), (0, 0, 1)),
    ((0, 1, 0), (-1, 0, 0), (0, 0, 1)),
    ((0, -1, 0), (1, 0, 0), (0, 0, 1)),
    ((0, 0, 1), (1, 0, 0), (0, 1, 0)),
    ((0, 0, -1), (-1, 0, 0), (0, 1, 0)),
]


def write_mesh(path: Path, boxes: Sequence[Box]) -> None:
    """An OBJ file of all boxes, in world coordinates."""
    corners: list[NDArray[np.float64]] = []
    normals: list[NDArray[np.float64]] = []
    pictures: list[tuple[float, float]] = []
    for box in boxes:
        for face in _FACES:
            for quad, picture in _pieces(box, np.array(face, dtype=float)):
                corners.extend(quad)
                normals.append(_turned(np.array(face[0], dtype=float), box.yaw))
                pictures.extend(picture)
    lines = [f"v {x:.4f} {y:.4f} {z:.4f}" for x, y, z in corners]
    lines += [f"vt {u:.5f} {v:.5f}" for u, v in pictures]
    lines += [f"vn {x:.4f} {y:.4f} {z:.4f}" for x, y, z in normals]
    for k in range(len(normals)):
        a, b, c, d = (f"{4 * k + i}/{4 * k + i}/{k + 1}" for i in (1, 2, 3, 4))
        lines += [f"f {a} {b} {c}", f"f {a} {c} {d}"]
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


def _pieces(box: Box, axes: NDArray[np.float64]) -> list[tuple[list[NDArray[np.float64]], list[tuple[float, float]]]]:
    size = np.array(box.size)
    middle = axes[0] * size / 2
    along, up = axes[1] * size, axes[2] * size
    counts = [max(1, math.ceil(float(np.linalg.norm(edge)) / PIECE_M)) for edge in (along, up)]
    left, bottom, right, top = patch(box.skin)
    width = (right - left) * min(1.0, float(np.linalg.norm(along)) / counts[0] / PIECE_M)
    height = (top - bottom) * min(1.0, float(np.linalg.norm(up)) / counts[1] / PIECE_M)
    picture = [(left, bottom), (left + width, bottom), (left + width, bottom + height), (left, bottom + height)]
    found = []
    for i in range(counts[0]):
        for j in range(counts[1]):
            steps = ((i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1))
            quad = [middle + along * (a / counts[0] - 0.5) + up * (b / counts[1] - 0.5) for a, b in steps]
            found.append(([_turned(point, box.yaw) + box.centre for point in quad], picture))
    return found


def _turned(vector: NDArray[np.float64], yaw: float) -> NDArray[np.float64]:
    c, s = math.cos(yaw), math.sin(yaw)
    return np.array([c * vector[0] - s * vector[1], s * vector[0] + c * vector[1], vector[2]])
