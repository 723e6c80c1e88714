"""A baked body, read from its folder: measures, collision shapes and the list of drawn parts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.person.skeleton import LINK, LINKS, forward

Array = NDArray[np.float64]

BODIES = Path(__file__).parent / "bodies"


@dataclass(frozen=True)
class DrawnPart:
    """One mesh. It turns `share` as far from the parent link as the link does."""

    file: Path
    link: int
    share: float


@dataclass(frozen=True)
class Shape:
    """A capsule from `a` to `b` (3,) of `radius`, or a box centred at `a` with size `b` where `radius` is None."""

    a: Array
    b: Array
    radius: float | None


@dataclass(frozen=True)
class Body:
    """One person's body. offsets (13, 3): joints in their parent link, m; touch (13, k, 3): surface points in the
    link that may touch floor or furniture; stoop: habitual bend of the spine, rad; colours: those painted, by name;
    scale: how much larger this person is than the baked body; pictured: the parts' files name their own pictures."""

    name: str
    stature: float
    weight: float
    stoop: float
    offsets: Array
    touch: Array
    shapes: tuple[tuple[Shape, ...], ...]
    parts: tuple[DrawnPart, ...]
    urdf: Path
    texture: Path
    colours: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    scale: float = 1.0
    pictured: bool = False

    @cached_property
    def thigh(self) -> float:
        return float(np.linalg.norm(self.offsets[LINK["shin_r"]]))

    @cached_property
    def shin(self) -> float:
        return float(np.linalg.norm(self.offsets[LINK["foot_r"]]))

    @cached_property
    def ankle_height(self) -> float:
        """Height of the ankle over the sole, m."""
        return float(-self.touch[LINK["foot_r"]][:, 2].min())

    @property
    def hip_height(self) -> float:
        """Height of the pelvis joint when standing straight, m."""
        return self.ankle_height + self.thigh + self.shin - float(self.offsets[LINK["thigh_r"]][2])

    def surface(self, root: Array, turn: Array, angles: Array) -> Array:
        """The touch points (13, k, 3) in the world."""
        positions, rotations = forward(self.offsets, root, turn, angles)
        points: Array = self.touch @ rotations.transpose(0, 2, 1) + positions[:, None, :]
        return points


_FIRST = ("carer", "old_man", "old_woman")


def names() -> tuple[str, ...]:
    """The bodies that practice films and benches draw from."""
    return _FIRST


def all_names() -> tuple[str, ...]:
    """Every body there is. Those beyond `names` take no part in training: they are new faces to judge on."""
    return tuple(sorted(folder.name for folder in BODIES.iterdir() if (folder / "body.json").is_file()))


def load(name: str) -> Body:
    """The body called `name`; raises ValueError naming the bodies there are."""
    folder = BODIES / name
    if not (folder / "body.json").is_file():
        raise ValueError(f"no body {name!r} in {BODIES}; there are: {', '.join(all_names())}")
    about = json.loads((folder / "body.json").read_text())
    points = [np.array(about["touch_points_in_link"][link]) for link in LINKS]
    most = max(len(p) for p in points)
    return Body(
        name=about["name"],
        stature=about["stature_m"],
        weight=about["weight_kg"],
        stoop=about["stoop_rad"],
        offsets=np.array(about["joint_in_parent"]),
        touch=np.stack([p[np.arange(most) % len(p)] for p in points]),
        shapes=tuple(tuple(_shape(s) for s in about["shapes_in_link"][link]) for link in LINKS),
        parts=tuple(DrawnPart(folder / p["file"], LINK[p["link"]], float(p["share"])) for p in about["parts"]),
        urdf=folder / "body.urdf",
        texture=folder / "texture.png",
        colours={part: tuple(colour) for part, colour in about.get("colours", {}).items()},
    )


def scaled(body: Body, scale: float) -> Body:
    """The same body larger or smaller all over."""

    def shape(s: Shape) -> Shape:
        return Shape(s.a * scale, s.b * scale, None if s.radius is None else s.radius * scale)

    return replace(
        body,
        stature=body.stature * scale,
        weight=body.weight * scale**3,
        offsets=body.offsets * scale,
        touch=body.touch * scale,
        shapes=tuple(tuple(shape(s) for s in shapes) for shapes in body.shapes),
        scale=body.scale * scale,
    )


def _shape(data: dict[str, dict[str, object]]) -> Shape:
    if "box" in data:
        return Shape(np.array(data["box"]["centre"]), np.array(data["box"]["size"]), None)
    capsule = data["capsule"]
    return Shape(np.array(capsule["start"]), np.array(capsule["end"]), float(str(capsule["radius"])))
