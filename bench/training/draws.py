"""What every story draws by chance."""

from __future__ import annotations

from bench.training.moves import Posture, Timeline, turned


def u(t: Timeline, low: float, high: float) -> float:
    return float(t.rng.uniform(low, high))


def one(t: Timeline, *postures: Posture) -> Posture:
    return turned(postures[int(t.rng.integers(len(postures)))], bool(t.rng.random() < 0.5))
