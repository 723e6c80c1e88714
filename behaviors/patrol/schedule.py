"""When a round is due. Pure: the calendar is asked for the next moment (`kangban.cron`), and no clock is read here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from kangban.cron import next_due
from kangban.home_site import PatrolPlan, PatrolRound

JUMP = timedelta(minutes=5)  # a home clock that goes back by more was set anew: what is next is asked anew


@dataclass(frozen=True, slots=True)
class State:
    """`next`: round's name -> when it is next due (naive local time); `seen`: the last time that was looked."""

    next: Mapping[str, datetime]
    seen: datetime


@dataclass(frozen=True, slots=True)
class Due:
    round: PatrolRound
    at: datetime
    late: bool  # by more than the plan's `late_s`: it is left out


def start(plan: PatrolPlan, now: datetime) -> State:
    """What was due before the robot was there is not made up for."""
    return State({each.name: due for each in plan.rounds if (due := next_due(each.at, now))}, now)


def step(state: State, plan: PatrolPlan, now: datetime) -> tuple[State, tuple[Due, ...]]:
    """The rounds that have become due since the last step, each once, the earliest first."""
    if now < state.seen - JUMP:
        return start(plan, now), ()
    late = timedelta(seconds=plan.late_s)
    due, after = [], dict(state.next)
    for each in plan.rounds:
        at = state.next.get(each.name)
        if at is None or at > now:
            continue
        due.append(Due(each, at, now - at > late))
        following = next_due(each.at, now)
        if following is None:
            del after[each.name]
        else:
            after[each.name] = following
    return State(after, max(now, state.seen)), tuple(sorted(due, key=lambda d: d.at))
