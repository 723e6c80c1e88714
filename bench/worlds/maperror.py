"""How far a trajectory is from the truth, by relations between pairs of its poses (Kümmerle et al. 2009)."""

from __future__ import annotations

import math

import numpy as np

from kangban.values import Array


def relations(stamps: Array, truth: Array, seed: int = 0, count: int = 2000) -> tuple[Array, Array]:
    """Pairs of indices (n, 2): of times 1 to 10 s apart, and of places met again (3 m, at least 30 s later)."""
    rng = np.random.default_rng((seed, 31))
    n = len(stamps)
    first = rng.integers(0, n, count)
    second = np.searchsorted(stamps, stamps[first] + rng.uniform(1.0, 10.0, count))
    near = np.column_stack([first, second])[second < n]
    a, b = rng.integers(0, n, 40 * count), rng.integers(0, n, 40 * count)
    again = (stamps[b] - stamps[a] > 30.0) & (np.hypot(*(truth[a, :2] - truth[b, :2]).T) < 3.0)
    return near, np.column_stack([a, b])[again][:count]


def errors(pairs: Array, truth: Array, poses: Array) -> tuple[Array, Array]:
    """Metres and radians that the second pose is off, seen from the first."""
    want, have = _between(truth[pairs[:, 0]], truth[pairs[:, 1]]), _between(poses[pairs[:, 0]], poses[pairs[:, 1]])
    off = _between(want, have)
    return np.hypot(off[:, 0], off[:, 1]), np.abs(off[:, 2])


def _between(a: Array, b: Array) -> Array:
    dx, dy = b[:, 0] - a[:, 0], b[:, 1] - a[:, 1]
    c, s = np.cos(a[:, 2]), np.sin(a[:, 2])
    turn = np.remainder(b[:, 2] - a[:, 2] + math.pi, math.tau) - math.pi
    return np.stack([c * dx + s * dy, c * dy - s * dx, turn], axis=1)


def rms(values: Array) -> float:
    return float(np.sqrt(np.mean(values**2))) if len(values) else math.nan
