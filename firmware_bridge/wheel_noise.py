"""How far wheel odometry may be wrong: a model of its error, by kind of base.

Driving a path of d metres while turning by w radians adds, independently, these variances in base_link:

    along the path   path * d          heading   heading_path * d + heading_turn * |w|
    across the path  across * d        both ways  turn * |w|, the wheels scrub while the base turns

so standard deviations grow with the root of the way. Where wheels contradict each other (four mecanum wheels have one
more than they need), the way they slipped is added as it is: nobody knows which of them was right.

The figures are chosen, not measured: a differential base is taken to be 2 cm and 1.1 degrees off after 1 m (standard
deviation); bases on rollers twice as much, because rollers slip. Measure yours over 10 m and correct them here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from kangban.base_profile import Base
from kangban.values import Covariance2D, Pose2D, Twist2D

EXACT = Covariance2D(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
STANDING_STD = 1e-3  # m/s and rad/s: what an encoder step may hide while it stands
VELOCITY_SHARE = 0.05  # of the velocity: the error of a speed over one reading
ROLLERS = 4.0  # variances of bases on rollers, of a differential base's


@dataclass(frozen=True, slots=True)
class Noise:
    path: float  # m^2 per m
    across: float  # m^2 per m
    turn: float  # m^2 per rad
    heading_path: float  # rad^2 per m
    heading_turn: float  # rad^2 per rad
    velocity: float  # share of the velocity, standard deviation


DIFFERENTIAL = Noise(4e-4, 1e-4, 1e-5, 4e-4, 1e-3, VELOCITY_SHARE)
# Rollers slip sideways as easily as forwards, so across the path they are as uncertain as along it.
ON_ROLLERS = Noise(ROLLERS * 4e-4, ROLLERS * 4e-4, ROLLERS * 1e-5, ROLLERS * 4e-4, ROLLERS * 1e-3, 2 * VELOCITY_SHARE)


def noise_of(base: Base) -> Noise:
    return ON_ROLLERS if base.sideways else DIFFERENTIAL


def carried(before: Covariance2D, pose_in_odom: Pose2D, path: Twist2D, slipped: float, noise: Noise) -> Covariance2D:
    """The covariance in `odom` after moving from `pose_in_odom` along `path` (m, m, rad); `slipped` is in m.

    An old error of heading swings the new piece of the way: with the piece (dx, dy) in odom,
    P' = F P F' + R Q R' with F = [[1, 0, -dy], [0, 1, dx], [0, 0, 1]] and Q the new error, turned by R into odom.
    """
    middle = pose_in_odom.yaw + path.wz / 2
    c, s = math.cos(middle), math.sin(middle)
    dx, dy = c * path.vx - s * path.vy, s * path.vx + c * path.vy
    new = _new(path, middle, slipped, noise)
    p = before
    return Covariance2D(
        xx=p.xx - 2 * dy * p.x_yaw + dy * dy * p.yaw_yaw + new.xx,
        xy=p.xy + dx * p.x_yaw - dy * p.y_yaw - dx * dy * p.yaw_yaw + new.xy,
        x_yaw=p.x_yaw - dy * p.yaw_yaw,
        yy=p.yy + 2 * dx * p.y_yaw + dx * dx * p.yaw_yaw + new.yy,
        y_yaw=p.y_yaw + dx * p.yaw_yaw,
        yaw_yaw=p.yaw_yaw + new.yaw_yaw,
    )


def _new(path: Twist2D, middle: float, slipped: float, noise: Noise) -> Covariance2D:
    """What this piece adds, in odom: an ellipse along the direction of travel."""
    turned = abs(path.wz)
    along = noise.path * path.speed + noise.turn * turned + slipped**2
    across = noise.across * path.speed + noise.turn * turned + slipped**2
    way = middle + (math.atan2(path.vy, path.vx) if path.speed > 0 else 0.0)
    c, s = math.cos(way), math.sin(way)
    return Covariance2D(
        xx=c * c * along + s * s * across,
        xy=c * s * (along - across),
        x_yaw=0.0,
        yy=s * s * along + c * c * across,
        y_yaw=0.0,
        yaw_yaw=noise.heading_path * path.speed + noise.heading_turn * turned,
    )


def of_velocity(velocity_in_base: Twist2D, slip: float, noise: Noise) -> Covariance2D:
    """In base_link; `slip` in m/s."""
    v = velocity_in_base
    moving = (noise.velocity * v.speed) ** 2 + slip**2 + STANDING_STD**2
    return Covariance2D(moving, 0.0, 0.0, moving, 0.0, (noise.velocity * abs(v.wz)) ** 2 + STANDING_STD**2)
