"""A skeleton seen by a camera and by a pose model that errs: joints in, landmarks out, as perception gets them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.training.skeleton import Build
from kangban.values import Array

Gone = NDArray[np.bool_]
SIZES = ((640, 480), (640, 360), (1280, 720), (320, 240), (480, 640), (960, 540))


@dataclass(frozen=True, slots=True)
class Lens:
    """Where a camera stands and how it looks: m, rad, px. `distance`: to where the story begins."""

    height: float
    pitch: float
    roll: float
    vfov: float
    distance: float
    size: tuple[int, int]


def random_lens(rng: np.random.Generator) -> Lens:
    height = float(rng.choice([rng.uniform(0.4, 1.0), rng.uniform(0.9, 1.6), rng.uniform(1.5, 2.5)]))
    distance = rng.uniform(1.6, 5.5)
    aimed = math.atan2(height - rng.uniform(0.3, 1.1), distance)
    size = SIZES[int(rng.choice(len(SIZES), p=[0.35, 0.15, 0.2, 0.1, 0.1, 0.1]))]
    vfov = rng.uniform(0.7, 1.3)
    level = rng.random() < 0.25
    return Lens(height, 0.0 if level else aimed + rng.normal(0.0, 0.06), rng.normal(0.0, 0.03), vfov, distance, size)


@dataclass(frozen=True, slots=True)
class Errors:
    """How a pose model errs in one clip."""

    jitter: float  # of a landmark, share of the body's height
    lag_s: float  # it follows fast movement late
    lying: float  # times the jitter for a body that lies
    depth: float  # of the model's body towards the camera, m
    flatter: float  # it makes bodies flatter than they are: share of the depth kept
    body_scale: float  # the model's body against the true one
    lost_fast: float  # share of quick ways down in which the body is lost for a while
    lost_lying: float  # share of the time lying that it is not seen
    lost_upright: float
    hidden_legs: float  # 0..1: how much of the clip furniture hides the legs
    beyond: float  # share of the way out of the picture that is guessed
    swaps: float  # changes of left and right a second
    clean: bool


def random_errors(rng: np.random.Generator, build: Build) -> Errors:
    clean = bool(rng.random() < 0.2)
    if clean:  # motion capture, projected
        return Errors(
            0.001, 0.0, 1.0, 0.0, 1.0, float(rng.choice([1.0, 1.65 / build.height])), 0, 0, 0, 0, 1.0, 0, True
        )
    return Errors(
        jitter=float(np.exp(rng.uniform(math.log(0.003), math.log(0.02)))),
        lag_s=float(rng.choice([0.0, rng.uniform(0.0, 0.12)])),
        lying=rng.uniform(1.0, 4.0),
        depth=rng.uniform(0.01, 0.07),
        flatter=rng.uniform(0.55, 1.1),
        body_scale=float((1.65 / build.height) ** rng.uniform(0.0, 1.0) * rng.uniform(0.92, 1.08)),
        lost_fast=float(rng.choice([0.0, 0.35, 0.8])),
        lost_lying=float(rng.choice([0.0, rng.uniform(0.0, 0.3), rng.uniform(0.3, 0.95)])),
        lost_upright=float(rng.choice([0.0, 0.01, 0.05])),
        hidden_legs=float(rng.choice([0.0, 0.0, rng.uniform(0.1, 1.0)])),
        beyond=rng.uniform(0.3, 1.1),
        swaps=float(rng.choice([0.0, 0.05, 0.3])),
        clean=False,
    )


def in_camera(joints: Array, lens: Lens, side: float = 0.0) -> Array:
    """World joints (n, 33, 3) to the camera's axes (x right, y down, z away), m. The camera looks along world +x."""
    ahead = joints[..., 0] + lens.distance
    left, up = joints[..., 1] + side, joints[..., 2] - lens.height
    cp, sp = math.cos(lens.pitch), math.sin(lens.pitch)
    x, y, z = -left, -sp * ahead - cp * up, cp * ahead - sp * up
    cr, sr = math.cos(lens.roll), math.sin(lens.roll)
    return np.stack([cr * x - sr * y, sr * x + cr * y, z], axis=-1)


def look(joints: Array, build: Build, lens: Lens, errors: Errors, fps: float, rng: np.random.Generator,
         side: float = 0.0) -> tuple[Array, Array, Array]:  # fmt: skip
    """What the pose model gives: `lm` (n, 33, 5) and `world` (n, 33, 3), NaN where it sees nobody; and where the hips
    truly are in the image (n, 2)."""
    n = len(joints)
    true = in_camera(joints, lens, side)
    focal = 0.5 * lens.size[1] / math.tan(0.5 * lens.vfov)
    scale = np.array([focal / lens.size[0], focal / lens.size[1]])
    depth = np.maximum(true[..., 2:], 0.3)
    hips_true = (true[:, 23:25, :2] / depth[:, 23:25] * scale + 0.5).mean(axis=1)
    height = joints[..., 2]
    lying = np.clip((0.75 * build.height - height[:, :11].mean(axis=1)) / (0.5 * build.height), 0.0, 1.0)
    seen = _lagged(true, errors.lag_s, fps)
    noisy = seen.copy()
    if not errors.clean:
        wobble = errors.jitter * build.height * (1.0 + (errors.lying - 1.0) * lying)[:, None, None]
        noisy += wobble * _drifting(rng, (n, 33, 3), fps, 0.25)
        noisy[..., 2] += errors.depth * _drifting(rng, (n, 33), fps, 0.6)
        noisy = _hide_legs(noisy, errors, fps, rng)
        noisy = _swap_sides(noisy, errors, fps, rng)
    at = noisy[..., :2] / np.maximum(noisy[..., 2:], 0.3) * scale + 0.5
    if not errors.clean:  # what is out of the picture is guessed, and guessed too near
        edge = np.clip(at, 0.0, 1.0)
        at = edge + (at - edge) * errors.beyond * (1.0 + 0.2 * _drifting(rng, at.shape[:2], fps, 0.4)[..., None])
    hips = 0.5 * (noisy[:, 23] + noisy[:, 24])
    body = (noisy - hips[:, None]) * errors.body_scale
    body[..., 2] *= errors.flatter
    if not errors.clean:
        tip = 0.12 * _drifting(rng, (n,), fps, 2.0)  # the model takes people for more or less leaning than they are
        y, z = body[..., 1].copy(), body[..., 2].copy()
        body[..., 1] = np.cos(tip)[:, None] * y - np.sin(tip)[:, None] * z
        body[..., 2] = np.sin(tip)[:, None] * y + np.cos(tip)[:, None] * z
    inside = ((at > 0.0) & (at < 1.0)).all(axis=-1)
    visible = np.where(inside, 0.97, 0.25)
    if not errors.clean:
        behind = noisy[..., 2] > hips[:, None, 2] + 0.08
        visible = visible - 0.25 * behind * rng.uniform(0.3, 1.0) - 0.3 * lying[:, None] * rng.uniform(0.0, 1.0)
        visible = visible + 0.08 * _drifting(rng, (n, 33), fps, 0.3)
        visible[:, 25:33] -= 0.6 * errors.hidden_legs
    visible = np.clip(visible, 0.02, 1.0)
    lm = np.concatenate([at, (noisy[..., 2:] - hips[:, None, 2:]) / 2.0, visible[..., None], visible[..., None]], -1)
    gone = _lost(joints, at, lying, errors, fps, rng)
    lm[gone], body[gone] = np.nan, np.nan
    return lm, body, hips_true


def _drifting(rng: np.random.Generator, shape: tuple[int, ...], fps: float, tau_s: float) -> Array:
    """Unit noise that wanders with a time constant, along the first axis; a part of it new in every frame."""
    keep = math.exp(-1.0 / (fps * tau_s))
    fresh = rng.normal(0.0, 1.0, shape)
    out = np.empty(shape)
    out[0] = fresh[0]
    for k in range(1, shape[0]):
        out[k] = keep * out[k - 1] + math.sqrt(1.0 - keep * keep) * fresh[k]
    return np.asarray(0.85 * out + 0.5 * rng.normal(0.0, 1.0, shape))


def _lagged(points: Array, lag_s: float, fps: float) -> Array:
    if lag_s <= 0.0:
        return points
    share = 1.0 - math.exp(-1.0 / (fps * lag_s))
    out = points.copy()
    for k in range(1, len(points)):
        out[k] = out[k - 1] + share * (points[k] - out[k - 1])
    return out


def _hide_legs(points: Array, errors: Errors, fps: float, rng: np.random.Generator) -> Array:
    """Legs that are not seen are guessed: shorter, and trembling."""
    if errors.hidden_legs <= 0.0:
        return points
    out = points.copy()
    hips = 0.5 * (out[:, 23] + out[:, 24])[:, None]
    now = np.clip(2.0 * _drifting(rng, (len(points),), fps, 4.0) + rng.uniform(-1.0, 2.0), 0.0, 1.0)[:, None, None]
    shrink = 1.0 - 0.35 * errors.hidden_legs * rng.uniform(0.0, 1.0) * now
    out[:, 25:33] = hips + shrink * (out[:, 25:33] - hips)
    out[:, 25:33] += 0.06 * errors.hidden_legs * now * _drifting(rng, (len(points), 8, 3), fps, 0.4)
    return out


def _swap_sides(points: Array, errors: Errors, fps: float, rng: np.random.Generator) -> Array:
    flips = np.cumsum(rng.random(len(points)) < errors.swaps / fps) % 2 == 1
    out = points.copy()
    for left in range(11, 33, 2):
        out[flips, left], out[flips, left + 1] = points[flips, left + 1], points[flips, left]
    return out


def _lost(joints: Array, at: Array, lying: Array, errors: Errors, fps: float, rng: np.random.Generator) -> Gone:
    """Frames in which nobody is seen."""
    n = len(joints)
    torso = at[:, [11, 12, 23, 24]]
    gone: Gone = np.asarray(
        ~((torso > -0.05) & (torso < 1.05)).all(axis=-1).any(axis=-1)
    )  # the whole torso out of the picture
    if errors.clean:
        return gone
    head = joints[:, :11, 2].mean(axis=1)
    speed = -np.gradient(head) * fps if n > 1 else np.zeros(n)
    k = 0
    lost_until = -1
    allowed = -1
    for k in range(n):
        if k <= lost_until:
            gone[k] = True
            continue
        if speed[k] > 1.2 and k > allowed:
            allowed = k + int(2 * fps)  # asked once a way down
            if rng.random() < errors.lost_fast:
                lost_until = k + int(fps * rng.exponential(0.7))
        rate = errors.lost_upright / 0.4 + max(0.0, lying[k] - 0.4) * errors.lost_lying / (1.001 - errors.lost_lying)
        if rng.random() < min(0.9, rate / fps):
            lost_until = k + int(fps * rng.exponential(0.4 + 1.2 * lying[k]))
    return gone
