"""Bars of how often what happened, as SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

STEP_S, MOST_S = 0.25, 7.0
WIDTH, HEIGHT, LEFT, BELOW, TOP = 900, 220, 40, 30, 26
COLOURS = ("#2b6cb0", "#dd8a2a")


def histogram(delays: Mapping[str, Sequence[float]]) -> str:
    """Delays in s by whose they are; those beyond MOST_S are in the last bar."""
    every = [d for ds in delays.values() for d in ds]
    low = math.floor(min(every) / STEP_S) * STEP_S
    count = max(4, math.ceil((min(MOST_S, max(every)) - low) / STEP_S + 1e-9) + 1)
    bins = {name: _counts(ds, low, count) for name, ds in delays.items()}
    most = max(max(counts) for counts in bins.values())
    wide = (WIDTH - LEFT) / count
    parts = []
    for k, (name, counts) in enumerate(bins.items()):
        thick = 0.8 * wide / len(bins)
        for b, n in enumerate(counts):
            tall = (HEIGHT - BELOW - TOP) * n / most
            parts.append(
                f'<rect x="{LEFT + b * wide + k * thick:.1f}" y="{HEIGHT - BELOW - tall:.1f}" width="{thick:.1f}" '
                f'height="{tall:.1f}" fill="{COLOURS[k % 2]}"><title>{n}</title></rect>'
            )
        parts.append(_text(LEFT + 200 * k, 16, f"■ {name}: {len(delays[name])}", COLOURS[k % 2]))
    for b in range(0, count, 2):
        parts.append(_text(LEFT + b * wide, HEIGHT - 8, f"{low + b * STEP_S:.1f} s", "#444"))
    parts.append(f'<line x1="{LEFT}" x2="{WIDTH}" y1="{HEIGHT - BELOW}" y2="{HEIGHT - BELOW}" stroke="#888"/>')
    parts.append(_text(4, TOP + 8, str(most), "#444"))
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="delays">{"".join(parts)}</svg>'


def _counts(delays: Sequence[float], low: float, count: int) -> list[int]:
    counts = [0] * count
    for delay in delays:
        counts[min(count - 1, int((delay - low) / STEP_S + 1e-9))] += 1
    return counts


def _text(x: float, y: float, words: str, colour: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="14" fill="{colour}">{escape(words)}</text>'
