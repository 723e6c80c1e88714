"""A first site file for a map that was built: one room around all its ground, to be cut into rooms by hand."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from kangban.config import load_site
from kangban.runs import RunError
from kangban.values import GridMap, Pose2D
from navigation import surveyed
from navigation.grid import FREE, Grid
from navigation.mapping import map_file

BODY_M = 0.22  # ground that a robot of this half width reaches is the home's; what is seen through a window is not
START = "start.txt"  # where the robot stood at the first scan, beside the map
TEMPLATE = """\
# A first site file for {map}. Edit it: cut the one room into rooms, name them, add doors and zones.
# Every key: docs/configuration.md; what each change does: docs/mapping.md. Metres and radians on the map's frame.
# Try it with: kangban up --site {out}
name: {name}
language: en                  # zh or en: what the robot speaks
ceiling_m: 2.6
map: {map}                    # navigation drives on it; walls below are not needed

rooms:                        # rectangles; label is what people read
  - name: home
    label: {{zh: 家, en: home}}
    min_m: [{low[0]:.2f}, {low[1]:.2f}]
    max_m: [{high[0]:.2f}, {high[1]:.2f}]
walls: []                     # only for a home without a map, or for doors to lie in
doors: []                     # - {{name: kitchen_door, at_m: [1.0, 2.0], width_m: 0.8}}; needs the wall it lies in
exits: []
furniture: []                 # is added to the map: tables, of which a lidar sees only the legs
zones: []                     # - {{name: dog_bed, kind: keep_out, min_m: [0.0, 0.0], max_m: [0.6, 0.6]}}

# dock: where the robot stood when the recording began. watch: the clearest place near the middle; put it where you
# want the robot to wait.
dock: {{x_m: {dock.x:.2f}, y_m: {dock.y:.2f}, yaw_rad: {dock.yaw:.3f}}}
watch: {{x_m: {watch[0]:.2f}, y_m: {watch[1]:.2f}, yaw_rad: {facing:.3f}}}

contacts: []                  # - {{level: family, name: Daughter}}
hours: null
privacy: {{raw_pictures: never, kept_days: 30, no_look: []}}
network: {{reach: machine, domain_id: 42}}
"""


def write_site(map_path: Path, out: Path | None, name: str) -> dict[str, Any]:
    """Writes the file, which loads; returns what it says. Raises RunError, MapError (a ConfigError)."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise RunError(f"--name {name}: allowed: small letters, digits and _, a letter first")
    path = map_path / "map.yaml" if map_path.is_dir() else map_path
    grid = map_file.read(path)
    out = path.parent / "site.yaml" if out is None else out
    if out.exists():
        raise RunError(f"{out}: is there already and may hold your changes; give another file with --out")
    start = _start(path.parent / START)
    ground = _ground(grid, start)
    cells = np.argwhere(ground)
    about = Grid.of(grid)
    low, high = about.centres(cells.min(axis=0)[None])[0], about.centres(cells.max(axis=0)[None])[0]
    watch = _clearest(grid, ground)
    facing = math.atan2((low[1] + high[1]) / 2.0 - watch[1], (low[0] + high[0]) / 2.0 - watch[0])
    margin = BODY_M + grid.resolution
    low, high = low - margin, high + margin
    text = TEMPLATE.format(
        map=_relative(path, out), out=out.name, name=name, low=low, high=high, dock=start, watch=watch, facing=facing
    )
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RunError(f"{out}: can't be written: {error.strerror}; give another file with --out") from error
    site = load_site(str(out.resolve()))
    surveyed.check(path, grid, site)
    size = [round(float(v), 2) for v in high - low]
    return {
        "site": str(out), "map": str(path), "room_m": size, "dock": [start.x, start.y, start.yaw],
        "notes": ["one room holds everything: edit the file, then try it with `kangban up --site`"],
    }  # fmt: skip


def _relative(path: Path, out: Path) -> str:
    if path.resolve().parent == out.resolve().parent:
        return path.name
    return str(path.resolve())


def _start(path: Path) -> Pose2D:
    try:
        x, y, yaw = (float(v) for v in path.read_text(encoding="ascii").split())
    except (OSError, ValueError) as error:
        raise RunError(
            f"{path}: where the robot began can't be read; build the map with `kangban map build`"
        ) from error
    return Pose2D(x, y, yaw)


def _ground(grid: GridMap, start: Pose2D) -> np.ndarray:
    """Where the robot's middle can go from where it began."""
    free = (grid.cells == FREE).astype(np.uint8)
    clear = cv2.distanceTransform(np.pad(free, 1), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1] * grid.resolution
    _, labels = cv2.connectedComponents((clear > BODY_M).astype(np.uint8))
    about = Grid.of(grid)
    row, column = about.cells(np.array([[start.x, start.y]]))[0]
    near = np.argwhere(labels > 0)
    if not len(near):
        raise RunError("the map has no ground wide enough for a robot; was it driven through?")
    at = near[np.argmin(np.hypot(*(near - [row, column]).T))]
    return np.asarray(labels == labels[at[0], at[1]])


def _clearest(grid: GridMap, ground: np.ndarray) -> np.ndarray:
    clear = cv2.distanceTransform(ground.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) * grid.resolution
    cells = np.argwhere(ground)
    middle = cells.mean(axis=0)
    away = np.hypot(*(cells - middle).T) * grid.resolution
    best = cells[np.argmax(np.minimum(clear[ground], 1.0) - 0.1 * away)]
    return np.asarray(Grid.of(grid).centres(best[None])[0])
