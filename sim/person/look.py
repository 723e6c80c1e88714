"""Many people out of few bodies: size, skin, hair and clothes of one person, drawn at run time.

A body's texture is a palette picture; another look is the same picture with another palette, one for each kind of
part (bare forearms have skin where sleeves were). Files are written once for each look, to the temporary folder.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sim.person.body import Body, scaled
from sim.person.skeleton import LINKS

Array = NDArray[np.float64]
Rgb = tuple[int, int, int]

LEGS = ("trousers", "shorts", "dress")
_SKINS: tuple[Rgb, ...] = (
    (240, 205, 184), (224, 180, 154), (216, 170, 146), (198, 150, 120), (172, 124, 92), (136, 92, 66), (100, 66, 48),
    (74, 50, 38),
)  # fmt: skip
_HAIRS: tuple[Rgb, ...] = ((34, 28, 26), (58, 44, 38), (96, 68, 44), (150, 110, 66), (206, 204, 202), (150, 148, 146))
_SAME = 42.0
"""Colours further than this from every named colour (eyes, lips) stay."""


@dataclass(frozen=True)
class Look:
    """How this person differs from the baked body. `scale`: of the whole body. Colours 0..255, None as painted.
    `short_sleeves` and `legs` (one of `LEGS`) bare the forearms or shins; a dress has its top's colour down to them."""

    scale: float = 1.0
    skin: Rgb | None = None
    hair: Rgb | None = None
    top: Rgb | None = None
    trousers: Rgb | None = None
    shoes: Rgb | None = None
    short_sleeves: bool = False
    legs: str = "trousers"


def drawn(rng: np.random.Generator, grey: bool = False) -> Look:
    """A look by chance; `grey` for old people's hair."""

    def cloth() -> Rgb:
        value, colourful = rng.uniform(25, 235), rng.uniform(0, 0.6) if rng.random() < 0.7 else 0.05
        tint = rng.uniform(-1, 1, 3)
        r, g, b = np.clip(value * (1 + colourful * tint), 8, 248)
        return int(r), int(g), int(b)

    skin = _SKINS[int(rng.integers(len(_SKINS)))]
    hair = _HAIRS[int(rng.integers(4, 6) if grey and rng.random() < 0.8 else rng.integers(4))]
    return Look(
        scale=float(rng.uniform(0.92, 1.08)), skin=skin, hair=hair, top=cloth(), trousers=cloth(), shoes=cloth(),
        short_sleeves=bool(rng.random() < 0.4), legs=str(rng.choice(LEGS, p=[0.7, 0.15, 0.15])),
    )  # fmt: skip


def dressed(body: Body, look: Look) -> Body:
    """The body in that look: scaled, and with parts of its own, as files that name their pictures.

    Files of their own, because the EGL renderer gives all that is drawn from one file the same picture.
    """
    said = f"{body.texture}|{body.texture.stat().st_mtime_ns}|{replace(look, scale=1.0)}"
    folder = (
        Path(tempfile.gettempdir()) / f"kangban_looks_{os.getuid()}" / hashlib.sha256(said.encode()).hexdigest()[:20]
    )
    if not folder.is_dir():
        unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
        unfinished.mkdir(parents=True, exist_ok=True)
        _write(body, look, unfinished)
        try:
            unfinished.rename(folder)
        except OSError:  # another process was first
            shutil.rmtree(unfinished)
    parts = tuple(replace(part, file=folder / part.file.name) for part in body.parts)
    own = replace(body, parts=parts, pictured=True)
    return own if look.scale == 1.0 else scaled(own, look.scale)


def _write(body: Body, look: Look, folder: Path) -> None:
    kinds = {LINKS[part.link]: _kind(LINKS[part.link], look) for part in body.parts}
    wished = {"skin": look.skin, "hair": look.hair, "top": look.top, "trousers": look.trousers, "shoes": look.shoes}
    for kind in sorted(set(kinds.values())):
        _recoloured(body, wished, kind).save(folder / f"{kind}.png", format="PNG")
        material = f"newmtl {kind}\nKd 1 1 1\nmap_Kd {kind}.png\n"
        (folder / f"{kind}.mtl").write_text(material, encoding="utf-8")
    for part in body.parts:
        kind = kinds[LINKS[part.link]]
        mesh = part.file.read_text(encoding="utf-8").replace("\nf ", f"\nusemtl {kind}\nf ", 1)
        (folder / part.file.name).write_text(f"mtllib {kind}.mtl\n{mesh}", encoding="utf-8")


def _kind(link: str, look: Look) -> str:
    if link.startswith("farm") and look.short_sleeves:
        return "bare"
    if link.startswith(("shin", "foot")) and look.legs != "trousers":
        return "bare"
    return "dress" if look.legs == "dress" else "plain"


def _recoloured(body: Body, wished: dict[str, Rgb | None], kind: str) -> Image.Image:
    """The texture with its palette's colours moved to the wished ones, shades and stripes kept."""
    painted = {name: np.array(colour, dtype=float) for name, colour in body.colours.items()}
    wished = {**wished, "brows": wished["hair"]}
    aims = {name: np.array(wished.get(name) or painted[name], dtype=float) for name in painted}
    if kind == "bare":
        aims["top"] = aims["trousers"] = aims["skin"]
    elif kind == "dress":
        aims["trousers"] = aims["top"]
    with Image.open(body.texture) as opened:
        picture = opened.convert("P") if opened.mode != "P" else opened.copy()
    palette = np.array(picture.getpalette(), dtype=float).reshape(-1, 3)
    names = list(painted)
    for entry, colour in enumerate(palette):
        apart = [_apart(colour, painted[name]) for name in names]
        nearest = int(np.argmin(apart))
        if apart[nearest] < _SAME and names[nearest] != "lips":
            bright = float(colour.sum() / max(painted[names[nearest]].sum(), 1.0))
            palette[entry] = np.clip(aims[names[nearest]] * bright, 0, 255)
    picture.putpalette(palette.round().astype(int).ravel().tolist())
    return picture.convert("RGB")


def _apart(colour: Array, named: Array) -> float:
    """How far a colour is from a named one, in hue more than in brightness: stripes and folds belong to their cloth."""
    bright = float(colour.sum() / max(named.sum(), 1.0))
    bright = min(max(bright, 0.8), 1.3)
    return float(np.linalg.norm(colour - named * bright))
