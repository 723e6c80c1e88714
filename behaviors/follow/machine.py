"""Following somebody, one tick after the other. Pure: `step(state, inputs, limits, now) -> state, orders`.

She is followed by the name that perception gives her. When that name is gone and somebody unknown stands where she must
be now, it is her; who was ever seen beside her is never taken for her. What she does decides: she goes, it goes behind
her; she stands, it stands and faces her; she comes back towards it, it makes room. Out of sight: to where she was last
seen, look around, ask aloud, give up with a reason. She went into a room that is hers alone: it waits outside.
"""

from __future__ import annotations

import math
from dataclasses import replace

from behaviors.follow.aside import aside, beside_her_way, in_her_way
from behaviors.follow.trail import Place, behind, distance, last_free, open_floor
from behaviors.follow.values import Inputs, Limits, Orders, Phase, State
from behaviors.follow.view import in_view, nearer
from behaviors.follow.who import by_now, see, velocity
from kangban.values import Pose2D, wrap_angle

SLACK_M = 0.12  # nearer than the wished distance and this: it stands; it sets off at twice as much
NEARER_M = 0.2  # while she walks on it may come so much nearer before it stands
JUST_S = 0.35  # seen so lately, she is in the picture
SOON_S = 1.5  # it sets off when she will be farther than wished then, wherever she goes
LEAD_S = 0.6  # its goal is behind where she will be then, so that it does not stop and go
HIDES_S = 2.5  # a door or a corner so far ahead of her will hide her: it gets in line with it before she is through,
DOOR_S = 2.0  # behind where she will be then
AGAIN_M = 0.2  # a goal that moved less is not sent anew
AGAIN_S = 0.4
WALKS_MPS = 0.15
ASK_S = 3.0  # out of sight for so long: asks aloud
TURN_S = 4.0  # so long it is enough to turn to where she must be
ASK_AGAIN_S = 15.0
WAIT_AGAIN_S = 12.0
CLOSE_M = 0.7  # nearer than the wished distance and this it turns to her, farther it drives towards her
ASIDE_RAD, AHEAD_RAD = 0.5, 0.3  # so far aside it turns to her before it drives; until she is so far ahead
BESIDE_RAD = 0.5  # the camera sees so far to each side, and a little more
UNSURE_M = 0.25  # she may be so far to either side of where she must be
DOOR_RAD = 0.8  # out of the picture for a moment is better than aslant of the door that she goes through
SHORT_M = 0.4  # it goes so near to where she was last seen
THERE_M = 0.35
AHEAD_M = 0.9  # a room that begins so far ahead of her is where she went
FAILED_S = 1.5  # a goal that could not be reached is tried again after so long


def start(who: int, now: float) -> State:
    return State(who, now)


def step(state: State, inputs: Inputs, limits: Limits, now: float) -> tuple[State, Orders]:
    if state.phase is Phase.OVER or inputs.pose is None:
        return state, Orders(stand=True)
    # Through an open door it may be seen what is hers alone: that is not looked at, it counts as out of sight.
    inputs = replace(inputs, people=tuple(p for p in inputs.people if not inputs.private(p.place)))
    state = see(state, inputs, now)
    if state.seen_at is None:
        if now - state.since >= limits.give_up_after_s:
            return replace(state, phase=Phase.OVER), Orders(stand=True, over="why_nobody_to_follow")
        return state, Orders(stand=True, look_around=now - state.since > ASK_S)
    unseen = now - state.seen_at
    if unseen <= limits.lost_after_s:
        return _with_her(state, inputs, limits, now)
    if state.phase is Phase.OUTSIDE or _went_in(state, inputs):
        return _outside(state, inputs, limits, now, unseen)
    if unseen >= limits.give_up_after_s:
        return replace(state, phase=Phase.OVER), Orders(stand=True, say="say_lost_you", over="why_lost_her")
    return _seek(state, inputs, limits, now, unseen)


def gap(state: State, pose: Pose2D) -> float | None:
    """How far she was, when last seen, from where the robot is now."""
    return None if not state.recent else distance(state.recent[-1][1], (pose.x, pose.y))


# What to do


def _with_her(state: State, inputs: Inputs, limits: Limits, now: float) -> tuple[State, Orders]:
    pose, her = inputs.pose, state.recent[-1][1] if state.recent else state.trail[-1]
    assert pose is not None
    here = (pose.x, pose.y)
    far, facing = distance(here, her), _bearing(pose, her)
    if in_her_way(here, her, velocity(state)):
        return _make_room(state, inputs, here, her, now, facing)
    vx, vy = velocity(state)
    stands = state.phase is Phase.STAND
    soon = distance(here, (her[0] + vx * SOON_S, her[1] + vy * SOON_S))
    walks = math.hypot(vx, vy) > WALKS_MPS and soon > limits.behind_m  # on, and not towards the robot
    near = limits.behind_m - NEARER_M if walks else limits.behind_m + SLACK_M * (2.0 if stands else 1.0)
    aside_of_it = abs(facing) > (AHEAD_RAD if stands else ASIDE_RAD)
    turns = aside_of_it and far <= limits.behind_m + CLOSE_M and open_floor(here, her, inputs.free)
    if far <= near or turns:
        return _stand(state, facing)
    hides = walks and not open_floor(here, (her[0] + vx * HIDES_S, her[1] + vy * HIDES_S), inputs.free)
    lead = (DOOR_S if hides else LEAD_S) if walks else 0.0
    coming = (her[0] + vx * lead, her[1] + vy * lead)
    place = in_view(here, coming, limits.behind_m, inputs.free)
    if place is None:  # through doors and round corners: where she went
        place = behind((*state.trail, coming), coming, limits.behind_m, inputs.free)
        in_sight = state.seen_at is not None and now - state.seen_at < JUST_S
        most = DOOR_RAD if hides else BESIDE_RAD
        if place is not None and in_sight and abs(_between(here, place, her)) > most:
            # That would take the camera off her: as far towards it as she stays in the picture.
            place = nearer(here, her, place, limits.behind_m - NEARER_M, inputs.free) or (
                None if far <= limits.behind_m + CLOSE_M else place
            )
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


def _seek(state: State, inputs: Inputs, limits: Limits, now: float, unseen: float) -> tuple[State, Orders]:
    pose = inputs.pose
    assert pose is not None
    say = "say_where_are_you" if unseen >= ASK_S and now - state.asked_at >= ASK_AGAIN_S else None
    if say:
        state = replace(state, asked_at=now)
    if state.phase is Phase.LOOK:
        return state, Orders(stand=True, look_around=True, face=state.look_way, say=say)
    there = by_now(state, unseen)
    facing, open_ = _bearing(pose, there), _in_sight(inputs, (pose.x, pose.y), there)
    close = distance(there, (pose.x, pose.y)) <= limits.behind_m + CLOSE_M
    turning = state.phase is Phase.SEEK and state.goal is None  # to the end of it
    aside_of_it = abs(facing) > (AHEAD_RAD if turning else BESIDE_RAD)
    if unseen <= TURN_S and aside_of_it and open_ and close:  # only out of the picture
        return replace(state, phase=Phase.SEEK, goal=None), Orders(stand=True, face=facing, say=say)
    place = last_free(state.trail, SHORT_M, inputs.free)
    if place is None or inputs.failed or distance(place, (pose.x, pose.y)) <= THERE_M:
        return replace(state, phase=Phase.LOOK, look_way=facing, goal=None), Orders(stand=True, say=say)
    goal = Pose2D(place[0], place[1], _went_to(state, place))
    state = replace(state, phase=Phase.SEEK, goal=None if state.phase is not Phase.SEEK else state.goal)
    return _drive(state, inputs, goal, now, say)


def _in_sight(inputs: Inputs, here: Place, there: Place) -> bool:
    """Could she be seen there by turning? Where she is, is not known to a hand's breadth: all of it must be in sight.

    Through a door it sees where it could not drive straight to.
    """
    far = max(1e-6, distance(here, there))
    ux, uy = (there[0] - here[0]) / far, (there[1] - here[1]) / far
    return all(inputs.sees(here, (there[0] - k * uy, there[1] + k * ux)) for k in (-UNSURE_M, 0.0, UNSURE_M))


def _went_in(state: State, inputs: Inputs) -> bool:
    """Was she last seen in, or on her way into, a room that is hers alone?"""
    last, (vx, vy) = state.recent[-1][1] if state.recent else state.trail[-1], velocity(state)
    pace = math.hypot(vx, vy)
    if inputs.private(last):
        return True
    if pace < WALKS_MPS:
        return False
    return inputs.private((last[0] + AHEAD_M * vx / pace, last[1] + AHEAD_M * vy / pace))


def _outside(state: State, inputs: Inputs, limits: Limits, now: float, unseen: float) -> tuple[State, Orders]:
    """Beside the way that she will come back on: never in the door."""
    if unseen >= limits.outside_s:
        return replace(state, phase=Phase.OVER), Orders(stand=True, over="why_long_in_there")
    if state.phase is Phase.OUTSIDE:
        waits = state.goal is None or inputs.failed
        return replace(state, goal=None) if waits else state, Orders(stand=waits)
    assert inputs.pose is not None
    door, here = state.trail[-1], (inputs.pose.x, inputs.pose.y)
    place = beside_her_way(here, state.trail, inputs.free)
    goal = None if place is None else Pose2D(*place, math.atan2(door[1] - place[1], door[0] - place[0]))
    state = replace(state, phase=Phase.OUTSIDE, goal=goal, goal_at=now)
    return state, Orders(goal=goal, stand=goal is None, say="say_wait_outside")


def _went_to(state: State, place: Place) -> float:
    """Where to look: the way she went, else to where she was."""
    vx, vy = velocity(state)
    if math.hypot(vx, vy) >= WALKS_MPS:
        return math.atan2(vy, vx)
    last = state.trail[-1]
    return math.atan2(last[1] - place[1], last[0] - place[0])


def _between(here: Place, place: Place, her: Place) -> float:
    """The angle between the ways to a place and to her."""
    ahead = math.atan2(place[1] - here[1], place[0] - here[0])
    return wrap_angle(math.atan2(her[1] - here[1], her[0] - here[0]) - ahead)


def _bearing(pose: Pose2D, place: Place) -> float:
    return wrap_angle(math.atan2(place[1] - pose.y, place[0] - pose.x) - pose.yaw)
