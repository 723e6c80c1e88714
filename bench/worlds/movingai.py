"""MovingAI's benchmark files: `.map`, a grid of free and blocked cells, and `.scen`, queries with published optima.

Sturtevant, Benchmarks for Grid-Based Pathfinding, 2012. Diagonal steps cost sqrt 2 and cut no corners.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kangban.config import ConfigError

FREE, BLOCKED = b".GS", b"@OTW"
LARGEST = 16384  # cells a side
FIELDS = "bucket, map, width, height, start x, start y, goal x, goal y, optimal length"
SUMS = 1e-6  # of a length: what adding up its steps in another order and precision may come to


class FileError(ConfigError):
    """A map or its queries can't be used; says which file and line, and what was expected."""


@dataclass(frozen=True, slots=True)
class Query:
    """`start` and `goal`: row, column. `optimum` in cells, inf where there is no way. `line` in the file, from 1."""

    line: int
    start: tuple[int, int]
    goal: tuple[int, int]
    optimum: float
    tolerance: float  # half of the last digit that the file gives, and what summing may come to


def read_map(path: Path) -> NDArray[np.bool_]:
    """Which cells are blocked, (height, width). Raises FileError."""
    lines = _lines(path)
    header: dict[bytes, bytes] = {}
    at = 0
    while at < len(lines) and lines[at].strip() != b"map":
        words = lines[at].split()
        if words and (len(words) != 2 or words[0] not in (b"type", b"height", b"width") or words[0] in header):
            raise FileError(
                f"{path}:{at + 1}: {_shown(lines[at])} is not `type octile`, `height N`, `width N` or `map`"
            )
        if words:
            header[words[0]] = words[1]
        at += 1
    if at == len(lines):
        raise FileError(f"{path}: there is no line `map`; is it a MovingAI map?")
    if header.get(b"type", b"octile") != b"octile":
        raise FileError(f"{path}: type {_shown(header[b'type'])} is not allowed: only octile maps are known")
    height, width = _size(path, header, b"height"), _size(path, header, b"width")
    rows, rest = lines[at + 1 : at + 1 + height], lines[at + 1 + height :]
    while len(rows) > 0 and not rows[-1].strip():
        rows.pop()
    if len(rows) < height or any(line.strip() for line in rest):
        count = len(rows) if len(rows) < height else height + sum(bool(line.strip()) for line in rest)
        raise FileError(f"{path}: {count} rows follow `map`; height says {height}")
    for i, row in enumerate(rows):
        strange = row.translate(None, FREE + BLOCKED)
        if strange:
            allowed = (FREE + BLOCKED).decode()
            raise FileError(f"{path}:{at + 2 + i}: {_shown(strange[:1])} is no cell; allowed: {allowed}")
        if len(row) != width:
            raise FileError(f"{path}:{at + 2 + i}: a row of {len(row)} cells; width says {width}")
    cells = np.frombuffer(b"".join(rows), np.uint8).reshape(height, width)
    return np.asarray(~np.isin(cells, np.frombuffer(FREE, np.uint8)))


def read_queries(path: Path, shape: tuple[int, int]) -> list[Query]:
    """The queries of a map of that height and width. Raises FileError."""
    lines = _lines(path)
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    if first is None or lines[first].split()[0] != b"version":
        raise FileError(f"{path}:{(first or 0) + 1}: must begin with `version 1`")
    version = lines[first].split()[1:]
    if len(version) != 1 or version[0] not in (b"1", b"1.0"):
        raise FileError(f"{path}:{first + 1}: {_shown(lines[first])} is not known; allowed: version 1")
    rows = [(i + 1, line) for i, line in enumerate(lines) if i > first and line.strip()]
    if not rows:
        raise FileError(f"{path}: holds no queries")
    return [_query(path, number, line, shape) for number, line in rows]


def _query(path: Path, number: int, line: bytes, shape: tuple[int, int]) -> Query:
    """A map's name may hold blanks, where fields are parted by tabs."""
    fields = [f.strip() for f in line.strip().split(b"\t")] if b"\t" in line else line.split()
    where = f"{path}:{number}"
    if len(fields) != 9:
        raise FileError(f"{where}: {len(fields)} fields in place of 9: {FIELDS}")
    try:
        width, height, sx, sy, gx, gy = (int(f) for f in fields[2:8])
        length = float(fields[8])
    except ValueError as error:
        raise FileError(f"{where}: {error}; a line holds: {FIELDS}") from error
    if (height, width) != shape:
        raise FileError(f"{where}: for a map of {width} x {height}; this one is {shape[1]} x {shape[0]}")
    for what, x, y in (("start", sx, sy), ("goal", gx, gy)):
        if not (0 <= x < width and 0 <= y < height):
            raise FileError(f"{where}: {what} ({x}, {y}) lies off the map of {width} x {height}")
    if math.isnan(length):
        raise FileError(f"{where}: the optimal length is not a number")
    no_way = length < 0 or math.isinf(length)
    tolerance = 0.0 if no_way else _half_digit(fields[8], length) + SUMS * (1.0 + length)
    return Query(number, (sy, sx), (gy, gx), math.inf if no_way else length, tolerance)


def _half_digit(text: bytes, length: float) -> float:
    """Half of the last digit written; at least six digits were meant, as trailing zeros are left out by some."""
    decimals = len(text.partition(b".")[2].partition(b"e")[0].partition(b"E")[0])
    before = len(str(int(length)))
    return 0.5 * 10.0 ** -max(decimals, 6 - before)


def _lines(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().replace(b"\r\n", b"\n").split(b"\n")
    except OSError as error:
        raise FileError(f"{path}: can't be read: {error.strerror}") from error


def _size(path: Path, header: dict[bytes, bytes], key: bytes) -> int:
    text = header.get(key)
    if text is None:
        raise FileError(f"{path}: `{key.decode()} N` is missing before `map`")
    if not text.isdigit() or not 1 <= int(text) <= LARGEST:
        raise FileError(f"{path}: {key.decode()} {_shown(text)} is not allowed: allowed: 1 to {LARGEST}")
    return int(text)


def _shown(text: bytes) -> str:
    return repr(text[:40].decode("ascii", "backslashreplace"))
