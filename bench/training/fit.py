"""Fits the learned judge: a small network, with class weights, augmentation and fixed seeds.

The network is so small that its slopes are written out here; no framework is needed to train it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perception.temporal.features import CHANNELS, STEPS
from perception.temporal.model import CLASSES, FALLEN, KERNEL, STRIDE, over_time

Numbers = NDArray[np.float32]
WIDTHS = (40, 48, 32)
BATCH = 256
RATE = 2e-3
DECAY = 0.02  # of weights, decoupled (AdamW, Loshchilov and Hutter 2019)
SMOOTH = 0.03  # of the labels
AVERAGE = 0.997  # the weights that are kept are a running mean: steadier from frame to frame
GROUPS = {
    "visible": ("torso_visible", "legs_visible"),
    "model_body": ("body_up", "body_aside", "body_depth"),
    "legs": ("thigh_down", "thigh_apart", "shin_down", "shin_apart", "knee_bend", "hip_bend", "knee", "ankle"),
    "arms": ("wrist",),
    "across": ("across", "overhang", "size"),
    "extent": ("tall", "wide"),
}
ASTRAY = (("visible", 0.3), ("model_body", 0.08), ("legs", 0.08), ("arms", 0.15), ("across", 0.15), ("extent", 0.08))


@dataclass(frozen=True, slots=True)
class Examples:
    """`grids` (n, STEPS, CHANNELS) float16, `labels` (n,), `weights` (n,): how much each counts."""

    grids: NDArray[np.float16]
    labels: NDArray[np.int64]
    weights: NDArray[np.float64]


def fit(
    data: Examples,
    seed: int,
    steps: int,
    say: Callable[[str], None] = lambda _: None,
    begun: Mapping[str, Numbers] | None = None,
) -> dict[str, Numbers]:
    """Weights for `perception.temporal.model.logits`, by AdamW with a cosine schedule.

    `begun`: weights to go on from, with their scaling.
    """
    rng = np.random.default_rng(seed)
    flat = data.grids[rng.permutation(len(data.grids))[:20000]].astype(np.float32).reshape(-1, len(CHANNELS))
    centre, spread = flat.mean(axis=0), np.maximum(flat.std(axis=0), 0.05)
    weights = start(rng)
    if begun is not None:
        centre, spread = begun["mean"], begun["spread"]
        weights = {name: begun[name] for name in weights}
    mean = dict(weights)
    first = {name: np.zeros_like(value) for name, value in weights.items()}
    second = {name: np.zeros_like(value) for name, value in weights.items()}
    chance = data.weights / data.weights.sum()
    batch = min(BATCH, len(chance))
    order = rng.choice(len(chance), size=(steps, batch), p=chance)
    for k in range(1, steps + 1):
        pick = order[k - 1]
        grids = (_augment(data.grids[pick].astype(np.float32), data.labels[pick] == FALLEN, rng) - centre) / spread
        goal = np.full((batch, len(CLASSES)), SMOOTH / len(CLASSES), np.float32)
        goal[np.arange(batch), data.labels[pick]] += 1.0 - SMOOTH
        cost, slope = slopes(weights, grids, goal)
        rate = RATE * min(1.0, 10 * k / steps) * 0.5 * (1 + np.cos(np.pi * k / steps))
        share = max(1.0 - AVERAGE, 3.0 / (k + 2))
        for name, value in weights.items():
            first[name] = 0.9 * first[name] + 0.1 * slope[name]
            second[name] = 0.999 * second[name] + 0.001 * slope[name] ** 2
            stride = first[name] / (1 - 0.9**k) / (np.sqrt(second[name] / (1 - 0.999**k)) + 1e-8)
            decay = DECAY * value if name.endswith("_w") else 0.0
            weights[name] = (value - rate * (stride + decay)).astype(np.float32)
            mean[name] = (mean[name] + share * (weights[name] - mean[name])).astype(np.float32)
        if k % 500 == 0:
            say(f"step {k} of {steps}: loss {cost:.4f}")
    return {"mean": centre, "spread": spread, **mean}


def slopes(w: dict[str, Numbers], x: Numbers, goal: Numbers) -> tuple[float, dict[str, Numbers]]:
    """Cross-entropy of standardised grids (n, STEPS, CHANNELS) with goals (n, classes); its slope in each weight."""
    n = len(x)
    seen1 = over_time(x)
    out1 = np.maximum(seen1 @ w["conv1_w"] + w["conv1_b"], 0.0)
    seen2 = over_time(out1)
    out2 = np.maximum(seen2 @ w["conv2_w"] + w["conv2_b"], 0.0)
    flat = out2.reshape(n, -1)
    out3 = np.maximum(flat @ w["dense1_w"] + w["dense1_b"], 0.0)
    scores = out3 @ w["dense2_w"] + w["dense2_b"]
    scores = scores - scores.max(axis=1, keepdims=True)
    logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    back = (np.exp(logs) - goal) / n
    slope = {"dense2_w": out3.T @ back, "dense2_b": back.sum(axis=0)}
    back = (back @ w["dense2_w"].T) * (out3 > 0)
    slope |= {"dense1_w": flat.T @ back, "dense1_b": back.sum(axis=0)}
    back = (back @ w["dense1_w"].T).reshape(out2.shape) * (out2 > 0)
    slope |= {"conv2_w": np.tensordot(seen2, back, ((0, 1), (0, 1))), "conv2_b": back.sum(axis=(0, 1))}
    into, width, count = back @ w["conv2_w"].T, out1.shape[2], out2.shape[1]
    back = np.zeros_like(out1)
    for k in range(KERNEL):
        back[:, k : k + STRIDE * (count - 1) + 1 : STRIDE] += into[:, :, k * width : (k + 1) * width]
    back = back * (out1 > 0)
    slope |= {"conv1_w": np.tensordot(seen1, back, ((0, 1), (0, 1))), "conv1_b": back.sum(axis=(0, 1))}
    return float(-(goal * logs).sum() / n), slope


def start(rng: np.random.Generator) -> dict[str, Numbers]:
    """Weights to begin with (He et al. 2015)."""
    after1 = (STEPS - KERNEL) // STRIDE + 1
    after2 = (after1 - KERNEL) // STRIDE + 1
    shapes = {
        "conv1": (KERNEL * len(CHANNELS), WIDTHS[0]),
        "conv2": (KERNEL * WIDTHS[0], WIDTHS[1]),
        "dense1": (after2 * WIDTHS[1], WIDTHS[2]),
        "dense2": (WIDTHS[2], len(CLASSES)),
    }
    out: dict[str, Numbers] = {}
    for name, (into, outof) in shapes.items():
        out[f"{name}_w"] = (rng.normal(0.0, np.sqrt(2.0 / into), (into, outof))).astype(np.float32)
        out[f"{name}_b"] = np.zeros(outof, np.float32)
    return out


def _augment(grids: Numbers, fallen: NDArray[np.bool_], rng: np.random.Generator) -> Numbers:
    """Signals that err in ways no recording had: offsets, noise, groups gone astray, heights scaled, time stretched."""
    n, _, channels = grids.shape
    body = channels - 2
    out = grids.copy()
    # Who goes down on purpose often takes more time, never less; falls are as quick as they are.
    stretch = np.exp(np.where(fallen, rng.normal(0.0, 0.1, n), -rng.uniform(0.0, 0.25, n))).astype(np.float32)
    at = np.maximum(STEPS - 1 - (STEPS - 1 - np.arange(STEPS))[None] * stretch[:, None], 0.0)
    left = np.minimum(at.astype(int), STEPS - 2)
    share = (at - left)[..., None].astype(np.float32)
    rows = np.arange(n)[:, None]
    out[..., :body] = (1 - share) * out[rows, left, :body] + share * out[rows, left + 1, :body]
    noise = rng.standard_normal((n, 1, body), np.float32) * 0.03
    out[:, :, :body] += noise + rng.standard_normal((n, STEPS, body), np.float32) * 0.02
    out[:, :, :6] *= np.exp(rng.normal(0.0, 0.06, (n, 1, 1)))  # the body's size misjudged
    out[:, :, :6] += rng.normal(0.0, 0.05, (n, 1, 1))  # the floor misjudged
    for name, chance in ASTRAY:
        which = np.array([k for k, signal in enumerate(CHANNELS) if signal in GROUPS[name]])
        hit = np.flatnonzero(rng.random(n) < chance)
        other = rng.permutation(n)[: len(hit)]  # somebody else's
        out[np.ix_(hit, np.arange(STEPS), which)] = grids[np.ix_(other, np.arange(STEPS), which)].mean(
            axis=1, keepdims=True
        )
    return out
