"""Nav2 drives and this watches it: when it counts as away, lost or done, and what its answers mean in our words.

Pure; `nodes/nav2.py` carries the messages. Nav2's error codes: its actions NavigateToPose, ComputePathToPose and
FollowPath.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from kangban.values import Pose2D, wrap_angle
from navigation.control.arrive import Goal
from navigation.outcome import REACHED, Outcome, Reason

AWAY_S = 2.0  # it feeds back many times a second; silent for so long, it is gone
LOST_S = 3.0  # the pose may be unknown for so long before the goal is given up; meanwhile the robot stands
AHEAD_S = 1.0  # a transform may be dated so far ahead: AMCL dates its own by its tolerance
UNKNOWN_POSE = frozenset({102, 202, 9002})
NO_PATH = frozenset({203, 204, 205, 206, 208})


@dataclass(frozen=True, slots=True)
class Ride:
    """One goal in Nav2's hands. `heard_at`: when it last said anything; `lost_at`: since when the pose is unknown."""

    goal: Goal
    heard_at: float
    lost_at: float | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How Nav2 says that it ended; `rejected`: it did not take the goal at all."""

    succeeded: bool
    error_code: int
    message: str
    rejected: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    pose_in_map: Pose2D | None
    heard: bool  # anything from Nav2 since the last step
    ending: Ending | None
    stopped: str | None  # who latched the stop, and why
    cancelled: bool


def step(ride: Ride, seen: Situation, now: float) -> tuple[Ride, Outcome | None]:
    """The ride goes on (None), or ends with an outcome."""
    ride = replace(
        ride,
        heard_at=now if seen.heard else ride.heard_at,
        lost_at=None if seen.pose_in_map is not None else now if ride.lost_at is None else ride.lost_at,
    )
    if seen.cancelled:
        return ride, Outcome.failed(Reason.CANCELLED, "as asked")
    if seen.stopped is not None:
        return ride, Outcome.failed(Reason.STOPPED, seen.stopped)
    if seen.ending is not None:
        return ride, ended(ride.goal, seen.ending, seen.pose_in_map)
    if ride.lost_at is not None and now - ride.lost_at >= LOST_S:
        return ride, Outcome.failed(Reason.UNKNOWN_POSE, f"Nav2 gives no fresh map to odom on /tf for {LOST_S:g} s")
    if now - ride.heard_at >= AWAY_S:
        sentence = f"Nav2 says nothing for {AWAY_S:g} s; is it running? ros2 launch kangban nav2.launch.py"
        return ride, Outcome.failed(Reason.BLOCKED, sentence)
    return ride, None


def ended(goal: Goal, ending: Ending, pose_in_map: Pose2D | None) -> Outcome:
    """Nav2's word that it is there is taken only where the pose says so too."""
    if ending.rejected:
        return Outcome.failed(Reason.NO_PATH, "Nav2 did not take the goal; are its nodes active?")
    if not ending.succeeded:
        what = ending.message or f"error code {ending.error_code}"
        return Outcome.failed(reason_of(ending.error_code), f"Nav2 gave up: {what}")
    if pose_in_map is None:
        return Outcome.failed(Reason.UNKNOWN_POSE, "Nav2 says that it is there, but the pose is unknown")
    off = pose_in_map.distance_to(goal.pose_in_map.x, goal.pose_in_map.y)
    turned = abs(wrap_angle(pose_in_map.yaw - goal.pose_in_map.yaw))
    if off > goal.position_tolerance or turned > goal.heading_tolerance:
        sentence = f"Nav2 says that it is there, but it stands {off:.2f} m and {math.degrees(turned):.0f} degrees off"
        return Outcome.failed(Reason.BLOCKED, sentence)
    return REACHED


def reason_of(error_code: int) -> Reason:
    if error_code in UNKNOWN_POSE:
        return Reason.UNKNOWN_POSE
    return Reason.NO_PATH if error_code in NO_PATH else Reason.BLOCKED


def fresh(stamp: float, now: float, stale_after_s: float) -> bool:
    """May a transform of this stamp be used?"""
    return -AHEAD_S <= now - stamp <= stale_after_s
