"""What the robot says and shows while she exercises. Pure: `step(state, person, plan, now) -> state, advice`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import median

from behaviors.exercise import count, joints
from behaviors.exercise.count import NONE_YET, Counter, Range
from behaviors.exercise.joints import Pair
from kangban.values import Person

UNSEEN_S = 4.0  # her joints not seen for so long: says so
UNSEEN_AGAIN_S = 12.0
GIVE_UP_S = 60.0  # nothing seen for so long: it ends
REST_S = 40.0  # seen, and no movement for so long: it ends with what she did
ADVICE_S = 5.0  # no advice sooner after another
SMOOTH = 3  # frames


@dataclass(frozen=True, slots=True)
class Plan:
    """`joint`: arms or knees; `unseen`: the code to be said while they can not be seen."""

    name: str
    joint: str
    reach: Range
    repetitions: int
    unseen: str


def _deg(low: float, high: float) -> Range:
    return Range(math.radians(low), math.radians(high))


PLANS: Mapping[str, Plan] = {
    "arm_raise": Plan("arm_raise", "arms", _deg(45.0, 135.0), 8, "coach_no_arms"),
    "stretch": Plan("stretch", "arms", _deg(35.0, 75.0), 8, "coach_no_arms"),
    "sit_to_stand": Plan("sit_to_stand", "knees", _deg(115.0, 155.0), 5, "coach_no_legs"),
}


@dataclass(frozen=True, slots=True)
class State:
    began: float
    counter: Counter = NONE_YET
    last: tuple[Pair, ...] = ()
    seen_at: float = 0.0
    moved_at: float = 0.0
    advised_at: float = -math.inf
    over: bool = False


@dataclass(frozen=True, slots=True)
class Advice:
    """`say`: a code of `texts.py`; `count`: repetitions so far; `over`: a code, why it ends."""

    count: int
    say: str | None = None
    over: str | None = None


def start(now: float) -> State:
    return State(now, seen_at=now, moved_at=now)


def step(state: State, person: Person | None, plan: Plan, now: float) -> tuple[State, Advice]:
    """`person`: as seen in a new frame; None: nobody is."""
    if state.over:
        return state, Advice(state.counter.count)
    angles = joints.UNSEEN if person is None else (joints.arms if plan.joint == "arms" else joints.knees)(person)
    if not angles.known:
        return _unseen(replace(state, last=()), person, plan, now)
    state = replace(state, seen_at=now, last=(*state.last, angles)[-SMOOTH:])
    before = state.counter
    counter, happened = count.count(before, _smooth(state.last), plan.reach, now)
    moved = now if happened.done or happened.short or counter.up is not before.up else state.moved_at
    state = replace(state, counter=counter, moved_at=moved)
    if counter.count >= plan.repetitions:
        return replace(state, over=True), Advice(counter.count, over="coach_done")
    if now - state.moved_at >= REST_S:
        return replace(state, over=True), Advice(counter.count, over="coach_rest")
    return _advise(state, _words(happened, plan), now, at_once=happened.done)


def _words(happened: count.Step, plan: Plan) -> str | None:
    if happened.short:
        if plan.joint == "knees":
            return "coach_stand_taller"
        return "coach_higher" if happened.short == "both" else f"coach_higher_{happened.short}"
    if happened.done:
        return "coach_slower" if happened.quick else "coach_good"
    return None


def _advise(state: State, say: str | None, now: float, at_once: bool) -> tuple[State, Advice]:
    """Praise is short and may come with each repetition; advice is not given again and again."""
    advice = say is not None and say != "coach_good"
    if say is None or (advice and now - state.advised_at < ADVICE_S and not at_once):
        return state, Advice(state.counter.count)
    state = replace(state, advised_at=now if advice else state.advised_at)
    return state, Advice(state.counter.count, say)


def _unseen(state: State, person: Person | None, plan: Plan, now: float) -> tuple[State, Advice]:
    gone = now - state.seen_at
    if gone >= GIVE_UP_S:
        return replace(state, over=True), Advice(state.counter.count, over="coach_unseen")
    if gone < UNSEEN_S or now - state.advised_at < UNSEEN_AGAIN_S:
        return state, Advice(state.counter.count)
    say = "coach_no_one" if person is None else plan.unseen
    return replace(state, advised_at=now), Advice(state.counter.count, say)


def _smooth(last: tuple[Pair, ...]) -> Pair:
    """The middle of the last frames: one odd frame decides nothing."""
    left = [pair.left for pair in last if pair.left is not None]
    right = [pair.right for pair in last if pair.right is not None]
    return Pair(median(left), median(right))
