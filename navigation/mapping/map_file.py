"""Maps in the format of ROS's map_server: a YAML file beside a picture (PGM or PNG)."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray

from kangban.config import ConfigError
from kangban.values import GridMap, Pose2D
from navigation.grid import FREE, OCCUPIED, UNKNOWN

OCCUPIED_THRESH, FREE_THRESH = 0.65, 0.196
SHADES = {OCCUPIED: 0, UNKNOWN: 205, FREE: 254}  # the picture's greys, as map_saver writes them
RESOLUTION_M = (0.005, 1.0)
MODES = ("trinary", "scale", "raw")


class MapError(ConfigError):
    """A map can't be used; the message says which file, what is wrong and what is allowed."""


def write(folder: Path, grid: GridMap, name: str = "map") -> Path:
    """NAME.yaml (returned) and NAME.pgm. Raises OSError."""
    picture = np.full(grid.cells.shape, SHADES[UNKNOWN], np.uint8)
    for value, shade in SHADES.items():
        picture[grid.cells == value] = shade
    rows, columns = grid.cells.shape
    image, path = folder / f"{name}.pgm", folder / f"{name}.yaml"
    origin = grid.origin_in_map
    image.write_bytes(f"P5\n{columns} {rows}\n255\n".encode("ascii") + picture[::-1].tobytes())
    path.write_text(
        f"image: {image.name}\nmode: trinary\nresolution: {grid.resolution:.6g}\n"
        f"origin: [{origin.x:.6f}, {origin.y:.6f}, {origin.yaw:.6f}]\nnegate: 0\n"
        f"occupied_thresh: {OCCUPIED_THRESH}\nfree_thresh: {FREE_THRESH}\n",
        encoding="ascii",
    )
    return path


def read(path: Path, stamp: float = 0.0) -> GridMap:
    """Raises MapError. What lies between the thresholds is unknown."""
    about = _about(path)
    resolution = _number(path, about, "resolution", *RESOLUTION_M)
    origin = about.get("origin")
    if not isinstance(origin, list) or len(origin) != 3 or not all(_is_number(v) for v in origin):
        raise MapError(f"{path}: origin: {origin!r} is not allowed: allowed: [x, y, yaw] in m, m, rad")
    if abs(float(origin[2])) > 1e-6:
        raise MapError(
            f"{path}: origin: the map is turned by {origin[2]} rad; allowed: 0. Make it again with `kangban map build`"
        )
    occupied = _number(path, about, "occupied_thresh", 0.0, 1.0)
    free = _number(path, about, "free_thresh", 0.0, 1.0)
    if free >= occupied:
        raise MapError(f"{path}: free_thresh: {free} is not allowed: it must lie below occupied_thresh, {occupied}")
    negate, mode = about.get("negate", 0), about.get("mode", "trinary")
    if negate not in (0, 1, False, True):
        raise MapError(f"{path}: negate: {negate!r} is not allowed: allowed: 0 or 1")
    if mode not in MODES:
        raise MapError(f"{path}: mode: {mode!r} is not allowed: allowed: {', '.join(MODES)}")
    picture = _picture(path, about.get("image"))[::-1]
    if mode == "raw":
        known = np.where(picture <= 100, picture / 100.0, 0.5 * (free + occupied))
    else:
        known = picture / 255.0 if negate else 1.0 - picture / 255.0
    cells = np.full(known.shape, UNKNOWN, np.int8)
    cells[known < free] = FREE
    cells[known > occupied] = OCCUPIED
    if not (cells == FREE).any():
        raise MapError(f"{path}: no cell of it is free ground; are free_thresh and negate right?")
    return GridMap(stamp, resolution, Pose2D(float(origin[0]), float(origin[1]), 0.0), cells)


def _about(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise MapError(f"{path}: no such map; name the .yaml file that `kangban map build` wrote")
    try:
        about = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MapError(f"{path}: can't be read as YAML: {' '.join(str(error).split())[:200]}") from error
    if not isinstance(about, dict):
        raise MapError(f"{path}: must hold keys and values: image, resolution, origin, occupied_thresh, free_thresh")
    return about


def _number(path: Path, about: dict[str, Any], key: str, low: float, high: float) -> float:
    if key not in about:
        raise MapError(f"{path}: {key}: missing; it has no default, so write it")
    value = about[key]
    if not _is_number(value) or not low <= float(value) <= high:
        raise MapError(f"{path}: {key}: {value!r} is not allowed: allowed: at least {low} and at most {high}")
    return float(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _picture(path: Path, name: object) -> NDArray[np.float64]:
    """Greys 0..255, the first row at the top. A colour picture is taken as grey; what is transparent is kept."""
    if not isinstance(name, str) or not name:
        raise MapError(f"{path}: image: missing; name the picture beside this file")
    image = path.parent / name
    if not image.is_file():
        raise MapError(f"{path}: image: there is no {image}; copy the map's picture along with its .yaml file")
    found = cv2.imread(str(image), cv2.IMREAD_GRAYSCALE | cv2.IMREAD_ANYDEPTH)
    if found is None or found.ndim != 2:
        raise MapError(f"{image}: not a picture that can be read; allowed: PGM or PNG. Is it cut off?")
    return np.asarray(found, dtype=float) * (255.0 / 65535.0 if found.dtype == np.uint16 else 1.0)
