"""The learned judge itself: two convolutions over time and two dense layers, in NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kangban.values import Array
from perception.temporal.features import CHANNELS, STEPS, VERSION

WEIGHTS = Path(__file__).with_name("weights.npz")
CLASSES = ("upright", "low_on_purpose", "fallen")
FALLEN = CLASSES.index("fallen")
KERNEL, STRIDE = 5, 2
LAYERS = ("conv1", "conv2", "dense1", "dense2")


class WeightsError(RuntimeError):
    """The weights can't be used; says why and what to do."""


def logits(weights: Mapping[str, Any], grids: Any) -> Any:
    """Scores (n, len(CLASSES)) of grids (n, STEPS, len(CHANNELS))."""
    x = (grids - weights["mean"]) / weights["spread"]
    for name in ("conv1", "conv2"):
        x = over_time(x) @ weights[f"{name}_w"] + weights[f"{name}_b"]
        x = np.maximum(x, 0.0)
    x = x.reshape(x.shape[0], -1)
    x = np.maximum(x @ weights["dense1_w"] + weights["dense1_b"], 0.0)
    return x @ weights["dense2_w"] + weights["dense2_b"]


def over_time(x: Any) -> Any:
    """(n, steps, k) -> (n, fewer, KERNEL * k): each output sees KERNEL successive steps."""
    count = (x.shape[1] - KERNEL) // STRIDE + 1
    return np.concatenate([x[:, k : k + STRIDE * (count - 1) + 1 : STRIDE] for k in range(KERNEL)], axis=2)


@dataclass(frozen=True)
class FallModel:
    """Weights, and the probability from which they speak of a fall (chosen on simulated people kept for that)."""

    weights: Mapping[str, Any]  # float32
    threshold: float

    def probabilities(self, grid: NDArray[np.floating[Any]]) -> Array:
        """Of CLASSES, (3,), for one person's grid (STEPS, len(CHANNELS))."""
        scores = logits(self.weights, grid[None])[0]
        shares = np.exp(scores - scores.max())
        return np.asarray(shares / shares.sum())


def load_model(path: Path = WEIGHTS) -> FallModel:
    """Read the weights. Raises WeightsError where they are missing or made for other features."""
    try:
        with np.load(path) as archive:
            held = {name: archive[name] for name in archive.files}
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path}: cannot be read ({error}); `make train` writes it") from error
    if int(held.pop("version", -1)) != VERSION:
        raise WeightsError(f"{path}: made for other features than version {VERSION}; run `make train`")
    threshold = float(held.pop("threshold"))
    weights: dict[str, Any] = {name: np.asarray(value, dtype=np.float32) for name, value in held.items()}
    if weights["mean"].shape != (len(CHANNELS),) or weights["dense2_b"].shape != (len(CLASSES),):
        raise WeightsError(f"{path}: shapes do not fit the network; run `make train`")
    logits(weights, np.zeros((1, STEPS, len(CHANNELS)), np.float32))
    return FallModel(weights, threshold)
