"""How high a body's hips and shoulders are above the floor and how far its torso leans: the figures behind postures.

With measured distances the heights are absolute. Without them they are read off the image: the body's own size gives
the pixels of a metre, and the feet of the upright person give the level of the floor where she stands.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kangban.values import Array
from perception.landmarks import (
    ANKLES,
    FEET,
    HIPS,
    KNEES,
    SHOULDERS,
    Pose,
    middle,
    pixels,
    pixels_per_metre,
    visibility,
)
from perception.place import Place, View

UPRIGHT_RAD = math.radians(50)  # a torso leaning less may be used to learn where the floor is
CLEAR = 0.6  # visibility of shoulders and ankles from which balance can be judged
SETTLE_S = 0.3  # how quickly the remembered floor and size follow a walking person


@dataclass(frozen=True, slots=True)
class Measure:
    """One body in one frame. Heights above the floor in m; `tilt`: the torso against the vertical, rad, 0 upright.

    `overhang`: how far the body's middle is beside its feet along the floor, m; None while feet or shoulders are not
    seen. `measured`: the heights come from distances, not from the image alone.
    """

    stamp: float
    hip: float
    shoulder: float
    knee: float
    tilt: float
    measured: bool
    certain: float  # 0..1: how visible the torso is
    overhang: float | None = None


@dataclass(frozen=True, slots=True)
class Footing:
    """What is remembered of an upright person: pixels of a metre, and the image row of the floor under her."""

    stamp: float
    scale: float
    floor_row: float
    learned: bool  # from an upright body; False: a first guess from a body that was never seen upright


def measure(
    pose: Pose, place: Place | None, view: View | None, footing: Footing | None, size: tuple[int, int], stamp: float
) -> tuple[Measure, Footing]:
    """Measure a body; `size` is the image's (width, height). Also returns the footing for the next frame."""
    at = pixels(pose, *size)
    tilt = _tilt(pose, at, view)
    footing = _footing(pose, at, tilt, footing, size, stamp)
    certain = min(1.0, visibility(pose, (*SHOULDERS, *HIPS)))
    heights = _measured_heights(place, pose, view)
    measured = heights is not None
    if heights is None:
        heights = tuple(_above(at, which, footing) for which in (HIPS, SHOULDERS, KNEES))
    hip, shoulder, knee = heights
    return Measure(stamp, hip, shoulder, knee, tilt, measured, certain, _overhang(pose, view)), footing


def _measured_heights(place: Place | None, pose: Pose, view: View | None) -> tuple[float, ...] | None:
    if place is None or view is None or not place.measured:
        return None
    body = view.turn_to_base(pose.body)
    hip = place.height(HIPS)
    hip = place.hip[2] if hip is None else hip
    located = (place.height(SHOULDERS), place.height(KNEES))
    steps = (float(middle(body, SHOULDERS)[2]), float(middle(body, KNEES)[2]))
    return hip, *(hip + step if height is None else height for height, step in zip(located, steps, strict=True))


def _overhang(pose: Pose, view: View | None) -> float | None:
    """Horizontal distance of the body's middle (between hips and shoulders) from the middle of its feet, m."""
    for which in (SHOULDERS, ANKLES):
        x, y = middle(pose.image, which)[:2]
        if visibility(pose, which) < CLEAR or not (0.0 < x < 1.0 and 0.0 < y < 1.0):
            return None
    body = 0.6 * middle(pose.body, HIPS) + 0.4 * middle(pose.body, SHOULDERS) - middle(pose.body, ANKLES)
    if view is None:
        return float(math.hypot(body[0], body[2]))
    along = view.turn_to_base(body)
    return float(math.hypot(along[0], along[1]))


def _above(at: Array, which: tuple[int, ...], footing: Footing) -> float:
    return float((footing.floor_row - middle(at, which)[1]) / footing.scale)


def _tilt(pose: Pose, at: Array, view: View | None) -> float:
    """The larger of the lean in the image and the lean of the model's body: each misses a lean along its own axis."""
    body = middle(pose.body, SHOULDERS) - middle(pose.body, HIPS)
    up = np.array([0.0, -1.0, 0.0])
    if view is not None:
        body, up = view.turn_to_base(body), np.array([0.0, 0.0, 1.0])
    flat = middle(at, SHOULDERS) - middle(at, HIPS)
    in_body = _angle(body, up)
    long_enough = np.linalg.norm(flat) > 0.5 * np.linalg.norm(body) * _torso_scale(at, pose)
    return max(in_body, _angle(flat, np.array([0.0, -1.0]))) if long_enough else in_body


def _torso_scale(at: Array, pose: Pose) -> float:
    span, model = np.ptp(at[list(SHOULDERS + HIPS)], axis=0), np.ptp(pose.body[list(SHOULDERS + HIPS), :2], axis=0)
    return float(np.linalg.norm(span) / max(float(np.linalg.norm(model)), 1e-6))


def _angle(a: Array, b: Array) -> float:
    cosine = float(a @ b) / max(math.sqrt(float(a @ a) * float(b @ b)), 1e-9)
    return math.acos(max(-1.0, min(1.0, cosine)))


def _footing(
    pose: Pose, at: Array, tilt: float, before: Footing | None, size: tuple[int, int], stamp: float
) -> Footing:
    scale = pixels_per_metre(pose, *size)
    rows = np.sort(at[list(FEET), 1])
    lowest = float(rows[-3:].mean())
    hips, shoulders = float(middle(at, HIPS)[1]), float(middle(at, SHOULDERS)[1])
    if tilt > UPRIGHT_RAD or not (shoulders < hips < lowest):
        if before is not None:
            return before
        return Footing(stamp, scale, float(at[:, 1].max()) + 0.05 * scale, learned=False)
    if before is None or not before.learned:
        return Footing(stamp, scale, lowest, learned=True)
    share = 1.0 - math.exp(-max(0.0, stamp - before.stamp) / SETTLE_S)
    return Footing(
        stamp,
        before.scale + share * (scale - before.scale),
        before.floor_row + share * (lowest - before.floor_row),
        True,
    )
