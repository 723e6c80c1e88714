"""How far a round robot may go along the arc of a velocity before it touches a point, and how fast that lets it be.

Robot and frame: a disc about the base's origin; `travel` is the frame turned so that the velocity points along x.
"""

from __future__ import annotations

import math

import numpy as np

from kangban.values import Array, Pose2D, Twist2D

STRAIGHT = 1e-4  # 1/m; below this an arc leaves its tangent by less than 0.05 mm within a metre
TOUCHING = 1e-9  # m; what rounding may make of a point exactly at the disc's rim


def in_travel_frame(points_in_base: Array, velocity_in_base: Twist2D) -> Array:
    """Points (n, 2), m, seen along the direction of translation."""
    heading = math.atan2(velocity_in_base.vy, velocity_in_base.vx)
    return Pose2D(0.0, 0.0, -heading).transform(points_in_base)


def curvature(velocity_in_base: Twist2D) -> float:
    """Of the path of the base's origin, 1/m, positive to the left of travel. Undefined (ValueError) standing still."""
    if velocity_in_base.speed == 0.0:
        raise ValueError("a velocity without translation has no path")
    return velocity_in_base.wz / velocity_in_base.speed


def free_distance(points_in_travel: Array, radius: float, curve: float) -> float:
    """Path length, m, until a disc of `radius` comes to touch one of the points (n, 2); inf where it never does.

    A point inside the disc counts as touched at once if it lies ahead, and only on a later return if it lies behind:
    so the robot may always leave what it stands too near to.
    """
    x, y = points_in_travel[:, 0], points_in_travel[:, 1]
    if len(x) == 0:
        return math.inf
    distances = _straight(x, y, radius) if abs(curve) < STRAIGHT else _curved(x, y, radius, curve)
    return float(distances.min())


def _straight(x: Array, y: Array, radius: float) -> Array:
    reach = np.sqrt(np.maximum(radius**2 - y**2, 0.0))
    touched = (np.abs(y) < radius) & (x > 0.0)
    return np.where(touched, np.maximum(x - reach, 0.0), np.inf)


def _curved(x: Array, y: Array, radius: float, curve: float) -> Array:
    """The disc's centre runs on a circle about (0, 1/curve); solve the triangle centre of turn, disc, point."""
    turn_radius = 1.0 / abs(curve)
    side = y * math.copysign(1.0, curve)  # mirrored so that the turn is always to the left
    from_centre = np.hypot(x, side - turn_radius)
    # Angle about the centre of turn at which the disc is nearest to the point, 0 at the start, in [0, tau).
    nearest = np.mod(np.arctan2(x, turn_radius - side), math.tau)
    # Written so that nothing cancels for wide turns: 1 - cos(half width) of the angles at which disc and point touch.
    apart = (radius**2 - (from_centre - turn_radius) ** 2) / np.maximum(2.0 * turn_radius * from_centre, 1e-12)
    half_width = np.arccos(np.clip(1.0 - apart, -1.0, 1.0))
    touch = np.mod(nearest - half_width, math.tau)
    inside = np.hypot(x, side) < radius + TOUCHING
    ahead = x > 0.0
    touch = np.where(inside & ahead, 0.0, touch)
    # A point that the whole circle keeps inside the disc is "touched" again where it stops receding.
    always = apart >= 2.0
    touch = np.where(always & ~ahead, np.mod(nearest + math.pi, math.tau), touch)
    return np.where(apart > 0.0, touch * turn_radius, np.inf)


def speed_to_stop(distance: float, delay: float, deceleration: float, end_speed: float = 0.0) -> float:
    """Highest speed, m/s, from which `end_speed` is reached within `distance`, m.

    The speed is first held for `delay`, s, then falls by `deceleration`, m/s^2.
    """
    if math.isinf(distance):
        return math.inf
    braking = math.sqrt((deceleration * delay) ** 2 + 2.0 * deceleration * distance + end_speed**2)
    return max(end_speed, braking - deceleration * delay)


def moved(points_in_base: Array, velocity_in_base: Twist2D, seconds: float) -> Array:
    """Where standing points (n, 2), m, are in the base after it has moved with a constant velocity for `seconds`."""
    turn = velocity_in_base.wz * seconds
    half = turn / 2.0
    chord = seconds * (math.sin(half) / half if abs(half) > 1e-9 else 1.0)
    step = Pose2D(0.0, 0.0, half).transform(np.array([[velocity_in_base.vx * chord, velocity_in_base.vy * chord]]))[0]
    return Pose2D(float(step[0]), float(step[1]), turn).inverse().transform(points_in_base)
