"""A skeleton that moves: postures as angles, turned into 33 joints in the world for every moment.

Where the body is follows from contact: its lowest points rest on what is under it and do not slip, so that standing
up, toppling over, rolling and walking move it as they would.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kangban.values import Array

ANGLES = (
    "pitch", "roll", "twist", "yaw",  # of the pelvis: forwards, to the left, about the body's own axis, on the floor
    "curl", "nod",  # of chest and head, forwards
    "hip_l", "hip_r", "apart_l", "apart_r", "knee_l", "knee_r",
    "arm_l", "arm_r", "wide_l", "wide_r", "elbow_l", "elbow_r",
    "lift",  # height of what carries the lowest point, m
)  # fmt: skip
INDEX = {name: k for k, name in enumerate(ANGLES)}


@dataclass(frozen=True, slots=True)
class Build:
    """Lengths of one body, m."""

    height: float
    torso: float
    thigh: float
    shin: float
    arm: float
    half_hips: float
    half_shoulders: float
    head: float
    thick: float


def random_build(rng: np.random.Generator, child: bool = False) -> Build:
    height = rng.uniform(0.95, 1.35) if child else float(np.clip(rng.normal(1.66, 0.10), 1.42, 1.95))

    def part(share: float, spread: float = 0.06) -> float:
        return share * height * float(np.exp(rng.normal(0.0, spread)))

    return Build(height, part(0.29), part(0.245), part(0.24), part(0.165), part(0.06, 0.12), part(0.105, 0.1),
                 part(0.13), part(0.05, 0.25))  # fmt: skip


def joints(build: Build, angles: Array) -> Array:
    """Angles (n, len(ANGLES)) to joints in the world (n, 33, 3), m, z up, the floor at 0."""
    a = {name: angles[:, k] for name, k in INDEX.items()}
    n = len(angles)
    pelvis = _z(a["yaw"]) @ _x(-a["roll"]) @ _y(a["pitch"]) @ _z(a["twist"])
    chest = pelvis @ _y(a["curl"])
    skull = chest @ _y(a["nod"])
    p = np.zeros((n, 33, 3))
    waist = _at(pelvis, 0.0, 0.0, 0.45 * build.torso)
    neck = waist + _at(chest, 0.0, 0.0, 0.55 * build.torso)
    for k, (x, y, z) in enumerate(_FACE):
        p[:, k] = neck + build.head * _at(skull, x, y, z)
    for side, (s, left) in enumerate((("l", 1.0), ("r", -1.0))):
        shoulder = neck + _at(chest, 0.0, left * build.half_shoulders, 0.0)
        upper = chest @ _x(left * a[f"wide_{s}"]) @ _y(-a[f"arm_{s}"])
        fore = upper @ _y(-a[f"elbow_{s}"])
        elbow = shoulder + _at(upper, 0.0, 0.0, -build.arm)
        wrist = elbow + _at(fore, 0.0, 0.0, -0.9 * build.arm)
        p[:, 11 + side], p[:, 13 + side], p[:, 15 + side] = shoulder, elbow, wrist
        for k, (x, y, z) in ((17, (0.0, -0.1, -0.3)), (19, (0.03, 0.05, -0.33)), (21, (0.08, 0.08, -0.18))):
            p[:, k + side] = wrist + build.arm * _at(fore, x, left * y, z)
        hip = _at(pelvis, 0.0, left * build.half_hips, 0.0)
        thigh = pelvis @ _x(left * a[f"apart_{s}"]) @ _y(-a[f"hip_{s}"])
        shank = thigh @ _y(a[f"knee_{s}"])
        knee = hip + _at(thigh, 0.0, 0.0, -build.thigh)
        ankle = knee + _at(shank, 0.0, 0.0, -build.shin)
        # The foot lies flat where the shin stands, and points along the toes where it lies.
        sole = np.clip(np.einsum("ni,i->n", shank[:, :, 2], np.array([0.0, 0.0, 1.0])), 0.0, 1.0)
        ahead = shank[:, :, 0].copy()
        ahead[:, 2] *= 1.0 - sole
        ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-6)
        p[:, 23 + side], p[:, 25 + side], p[:, 27 + side] = hip, knee, ankle
        p[:, 29 + side] = ankle - 0.03 * build.height * ahead - 0.03 * build.height * shank[:, :, 2]
        p[:, 31 + side] = ankle + 0.09 * build.height * ahead - 0.035 * build.height * shank[:, :, 2]
    return _settled(p, a["lift"], a["pitch"] + 0.5 * a["curl"], build)


def _settled(p: Array, lift: Array, stoop: Array, build: Build) -> Array:
    """Put the lowest point on what carries it, and move the body so that what touches does not slip.

    Hands carry only a body that is bent forwards over them.
    """
    flesh = np.full(33, 0.02)
    flesh[[11, 12, 23, 24]] = build.thick + 0.03
    flesh[:11] = 0.07
    bottom = p[:, :, 2] - flesh
    bottom[:, 13:23] += 0.8 * np.clip((1.1 - stoop) / 0.4, 0.0, 1.0)[:, None]
    low = bottom.min(axis=1)
    p[:, :, 2] += (lift - low)[:, None]
    p[:, 13:23, 2] = np.maximum(p[:, 13:23, 2], 0.02)
    weight = np.exp(-(bottom - low[:, None]) / 0.02)
    weight /= weight.sum(axis=1, keepdims=True)
    between = 0.5 * (weight[1:] + weight[:-1])[..., None]
    slip = (between * (p[1:, :, :2] - p[:-1, :, :2])).sum(axis=1)
    p[1:, :, :2] -= np.cumsum(slip, axis=0)[:, None]
    return p


_FACE = (
    (0.45, 0.0, 0.75), (0.40, 0.12, 0.9), (0.40, 0.16, 0.9), (0.38, 0.2, 0.9), (0.40, -0.12, 0.9), (0.40, -0.16, 0.9),
    (0.38, -0.2, 0.9), (0.05, 0.33, 0.85), (0.05, -0.33, 0.85), (0.40, 0.12, 0.6), (0.40, -0.12, 0.6),
)  # fmt: skip


def _at(turn: Array, x: float, y: float, z: float) -> Array:
    return np.asarray(turn @ np.array([x, y, z]))


def _x(angle: Array) -> Array:
    c, s, o, i = np.cos(angle), np.sin(angle), np.zeros_like(angle), np.ones_like(angle)
    return np.stack([np.stack([i, o, o], 1), np.stack([o, c, -s], 1), np.stack([o, s, c], 1)], 1)


def _y(angle: Array) -> Array:
    c, s, o, i = np.cos(angle), np.sin(angle), np.zeros_like(angle), np.ones_like(angle)
    return np.stack([np.stack([c, o, s], 1), np.stack([o, i, o], 1), np.stack([-s, o, c], 1)], 1)


def _z(angle: Array) -> Array:
    c, s, o, i = np.cos(angle), np.sin(angle), np.zeros_like(angle), np.ones_like(angle)
    return np.stack([np.stack([c, -s, o], 1), np.stack([s, c, o], 1), np.stack([o, o, i], 1)], 1)
