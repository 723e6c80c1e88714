"""From a path and a pose to a velocity, for a base that turns in place (regulated pure pursuit, Macenski et al. 2023).

Three phases: turn towards the path, drive along it, turn to the goal's heading. Pure; called once per odometry.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from kangban.profile import Profile
from kangban.values import STILL, Array, Pose2D, Twist2D, wrap_angle

TURN_FIRST_RAD = 0.7  # off the path by more: turn in place; then until it is within DRIVE_AGAIN_RAD
DRIVE_AGAIN_RAD = 0.15
TURN_GAIN = 2.0  # 1/s; with the delay of the whole chain (about 0.2 s) still well damped
SLOWEST_TURN = 0.2  # rad/s; less would not overcome friction, and takes long for little
SLOWEST_DRIVE = 0.08  # m/s
ARRIVAL_GAIN = 2.0  # 1/s; as TURN_GAIN
CREEP_CLEARANCE = 0.10  # m beyond the footprint at which it drives at half its speed
END_LOOKAHEAD = 0.15  # m; nearer to the goal the heading to it says little


class Phase(StrEnum):
    ALIGN = "align"
    DRIVE = "drive"
    TURN = "turn"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class FollowLimits:
    cruise: float
    turn_rate: float
    acceleration: float
    deceleration: float
    turn_acceleration: float
    lookahead: float
    footprint_radius: float

    @classmethod
    def of(cls, profile: Profile) -> FollowLimits:
        navigation, limits = profile.navigation, profile.limits
        return cls(
            cruise=navigation.cruise_speed_mps,
            turn_rate=min(navigation.turn_rate_radps, limits.turn_rate_radps),
            acceleration=limits.acceleration_mps2,
            deceleration=0.5 * limits.deceleration_mps2,  # the rest is for what comes unexpected
            turn_acceleration=limits.turn_acceleration_radps2,
            lookahead=navigation.lookahead_m,
            footprint_radius=profile.base.footprint_radius_m,
        )


@dataclass(frozen=True, slots=True)
class Goal:
    """Where to stand; tolerances in m and rad."""

    pose_in_map: Pose2D
    position_tolerance: float
    heading_tolerance: float


@dataclass(frozen=True, slots=True)
class Following:
    """`passed`: path length, m, already behind; `wished`: the last velocity, from which the next one ramps."""

    phase: Phase = Phase.ALIGN
    passed: float = 0.0
    wished: Twist2D = STILL


READY = Following()


def step(
    state: Following, pose: Pose2D, path_in_map: Array, goal: Goal, clearance: float, limits: FollowLimits, dt: float
) -> tuple[Following, Twist2D]:
    """The next velocity in the base frame. `path_in_map` (n, 2), m, ends at the goal; `clearance`, m, at the robot."""
    left = pose.distance_to(goal.pose_in_map.x, goal.pose_in_map.y)
    off = wrap_angle(goal.pose_in_map.yaw - pose.yaw)
    passed = project(path_in_map, pose, state.passed)
    phase = _phase(state.phase, left, off, goal)
    if phase is Phase.DONE:
        return Following(phase, passed, STILL), STILL
    if phase is Phase.TURN:
        wished = Twist2D(0.0, 0.0, _turn(off, limits))
    else:
        phase, wished = _drive(phase, pose, path_in_map, passed, clearance, limits)
    wished = _ramp(state.wished, wished, limits, dt)
    return Following(phase, passed, wished), wished


def restart(state: Following) -> Following:
    """For a new path: what was passed belongs to the old one."""
    return replace(state, passed=0.0)


def _phase(phase: Phase, left: float, off: float, goal: Goal) -> Phase:
    """Once at the goal it stays there unless pushed clearly away. All of the tolerance is accepted; where it has to
    turn, half of it is aimed at."""
    arrived = left <= goal.position_tolerance * (1.2 if phase in (Phase.TURN, Phase.DONE) else 0.5)
    if not arrived:
        return Phase.ALIGN if phase in (Phase.TURN, Phase.DONE) else phase
    done = abs(off) <= goal.heading_tolerance * (0.5 if phase is Phase.TURN else 1.0)
    return Phase.DONE if done else Phase.TURN


def _drive(
    phase: Phase, pose: Pose2D, path: Array, passed: float, clearance: float, limits: FollowLimits
) -> tuple[Phase, Twist2D]:
    ahead = point_at(path, passed + _lookahead(path, passed, clearance, limits))
    bearing = wrap_angle(math.atan2(ahead[1] - pose.y, ahead[0] - pose.x) - pose.yaw)
    if abs(bearing) > (TURN_FIRST_RAD if phase is Phase.DRIVE else DRIVE_AGAIN_RAD):
        return Phase.ALIGN, Twist2D(0.0, 0.0, _turn(bearing, limits))
    distance = max(pose.distance_to(*ahead), 1e-3)
    curve = 2.0 * math.sin(bearing) / max(distance, END_LOOKAHEAD)
    speed = limits.cruise
    if curve != 0.0:
        speed = min(speed, limits.turn_rate / abs(curve), math.sqrt(0.3 * limits.acceleration / abs(curve)))
    speed *= _slow_near_things(clearance, limits)
    left = pose.distance_to(*path[-1])
    speed = max(SLOWEST_DRIVE, min(speed, math.sqrt(limits.deceleration * left), ARRIVAL_GAIN * left))
    return Phase.DRIVE, Twist2D(speed, 0.0, float(np.clip(speed * curve, -limits.turn_rate, limits.turn_rate)))


def _lookahead(path: Array, passed: float, clearance: float, limits: FollowLimits) -> float:
    """Shorter near things, so that a corner is not cut into a door frame."""
    room = float(np.clip((clearance - limits.footprint_radius) / limits.lookahead, 0.4, 1.0))
    return limits.lookahead * room


def _slow_near_things(clearance: float, limits: FollowLimits) -> float:
    return float(np.clip((clearance - limits.footprint_radius) / (2.0 * CREEP_CLEARANCE), 0.4, 1.0))


def _turn(off: float, limits: FollowLimits) -> float:
    rate = float(np.clip(TURN_GAIN * abs(off), SLOWEST_TURN, limits.turn_rate))
    return math.copysign(rate, off)


def _ramp(last: Twist2D, wished: Twist2D, limits: FollowLimits, dt: float) -> Twist2D:
    """What the wheels can do from the last wish within dt, keeping the curve while the speed lags behind."""
    slower, faster = last.vx - 2.0 * limits.deceleration * dt, last.vx + limits.acceleration * dt
    vx = float(np.clip(wished.vx, slower, faster))
    wz = wished.wz * vx / wished.vx if wished.vx > 0.0 else wished.wz
    wz = float(np.clip(wz, -limits.turn_rate, limits.turn_rate))
    change = limits.turn_acceleration * dt
    return Twist2D(vx, 0.0, float(np.clip(wz, last.wz - change, last.wz + change)))


def project(path: Array, pose: Pose2D, passed: float, window: float = 1.0) -> float:
    """Path length, m, of the path's point nearest to the robot, from `passed` to `window`, m, beyond it.

    The window keeps it from jumping to a later part that comes close by.
    """
    starts, along, lengths, directions = _legs(path)
    t = np.einsum("ij,ij->i", np.array([pose.x, pose.y]) - starts, directions)
    t = np.clip(t, np.clip(passed - along, 0.0, lengths), np.clip(passed + window - along, 0.0, lengths))
    apart = np.hypot(*(starts + t[:, None] * directions - [pose.x, pose.y]).T)
    in_window = (along + lengths >= passed - 1e-9) & (along <= passed + window)
    best = int(np.argmin(np.where(in_window, apart, np.inf)))
    return max(passed, float(along[best] + t[best]))


def point_at(path: Array, length: float) -> tuple[float, float]:
    """The point at a path length, m; the last one beyond its end."""
    starts, along, lengths, directions = _legs(path)
    leg = int(np.clip(np.searchsorted(along, length, side="right") - 1, 0, len(along) - 1))
    point = starts[leg] + min(max(0.0, length - along[leg]), lengths[leg]) * directions[leg]
    return float(point[0]), float(point[1])


def rest(path: Array, passed: float) -> Array:
    """The part of a path (n, 2) from a path length, m, on."""
    _, along, lengths, _ = _legs(path)
    later = path[1:][along + lengths > passed]
    return np.concatenate([[point_at(path, passed)], later]) if len(later) else path[-2:]


def length_of(path: Array) -> float:
    """m."""
    return float(np.hypot(*np.diff(path, axis=0).T).sum())


def _legs(path: Array) -> tuple[Array, Array, Array, Array]:
    steps = np.diff(path, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    directions = steps / np.maximum(lengths, 1e-12)[:, None]
    return path[:-1], np.concatenate([[0.0], np.cumsum(lengths)[:-1]]), lengths, directions
