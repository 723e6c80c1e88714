"""What each kind of furniture is made of: boxes and cylinders in its own frame (front along x, floor at z = 0)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kangban.site import Furniture


@dataclass(frozen=True)
class Part:
    """A box: centre and full size (m) in the furniture's frame, its surface (a patch of `textures.py`).

    `solid` parts stop robots and people.
    """

    centre: tuple[float, float, float]
    size: tuple[float, float, float]
    skin: str
    solid: bool = True


def _box(x: float, y: float, z0: float, sx: float, sy: float, z1: float, skin: str) -> Part:
    return Part((x, y, (z0 + z1) / 2), (sx, sy, z1 - z0), skin)


def _legs(sx: float, sy: float, top: float, thick: float, skin: str) -> list[Part]:
    dx, dy = sx / 2 - thick / 2, sy / 2 - thick / 2
    return [_box(x, y, 0.0, thick, thick, top, skin) for x in (-dx, dx) for y in (-dy, dy)]


def bed(f: Furniture) -> list[Part]:
    """The head is at -x, with a headboard and a pillow that is soft and so not solid."""
    sx, sy, _ = f.size_m
    rest = f.rest_height_m or f.size_m[2]
    pillow = Part((-sx / 2 + 0.28, 0.0, rest + 0.03), (0.36, 0.62, 0.06), "white", solid=False)
    return [
        _box(0.0, 0.0, 0.08, sx, sy, rest - 0.2, "wood"),
        _box(0.02, 0.0, rest - 0.2, sx - 0.04, sy - 0.06, rest, "fabric"),
        _box(-sx / 2 + 0.02, 0.0, 0.0, 0.04, sy, rest + 0.45, "dark"),
        pillow,
        *_legs(sx, sy, 0.08, 0.08, "dark"),
    ]


def sofa(f: Furniture) -> list[Part]:
    sx, sy, top = f.size_m
    rest = f.rest_height_m or 0.42
    return [
        _box(0.0, 0.0, 0.06, sx, sy, rest, "fabric"),
        _box(-sx / 2 + 0.11, 0.0, rest, 0.22, sy, top, "fabric"),
        _box(0.0, -sy / 2 + 0.09, rest, sx, 0.18, rest + 0.2, "fabric"),
        _box(0.0, sy / 2 - 0.09, rest, sx, 0.18, rest + 0.2, "fabric"),
        *_legs(sx, sy, 0.06, 0.08, "dark"),
    ]


def chair(f: Furniture) -> list[Part]:
    sx, sy, top = f.size_m
    rest = f.rest_height_m or 0.45
    return [
        _box(0.0, 0.0, rest - 0.05, sx, sy, rest, "wood"),
        _box(-sx / 2 + 0.02, 0.0, rest + 0.1, 0.04, sy, top, "wood"),
        *_legs(sx, sy, rest - 0.05, 0.04, "wood"),
    ]


def table(f: Furniture) -> list[Part]:
    sx, sy, top = f.size_m
    return [_box(0.0, 0.0, top - 0.04, sx, sy, top, "wood"), *_legs(sx, sy, top - 0.04, 0.06, "wood")]


def kitchen(f: Furniture) -> list[Part]:
    sx, sy, top = f.size_m
    return [
        _box(0.0, 0.0, 0.0, sx - 0.04, sy, top - 0.04, "white"),
        _box(0.0, 0.0, top - 0.04, sx, sy, top, "dark"),
        _box(-sx / 2 + 0.16, 0.0, top + 0.55, 0.32, sy, top + 1.15, "white"),
        _box(0.05, sy / 4, top, 0.4, 0.5, top + 0.01, "grey"),
    ]


def block(skin: str) -> Callable[[Furniture], list[Part]]:
    def build(f: Furniture) -> list[Part]:
        sx, sy, top = f.size_m
        return [_box(0.0, 0.0, 0.0, sx, sy, top, skin)]

    return build


def cupboard(f: Furniture) -> list[Part]:
    sx, sy, top = f.size_m
    handles = [_box(sx / 2 + 0.01, y, top / 2 - 0.1, 0.02, 0.02, top / 2 + 0.1, "grey") for y in (-0.04, 0.04)]
    return [_box(0.0, 0.0, 0.0, sx, sy, top, "wood"), *handles]


def shelf(f: Furniture) -> list[Part]:
    sx, sy, top = f.size_m
    boards = [_box(0.0, 0.0, z, sx, sy, z + 0.03, "wood") for z in (0.05, top * 0.35, top * 0.65, top - 0.03)]
    sides = [_box(0.0, y, 0.0, sx, 0.03, top, "wood") for y in (-sy / 2 + 0.015, sy / 2 - 0.015)]
    return [*boards, *sides, _box(-sx / 2 + 0.01, 0.0, 0.0, 0.02, sy, top, "dark")]


def toilet(f: Furniture) -> list[Part]:
    sx, sy, top = f.size_m
    return [
        _box(0.08, 0.0, 0.0, sx - 0.2, sy - 0.06, top, "white"),
        _box(-sx / 2 + 0.09, 0.0, 0.0, 0.18, sy, top + 0.35, "white"),
    ]


def basin(f: Furniture) -> list[Part]:
    sx, sy, top = f.size_m
    return [_box(0.0, 0.0, top - 0.16, sx, sy, top, "white"), _box(-sx / 4, 0.0, 0.0, 0.16, 0.16, top - 0.16, "white")]


def rug(f: Furniture) -> list[Part]:
    sx, sy, _ = f.size_m
    return [Part((0.0, 0.0, 0.002), (sx, sy, 0.004), "fabric", solid=False)]


def lamp(f: Furniture) -> list[Part]:
    sx, sy, top = f.size_m
    return [
        _box(0.0, 0.0, 0.0, sx, sy, 0.03, "dark"),
        _box(0.0, 0.0, 0.03, 0.03, 0.03, top - 0.25, "dark"),
        _box(0.0, 0.0, top - 0.25, sx, sy, top, "white"),
    ]


BUILDERS: dict[str, Callable[[Furniture], list[Part]]] = {
    "bed": bed,
    "sofa": sofa,
    "chair": chair,
    "table": table,
    "kitchen": kitchen,
    "cupboard": cupboard,
    "shelf": shelf,
    "fridge": block("white"),
    "dock": block("grey"),
    "toilet": toilet,
    "basin": basin,
    "rug": rug,
    "lamp": lamp,
}


def parts(furniture: Furniture) -> list[Part]:
    return BUILDERS[furniture.kind](furniture)
