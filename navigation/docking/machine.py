"""Into the dock and out of it: one state machine, stepped with each odometry. Pure.

    ordinary goal:  LEAVE -> (the drive)
    dock:           LEAVE -> STAGE -> LOOK -> CREEP -> SETTLE -> reached
                                ^      |        |        |
                                +------+-- BACK <--------+   until there have been `tries`

STAGE is an ordinary drive to a place in front of the dock. LOOK stands until the dock is known (track.py). CREEP goes
by the scan alone, straight and slowly, and only while the dock is seen. Whatever is unclear means zero velocity; all
wishes pass the safety chain, which knows nothing of a dock.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from kangban.dock import docked_in_dock
from kangban.profile import Docking as Contacts
from kangban.values import STILL, Pose2D, Twist2D, wrap_angle
from navigation import drive as drives
from navigation.control.arrive import Goal
from navigation.control.smooth import AT_REST, Motion, towards
from navigation.docking.words import OFFERS, Try
from navigation.drive import REACHED, Drive, DriveLimits, Maps, Outcome, Reason, Situation
from navigation.recovery import Trouble

STAGE_M, STAGE_AGAIN_M = 0.85, 0.20  # the robot's middle before the contact face; farther with each other try
STAGE_TOLERANCE_M, STAGE_TOLERANCE_RAD = 0.06, 0.06
BESIDE_M, TURNED_RAD, NEAREST_M = 0.10, 0.25, 0.60  # LOOK: farther off its axis, or nearer: stage anew
MOST_RESTAGED = 3  # in one try
LEAVE_M = 0.45  # straight back before anything else
IN_DOCK_M, IN_DOCK_BESIDE_M, IN_DOCK_RAD = 0.40, 0.12, 0.30  # so near to the docked place it must back out first
TAG_WAIT_S, LOOK_S = 2.5, 6.0  # LOOK: for the tag; for anything
LOST_S, STUCK_S, ASK_AFTER_S = 1.5, 10.0, 3.0
SILENT_S = 3.0
SLOW_FROM_M = 0.06  # the last centimetres
ASKEW_FROM_M, ASKEW_M, ASKEW_RAD = 0.05, 0.02, 0.07
OVER_M = 0.006  # farther in than where it should stand, and not fed: there is no contact
TELL_S = 1.0  # the news that it is fed may take so long; fed for so long is docked
GAIN, TURN_GAIN, TURN_RATE = 0.6, 1.8, 0.3
AXIS_IN_M, STEEPEST_RAD = 0.22, 0.35  # beside the axis it comes back to it within about so much driving
STRAIGHT_FROM_M, STRAIGHT_RAD = 0.16, 0.05  # from here on it goes straight, or turns in place until it does


class Phase(StrEnum):
    LEAVE = "leave"
    STAGE = "stage"
    LOOK = "look"
    CREEP = "creep"
    SETTLE = "settle"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known now; None: unknown. `dock_in_base`: settled, by the scan. `choices`: how many shapes there were."""

    base_in_odom: Pose2D | None
    dock_in_base: Pose2D | None
    tag: bool
    choices: int | None
    charging: bool | None
    dock_in_map: Pose2D  # by the site file


@dataclass(frozen=True, slots=True)
class Berth:
    """`docks`: into the dock; else only out of it. `left`: the least that was left to creep, at `progress_at`."""

    docks: bool
    phase: Phase
    since: float
    stepped_at: float
    motion: Motion = AT_REST
    tries: int = 0
    restaged: int = 0
    begun_in_odom: Pose2D | None = None  # where LEAVE or BACK began
    left: float = math.inf
    progress_at: float = 0.0
    lost_since: float | None = None
    silent_since: float | None = None
    failed: Try | None = None
    asked: bool = False
    asks: Trouble | None = None
    goal: Goal | None = None  # of STAGE, until its drive is begun


def in_dock(pose_in_map: Pose2D | None, charging: bool | None, docked_in_map: Pose2D) -> bool:
    """Does the robot stand in it, or so near that it must back out before it turns?"""
    if charging:
        return True
    if pose_in_map is None:
        return False
    off = docked_in_map.inverse() @ pose_in_map
    return abs(off.x) < IN_DOCK_M and abs(off.y) < IN_DOCK_BESIDE_M and abs(off.yaw) < IN_DOCK_RAD


def leave(docks: bool, now: float) -> Berth:
    return Berth(docks, Phase.LEAVE, now, now, progress_at=now)


def begin(now: float) -> Berth:
    return Berth(True, Phase.STAGE, now, now, progress_at=now)


def step(
    berth: Berth, drive: Drive | None, sight: Sight, situation: Situation, maps: Maps, limits: DriveLimits,
    contacts: Contacts, now: float,
) -> tuple[Berth, Drive | None, Twist2D, Outcome | None]:  # fmt: skip
    """The next velocity wished for in the base frame, and the outcome once there is one.

    Out of the dock for an ordinary goal: the outcome REACHED says that the way is free.
    """
    dt = min(max(0.0, now - berth.stepped_at), drives.LONGEST_DT_S)
    berth = replace(berth, stepped_at=now, asks=None)
    chain = situation.chain
    if chain is not None and chain.stop_latched:
        return berth, drive, STILL, Outcome.failed(Reason.STOPPED, f"the stop is latched ({chain.stop_reason})")
    if berth.phase is Phase.STAGE:
        return _stage(berth, drive, sight, situation, maps, limits, contacts, now)
    if situation.silent is not None or sight.base_in_odom is None:
        return _silent(berth, situation, now)
    berth = replace(berth, silent_since=None)
    if chain is not None and chain.source == "nav" and chain.sent.speed < chain.wished.speed - 0.02:
        berth = replace(berth, motion=Motion(chain.sent))
    berth, wish, outcome = _ACTS[berth.phase](berth, sight, situation, limits, contacts, now)
    if outcome is not None or wish == STILL:
        return replace(berth, motion=AT_REST), None, STILL, outcome
    motion = towards(berth.motion, wish, limits.control.ramp, dt)
    return replace(berth, motion=motion), None, motion.velocity, None


Acted = tuple[Berth, Twist2D, Outcome | None]


def _silent(berth: Berth, situation: Situation, now: float) -> tuple[Berth, None, Twist2D, Outcome | None]:
    since = now if berth.silent_since is None else berth.silent_since
    berth = replace(berth, silent_since=since, motion=AT_REST)
    if now - since <= SILENT_S:
        return berth, None, STILL, None
    why = situation.silent or "the odometry is silent"
    return berth, None, STILL, Outcome.failed(Reason.UNKNOWN_POSE, f"{why}, for {now - since:.0f} s")


def _stage(
    berth: Berth, drive: Drive | None, sight: Sight, situation: Situation, maps: Maps, limits: DriveLimits,
    contacts: Contacts, now: float,
) -> tuple[Berth, Drive | None, Twist2D, Outcome | None]:  # fmt: skip
    if drive is None:
        before = STAGE_M + STAGE_AGAIN_M * (berth.tries % 2)
        place = sight.dock_in_map @ Pose2D(-before, 0.0, 0.0)
        goal = berth.goal or Goal(place, STAGE_TOLERANCE_M, STAGE_TOLERANCE_RAD)
        drive = drives.begin(goal, now)
    drive, wish, outcome = drives.step(drive, situation, maps, limits, now)
    if outcome is None or not outcome.reached:
        return berth, drive, wish, outcome
    return _to(replace(berth, goal=None), Phase.LOOK, now), None, STILL, None


def _look(
    berth: Berth, sight: Sight, situation: Situation, limits: DriveLimits, contacts: Contacts, now: float
) -> Acted:
    waited = now - berth.since
    if sight.dock_in_base is not None and (sight.tag or waited > TAG_WAIT_S):
        here = sight.dock_in_base.inverse()  # the robot in the dock's frame
        if abs(here.y) < BESIDE_M and abs(here.yaw) < TURNED_RAD and here.x < -NEAREST_M:
            return replace(_to(berth, Phase.CREEP, now), left=math.inf), STILL, None
        pose = situation.pose_in_map
        if berth.restaged < MOST_RESTAGED and pose is not None:
            place = pose @ sight.dock_in_base @ Pose2D(-STAGE_M, 0.0, 0.0)
            goal = Goal(place, STAGE_TOLERANCE_M, STAGE_TOLERANCE_RAD)
            return replace(_to(berth, Phase.STAGE, now), restaged=berth.restaged + 1, goal=goal), STILL, None
    if waited <= LOOK_S:
        return berth, STILL, None
    if sight.dock_in_base is not None:
        return _failed(berth, Try.BESIDE, contacts, now)
    if sight.tag:
        return _failed(berth, Try.TAG_ALONE, contacts, now)
    return _failed(berth, Try.SEVERAL if (sight.choices or 0) > 1 else Try.NOTHING, contacts, now)


def _creep(
    berth: Berth, sight: Sight, situation: Situation, limits: DriveLimits, contacts: Contacts, now: float
) -> Acted:
    if sight.charging:
        return _to(berth, Phase.SETTLE, now), STILL, None
    if sight.dock_in_base is None:
        since = now if berth.lost_since is None else berth.lost_since
        if now - since > LOST_S:
            return _failed(berth, Try.LOST, contacts, now)
        return replace(berth, lost_since=since), STILL, None
    berth = replace(berth, lost_since=None)
    here = sight.dock_in_base.inverse()
    left = docked_in_dock(contacts).x - here.x
    if left < ASKEW_FROM_M and (abs(here.y) > ASKEW_M or abs(here.yaw) > ASKEW_RAD):
        return _failed(berth, Try.ASKEW, contacts, now)
    if sight.charging is None and left <= 0.0:
        return berth, STILL, REACHED  # these motors can't tell whether they are fed
    if left <= -OVER_M:
        return _to(berth, Phase.SETTLE, now), STILL, None
    if left < berth.left - 0.01:
        berth = replace(berth, left=left, progress_at=now)
    berth, stuck = _held(berth, situation, now)
    if stuck:
        return _failed(berth, stuck, contacts, now)
    return berth, _towards_dock(here, left, limits, contacts), None


def _towards_dock(here: Pose2D, left: float, limits: DriveLimits, contacts: Contacts) -> Twist2D:
    """Along the dock's axis: slower with less to go, first onto the axis, then straight."""
    speed = min(contacts.approach_speed_mps, max(contacts.contact_speed_mps, GAIN * left))
    if left < SLOW_FROM_M:
        speed = contacts.contact_speed_mps
    near = left < STRAIGHT_FROM_M
    aim = max(-STEEPEST_RAD, min(STEEPEST_RAD, -here.y / (2.0 * AXIS_IN_M if near else AXIS_IN_M)))
    off = wrap_angle(aim - here.yaw)
    turn = max(-TURN_RATE, min(TURN_RATE, TURN_GAIN * off))
    if abs(off) > (STRAIGHT_RAD if near else STEEPEST_RAD):
        speed = 0.0  # it is round: it may turn in place beside the plates, but not against the contacts
        if left < SLOW_FROM_M:
            speed, turn = contacts.contact_speed_mps, math.copysign(min(abs(turn), 0.1), turn)
    if not limits.control.sideways:
        return Twist2D(speed, 0.0, turn)
    sideways = max(-speed, min(speed, -GAIN * here.y))
    return Twist2D(speed, sideways, max(-TURN_RATE, min(TURN_RATE, -TURN_GAIN * here.yaw)))


def _held(berth: Berth, situation: Situation, now: float) -> tuple[Berth, Try | None]:
    """Somebody or something in the way: ask once, then give the try up."""
    waits = now - berth.progress_at
    said = " ".join(situation.chain.reasons) if situation.chain is not None else ""
    person = "person_close" in said
    if waits > ASK_AFTER_S and person and not berth.asked:
        berth = replace(berth, asked=True, asks=Trouble.PERSON)
    if waits <= STUCK_S:
        return berth, None
    return berth, Try.PERSON if person else Try.STUCK


def _settle(
    berth: Berth, sight: Sight, situation: Situation, limits: DriveLimits, contacts: Contacts, now: float
) -> Acted:
    """It stands against the contacts. Fed for a while: docked. Where the news does not come there is no contact."""
    if now - berth.since < TELL_S:
        return berth, STILL, None
    if sight.charging:
        return berth, STILL, REACHED
    return _failed(berth, Try.NO_CONTACT, contacts, now)


def _leave(
    berth: Berth, sight: Sight, situation: Situation, limits: DriveLimits, contacts: Contacts, now: float
) -> Acted:
    berth, gone, stuck = _backwards(berth, sight, situation, now)
    if stuck:
        return berth, STILL, Outcome.failed(Reason.BLOCKED, f"it can't back out of its dock: {stuck}")
    if gone < LEAVE_M:
        return berth, Twist2D(-limits.control.back, 0.0, 0.0), None
    return (_to(berth, Phase.STAGE, now), STILL, None) if berth.docks else (berth, STILL, REACHED)


def _back(
    berth: Berth, sight: Sight, situation: Situation, limits: DriveLimits, contacts: Contacts, now: float
) -> Acted:
    berth, gone, stuck = _backwards(berth, sight, situation, now)
    if gone < LEAVE_M and not stuck:
        return berth, Twist2D(-limits.control.back, 0.0, 0.0), None
    if berth.tries < contacts.tries:
        return _to(berth, Phase.STAGE, now), STILL, None
    return berth, STILL, _given_up(berth)


def _backwards(berth: Berth, sight: Sight, situation: Situation, now: float) -> tuple[Berth, float, str]:
    """How far it has backed, m, and why it gets no further."""
    assert sight.base_in_odom is not None  # else it would be silent
    began = sight.base_in_odom if berth.begun_in_odom is None else berth.begun_in_odom
    gone = sight.base_in_odom.distance_to(began.x, began.y)
    if berth.begun_in_odom is None or gone > berth.left + 0.01:
        berth = replace(berth, begun_in_odom=began, left=gone, progress_at=now)
    if now - berth.progress_at <= STUCK_S:
        return berth, gone, ""
    said = situation.chain.reasons if situation.chain is not None else ()
    return berth, gone, "; ".join(said) or "the wheels do not move it"


def _failed(berth: Berth, why: Try, contacts: Contacts, now: float) -> Acted:
    """One try is over: back off, where it has come near, and again."""
    near = berth.phase in (Phase.CREEP, Phase.SETTLE)
    berth = replace(berth, tries=berth.tries + 1, restaged=0, failed=why, asked=False)
    if near:
        return _to(berth, Phase.BACK, now), STILL, None
    if berth.tries < contacts.tries:
        return _to(berth, Phase.STAGE, now), STILL, None
    return berth, STILL, _given_up(berth)


def _given_up(berth: Berth) -> Outcome:
    assert berth.failed is not None
    reason, sentence = OFFERS[berth.failed]
    return Outcome.failed(reason, f"{sentence} (tried {berth.tries} times)")


def _to(berth: Berth, phase: Phase, now: float) -> Berth:
    return replace(berth, phase=phase, since=now, progress_at=now, begun_in_odom=None, left=0.0, lost_since=None)


_ACTS = {
    Phase.LOOK: _look,
    Phase.CREEP: _creep,
    Phase.SETTLE: _settle,
    Phase.LEAVE: _leave,
    Phase.BACK: _back,
}
