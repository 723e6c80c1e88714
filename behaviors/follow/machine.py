"""Following somebody, one tick after the other. Pure: `step(state, inputs, limits, now) -> state, orders`.

She is followed by the name that perception gives her. When that name is gone and somebody unknown stands where she must
be now, it is her; who was ever seen beside her is never taken for her. What she does decides: she goes, it goes behind
her on her own way; she stands or comes back, it stands and faces her. Out of sight: to where she was last seen, look
around, ask aloud, give up with a reason. She comes back towards it: it makes room. She went into a room that is hers alone: it waits outside.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from behaviors.follow.aside import aside, in_her_way
from behaviors.follow.trail import Place, Trail, begin, behind, distance, last_free, open_floor, straight, walked
from kangban.values import Pose2D, wrap_angle

SLACK_M = 0.12  # nearer than the wished distance and this: it stands; it sets off at twice as much
NEARER_M = 0.2  # while she walks on it may come so much nearer before it stands
LEAD_S = 0.6  # its goal is behind where she will be then, so that it does not stop and go
AGAIN_M = 0.2  # a goal that moved less is not sent anew
AGAIN_S = 0.4
SAME_M, FASTEST_MPS = 0.6, 1.2  # so far from where she must be she may be found under another name
PACE_S = 0.8  # her velocity is taken over so long
WALKS_MPS = 0.15
ASK_S = 3.0  # out of sight for so long: asks aloud
ASK_AGAIN_S = 15.0
WAIT_AGAIN_S = 12.0
AHEAD_S = 2.0  # she is believed to walk on for so long
BESIDE_RAD = 0.5  # the camera sees so far to each side, and a little more
SHORT_M = 0.4  # it goes so near to where she was last seen
THERE_M = 0.35
AHEAD_M = 0.9  # a room that begins so far ahead of her is where she went
LOOK_S = 20.0  # a turn around takes about so long
FAILED_S = 1.5  # a goal that could not be reached is tried again after so long


class Phase(StrEnum):
    FIND = "find"  # nobody to follow has been seen yet
    GO = "go"
    STAND = "stand"  # near enough
    ASIDE = "aside"  # she comes towards it: makes room
    SEEK = "seek"  # out of sight: on the way to where she was last seen
    LOOK = "look"  # there: looks around
    OUTSIDE = "outside"  # waits before a room that it may not look into
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Limits:
    behind_m: float
    lost_after_s: float
    give_up_after_s: float
    wait_for_me_m: float
    outside_s: float


@dataclass(frozen=True, slots=True)
class Sighting:
    """Somebody who is in the picture now, and where on the map."""

    id: int
    place: Place


def anywhere(place: Place) -> bool:
    return True


def nowhere(place: Place) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Inputs:
    """`free`: does the robot fit there? `private`: may it not look there? `failed`: the last goal was not reached."""

    pose: Pose2D | None
    people: tuple[Sighting, ...] = ()
    free: Callable[[Place], bool] = anywhere
    private: Callable[[Place], bool] = nowhere
    failed: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """`who`: her name now (0: whoever is nearest); `others`: who was seen beside her; `recent`: where she just was."""

    who: int
    since: float
    phase: Phase = Phase.FIND
    others: frozenset[int] = frozenset()
    trail: Trail = ()
    recent: tuple[tuple[float, Place], ...] = ()
    seen_at: float | None = None
    goal: Pose2D | None = None
    goal_at: float = -math.inf
    failed_at: float = -math.inf
    look_since: float = 0.0
    asked_at: float = -math.inf
    waited_at: float = -math.inf


@dataclass(frozen=True, slots=True)
class Orders:
    """`goal`: drive there, without a stop in between; None with `stand` False: go on. `face`: turn by so much (rad).

    `say` and `over` are codes of `texts.py`; `over`: why it ends.
    """

    goal: Pose2D | None = None
    stand: bool = False
    face: float | None = None
    look_around: bool = False
    say: str | None = None
    over: str | None = None


def start(who: int, now: float) -> State:
    return State(who, now)


def step(state: State, inputs: Inputs, limits: Limits, now: float) -> tuple[State, Orders]:
    if state.phase is Phase.OVER or inputs.pose is None:
        return state, Orders(stand=True)
    state = _see(state, inputs, now)
    if state.seen_at is None:
        if now - state.since >= limits.give_up_after_s:
            return replace(state, phase=Phase.OVER), Orders(stand=True, over="why_nobody_to_follow")
        return state, Orders(stand=True, look_around=now - state.since > ASK_S)
    unseen = now - state.seen_at
    if unseen <= limits.lost_after_s:
        return _with_her(state, inputs, limits, now)
    if state.phase is Phase.OUTSIDE or _went_in(state, inputs):
        return _outside(state, limits, now, unseen)
    if unseen >= limits.give_up_after_s:
        return replace(state, phase=Phase.OVER), Orders(stand=True, say="say_lost_you", over="why_lost_her")
    return _seek(state, inputs, now, unseen)


def velocity(state: State) -> tuple[float, float]:
    """Hers, m/s on the map; zero where it is not known."""
    if len(state.recent) < 2:
        return 0.0, 0.0
    (t0, a), (t1, b) = state.recent[0], state.recent[-1]
    if t1 - t0 < 0.5 * PACE_S:
        return 0.0, 0.0
    return (b[0] - a[0]) / (t1 - t0), (b[1] - a[1]) / (t1 - t0)


def gap(state: State, pose: Pose2D) -> float | None:
    """How far she was, when last seen, from where the robot is now."""
    return None if not state.recent else distance(state.recent[-1][1], (pose.x, pose.y))


# Who is she


def _see(state: State, inputs: Inputs, now: float) -> State:
    assert inputs.pose is not None
    if state.who == 0:
        return _choose(state, inputs, now)
    found = next((p for p in inputs.people if p.id == state.who), None)
    if found is None:
        found = _under_another_name(state, inputs, now)
    if found is None:
        return state
    beside = frozenset(p.id for p in inputs.people if p.id != found.id)
    recent = tuple(r for r in (*state.recent, (now, found.place)) if now - r[0] <= PACE_S)
    here = (inputs.pose.x, inputs.pose.y)
    trail = walked(state.trail or begin(here, found.place), found.place)
    return replace(
        state, who=found.id, others=(state.others | beside) - {found.id}, trail=trail, recent=recent, seen_at=now
    )


def _choose(state: State, inputs: Inputs, now: float) -> State:
    if not inputs.people:
        return state
    assert inputs.pose is not None
    here = (inputs.pose.x, inputs.pose.y)
    nearest = min(inputs.people, key=lambda p: distance(p.place, here))
    return _see(replace(state, who=nearest.id), inputs, now)


def _by_now(state: State, unseen: float) -> Place:
    """Where she must be."""
    (vx, vy), last = velocity(state), state.recent[-1][1] if state.recent else state.trail[-1]
    ahead = min(unseen, AHEAD_S)
    return last[0] + vx * ahead, last[1] + vy * ahead


def _under_another_name(state: State, inputs: Inputs, now: float) -> Sighting | None:
    if state.seen_at is None or not state.recent:
        return None
    since = now - state.seen_at
    there = _by_now(state, since)
    within = SAME_M + 0.5 * FASTEST_MPS * min(since, 3.0)
    strangers = [p for p in inputs.people if p.id not in state.others and distance(p.place, there) <= within]
    return strangers[0] if len(strangers) == 1 else None


# What to do


def _with_her(state: State, inputs: Inputs, limits: Limits, now: float) -> tuple[State, Orders]:
    pose, her = inputs.pose, state.recent[-1][1] if state.recent else state.trail[-1]
    assert pose is not None
    here = (pose.x, pose.y)
    far, facing = distance(here, her), _bearing(pose, her)
    if in_her_way(here, her, velocity(state)):
        return _make_room(state, inputs, here, her, now, facing)
    vx, vy = velocity(state)
    walks = vx * (her[0] - here[0]) + vy * (her[1] - here[1]) > WALKS_MPS * far  # away from the robot
    stands = state.phase is Phase.STAND
    near = limits.behind_m - NEARER_M if walks else limits.behind_m + SLACK_M * (2.0 if stands else 1.0)
    if far <= near:
        return _stand(state, facing)
    coming = (her[0] + vx * LEAD_S, her[1] + vy * LEAD_S) if walks else her
    place = straight(here, coming, limits.behind_m, inputs.free)
    place = place or behind((*state.trail, coming), coming, limits.behind_m, inputs.free)
    if place is None or distance(here, place) > far:  # a goal beyond her: let her come, or pass
        return _stand(state, facing)
    if distance(here, place) < THERE_M / 2:
        return (state, Orders()) if walks and not stands else _stand(state, facing)
    say = "say_wait_for_me" if far > limits.wait_for_me_m and now - state.waited_at >= WAIT_AGAIN_S else None
    goal = Pose2D(place[0], place[1], math.atan2(her[1] - place[1], her[0] - place[0]))
    state = replace(state, phase=Phase.GO, waited_at=now if say else state.waited_at)
    return _drive(state, inputs, goal, now, say)


def _make_room(
    state: State, inputs: Inputs, here: Place, her: Place, now: float, facing: float
) -> tuple[State, Orders]:
    if state.phase is Phase.ASIDE and not inputs.failed:
        return state, Orders()
    place = None if inputs.failed else aside(here, her, velocity(state), inputs.free)
    if place is None:
        return _stand(state, facing)
    goal = Pose2D(place[0], place[1], math.atan2(her[1] - place[1], her[0] - place[0]))
    return replace(state, phase=Phase.ASIDE, goal=goal, goal_at=now), Orders(goal=goal)


def _stand(state: State, facing: float) -> tuple[State, Orders]:
    return replace(state, phase=Phase.STAND, goal=None), Orders(stand=True, face=facing)


def _drive(state: State, inputs: Inputs, goal: Pose2D, now: float, say: str | None) -> tuple[State, Orders]:
    """Send a goal where it is news; the drive itself goes on."""
    if inputs.failed and state.goal is not None:
        state = replace(state, goal=None, failed_at=now)
    if now - state.failed_at < FAILED_S:
        return state, Orders(say=say)
    old = state.goal
    moved = old is None or old.distance_to(goal.x, goal.y) >= AGAIN_M
    if not moved or now - state.goal_at < AGAIN_S:
        return state, Orders(say=say)
    return replace(state, goal=goal, goal_at=now), Orders(goal=goal, say=say)


def _seek(state: State, inputs: Inputs, now: float, unseen: float) -> tuple[State, Orders]:
    pose = inputs.pose
    assert pose is not None
    say = "say_where_are_you" if unseen >= ASK_S and now - state.asked_at >= ASK_AGAIN_S else None
    if say:
        state = replace(state, asked_at=now)
    if state.phase is Phase.LOOK:
        return state, Orders(stand=True, look_around=True, say=say)
    by_now = _by_now(state, unseen)
    facing, in_view = _bearing(pose, by_now), open_floor((pose.x, pose.y), by_now, inputs.free)
    if unseen <= ASK_S and abs(facing) > BESIDE_RAD and in_view:  # she went out of the picture: turn after her first
        return replace(state, phase=Phase.SEEK, goal=None), Orders(stand=True, face=facing, say=say)
    place = last_free(state.trail, SHORT_M, inputs.free)
    there = place is None or distance(place, (pose.x, pose.y)) <= THERE_M
    if there or inputs.failed:
        return replace(state, phase=Phase.LOOK, look_since=now, goal=None), Orders(stand=True, say=say)
    assert place is not None
    goal = Pose2D(place[0], place[1], _went_to(state, place))
    state = replace(state, phase=Phase.SEEK, goal=None if state.phase is not Phase.SEEK else state.goal)
    return _drive(state, inputs, goal, now, say)


def _went_in(state: State, inputs: Inputs) -> bool:
    """Was she last seen in, or on her way into, a room that is hers alone?"""
    last, (vx, vy) = state.recent[-1][1] if state.recent else state.trail[-1], velocity(state)
    pace = math.hypot(vx, vy)
    if inputs.private(last):
        return True
    if pace < WALKS_MPS:
        return False
    return inputs.private((last[0] + AHEAD_M * vx / pace, last[1] + AHEAD_M * vy / pace))


def _outside(state: State, limits: Limits, now: float, unseen: float) -> tuple[State, Orders]:
    if unseen >= limits.outside_s:
        return replace(state, phase=Phase.OVER), Orders(stand=True, over="why_long_in_there")
    say = "say_wait_outside" if state.phase is not Phase.OUTSIDE else None
    return replace(state, phase=Phase.OUTSIDE, goal=None), Orders(stand=True, say=say)


def _went_to(state: State, place: Place) -> float:
    """Where to look: the way she went, else to where she was."""
    vx, vy = velocity(state)
    if math.hypot(vx, vy) >= WALKS_MPS:
        return math.atan2(vy, vx)
    last = state.trail[-1]
    return math.atan2(last[1] - place[1], last[0] - place[0])


def _bearing(pose: Pose2D, place: Place) -> float:
    return wrap_angle(math.atan2(place[1] - pose.y, place[0] - pose.x) - pose.yaw)
