"""One goal from its start to reached or a named reason: when to plan, follow, wait and give up. Pure.

`step` is called for each odometry, and by a timer when odometry stays away. Whatever is unclear means zero velocity.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from kangban.values import STILL, Array, ChainState, Pose2D, Twist2D, wrap_angle
from navigation import follow
from navigation.costs import Costs
from navigation.follow import READY, Following, FollowLimits, Goal, Phase
from navigation.planner import NoRoute, Route, plan, route_is_free

REPLAN_S = 0.7
HELD_S = 20.0  # the safety chain may hold the robot for want of readings so long (a process restarts) before it counts
UNKNOWN_POSE_S = 3.0  # a pose that stays unknown for longer ends the drive
PROGRESS = 0.05  # m (or its like in turning) nearer to the goal counts as progress
AHEAD_M = 0.3  # the direction of the path is looked at so far ahead
METRES_PER_RADIAN = 0.3  # what turning is worth beside driving, in progress
BETTER = 0.85  # a new path replaces one that is still free only where it is so much shorter
LONGEST_DT_S = 0.15
LACKING = ("_stale:", "_missing:", "camera_blind:")  # in the chain's reasons: it stops for want of a reading


class Reason(StrEnum):
    UNKNOWN_POSE = "unknown_pose"
    NO_PATH = "no_path"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`reason` is empty where the goal was reached, else a Reason, a colon and a sentence."""

    reached: bool
    reason: str

    @classmethod
    def failed(cls, reason: Reason, sentence: str) -> Outcome:
        return cls(False, f"{reason.value}: {sentence}")


REACHED = Outcome(True, "")


@dataclass(frozen=True, slots=True)
class DriveLimits:
    follow: FollowLimits
    blocked_after: float  # s


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known now. `silent`: a sensor that is stale, in words, or None. `velocity_in_base`: measured."""

    pose_in_map: Pose2D | None
    silent: str | None
    velocity_in_base: Twist2D
    chain: ChainState | None


@dataclass(frozen=True, slots=True)
class Drive:
    """`left` is what was left to do at the last progress, at `progress_at`; see `_left`.
    `no_way`: why there is no path now."""

    goal: Goal
    began: float
    stepped_at: float
    following: Following = READY
    path_in_map: Array | None = None
    planned_at: float | None = None
    no_way: str = ""
    left: float = math.inf
    progress_at: float = 0.0
    lost_since: float | None = None
    held_since: float | None = None


@dataclass(frozen=True, slots=True)
class Maps:
    """Costs with what is around now, and of the bare map; made only when a plan is due."""

    around: Callable[[], Costs]
    bare: Costs


def begin(goal: Goal, now: float) -> Drive:
    return Drive(goal, now, now, progress_at=now)


def step(
    drive: Drive, situation: Situation, maps: Maps, limits: DriveLimits, now: float
) -> tuple[Drive, Twist2D, Outcome | None]:
    """The next velocity wished for in the base frame, and the outcome once there is one (then with zero velocity)."""
    dt = min(max(0.0, now - drive.stepped_at), LONGEST_DT_S)
    drive = replace(drive, stepped_at=now)
    if situation.chain is not None and situation.chain.stop_latched:
        return drive, STILL, Outcome.failed(Reason.STOPPED, f"the stop is latched ({situation.chain.stop_reason})")
    pose = situation.pose_in_map
    if pose is None or situation.silent is not None:
        return _wait_for_pose(drive, situation, now)
    drive = _progress(_hold(replace(drive, lost_since=None), situation.chain, now), pose, now)
    drive, outcome = _plan(drive, pose, maps, now)
    if outcome is not None:
        return drive, STILL, outcome
    if now - drive.progress_at > limits.blocked_after:
        return drive, STILL, _blocked(drive, situation, limits)
    if drive.path_in_map is None:
        return replace(drive, following=READY), STILL, None
    clearance = maps.bare.distance_at(pose.x, pose.y)
    following, wished = follow.step(drive.following, pose, drive.path_in_map, drive.goal, clearance, limits.follow, dt)
    drive = replace(drive, following=following)
    if following.phase is Phase.DONE and _stands(situation.velocity_in_base):
        return drive, STILL, REACHED
    return drive, wished, None


def distance_left(drive: Drive, pose: Pose2D) -> float:
    """Along the path, m; straight to the goal while there is none."""
    if drive.path_in_map is None:
        return pose.distance_to(drive.goal.pose_in_map.x, drive.goal.pose_in_map.y)
    return max(0.0, follow.length_of(drive.path_in_map) - drive.following.passed)


def _stands(velocity: Twist2D) -> bool:
    return velocity.speed < 0.03 and abs(velocity.wz) < 0.06


def _wait_for_pose(drive: Drive, situation: Situation, now: float) -> tuple[Drive, Twist2D, Outcome | None]:
    """Stand, and give up after a while. What is waited here does not count as blocked."""
    since = now if drive.lost_since is None else drive.lost_since
    drive = replace(drive, lost_since=since, following=Following(passed=drive.following.passed), progress_at=now)
    if now - since <= UNKNOWN_POSE_S:
        return drive, STILL, None
    why = situation.silent or "what the lidar sees does not fit the map where the robot should be"
    return drive, STILL, Outcome.failed(Reason.UNKNOWN_POSE, f"{why}, for {UNKNOWN_POSE_S:.0f} s")


def _hold(drive: Drive, chain: ChainState | None, now: float) -> Drive:
    """While the safety chain is away or lacks readings the robot can't move on: for a while that is not blocked."""
    if chain is not None and not any(word in reason for reason in chain.reasons for word in LACKING):
        return replace(drive, held_since=None)
    since = now if drive.held_since is None else drive.held_since
    return replace(drive, held_since=since, progress_at=now if now - since <= HELD_S else drive.progress_at)


def _progress(drive: Drive, pose: Pose2D, now: float) -> Drive:
    left = _left(drive, pose)
    if left <= drive.left - PROGRESS:
        return replace(drive, left=left, progress_at=now)
    return drive


def _left(drive: Drive, pose: Pose2D) -> float:
    """What is left to drive and turn, in metres or their like; falls through the phases of a good drive."""
    goal, path = drive.goal.pose_in_map, drive.path_in_map
    if drive.following.phase in (Phase.TURN, Phase.DONE):
        turn = abs(wrap_angle(goal.yaw - pose.yaw))
    elif path is not None:
        ahead = follow.point_at(path, drive.following.passed + AHEAD_M)
        turn = math.pi + abs(wrap_angle(math.atan2(ahead[1] - pose.y, ahead[0] - pose.x) - pose.yaw))
    else:
        turn = math.tau
    return distance_left(drive, pose) + METRES_PER_RADIAN * turn


def _plan(drive: Drive, pose: Pose2D, maps: Maps, now: float) -> tuple[Drive, Outcome | None]:
    if drive.planned_at is not None and 0.0 <= now - drive.planned_at < REPLAN_S:
        return drive, None
    drive = replace(drive, planned_at=now)
    start, goal = (pose.x, pose.y), (drive.goal.pose_in_map.x, drive.goal.pose_in_map.y)
    around = maps.around()
    found = plan(around, start, goal, drive.goal.position_tolerance)
    if isinstance(found, Route):
        return _adopt(drive, found, around, pose), None
    on_bare_map = plan(maps.bare, start, goal, drive.goal.position_tolerance)
    if isinstance(on_bare_map, NoRoute):
        return drive, Outcome.failed(Reason.NO_PATH, on_bare_map.sentence)
    return replace(drive, path_in_map=None, no_way=found.sentence), None


def _adopt(drive: Drive, found: Route, around: Costs, pose: Pose2D) -> Drive:
    """Stay on a path that is still free unless the new one is clearly shorter, so that it does not dither."""
    old, passed = drive.path_in_map, drive.following.passed
    if old is not None:
        left = follow.length_of(old) - passed
        if found.length >= BETTER * left and route_is_free(around, follow.rest(old, passed)):
            return replace(drive, no_way="")
    fresh = replace(drive, path_in_map=found.points_in_map, following=follow.restart(drive.following), no_way="")
    return replace(fresh, left=_left(fresh, pose))  # a new path alone is no progress


def _blocked(drive: Drive, situation: Situation, limits: DriveLimits) -> Outcome:
    said = situation.chain.reasons if situation.chain is not None else ()
    why = drive.no_way or "; ".join(said) or "the wheels do not move it on"
    return Outcome.failed(Reason.BLOCKED, f"no progress for {limits.blocked_after:.0f} s: {why}")
