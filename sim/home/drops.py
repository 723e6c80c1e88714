"""Cuts the site's drops (stairwells, steps down) out of a floor of boxes that lie along x and y."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from kangban.site import Drop
from sim.home.mesh import Box


def cut(floor: Iterable[Box], drops: Sequence[Drop]) -> list[Box]:
    """The floor without the drops; each leaves up to four boxes of one that it lies in."""
    boxes = list(floor)
    for drop in drops:
        boxes = [rest for box in boxes for rest in _without(box, drop)]
    return boxes


def _without(box: Box, drop: Drop) -> Iterator[Box]:
    x0, x1 = box.centre[0] - box.size[0] / 2, box.centre[0] + box.size[0] / 2
    y0, y1 = box.centre[1] - box.size[1] / 2, box.centre[1] + box.size[1] / 2
    left, right = max(x0, drop.min_m[0]), min(x1, drop.max_m[0])
    low, high = max(y0, drop.min_m[1]), min(y1, drop.max_m[1])
    if left >= right or low >= high:
        yield box
        return
    for a, b, c, d in ((x0, left, y0, y1), (right, x1, y0, y1), (left, right, y0, low), (left, right, high, y1)):
        if b > a and d > c:
            centre = ((a + b) / 2, (c + d) / 2, box.centre[2])
            yield replace(box, centre=centre, size=(b - a, d - c, box.size[2]))
