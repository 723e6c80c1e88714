"""The same search where every free cell weighs the same: jump points instead of every cell, compiled by numba.

On such a grid countless ways are equally cheap: the same diagonal and straight steps in another order. A* weighs each
of them. Of those that cost the same, jump point search (Harabor and Grastien 2011, 2014) looks only at the one that
goes diagonally first, so only cells beside the corner of something, where that order can break, enter the open list.
The open list, the heuristic, the rules of a step and the result are those of `search.astar`.

Straight lines are scanned 64 cells at a time. `lines` holds what stops a scan as bits, in four views of the grid, each
turned so that the scan goes towards higher bits: rows eastward (towards higher columns), rows westward, columns towards
higher rows, columns towards lower rows.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from navigation import heap as heap_file
from navigation import search as search_file
from navigation.compiled import forget_older
from navigation.heap import HEAP, NODES, reach, take
from navigation.search import DIAGONAL, octile

forget_older(__file__, heap_file.__file__, search_file.__file__)

EAST, WEST, UP, DOWN = 0, 1, 2, 3  # directions of a straight scan; up is towards higher rows
ROW, COLUMN = (0, 0, 1, -1), (1, -1, 0, 0)  # one step in each
_DEBRUIJN = np.uint64(0x03F79D71B4CB0A89)
_PLACES = np.zeros(64, np.uint8)
for _i in range(64):
    _PLACES[(((1 << _i) * 0x03F79D71B4CB0A89) & (2**64 - 1)) >> 58] = _i


@nb.njit(_nrt=False, inline="always")
def _lowest(word):  # type: ignore[no-untyped-def]
    """The place of the lowest bit that is set (Leiserson et al. 1998)."""
    return np.int64(_PLACES[((word & (~word + np.uint64(1))) * _DEBRUIJN) >> np.uint64(58)])


@nb.njit(_nrt=False, inline="always")
def _scan(lines, view, line, at):  # type: ignore[no-untyped-def]
    """From a free cell onward: where the next jump point of this line is, or minus where the wall is."""
    word = at >> 6
    stops = lines[view, line, word, 0] & (~np.uint64(0) << np.uint64(at & 63) << np.uint64(1))  # what lies beyond
    while stops == np.uint64(0):
        word += 1
        stops = lines[view, line, word, 0]
    bit = _lowest(stops)
    found = (word << 6) + bit
    return -found if (lines[view, line, word, 1] >> np.uint64(bit)) & np.uint64(1) else found


@nb.njit(_nrt=False, inline="always")
def _ways_on(free, cell, stride, came):  # type: ignore[no-untyped-def]
    """Where a cheapest way may go on from a jump point: straight directions as bits, and diagonals as bits.

    Diagonal k: sideways direction k & 1, upright direction 2 + (k >> 1). On in the direction in which it was reached,
    and to a side where something behind has kept the diagonal from going there.
    """
    if came < 0:
        return 15, 15
    on = COLUMN[came] + ROW[came] * stride
    straight, slanted = 1 << came, 0
    for k in range(2):
        side = 2 + k if came < 2 else k
        beside = COLUMN[side] + ROW[side] * stride
        if free[cell + beside] and not free[cell + beside - on]:
            straight |= 1 << side
            slanted |= 1 << (came + 2 * k if came < 2 else k + 2 * (came - 2))
    return straight, slanted


@nb.njit(_nrt=False, inline="always")
def _straight(lines, direction, row, column, rows, columns, goal_row, goal_column):  # type: ignore[no-untyped-def]
    """How many cells on the next jump point (or the goal) lies in a direction, or 0: none before the wall."""
    if direction == EAST:
        line, at, ahead, aside = row, column, goal_column - column, goal_row - row
    elif direction == WEST:
        line, at, ahead, aside = row, columns - 1 - column, column - goal_column, goal_row - row
    elif direction == UP:
        line, at, ahead, aside = column, row, goal_row - row, goal_column - column
    else:
        line, at, ahead, aside = column, rows - 1 - row, row - goal_row, goal_column - column
    found = _scan(lines, direction, line, at)
    if aside == 0 and 0 < ahead <= abs(found) - at:
        return ahead
    return found - at if found > 0 else 0


@nb.njit(nb.f8(nb.u1[::1], nb.u8[:, :, :, ::1], nb.i8, nb.i8, nb.i8, nb.i8, NODES, HEAP, nb.i8), cache=True, _nrt=False)
def jump_search(free, lines, rows, stride, start, goal, nodes, heap, number):  # type: ignore[no-untyped-def]
    """The length of the shortest 8-connected way in cells, inf where there is none; parents lead back by jumps.

    A jump goes diagonally first, then straight. Only the directions in which a cheapest way may go on are tried.
    """
    if not free[start] or not free[goal]:
        return np.inf
    goal_row, goal_column = goal // stride, goal % stride
    size = reach(nodes, heap, 0, number, start, start, 0.0, 0.0, -1)
    while size > 0:
        cell = np.int64(take(nodes, heap, size))
        size -= 1
        cost = nodes[cell].cost
        if cell == goal:
            return cost
        row, column = cell // stride, cell % stride
        straight, slanted = _ways_on(free, cell, stride, nodes[cell].came)
        for direction in range(4):
            if (straight >> direction) & 1:
                far = _straight(lines, direction, row, column, rows, stride, goal_row, goal_column)
                if far > 0:
                    r, c = row + far * ROW[direction], column + far * COLUMN[direction]
                    rest = octile(r - goal_row, c - goal_column)
                    size = reach(nodes, heap, size, number, r * stride + c, cell, cost + far, rest, direction)
        for k in range(4):
            if not (slanted >> k) & 1:
                continue
            sideways, upright = k & 1, 2 + (k >> 1)
            dc, dr = COLUMN[sideways], ROW[upright]
            r, c, at, new = row, column, cell, cost
            while free[at + dr * stride] and free[at + dc] and free[at + dr * stride + dc]:
                r, c, at, new = r + dr, c + dc, at + dr * stride + dc, new + DIAGONAL
                if at == goal:
                    size = reach(nodes, heap, size, number, at, cell, new, 0.0, sideways)
                    break
                for direction in (sideways, upright):
                    far = _straight(lines, direction, r, c, rows, stride, goal_row, goal_column)
                    if far > 0:
                        rr, cc = r + far * ROW[direction], c + far * COLUMN[direction]
                        rest = octile(rr - goal_row, cc - goal_column)
                        size = reach(nodes, heap, size, number, rr * stride + cc, cell, new + far, rest, direction)
    return np.inf


def bit_lines(blocked: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Of a grid with a border: (4 views, lines, words, 2), where a scan stops and which of that are blocked cells.

    A scan stops at a blocked cell, and at a jump point: past the end of something beside the line, where the cell
    before it has a blocked neighbour to a side and it has none there. Beyond the grid all is blocked.
    """
    longest = max(blocked.shape)
    lines = np.full((4, longest, longest // 64 + 1, 2), ~np.uint64(0))
    for k, view in enumerate((blocked, blocked[:, ::-1], blocked.T, blocked.T[:, ::-1])):
        past = view[:, :-1] & ~view[:, 1:]  # free, and the cell before it is blocked
        stops = view.copy()
        stops[:-1, 1:] |= past[1:]
        stops[1:, 1:] |= past[:-1]
        for kind, cells in enumerate((stops, view)):
            words = _words(cells)
            lines[k, : words.shape[0], : words.shape[1], kind] = words
    return lines


def _words(cells: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Each row as bits in words of 64, the first cell in the lowest; ones fill the last word."""
    filled = np.pad(cells, ((0, 0), (0, -cells.shape[1] % 64)), constant_values=True)
    packed = np.ascontiguousarray(np.packbits(filled, axis=1, bitorder="little"))
    return packed.view("<u8").astype(np.uint64, copy=False)
