"""What a body is doing, from its measures: pure, frame by frame, and honest about not knowing."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kangban.site import Furniture
from kangban.values import Point3, Posture
from perception.measure import Measure
from perception.way_down import DOWN_HIP_M, is_down

CERTAIN = 0.35  # below this the torso is guessed rather than seen
LEAN_RAD = math.radians(45)
FLAT_RAD = math.radians(60)
STANDING_HIP_M = 0.62  # hips of a small adult on her feet; a chair keeps them below
FALLING_MPS = 1.0  # shoulders sinking faster than anyone sits down
WALKING_MPS = 0.25
LEVEL_M = 0.15  # knees and hips at one height within this: the legs lie
RAISED_M = 0.35  # lying legs this high are on something
REST_KINDS = ("bed", "sofa", "chair")
REST_REACH_M = 0.15  # hips may hang over the edge by this
BELOW_REST_M = 0.2  # hips lower than the resting height by more are beside the furniture


@dataclass(frozen=True, slots=True)
class Motion:
    """How the body moves: the shoulders' sinking speed and the hips' speed across the floor, m/s (None: unknown)."""

    sinking: float
    across: float | None


def classify(m: Measure, motion: Motion, rests_on: str | None, on_map: bool) -> tuple[Posture, float]:
    """The posture and how sure it is (0..1).

    `rests_on`: the furniture under the person, None if there is none; `on_map`: it is known where she is.
    """
    if m.certain < CERTAIN:
        return Posture.UNKNOWN, m.certain
    flat = m.tilt > FLAT_RAD and abs(m.knee - m.hip) < LEVEL_M
    if rests_on is not None and (flat or is_down(m)):
        return Posture.LYING_FURNITURE, m.certain
    if is_down(m):
        return Posture.LYING_FLOOR, m.certain if m.measured else 0.8 * m.certain
    if motion.sinking > FALLING_MPS and m.hip < STANDING_HIP_M + 0.15:
        return Posture.FALLING, m.certain
    if flat and not on_map and m.hip > DOWN_HIP_M and m.knee > RAISED_M:  # a bed that nobody has drawn on a map
        return Posture.LYING_FURNITURE, 0.7 * m.certain
    if m.tilt > LEAN_RAD:
        return Posture.BENDING, m.certain
    if m.hip < STANDING_HIP_M:
        return Posture.SITTING, m.certain
    walking = motion.across is not None and motion.across > WALKING_MPS
    return (Posture.WALKING if walking else Posture.STANDING), m.certain


def furniture_under(furniture: tuple[Furniture, ...], hip_in_map: Point3 | None, measured: bool) -> str | None:
    """The bed, sofa or chair that carries these hips; None beside it, or where the place is unknown.

    A height that was measured must fit too: hips well below the resting height are on the floor.
    """
    if hip_in_map is None:
        return None
    for thing in furniture:
        if thing.kind not in REST_KINDS or thing.rest_height_m is None:
            continue
        dx, dy = hip_in_map[0] - thing.at_m[0], hip_in_map[1] - thing.at_m[1]
        c, s = math.cos(thing.yaw_rad), math.sin(thing.yaw_rad)
        along, across = abs(c * dx + s * dy), abs(c * dy - s * dx)
        inside = along < thing.size_m[0] / 2 + REST_REACH_M and across < thing.size_m[1] / 2 + REST_REACH_M
        if inside and (not measured or hip_in_map[2] > thing.rest_height_m - BELOW_REST_M):
            return thing.name
    return None
