"""The learned judge itself, in NumPy: a few small networks that were trained alike, and the mean of what they say.

Each has two convolutions over time and two dense layers. One alone errs in ways that the next does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def probabilities(members: Sequence[Mapping[str, Any]], grids: Any) -> Array:
    """Of CLASSES, (n, len(CLASSES)), for grids (n, STEPS, len(CHANNELS)): the members' mean."""
    total = np.zeros((len(grids), len(CLASSES)))
    for weights in members:
        scores = logits(weights, grids)
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        total += shares / shares.sum(axis=1, keepdims=True)
    return np.asarray(total / len(members))


def over_time(x: Any) -> Any:
    """(n, steps, k) -> (n, fewer, KERNEL * k): each output sees KERNEL successive steps."""
    count = (x.shape[1] - KERNEL) // STRIDE + 1
    return np.concatenate([x[:, k : k + STRIDE * (count - 1) + 1 : STRIDE] for k in range(KERNEL)], axis=2)


@dataclass(frozen=True)
class FallModel:
    """The members' weights, and the probability from which they speak of a fall (chosen on simulated people kept for
    that).
    """

    members: tuple[Mapping[str, Any], ...]  # float32
    threshold: float

    def probabilities(self, grid: NDArray[np.floating[Any]]) -> Array:
        """Of CLASSES, (3,), for one person's grid (STEPS, len(CHANNELS))."""
        return np.asarray(probabilities(self.members, grid[None])[0])


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
    count = len({name.split("_")[0] for name in held})
    members = tuple(_member(held, k, path) for k in range(count))
    if not members:
        raise WeightsError(f"{path}: holds no network; run `make train`")
    return FallModel(members, threshold)


def save_model(path: Path, members: Sequence[Mapping[str, Any]], threshold: float) -> None:
    """Write what `load_model` reads. Raises OSError."""
    named = {f"{k}_{name}": np.asarray(v, np.float32) for k, one in enumerate(members) for name, v in one.items()}
    np.savez_compressed(path, version=VERSION, threshold=threshold, **named)  # type: ignore[arg-type]


def _member(held: Mapping[str, Any], k: int, path: Path) -> dict[str, Any]:
    weights = {n.partition("_")[2]: np.asarray(v, np.float32) for n, v in held.items() if n.startswith(f"{k}_")}
    try:
        fits = weights["mean"].shape == (len(CHANNELS),) and weights["dense2_b"].shape == (len(CLASSES),)
        if fits:
            logits(weights, np.zeros((1, STEPS, len(CHANNELS)), np.float32))
    except (KeyError, ValueError):
        fits = False
    if not fits:
        raise WeightsError(f"{path}: shapes do not fit the network; run `make train`")
    return weights
