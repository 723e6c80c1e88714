"""What a person rests on: the bed, sofa or chair of the site file under her hips, or none, or not to be told.

With a measured height the hips decide. Without one, what is seen of the hips is a direction only: she is on the bed if
that line meets it at its resting height and does not come down on free floor. In between nothing is claimed: lying on a
bed is rest and lying beside it is not, and a guess either way would be wrong.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from kangban.site import Furniture
from kangban.values import Array, Point3

KINDS = ("bed", "sofa", "chair")
REACH_M = 0.15  # hips may hang over the edge by this
BELOW_M = 0.2  # hips lower than the resting height by more are beside the furniture
HIP_M = 0.1  # a lying body's hips are so far above what it lies on
EDGE_M = 0.25  # a place that is not measured is good to this


@dataclass(frozen=True, slots=True)
class Rest:
    """`on`: the name of the furniture; None: on none. Not `sure`: `on` may carry her, or she lies beside it."""

    on: str | None
    sure: bool

    @property
    def surely_on(self) -> str | None:
        return self.on if self.sure else None


NOWHERE = Rest(None, True)


def by_height(furniture: tuple[Furniture, ...], hip_in_map: Point3 | None) -> Rest:
    """For hips whose height was measured."""
    if hip_in_map is None:
        return NOWHERE
    for thing in furniture:
        if thing.kind not in KINDS or thing.rest_height_m is None:
            continue
        if _beyond(thing, hip_in_map[0], hip_in_map[1]) < REACH_M and hip_in_map[2] > thing.rest_height_m - BELOW_M:
            return Rest(thing.name, True)
    return NOWHERE


def by_line(furniture: tuple[Furniture, ...], eye_in_map: Array, hips_in_map: Array) -> Rest:
    """For hips of which only the line of sight is known: from the camera `eye_in_map` (3,) along `hips_in_map` (3,)."""
    doubtful = None
    for thing in furniture:
        if thing.kind not in KINDS or thing.rest_height_m is None:
            continue
        on_it = _meets(eye_in_map, hips_in_map, thing.rest_height_m + HIP_M)
        on_floor = _meets(eye_in_map, hips_in_map, HIP_M)
        if on_it is None:
            continue
        beyond = _beyond(thing, *on_it)
        floor_is_free = on_floor is not None and _beyond(thing, *on_floor) > 0.0
        behind = on_floor is not None and math.dist(on_floor, eye_in_map[:2]) > math.dist(thing.at_m, eye_in_map[:2])
        if beyond < -EDGE_M or (beyond < 0.0 and not floor_is_free):
            return Rest(thing.name, True)
        if thing.kind != "chair" and beyond < EDGE_M and (not floor_is_free or behind):  # nobody lies on a chair
            doubtful = thing.name
    return NOWHERE if doubtful is None else Rest(doubtful, False)


def _meets(eye: Array, along: Array, height: float) -> tuple[float, float] | None:
    """Where a line of sight comes down to a height; None: nowhere in the home."""
    if along[2] > -1e-3:
        return None
    far = (height - eye[2]) / along[2]
    if not 0.0 < far * math.hypot(along[0], along[1]) < 12.0:
        return None
    return float(eye[0] + far * along[0]), float(eye[1] + far * along[1])


def _beyond(thing: Furniture, x: float, y: float) -> float:
    """How far a place lies outside of the furniture's edge, m; negative: inside."""
    dx, dy = x - thing.at_m[0], y - thing.at_m[1]
    c, s = math.cos(thing.yaw_rad), math.sin(thing.yaw_rad)
    along, across = abs(c * dx + s * dy) - thing.size_m[0] / 2, abs(c * dy - s * dx) - thing.size_m[1] / 2
    if along > 0.0 and across > 0.0:
        return math.hypot(along, across)
    return max(along, across)
