"""Maps on disk in the format of ROS's map_server: a YAML file beside a picture. Written as `trinary`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml

from kangban.values import GridMap, Pose2D

OCCUPIED_THRESH, FREE_THRESH = 0.65, 0.25
SHADES = {100: 0, 0: 254, -1: 205}


class MapError(ValueError):
    """A map can't be used; says which file, what is wrong and what to do."""


def write(folder: Path, grid: GridMap, name: str = "map") -> Path:
    """NAME.yaml and NAME.pgm; returns the first. Raises OSError."""
    picture = np.full(grid.cells.shape, SHADES[-1], np.uint8)
    for value, shade in SHADES.items():
        picture[grid.cells == value] = shade
    rows, columns = picture.shape
    (folder / f"{name}.pgm").write_bytes(f"P5\n{columns} {rows}\n255\n".encode() + picture[::-1].tobytes())
    origin = grid.origin_in_map
    path = folder / f"{name}.yaml"
    path.write_text(
        f"image: {name}.pgm\nmode: trinary\nresolution: {grid.resolution:.6g}\n"
        f"origin: [{origin.x:.6f}, {origin.y:.6f}, {origin.yaw:.6f}]\nnegate: 0\n"
        f"occupied_thresh: {OCCUPIED_THRESH}\nfree_thresh: {FREE_THRESH}\n",
        encoding="utf-8",
    )
    return path


def read(path: Path, stamp: float = 0.0) -> GridMap:
    """Raises MapError."""
    try:
        held = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MapError(f"{path}: cannot be read ({error})") from error
    if not isinstance(held, dict):
        raise MapError(f"{path}: is no map: it must name image, resolution and origin")
    resolution, x, y, yaw = (_number(path, held, *key) for key in (("resolution",), *(("origin", k) for k in range(3))))
    occupied = _number(path, {"occupied_thresh": OCCUPIED_THRESH, **held}, "occupied_thresh")
    free = _number(path, {"free_thresh": FREE_THRESH, **held}, "free_thresh")
    if not 0.005 <= resolution <= 1.0:
        raise MapError(f"{path}: resolution is {resolution} m a cell; allowed: 0.005 to 1")
    if yaw != 0.0:
        raise MapError(f"{path}: origin is turned by {yaw} rad; make the map again with its axes along x and y")
    if held.get("mode", "trinary") != "trinary":
        raise MapError(f"{path}: mode is {held['mode']!r}; only trinary can be read")
    if not 0.0 <= free < occupied <= 1.0:
        raise MapError(f"{path}: free_thresh {free} must lie below occupied_thresh {occupied}, both within 0 to 1")
    image = path.parent / str(held.get("image", ""))
    picture = cv2.imread(str(image), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise MapError(f"{path}: its picture {image} is missing or is no picture")
    shade = picture[::-1].astype(float) / 255.0
    share = shade if held.get("negate", 0) else 1.0 - shade
    cells = np.full(share.shape, -1, np.int8)
    cells[share >= occupied], cells[share <= free] = 100, 0
    return GridMap(stamp, resolution, Pose2D(x, y, 0.0), cells)


def _number(path: Path, held: dict[str, Any], key: str, at: int | None = None) -> float:
    try:
        number = float(held[key] if at is None else held[key][at])
    except (KeyError, IndexError, TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise MapError(f"{path}: {key} is missing or is no number")
    return number
