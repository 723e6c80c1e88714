"""What to do when a drive gets no further: wait, ask to be let past, back off, look around, at last give up. Pure.

A trouble lasts until the robot has come well away from its place: who is stopped, set free and stopped again at one
door is still in the same trouble, and that ends after `give_up_after`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from kangban.values import STILL, Pose2D, Twist2D

PATIENCE_S = 2.5  # without progress before it is a trouble
ASK_AGAIN_S = 6.0
ASKS_FIRST = 2  # times, before it backs off to make room
BACK_S, BACK_M = 3.0, 0.25
LOOK_RAD, LOOK_RATE = 0.9, 0.6  # to the left, to the right, and back
LOOK_S = 4.0 * LOOK_RAD / LOOK_RATE
REST_S = 3.0  # after backing off and looking around, before it does so again
MOST_TROUBLES = 6.0  # times what one may take, all of a drive together: it never goes to and fro for ever
LEFT_BEHIND_M = 1.0  # so far from its place the trouble is over


class Trouble(StrEnum):
    """Why it gets no further, as far as it knows."""

    PERSON = "a person stands in the way"
    ON_GOAL = "a person stands on the goal"
    LOW = "somebody lies or sits in the way"  # who can't be asked to step aside
    NO_WAY = "no way"  # the planner finds none with what is around now
    THING = "something stands in the way"
    UNKNOWN = "the wheels do not move it on"


class Act(StrEnum):
    DRIVE = "drive"  # go on trying
    ASK = "ask"  # this once; and go on trying
    BACK = "back"
    LOOK = "look"
    GIVE_UP = "give_up"


ASKED = frozenset({Trouble.PERSON, Trouble.ON_GOAL})


@dataclass(frozen=True, slots=True)
class Facts:
    """`stuck`: s without progress. `trouble`: why, told only while it is stuck. `room_behind`: may it back off?"""

    stuck: float
    trouble: Trouble | None
    pose_in_map: Pose2D
    room_behind: bool
    give_up_after: float  # s


@dataclass(frozen=True, slots=True)
class Recovery:
    """`since` and `at`: when and where the trouble began; `act` has been going on since `act_since`, from `act_at`.

    `spent`, s, on troubles before this one.
    """

    since: float | None = None
    at: Pose2D | None = None
    act: Act = Act.DRIVE
    act_since: float = -math.inf
    act_at: Pose2D | None = None
    asked_at: float = -math.inf
    asked: int = 0
    spent: float = 0.0

    @property
    def moves(self) -> bool:
        """It drives by itself now; the pilot does not."""
        return self.act in (Act.BACK, Act.LOOK)


CALM = Recovery()


def step(recovery: Recovery, facts: Facts, now: float) -> Recovery:
    """What to do now is the new state's `act`."""
    pose = facts.pose_in_map
    if recovery.at is not None and pose.distance_to(recovery.at.x, recovery.at.y) > LEFT_BEHIND_M:
        began = now if recovery.since is None else recovery.since
        recovery = replace(CALM, spent=recovery.spent + now - began)
    if facts.stuck < PATIENCE_S:
        return _turn_to(recovery, Act.DRIVE, now, pose) if recovery.act is not Act.DRIVE else recovery
    if recovery.since is None or recovery.at is None:
        recovery = replace(recovery, since=now - facts.stuck, at=pose)
    assert recovery.since is not None
    gone_on = now - recovery.since
    if gone_on >= facts.give_up_after or recovery.spent + gone_on >= MOST_TROUBLES * facts.give_up_after:
        return _turn_to(recovery, Act.GIVE_UP, now, pose)
    if recovery.moves and not _finished(recovery, facts, now):
        return recovery
    if facts.trouble in ASKED:
        if now - recovery.asked_at >= ASK_AGAIN_S:
            return replace(_turn_to(recovery, Act.ASK, now, pose), asked_at=now, asked=recovery.asked + 1)
        if recovery.asked < ASKS_FIRST or not facts.room_behind or now - recovery.act_since < REST_S:
            return _turn_to(recovery, Act.DRIVE, now, pose) if recovery.act is not Act.ASK else recovery
        return _turn_to(recovery, Act.BACK, now, pose)  # to make room for her
    return _get_free(recovery, facts, now)


def wish(recovery: Recovery, now: float, back_speed: float, turn_rate: float) -> Twist2D:
    """The velocity of an act that moves by itself."""
    if recovery.act is Act.BACK:
        return Twist2D(-back_speed)
    if recovery.act is Act.LOOK:
        rate, turned = min(LOOK_RATE, turn_rate), (now - recovery.act_since) * LOOK_RATE
        return Twist2D(0.0, 0.0, rate if turned < LOOK_RAD or turned >= 3.0 * LOOK_RAD else -rate)
    return STILL


def _get_free(recovery: Recovery, facts: Facts, now: float) -> Recovery:
    """Back off, then look around, then try for a while, and so on."""
    pose = facts.pose_in_map
    if recovery.act is Act.BACK:
        return _turn_to(recovery, Act.LOOK, now, pose)
    if recovery.act in (Act.DRIVE, Act.ASK) and now - recovery.act_since >= REST_S:
        return _turn_to(recovery, Act.BACK if facts.room_behind else Act.LOOK, now, pose)
    return _turn_to(recovery, Act.DRIVE, now, pose)


def _finished(recovery: Recovery, facts: Facts, now: float) -> bool:
    gone_on = now - recovery.act_since
    if recovery.act is Act.LOOK:
        return gone_on >= LOOK_S
    assert recovery.act_at is not None
    moved = facts.pose_in_map.distance_to(recovery.act_at.x, recovery.act_at.y)
    return gone_on >= BACK_S or moved >= BACK_M or not facts.room_behind


def _turn_to(recovery: Recovery, act: Act, now: float, pose: Pose2D) -> Recovery:
    if act is recovery.act:
        return recovery
    return replace(recovery, act=act, act_since=now, act_at=pose)
