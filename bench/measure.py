"""How long things take beside each other: in turns, as ratios, on the same work; and how far a long bench is."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")
LENGTHS = ("short", "middle", "long")  # thirds of the rows, in the order they are given in


def timed(turns: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The median of a few milliseconds of each; they take turns, so that a machine that slows down slows all."""
    found: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(rounds):
        for name, call in turns.items():
            begun = time.perf_counter()
            call()
            found[name].append(1e3 * (time.perf_counter() - begun))
    return {name: statistics.median(times) for name, times in found.items()}


def ratios(rows: list[dict[str, float]], peer: str) -> dict[str, Any]:
    """Our milliseconds over a peer's on the same work: of the sums, and of each third."""
    both = [row for row in rows if peer in row]
    if not both:
        return {f"ratio_to_{peer}": None}
    third = -(-len(both) // len(LENGTHS))
    parts = {name: both[k * third : (k + 1) * third] for k, name in enumerate(LENGTHS)}
    return {
        f"ratio_to_{peer}": _ratio(both, peer),
        f"ratio_to_{peer}_by_length": {name: _ratio(part, peer) for name, part in parts.items() if part},
        f"ms_beside_{peer}": {name: spread_of([row[name] for row in both]) for name in ("ours", peer)},
    }


def _ratio(rows: list[dict[str, float]], peer: str) -> float:
    return round(sum(row["ours"] for row in rows) / sum(row[peer] for row in rows), 4)


def spread(things: Sequence[T], count: int) -> list[T]:
    """So many of them, evenly from the first to the last."""
    if len(things) <= count:
        return list(things)
    return [things[round(k * (len(things) - 1) / (count - 1))] for k in range(count)]


def spread_of(ms: Sequence[float]) -> dict[str, Any]:
    if not ms:
        return {}
    middle, high = np.percentile(ms, [50, 95])
    named = {"mean": statistics.fmean(ms), "median": float(middle), "p95": float(high), "largest": max(ms)}
    return {name: round(value, 4) for name, value in named.items()}


def shown(things: Sequence[T], what: str) -> Iterator[T]:
    """One by one; on a terminal with how far it is."""
    tells = sys.stderr.isatty()
    for k, thing in enumerate(things):
        if tells and k % 10 == 0:
            sys.stderr.write(f"\r{k} of {len(things)} {what} ")
            sys.stderr.flush()
        yield thing
    if tells:
        sys.stderr.write("\r\033[K")
