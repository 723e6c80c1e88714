"""What the odometry says: where the robot was at a time, how sure, and whether it began anew. Pure."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np

from kangban.values import Array, Odometry, Pose2D, wrap_angle

HISTORY_S = 1.0  # kept, to know where the robot was when a scan was taken
JUMP_M, JUMP_SPEED, JUMP_RAD, JUMP_RATE = 0.05, 1.0, 0.2, 3.0  # odometry may move so far at once, plus so fast
GAP_S = 0.25  # after a longer silence the odometry may have begun anew without any jump to see
BACKWARDS_S = 5.0  # stamps going back by more are a clock that began anew, not a message that came late
PER_METRE_STD, PER_RADIAN_STD, DRIFT_STD = 0.05, 0.05, 0.02  # wheel slip: m per m, rad per rad, rad per m
RADIAN_M = 0.4  # turning by a radian shows as much that is new as driving so far
SHRUNK = 1e-9  # rad^2: the heading's variance only grows: less than before is a new beginning


def at(history: tuple[Odometry, ...], stamp: float) -> Odometry | None:
    """The odometry at a stamp, between two kept ones; None where the history does not cover it."""
    for before, after in itertools.pairwise(history):
        if before.stamp <= stamp <= after.stamp:
            share = (stamp - before.stamp) / max(after.stamp - before.stamp, 1e-9)
            a, b = before.pose_in_odom, after.pose_in_odom
            turn = wrap_angle(b.yaw - a.yaw)
            middle = Pose2D(a.x + share * (b.x - a.x), a.y + share * (b.y - a.y), wrap_angle(a.yaw + share * turn))
            return replace(after, stamp=stamp, pose_in_odom=middle)
    return history[-1] if history and history[-1].stamp == stamp else None


def jumped(before: Odometry, after: Odometry) -> bool:
    """Whether no robot could have moved like that: then the odometry began anew or slipped its frame."""
    seconds = max(0.0, after.stamp - before.stamp)
    a, b = before.pose_in_odom, after.pose_in_odom
    too_far = a.distance_to(b.x, b.y) > JUMP_M + JUMP_SPEED * seconds
    return too_far or abs(wrap_angle(b.yaw - a.yaw)) > JUMP_RAD + JUMP_RATE * seconds


def began_anew(before: Odometry, after: Odometry) -> bool:
    """It jumped, or it says itself that it is surer of its heading than before, which only a beginning makes it.

    Not of its place: on the way back what the heading was off by leads back too, and the place gets surer again.

    A process that counts the wheels and is restarted begins at zero. Soon after the robot set out, or after a long
    silence, zero is not too far to have been driven to, so the jump alone does not tell.
    """
    a, b = before.pose_covariance, after.pose_covariance
    shrunk = a is not None and (b is None or b.yaw_yaw < a.yaw_yaw - SHRUNK)
    return shrunk or jumped(before, after)


def perhaps_anew(before: Odometry, after: Odometry) -> bool:
    """It was silent, and does not say how sure it is: whether it went on counting meanwhile can't be told from it."""
    return after.stamp - before.stamp > GAP_S and before.pose_covariance is None


def spread(covariance: Array, pose_in_map: Pose2D, step: Pose2D) -> Array:
    """The covariance (3, 3) of a pose on the map after a step of odometry (in the base frame)."""
    c, s = math.cos(pose_in_map.yaw), math.sin(pose_in_map.yaw)
    dx, dy = c * step.x - s * step.y, s * step.x + c * step.y
    by_yaw = np.array([[1.0, 0.0, -dy], [0.0, 1.0, dx], [0.0, 0.0, 1.0]])
    along, heading = slip(step)
    place = along**2 + 1e-7
    return np.asarray(by_yaw @ covariance @ by_yaw.T + np.diag([place, place, heading**2 + 1e-8]))


def slip(step: Pose2D) -> tuple[float, float]:
    """How far a step of odometry may be off: standard deviations, m and rad."""
    length, turn = math.hypot(step.x, step.y), abs(step.yaw)
    return PER_METRE_STD * math.sqrt(length), math.sqrt(DRIFT_STD**2 * length + PER_RADIAN_STD**2 * turn)


def novelty(step: Pose2D) -> float:
    """How much that is new a step shows to the lidar, in metres driven."""
    return math.hypot(step.x, step.y) + RADIAN_M * abs(step.yaw)
