"""Practice recordings (made by `kangban practice`, docs/practice.md) as clips with their truth; variations of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bench.training.replay import Clip
from kangban.values import Array

LEFT, RIGHT = list(range(11, 33, 2)), list(range(12, 33, 2))
FACE_LEFT, FACE_RIGHT = [1, 2, 3, 7, 9], [4, 5, 6, 8, 10]


def lines(folder: Path, split: str) -> list[dict[str, Any]]:
    """The manifest's lines of a split, those whose recording is there, by seed."""
    manifest = folder / "manifest.jsonl"
    if not manifest.exists():
        return []
    rows = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines() if line.strip()]
    rows.sort(key=lambda row: (row["seed"], row["take"]))  # they were written as they were done
    return [row for row in rows if row["split"] == split and (folder / row["clip"]).exists()]


def practice_clip(folder: Path, line: dict[str, Any]) -> Clip:
    """One recording. Raises OSError, KeyError or ValueError where the file is not one."""
    with np.load(folder / line["clip"]) as file:
        held = {key: file[key] for key in ("t", "lm", "world", "size", "truth_hip_image", "truth_head_height")}
    width, height = (int(v) for v in held["size"])
    return Clip(
        f"practice-{line['kind']}-{line['clip']}",
        held["t"].astype(float),
        held["lm"].astype(float),
        held["world"].astype(float),
        (width, height),
        held["truth_hip_image"].astype(float),
        held["truth_head_height"].astype(float),
        tuple(float(actor["height_m"]) for actor in line["actors"]),
        tuple((f["actor"], f["kind"], f["onset_s"], f["impact_s"]) for f in line["falls"]),
        tuple((a["actor"], a["act"], a["from_s"], a["to_s"]) for a in line["acts"]),
    )


def variations(clip: Clip, count: int, seed: int) -> Iterator[Clip]:
    """The clip itself, then as another camera might have recorded it: mirrored, turned, slower, with frames lost."""
    yield clip
    rng = np.random.default_rng([seed, 11])
    for k in range(count - 1):
        other = _mirrored(clip) if rng.random() < 0.5 else clip
        other = _turned(other, rng.normal(0.0, 0.06), rng.normal(0.0, 0.06), float(np.exp(rng.normal(0.0, 0.06))))
        other = _jittered(other, float(np.exp(rng.uniform(np.log(0.0005), np.log(0.004)))), rng)
        other = _thinned(other, rng)
        stretch = float(np.exp(rng.normal(0.0, 0.07)))
        yield replace(
            other, name=f"{clip.name}~{k + 1}", t=other.t * stretch,
            falls=tuple((a, kind, on * stretch, impact * stretch) for a, kind, on, impact in other.falls),
            acts=tuple((a, act, begin * stretch, end * stretch) for a, act, begin, end in other.acts),
        )  # fmt: skip


def _mirrored(clip: Clip) -> Clip:
    lm, world, hips = clip.lm.copy(), clip.world.copy(), clip.hips.copy()
    lm[..., 0], hips[..., 0] = 1.0 - lm[..., 0], 1.0 - hips[..., 0]
    world[..., 0] *= -1.0
    order = np.arange(33)
    order[LEFT + FACE_LEFT], order[RIGHT + FACE_RIGHT] = RIGHT + FACE_RIGHT, LEFT + FACE_LEFT
    return replace(clip, lm=lm[..., order, :], world=world[..., order, :], hips=hips)


def _turned(clip: Clip, roll: float, pitch: float, zoom: float) -> Clip:
    """Another roll of the camera and zoom (in the image), another pitch (in the model's body alone)."""
    c, s = np.cos(roll), np.sin(roll)
    size = np.array(clip.size, float)

    def image(points: Array) -> Array:
        away = (points - 0.5) * size * zoom
        turned = np.stack([c * away[..., 0] - s * away[..., 1], s * away[..., 0] + c * away[..., 1]], axis=-1)
        return np.asarray(turned / size + 0.5)

    lm, world = clip.lm.copy(), clip.world.copy()
    lm[..., :2] = image(lm[..., :2])
    x, y, z = (clip.world[..., k] for k in range(3))
    world[..., 0], y = c * x - s * y, s * x + c * y
    cp, sp = np.cos(pitch), np.sin(pitch)
    world[..., 1], world[..., 2] = cp * y - sp * z, sp * y + cp * z
    return replace(clip, lm=lm, world=world, hips=image(clip.hips))


def _jittered(clip: Clip, amount: float, rng: np.random.Generator) -> Clip:
    lm, world = clip.lm.copy(), clip.world.copy()
    lm[..., :2] += rng.normal(0.0, amount, lm[..., :2].shape)
    world += rng.normal(0.0, 2.0 * amount, world.shape)
    return replace(clip, lm=lm, world=world)


def _thinned(clip: Clip, rng: np.random.Generator) -> Clip:
    """Frames dropped, or the frame rate halved or a third; sight lost for a moment."""
    n = len(clip.t)
    every = int(rng.choice([1, 1, 2, 3]))
    every = every if n > 1 and every * float(np.median(np.diff(clip.t))) < 0.21 else 1
    keep = np.arange(n) % every == 0
    keep &= rng.random(n) > rng.choice([0.0, 0.1])
    lm = clip.lm.copy()
    if rng.random() < 0.5 and n > 4:
        begin = int(rng.integers(n))
        until = np.searchsorted(clip.t, clip.t[begin] + rng.exponential(0.5))
        lm[begin:until] = np.nan
    return replace(
        clip, t=clip.t[keep], lm=lm[keep], world=clip.world[keep], hips=clip.hips[keep], head=clip.head[keep]
    )
