"""What someone wears and how tall she is: a baked body in other clothes, skin and hair, at another size."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.person.bake.specs import BODIES, BodySpec
from sim.person.body import Body, load, scaled

Rgb = tuple[float, float, float]

SIDE = 512  # pixels of the painted texture: half of the baked one, finer than any camera here sees
SKINS: tuple[Rgb, ...] = (
    (222, 178, 152),
    (206, 154, 126),
    (180, 128, 98),
    (140, 94, 70),
    (92, 62, 48),
    (236, 200, 180),
)
HAIRS: tuple[Rgb, ...] = ((206, 204, 202), (160, 158, 156), (58, 44, 38), (34, 30, 30), (120, 84, 56), (196, 160, 104))
_OTHER = (235.0, 232.0, 226.0)  # eyes, buttons


@dataclass(frozen=True)
class Looks:
    """RGB 0..255; `scale`: of the baked body's stature."""

    top: Rgb
    trousers: Rgb
    shoes: Rgb
    skin: Rgb
    hair: Rgb
    scale: float = 1.0


def draw_looks(rng: np.random.Generator, scale: float = 1.0) -> Looks:
    top = _garment(rng, 0.15, 0.95)
    trousers = top if rng.random() < 0.15 else _garment(rng, 0.1, 0.6)  # pyjamas, a dress
    skin = SKINS[int(rng.integers(len(SKINS)))]
    if rng.random() < 0.1:
        trousers = skin  # shorts
    shoes = skin if rng.random() < 0.15 else _garment(rng, 0.08, 0.9)  # barefoot
    return Looks(top, trousers, shoes, skin, HAIRS[int(rng.integers(len(HAIRS)))], scale)


def _garment(rng: np.random.Generator, darkest: float, brightest: float) -> Rgb:
    colour = colorsys.hsv_to_rgb(
        float(rng.random()), float(rng.uniform(0.0, 0.85)) ** 1.5, float(rng.uniform(darkest, brightest))
    )
    return (255 * colour[0], 255 * colour[1], 255 * colour[2])


def dress(name: str, looks: Looks, folder: Path) -> Body:
    """The body called `name` with those looks; the new `folder` takes the painted texture.

    Its meshes come from that folder, too: the EGL renderer knows a mesh by its path, and two people with the same mesh
    would wear the same.
    """
    folder.mkdir()
    body = load(name)
    file = folder / "texture.png"
    parts = tuple(replace(part, file=folder / part.file.name) for part in body.parts)
    for old, new in zip(body.parts, parts, strict=True):
        new.file.symlink_to(old.file)
    body = replace(body, parts=parts)
    spec = next((spec for spec in BODIES if spec.name == name), None)
    if spec is not None:
        cv2.imwrite(str(file), _repaint(body.texture, spec, looks)[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])
        body = replace(body, texture=file)
    return body if looks.scale == 1.0 else scaled(body, looks.scale)


def resized(name: str, looks: Looks) -> Body:
    """The body as it moves; what it wears does not matter there."""
    return load(name) if looks.scale == 1.0 else scaled(load(name), looks.scale)


def _repaint(texture: Path, spec: BodySpec, looks: Looks) -> NDArray[np.uint8]:
    """Each pixel keeps its brightness against the garment it belongs to (stripes, grain) in the new colour."""
    picture = cv2.imread(str(texture), cv2.IMREAD_COLOR)
    assert picture is not None
    painted = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)[..., ::-1].astype(np.float32)
    was = (spec.clothes.top, spec.clothes.trousers, spec.clothes.shoes, spec.looks.skin, spec.looks.hair, _OTHER)
    now = (looks.top, looks.trousers, looks.shoes, looks.skin, looks.hair, _OTHER)
    before, after = np.array(was, np.float32), np.array(now, np.float32)
    apart = ((painted[:, :, None, :] - before) ** 2).sum(-1)
    part = apart.argmin(-1)
    brightness = painted.mean(-1) / np.maximum(before.mean(-1)[part], 20.0)
    result: NDArray[np.uint8] = np.clip(after[part] * brightness[..., None], 0, 255).astype(np.uint8)
    return result
