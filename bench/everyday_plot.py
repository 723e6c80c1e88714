"""The share of simulated falls found, by camera height and distance, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np


def plot(cells: Sequence[dict[str, Any]], path: Path) -> None:
    """`cells`: height_m and distance_m (from, to), falls and found. Writes a PNG. Raises OSError."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    heights = sorted({tuple(cell["height_m"]) for cell in cells})
    distances = sorted({tuple(cell["distance_m"]) for cell in cells})
    share = np.full((len(heights), len(distances)), np.nan)
    figure, axes = pyplot.subplots(figsize=(1.5 + 1.5 * len(distances), 1.5 + 0.9 * len(heights)))
    for cell in cells:
        row, column = heights.index(tuple(cell["height_m"])), distances.index(tuple(cell["distance_m"]))
        if cell["falls"]:
            share[row, column] = cell["found"] / cell["falls"]
        axes.text(column, row, f"{cell['found']} of {cell['falls']}", ha="center", va="center")
    drawn = axes.imshow(share, vmin=0.5, vmax=1.0, cmap="RdYlGn", origin="lower", aspect="auto", alpha=0.8)
    axes.set_xticks(range(len(distances)), [f"{a:g} to {b:g} m" for a, b in distances])
    axes.set_yticks(range(len(heights)), [f"{a:g} to {b:g} m" for a, b in heights])
    axes.set_xlabel("from the camera to the person who falls")
    axes.set_ylabel("height of the camera")
    axes.set_title("Simulated falls found")
    figure.colorbar(drawn, label="share found")
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
