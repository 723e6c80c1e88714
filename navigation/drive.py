"""One goal from its start to reached or a named reason: when to plan, drive, recover and give up. Pure.

`step` is called for each odometry, and by a timer when odometry stays away. Whatever is unclear means zero velocity.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from kangban.values import STILL, Array, ChainState, Pose2D, Twist2D, wrap_angle
from navigation import recovery, trouble
from navigation.control import pilot as pilots
from navigation.control.arrive import Goal, Phase
from navigation.control.limits import ControlLimits
from navigation.control.path import length_of, point_at, rest
from navigation.control.pilot import READY, Pilot, Surroundings
from navigation.control.smooth import towards
from navigation.costs import Costs
from navigation.doors import in_the_way
from navigation.outcome import REACHED as REACHED
from navigation.outcome import Outcome as Outcome
from navigation.outcome import Reason as Reason
from navigation.planner import NoRoute, Route, plan, route_is_free
from navigation.recovery import CALM, Act, Facts, Recovery, Trouble

REPLAN_S = 0.7
HELD_S = 20.0  # the safety chain may hold the robot for want of readings so long (a process restarts) before it counts
UNKNOWN_POSE_S = 3.0  # a pose that stays unknown for longer ends the drive
SEARCH_S = 40.0  # the same while looking around may find it
SEARCH_RATE = 0.5  # rad/s
PROGRESS = 0.05  # m (or its like in turning) nearer to the goal counts as progress
AHEAD_M = 0.3  # the direction of the path is looked at so far ahead
METRES_PER_RADIAN = 0.3  # what turning is worth beside driving, in progress
BETTER = 0.85  # a new path replaces one that is still free only where it is so much shorter
BEHIND_M = 0.12  # so much room behind it, beyond what it must keep to things, to back off
TO_AND_FRO = 2.0  # times `blocked_after`: getting on and back again for so long is no progress either
SHUT_S = 1.0  # no way for so long: one scan may have seen what is not there
SAME_END_M = 0.15  # two paths lead to the same place
LONGEST_DT_S = 0.15
LACKING = ("_stale:", "_missing:", "camera_blind:")  # in the chain's reasons: it stops for want of a reading


@dataclass(frozen=True, slots=True)
class DriveLimits:
    control: ControlLimits
    blocked_after: float  # s


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known now. `silent`: a sensor that is stale, in words, or None. `velocity_in_base`: measured.

    `look_around`: the pose is unknown, and turning may find it.
    """

    pose_in_map: Pose2D | None
    silent: str | None
    velocity_in_base: Twist2D
    chain: ChainState | None
    look_around: bool = False


@dataclass(frozen=True, slots=True)
class Drive:
    """`left` is the least that was left to do, at `progress_at`; see `_left`. `going_at`: when it last got on at all,
    perhaps after it had made room for somebody and had `going_from` left. `no_way`: why there is no free path now.
    `asks`: say this aloud, once.
    """

    goal: Goal
    began: float
    stepped_at: float
    pilot: Pilot = READY
    recovering: Recovery = CALM
    path_in_map: Array | None = None
    planned_at: float | None = None
    no_way: str = ""
    no_way_since: float | None = None
    left: float = math.inf
    progress_at: float = 0.0
    going_from: float = math.inf
    going_at: float = 0.0
    lost_since: float | None = None
    held_since: float | None = None
    asks: Trouble | None = None


@dataclass(frozen=True, slots=True)
class Maps:
    """Costs with what is around now and of the bare map, and what the local control looks at; made when needed."""

    around: Callable[[], Costs]
    without_people: Callable[[], Costs]
    bare: Costs
    surroundings: Callable[[], Surroundings]


def begin(goal: Goal, now: float) -> Drive:
    return Drive(goal, now, now, progress_at=now, going_at=now)


def moved_on(drive: Drive, goal: Goal, going: bool, now: float) -> Drive:
    """The same drive to another goal: it goes on as it goes, and plans at once. `going`: it is really moving, so what
    kept it from the goal before, if anything did, does not any more."""
    pilot = replace(drive.pilot, phase=None)
    fresh = replace(drive, goal=goal, pilot=pilot, planned_at=None, no_way="", no_way_since=None)
    if not going:
        return fresh
    return replace(fresh, left=math.inf, going_from=math.inf, progress_at=now, going_at=now, recovering=CALM)


def step(
    drive: Drive, situation: Situation, maps: Maps, limits: DriveLimits, now: float
) -> tuple[Drive, Twist2D, Outcome | None]:
    """The next velocity wished for in the base frame, and the outcome once there is one (then with zero velocity)."""
    gone_on = max(0.0, now - drive.stepped_at)
    dt = min(gone_on, LONGEST_DT_S)
    drive = replace(drive, stepped_at=now, asks=None)
    if situation.chain is not None and situation.chain.stop_latched:
        return drive, STILL, Outcome.failed(Reason.STOPPED, f"the stop is latched ({situation.chain.stop_reason})")
    pose = situation.pose_in_map
    if pose is None or situation.silent is not None:
        return _wait_for_pose(_paused(drive, gone_on), situation, limits, now, dt)
    drive = _progress(_hold(replace(drive, lost_since=None), situation.chain, gone_on, now), pose, now)
    drive, outcome = _plan(drive, pose, maps, now)
    if outcome is not None:
        return drive, STILL, outcome
    drive = replace(drive, pilot=_as_sent(drive.pilot, situation.chain))
    around = maps.surroundings()
    drive, why = _recover(drive, pose, situation, around, limits, now)
    if drive.recovering.act is Act.GIVE_UP:
        return drive, STILL, _blocked(drive, why, situation.chain, limits)
    drive, wished = _move(drive, pose, situation, around, limits, now, dt)
    if drive.pilot.arrived and _stands(situation.velocity_in_base):
        return drive, STILL, REACHED
    return drive, wished, None


def distance_left(drive: Drive, pose: Pose2D) -> float:
    """Along the path, m; straight to the goal while there is none."""
    if drive.path_in_map is None:
        return pose.distance_to(drive.goal.pose_in_map.x, drive.goal.pose_in_map.y)
    return max(0.0, length_of(drive.path_in_map) - drive.pilot.passed)


def _stands(velocity: Twist2D) -> bool:
    return velocity.speed < 0.03 and abs(velocity.wz) < 0.06


def _move(
    drive: Drive, pose: Pose2D, situation: Situation, around: Surroundings, limits: DriveLimits, now: float, dt: float
) -> tuple[Drive, Twist2D]:
    """What the recovery does by itself, or along the path."""
    control = limits.control
    if drive.recovering.moves:
        wish = recovery.wish(drive.recovering, now, control.back, control.turn_rate)
        motion = towards(drive.pilot.motion, wish, control.ramp, dt)
        return replace(drive, pilot=replace(pilots.stopped(drive.pilot), motion=motion)), motion.velocity
    if drive.path_in_map is None:
        motion = towards(drive.pilot.motion, STILL, control.ramp, dt)
        return replace(drive, pilot=replace(READY, motion=motion)), motion.velocity
    velocity = situation.velocity_in_base
    pilot, wish = pilots.step(drive.pilot, pose, velocity, drive.path_in_map, drive.goal, around, control, dt)
    return replace(drive, pilot=pilot), wish


def _wait_for_pose(
    drive: Drive, situation: Situation, limits: DriveLimits, now: float, dt: float
) -> tuple[Drive, Twist2D, Outcome | None]:
    """Stand, or turn where that may find the pose; give up after a while."""
    since = now if drive.lost_since is None else drive.lost_since
    drive = replace(drive, lost_since=since)
    looks = situation.look_around and situation.silent is None
    if now - since <= (SEARCH_S if looks else UNKNOWN_POSE_S):
        if not looks:
            return replace(drive, pilot=pilots.stopped(drive.pilot)), STILL, None
        turn = Twist2D(0.0, 0.0, min(SEARCH_RATE, limits.control.turn_rate))
        motion = towards(drive.pilot.motion, turn, limits.control.ramp, dt)
        return replace(drive, pilot=replace(pilots.stopped(drive.pilot), motion=motion)), motion.velocity, None
    why = situation.silent or "what the lidar sees does not fit the map where the robot should be"
    return drive, STILL, Outcome.failed(Reason.UNKNOWN_POSE, f"{why}, for {now - since:.0f} s")


def _paused(drive: Drive, seconds: float) -> Drive:
    """These seconds don't count as time without progress."""
    return replace(drive, progress_at=drive.progress_at + seconds, going_at=drive.going_at + seconds)


def _hold(drive: Drive, chain: ChainState | None, gone_on: float, now: float) -> Drive:
    """While the safety chain is away or lacks readings the robot can't move on: for a while that is not blocked."""
    if chain is not None and not any(word in reason for reason in chain.reasons for word in LACKING):
        return replace(drive, held_since=None)
    since = now if drive.held_since is None else drive.held_since
    drive = replace(drive, held_since=since)
    return drive if now - since > HELD_S else _paused(drive, gone_on)


def _progress(drive: Drive, pose: Pose2D, now: float) -> Drive:
    left = _left(drive, pose)
    if left <= drive.left - PROGRESS:
        drive = replace(drive, left=left, progress_at=now)
    if left <= drive.going_from - PROGRESS:
        return replace(drive, going_from=left, going_at=now)
    return replace(drive, going_from=max(left, drive.going_from)) if math.isfinite(drive.going_from) else drive


def _left(drive: Drive, pose: Pose2D) -> float:
    """What is left to drive and turn, in metres or their like; falls through the phases of a good drive."""
    goal, path = drive.goal.pose_in_map, drive.path_in_map
    if drive.pilot.phase in (Phase.TURN, Phase.DONE):
        turn = abs(wrap_angle(goal.yaw - pose.yaw))
    elif path is not None:
        ahead = point_at(path, drive.pilot.passed + AHEAD_M)
        turn = math.pi + abs(wrap_angle(math.atan2(ahead[1] - pose.y, ahead[0] - pose.x) - pose.yaw))
    else:
        turn = math.tau
    return distance_left(drive, pose) + METRES_PER_RADIAN * turn


def _plan(drive: Drive, pose: Pose2D, maps: Maps, now: float) -> tuple[Drive, Outcome | None]:
    if drive.planned_at is not None and 0.0 <= now - drive.planned_at < REPLAN_S:
        return drive, None
    drive = replace(drive, planned_at=now)
    start, goal = (pose.x, pose.y), drive.goal.pose_in_map
    around, tolerance = maps.around(), drive.goal.position_tolerance
    if pose.distance_to(goal.x, goal.y) <= tolerance:  # there: what stands beside it forbids no turn
        return _stays(drive, start, (goal.x, goal.y)), None
    found = plan(around, start, (goal.x, goal.y), tolerance)
    if isinstance(found, Route):
        return replace(_adopt(drive, found, around, pose), no_way_since=None), None
    on_bare_map = plan(maps.bare, start, (goal.x, goal.y), tolerance)
    if isinstance(on_bare_map, NoRoute):
        return drive, Outcome.failed(Reason.NO_PATH, on_bare_map.sentence)
    no_way = in_the_way(on_bare_map.points_in_map, around.shut) or found.sentence
    # Somebody who stands in the only way may step aside when she is asked: it drives up to her.
    alone = maps.without_people()
    up_to_her = plan(alone, start, (goal.x, goal.y), tolerance)
    if isinstance(up_to_her, Route):
        return replace(_adopt(drive, up_to_her, alone, pose), no_way=no_way, no_way_since=None), None
    since = now if drive.no_way_since is None else drive.no_way_since
    drive = replace(drive, no_way_since=since, no_way=no_way)
    return (replace(drive, path_in_map=None) if now - since > SHUT_S else drive), None


def _stays(drive: Drive, here: tuple[float, float], goal: tuple[float, float]) -> Drive:
    """On the path that it came on; one that was at the goal from the beginning gets the shortest there is."""
    old = drive.path_in_map
    if old is not None and math.hypot(old[-1][0] - goal[0], old[-1][1] - goal[1]) < SAME_END_M:
        return replace(drive, no_way="", no_way_since=None)
    pilot = pilots.on_new_path(drive.pilot)
    return replace(drive, path_in_map=np.array([here, goal]), pilot=pilot, no_way="", no_way_since=None)


def _adopt(drive: Drive, found: Route, around: Costs, pose: Pose2D) -> Drive:
    """Stay on a path that is still free unless the new one is clearly shorter, so that it does not dither."""
    old, passed = drive.path_in_map, drive.pilot.passed
    if old is not None and float(np.hypot(*(old[-1] - found.points_in_map[-1]))) < SAME_END_M:
        left = length_of(old) - passed
        if found.length >= BETTER * left and route_is_free(around, rest(old, passed)):
            return replace(drive, no_way="")
    fresh = replace(drive, path_in_map=found.points_in_map, pilot=pilots.on_new_path(drive.pilot), no_way="")
    left = _left(fresh, pose)  # a new path alone is no progress
    return replace(fresh, left=left, going_from=left)


def _as_sent(pilot: Pilot, chain: ChainState | None) -> Pilot:
    if chain is None or chain.source != "nav":
        return pilot
    return pilots.lowered(pilot, chain.wished, chain.sent)


def _recover(
    drive: Drive, pose: Pose2D, situation: Situation, around: Surroundings, limits: DriveLimits, now: float
) -> tuple[Drive, Trouble | None]:
    stuck = max(now - drive.going_at, now - drive.progress_at - TO_AND_FRO * limits.blocked_after)
    why = None
    if stuck >= recovery.PATIENCE_S:
        goal, passed, chain = drive.goal.pose_in_map, drive.pilot.passed, situation.chain
        why = trouble.why(drive.path_in_map, passed, pose, goal, around, chain, limits.control)
    behind = pose @ Pose2D(-BEHIND_M, 0.0, 0.0)
    room = around.near.at(behind.x, behind.y) > limits.control.touching
    room = room and around.known.distance_at(behind.x, behind.y) > limits.control.touching
    facts = Facts(stuck, why, pose, room, limits.blocked_after)
    after = recovery.step(drive.recovering, facts, now)
    asks = why if after.act is Act.ASK and drive.recovering.asked_at != after.asked_at else None
    return replace(drive, recovering=after, asks=asks), why


def _blocked(drive: Drive, why: Trouble | None, chain: ChainState | None, limits: DriveLimits) -> Outcome:
    said = chain.reasons if chain is not None else ()
    if why in (Trouble.PERSON, Trouble.ON_GOAL, Trouble.LOW):
        return Outcome.failed(Reason.BLOCKED, "; ".join((why.value, *said)))
    cause = drive.no_way or "; ".join(said) or "the wheels do not move it on"
    return Outcome.failed(Reason.BLOCKED, f"no progress for {limits.blocked_after:.0f} s: {cause}")
