"""When the last minutes are kept: from an incident's opening until a while after it is over. Pure.

`step(state, open_, now, limits) -> state, order`. An incident that is not heard of any more counts as still open:
unknown is not over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum


class Order(Enum):
    NOTHING = "nothing"
    BEGIN = "begin"  # a file, with what the ring holds
    END = "end"


@dataclass(frozen=True, slots=True)
class Limits:
    """`after`: s that are kept when it is over; `longest`: s that one file covers, without what was before."""

    after: float
    longest: float


@dataclass(frozen=True, slots=True)
class State:
    """`begun`: since when a file is written, None: none is. `over_since`: since when no incident is open.
    `full`: one incident was recorded for as long as allowed; the next one gets a file again.
    """

    begun: float | None = None
    over_since: float | None = None
    full: bool = False


def step(state: State, open_: bool | None, now: float, limits: Limits) -> tuple[State, Order]:
    """`open_`: is an incident open? None: unknown."""
    if state.begun is None:
        if open_ and not state.full:
            return State(begun=now), Order.BEGIN
        return (replace(state, full=False) if open_ is False else state), Order.NOTHING
    if now - state.begun >= limits.longest:
        return State(full=open_ is not False), Order.END
    if now < state.begun:  # the clock began anew
        return State(), Order.END
    if open_ is not False:
        return replace(state, over_since=None), Order.NOTHING
    since = now if state.over_since is None else state.over_since
    if now - since >= limits.after:
        return State(), Order.END
    return replace(state, over_since=since), Order.NOTHING


def failed(state: State) -> State:
    """The file could not be written: this incident is given up, the next one is tried."""
    return State(full=True) if state.begun is not None else state
