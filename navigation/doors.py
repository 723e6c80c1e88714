"""Which doors are open, from what the lidar sees of them; what was seen shut is remembered for a while. Pure."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from kangban.profile import Mount
from kangban.rooms import Doorway
from kangban.values import Array, Pose2D, Scan

FARTHEST_M = 5.0  # doors beyond are too coarse in the lidar
BIN_M = 0.05  # parts of an opening that are judged one by one
FRAME_M = 0.08  # so much at either end may be the frame
PLANE_M = 0.20  # a return so near to the door's own plane is a leaf, or something standing in it
SEEN = 0.7  # of an opening must have been seen to call it shut
SURE_S, GAP_S = 1.5, 1.0  # shut is believed after being told for so long, with no longer gaps
STEEPEST = 0.25  # sine of the angle between ray and door below which a ray tells nothing


class DoorState(StrEnum):
    OPEN = "open"
    SHUT = "shut"  # or so full that the robot does not fit through


@dataclass(frozen=True, slots=True)
class Seen:
    """A door as it was last told, at `at`, and has been told since `since` (robot time)."""

    state: DoorState
    since: float
    at: float


@dataclass(frozen=True, slots=True)
class Doors:
    """What is known of doors by name; of others nothing is."""

    seen: tuple[tuple[str, Seen], ...] = ()

    def of(self, name: str) -> Seen | None:
        return next((seen for known, seen in self.seen if known == name), None)


def observe(
    doors: Doors, doorways: tuple[Doorway, ...], scan: Scan, pose_in_map: Pose2D, mount: Mount, passage: float
) -> Doors:
    """Take in a scan; `pose_in_map` is the robot's at its time. `passage`: the width that the robot needs, m."""
    known = dict(doors.seen)
    lidar = pose_in_map @ Pose2D(mount.x_m, mount.y_m, mount.yaw_rad)
    for door in doorways:
        if door.pose_in_map.distance_to(lidar.x, lidar.y) <= FARTHEST_M:
            state = look(door, scan, lidar, passage)
            if state is not None:
                before = known.get(door.name)
                same = before is not None and before.state is state and before.at <= scan.stamp <= before.at + GAP_S
                known[door.name] = Seen(state, before.since if same and before else scan.stamp, scan.stamp)
    return replace(doors, seen=tuple(known.items()))


def look(door: Doorway, scan: Scan, lidar_in_map: Pose2D, passage: float) -> DoorState | None:
    """What one scan says about a door; None where it can't be told.

    A ray that goes on beyond the opening found it free there; one that ends in it did not; one that ends before it says
    nothing, nor does one without a reading.
    """
    angles = scan.angle_min + scan.angle_increment * np.arange(len(scan.ranges)) + lidar_in_map.yaw
    origin = door.pose_in_map.inverse() @ Pose2D(lidar_in_map.x, lidar_in_map.y, 0.0)  # x along the wall, y through it
    turned = angles - door.pose_in_map.yaw
    with np.errstate(divide="ignore", invalid="ignore"):
        to_plane = -origin.y / np.sin(turned)
        along = origin.x + to_plane * np.cos(turned)
        beyond = (scan.ranges - to_plane) * np.abs(np.sin(turned))  # how far past the plane it ends
    inner = door.width / 2.0 - FRAME_M
    good = ~np.isnan(scan.ranges) & (to_plane > 0.0) & (to_plane < scan.range_max) & (np.abs(along) < inner)
    good &= np.abs(np.sin(turned)) > STEEPEST
    bins = max(1, round(2.0 * inner / BIN_M))
    where = np.clip(((along[good] + inner) / (2.0 * inner) * bins).astype(int), 0, bins - 1)
    free, full = np.zeros(bins, bool), np.zeros(bins, bool)
    free[where[beyond[good] > PLANE_M]] = True
    full[where[np.abs(beyond[good]) <= PLANE_M]] = True
    free, full = _between(free & ~full, full), _between(full, free & ~full)
    need = math.floor((passage - 2.0 * FRAME_M) / BIN_M)
    if _longest(free) >= need:
        return DoorState.OPEN
    if (free | full).mean() >= SEEN and _longest(~full) < need:
        return DoorState.SHUT
    return None


def shut(doors: Doors, doorways: tuple[Doorway, ...], now: float, remember: float) -> tuple[Doorway, ...]:
    """Those seen shut within the last `remember` seconds, and for longer than somebody takes to walk through."""
    found = []
    for door in doorways:
        seen = doors.of(door.name)
        sure = seen is not None and seen.state is DoorState.SHUT and seen.at - seen.since >= SURE_S
        if seen is not None and sure and 0.0 <= now - seen.at <= remember:
            found.append(door)
    return tuple(found)


def leaf(door: Doorway, resolution: float) -> Array:
    """Points (n, 2), m, on the map, that close an opening on a grid of that resolution."""
    low, high = door.ends
    count = math.ceil(door.width / (resolution / 2.0)) + 1
    points: Array = low + np.linspace(0.0, 1.0, count)[:, None] * (high - low)
    return points


def in_the_way(points_in_map: Array, closed: tuple[Doorway, ...]) -> str:
    """Which of these doors a path (n, 2) leads through, in words; empty: none."""
    names = [door.name for door in closed if _crosses(points_in_map, door)]
    if not names:
        return ""
    return f"the door {names[0]} is shut" if len(names) == 1 else f"the doors {', '.join(names)} are shut"


def _crosses(points: Array, door: Doorway) -> bool:
    at = door.pose_in_map.inverse().transform(points)
    for (x0, y0), (x1, y1) in itertools.pairwise(at):
        if (y0 > 0.0) != (y1 > 0.0) and abs(x0 + (x1 - x0) * y0 / (y0 - y1)) <= door.width / 2.0:
            return True
    return False


def _between(marked: NDArray[np.bool_], against: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Parts that no ray met count as their nearest neighbours on both sides, where those agree and are near."""
    filled = marked.copy()
    met = np.flatnonzero(marked | against)
    for a, b in itertools.pairwise(met):
        if b - a <= 3 and marked[a] and marked[b]:
            filled[a:b] = True
    return filled


def _longest(marked: NDArray[np.bool_]) -> int:
    """The length of the longest run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marked.astype(int), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))
