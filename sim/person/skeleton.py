"""The skeleton that every body shares: 13 links joined by 26 hinges, with anatomical signs and limits.

A joint with several degrees of freedom is a chain of hinges (flexion, then abduction or side bend, then rotation),
because PyBullet limits hinges and cannot limit spherical joints. A pose is a vector of 26 angles in radians in the
order of `DOFS`; all zero is standing straight with arms and legs down. Frames: x forward, y left, z up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LINKS = (
    "pelvis", "chest", "head",
    "thigh_r", "shin_r", "foot_r", "uarm_r", "farm_r",
    "thigh_l", "shin_l", "foot_l", "uarm_l", "farm_l",
)  # fmt: skip
PARENTS = (-1, 0, 1, 0, 3, 4, 1, 6, 0, 8, 9, 1, 11)
LINK = {name: i for i, name in enumerate(LINKS)}


@dataclass(frozen=True, slots=True)
class Dof:
    """One hinge: `axis` in the parent frame at zero, limits in rad, and the greatest muscle torque (N m)."""

    name: str
    link: int
    axis: tuple[int, int, int]
    lower: float
    upper: float
    torque: float


def _sided(side: str) -> list[Dof]:
    """Hinges of one arm and leg; `out` turns abduction and inward rotation to that side's sign."""
    out = -1 if side == "r" else 1
    thigh, shin, foot = LINK[f"thigh_{side}"], LINK[f"shin_{side}"], LINK[f"foot_{side}"]
    uarm, farm = LINK[f"uarm_{side}"], LINK[f"farm_{side}"]
    return [
        Dof(f"hip_{side}_flex", thigh, (0, -1, 0), -0.45, 2.1, 150),
        Dof(f"hip_{side}_abd", thigh, (out, 0, 0), -0.45, 0.8, 120),
        Dof(f"hip_{side}_rot", thigh, (0, 0, -out), -0.7, 0.7, 60),
        Dof(f"knee_{side}", shin, (0, 1, 0), 0.0, 2.45, 150),
        Dof(f"ankle_{side}_flex", foot, (0, -1, 0), -0.87, 0.52, 90),
        Dof(f"ankle_{side}_abd", foot, (out, 0, 0), -0.4, 0.4, 40),
        Dof(f"shoulder_{side}_flex", uarm, (0, -1, 0), -0.9, 2.8, 50),
        Dof(f"shoulder_{side}_abd", uarm, (out, 0, 0), -0.2, 1.4, 50),
        Dof(f"shoulder_{side}_rot", uarm, (0, 0, -out), -1.0, 1.2, 25),
        Dof(f"elbow_{side}", farm, (0, -1, 0), 0.0, 2.45, 40),
    ]


DOFS: tuple[Dof, ...] = (
    Dof("spine_flex", LINK["chest"], (0, 1, 0), -0.45, 1.1, 150),
    Dof("spine_side", LINK["chest"], (1, 0, 0), -0.5, 0.5, 120),
    Dof("spine_turn", LINK["chest"], (0, 0, 1), -0.6, 0.6, 90),
    Dof("neck_flex", LINK["head"], (0, 1, 0), -0.7, 0.8, 25),
    Dof("neck_side", LINK["head"], (1, 0, 0), -0.5, 0.5, 20),
    Dof("neck_turn", LINK["head"], (0, 0, 1), -1.1, 1.1, 15),
    *_sided("r"),
    *_sided("l"),
)
DOF = {dof.name: i for i, dof in enumerate(DOFS)}
LOWER = np.array([dof.lower for dof in DOFS])
UPPER = np.array([dof.upper for dof in DOFS])
TORQUE = np.array([float(dof.torque) for dof in DOFS])
DOFS_OF_LINK = tuple(tuple(i for i, dof in enumerate(DOFS) if dof.link == link) for link in range(len(LINKS)))


def _skew(axes: Array) -> Array:
    x, y, z = axes.T
    o = np.zeros_like(x)
    return np.stack([np.stack([o, -z, y], -1), np.stack([z, o, -x], -1), np.stack([-y, x, o], -1)], -2)


_K = _skew(np.array([dof.axis for dof in DOFS], dtype=float))
_KK = _K @ _K


def hinge_rotations(angles: Array) -> Array:
    """Rotation matrix of each hinge, shape (26, 3, 3), by Rodrigues' formula."""
    result: Array = np.eye(3) + np.sin(angles)[:, None, None] * _K + (1 - np.cos(angles))[:, None, None] * _KK
    return result


def forward(offsets: Array, root: Array, turn: Array, angles: Array) -> tuple[Array, Array]:
    """Where the links are: positions (13, 3) of their joints and rotations (13, 3, 3), in the frame of `root`.

    `offsets` (13, 3): each joint in its parent link; `root` (3,) and `turn` (3, 3): the pelvis; `angles` (26,) rad.
    """
    hinges = hinge_rotations(angles)
    positions = np.empty((len(LINKS), 3))
    rotations = np.empty((len(LINKS), 3, 3))
    positions[0], rotations[0] = root, turn
    for link in range(1, len(LINKS)):
        parent = PARENTS[link]
        positions[link] = positions[parent] + rotations[parent] @ offsets[link]
        rotation = rotations[parent]
        for dof in DOFS_OF_LINK[link]:
            rotation = rotation @ hinges[dof]
        rotations[link] = rotation
    return positions, rotations


def angles_of(**named: float) -> Array:
    """A pose from named angles in rad, the rest zero; `hip_flex=` sets both sides at once."""
    angles = np.zeros(len(DOFS))
    for name, value in named.items():
        head, _, tail = name.partition("_")
        both = [f"{head}_{side}" + (f"_{tail}" if tail else "") for side in "rl"]
        for one in [name] if name in DOF else both:
            angles[DOF[one]] = value
    return angles
