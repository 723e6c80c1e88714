"""What a search knows of each cell, and its open list: a binary heap of cells, in arrays made once, compiled.

A cell is in the heap at most once (its key is lowered in place), so as many places as cells suffice. Cells of the same
key leave in the order of the lower `rest`: of ways that promise the same length, the one that is nearly there goes on.

Everything about a cell lies side by side in one record, for it is needed together and a grid does not fit the cache. A
record counts only where `seen` is the number of this search: nothing is cleared between searches.

The loops of a search are compiled without reference counts (`_nrt=False`): they make no arrays, and the counting, at
each call of a small function with an array, took half of the time.
"""

from __future__ import annotations

import numba as nb
import numpy as np

OUT, DONE = -1, -2  # places: not in the heap yet; taken out

NODE = np.dtype([("cost", "f8"), ("parent", "i4"), ("seen", "i4"), ("place", "i4"), ("came", "i4")], align=True)
ENTRY = np.dtype([("key", "f8"), ("rest", "f8"), ("cell", "i4")], align=True)
NODES, HEAP = nb.from_dtype(NODE)[::1], nb.from_dtype(ENTRY)[::1]

# Keys are rounded to 2^-32 of a cell: sums of the same steps in another order must count as the same, or the search
# follows rounding noise through every one of many equally long ways.
_STEPS = 2.0**32


@nb.njit(_nrt=False, inline="always")
def _before(entry, key, rest):  # type: ignore[no-untyped-def]
    return entry.key < key or (entry.key == key and entry.rest < rest)


@nb.njit(_nrt=False, inline="always")
def reach(nodes, heap, size, number, cell, parent, cost, rest, came):  # type: ignore[no-untyped-def]
    """Note a way to a cell where it is the cheapest so far; `rest` is what is surely left. The new size of the heap."""
    node = nodes[cell]
    if node.seen != number:
        node.seen, node.place = number, OUT
    elif node.place == DONE or cost >= node.cost:
        return size
    node.cost, node.parent, node.came = cost, parent, came
    key = np.floor((cost + rest) * _STEPS + 0.5)
    i = node.place
    if i == OUT:
        i = size
        size += 1
    while i > 0:
        above = (i - 1) >> 1
        if not (key < heap[above].key or (key == heap[above].key and rest < heap[above].rest)):
            break
        heap[i] = heap[above]
        nodes[heap[i].cell].place = i
        i = above
    heap[i].key, heap[i].rest, heap[i].cell = key, rest, cell
    node.place = i
    return size


@nb.njit(_nrt=False, inline="always")
def take(nodes, heap, size):  # type: ignore[no-untyped-def]
    """Take the first cell out; the heap is one smaller afterwards."""
    first = heap[0].cell
    nodes[first].place = DONE
    size -= 1
    if size == 0:
        return first
    key, rest, cell = heap[size].key, heap[size].rest, heap[size].cell
    i, below = 0, 1
    while below < size:
        if below + 1 < size and _before(heap[below + 1], heap[below].key, heap[below].rest):
            below += 1
        if not _before(heap[below], key, rest):
            break
        heap[i] = heap[below]
        nodes[heap[i].cell].place = i
        i, below = below, 2 * below + 1
    heap[i].key, heap[i].rest, heap[i].cell = key, rest, cell
    nodes[cell].place = i
    return first
