"""Whether the robot knows where it is, in four states and in words. Pure.

known      one pose, and the scans agree: it is published and driven on
doubtful   they no longer agree, or lidar or odometry can't be believed: not published; carried on, to be confirmed
searching  some places are possible: not published, until what is seen on the way leaves one
lost       the scan fits nowhere
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from navigation.locating.senses import Fault

HOLD_S = 0.5  # trouble so long ends a known pose
DOUBT_S = 1.0  # then so long for the scans to confirm it after all
NOWHERE_S = 3.0  # nothing found to fit for so long: lost
DOUBT, HOPE = 0.45, 0.50  # share of explained returns: less is no fit; places with more are worth a search
SETTLE_S = 0.5  # of searching before looking around is asked for

FAULTS = {
    Fault.SILENT: "the lidar is silent; look at its cable and its process",
    Fault.FROZEN: "the lidar is frozen: the same picture again and again while the wheels turn; start it again",
    Fault.HALF_BLIND: "the lidar is half blind: too many rays give no reading; clean it, look for what covers it",
}
STARTING = "no scan has told yet"
DISAGREES = "what the lidar sees does not fit the map where the robot should be"
RIVALS = "another place fits as well"
VAGUE = "for too long nothing told where the wheels slipped to"
SEVERAL = "several places look like this one; moving tells them apart"
ONE = "one place fits; moving on shows whether it is true"
NOWHERE = "the scan fits nowhere on the map; is it the map of this home, and as it stands now?"
CARRIED = "nearly all that the lidar sees changed at once while the wheels stood: was the robot carried?"
BEGAN_ANEW = "the odometry began anew"


class State(StrEnum):
    KNOWN = "known"
    DOUBTFUL = "doubtful"
    SEARCHING = "searching"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Look:
    """What one scan, or its absence, told. `share`: of returns explained where the robot is taken to be; None: nothing.

    `confirmed`: it is at that one place. `hope`: the best share of any place. `interrupted`: why the pose may be wrong
    from now on, in words.
    """

    share: float | None = None
    confirmed: bool = False
    hope: float | None = None
    places: int = 0
    rivals: bool = False
    fault: Fault | None = None
    vague: bool = False
    interrupted: str | None = None


@dataclass(frozen=True, slots=True)
class Knowing:
    """`why`: in words. `bad_since`: when the trouble of a known pose began; `hoped_at`: when a place last fitted."""

    state: State = State.SEARCHING
    since: float | None = None
    why: str = STARTING
    bad_since: float | None = None
    hoped_at: float | None = None
    fault: Fault | None = None


def step(knowing: Knowing, look: Look, now: float) -> Knowing:
    """The state after a look at `now`, s."""
    knowing = replace(knowing, fault=look.fault, since=now if knowing.since is None else knowing.since)
    if look.interrupted is not None:
        held = State.DOUBTFUL if knowing.state is State.KNOWN else knowing.state
        return Knowing(held, now, look.interrupted)  # even the clock may have begun anew
    if look.confirmed and look.fault is None:
        return _to(knowing, State.KNOWN, "known", now)
    if knowing.state is State.KNOWN:
        return _known(knowing, look, now)
    if knowing.state is State.DOUBTFUL:
        return _doubtful(knowing, look, now)
    return _unknown(knowing, look, now)


def wish_to_look_around(knowing: Knowing, now: float) -> str | None:
    """Why it would help to turn in place now, or None."""
    settled = knowing.since is not None and now - knowing.since >= SETTLE_S
    unknown = knowing.state in (State.SEARCHING, State.LOST)
    return knowing.why if unknown and settled and knowing.fault is None and knowing.why != STARTING else None


def _known(knowing: Knowing, look: Look, now: float) -> Knowing:
    if look.vague:
        return _to(knowing, State.SEARCHING, VAGUE, now)
    trouble = _trouble(look)
    if trouble is None:
        return knowing if look.share is None else replace(knowing, bad_since=None)
    if look.fault is Fault.SILENT:
        return _to(knowing, State.DOUBTFUL, trouble, now)
    since = now if knowing.bad_since is None else knowing.bad_since
    if now - since < HOLD_S:
        return replace(knowing, bad_since=since)
    return _to(knowing, State.DOUBTFUL, trouble, now)


def _doubtful(knowing: Knowing, look: Look, now: float) -> Knowing:
    if look.vague:
        return _to(knowing, State.SEARCHING, VAGUE, now)
    if look.fault is not None:  # nothing can be decided on it: the time to confirm begins when it is gone
        return replace(knowing, why=FAULTS[look.fault], since=now)
    if look.share is not None and now - (knowing.since or 0.0) >= DOUBT_S:
        return _to(knowing, State.SEARCHING, _trouble(look) or knowing.why, now)
    return knowing


def _unknown(knowing: Knowing, look: Look, now: float) -> Knowing:
    """Searching or lost."""
    if look.fault is not None:
        return replace(knowing, why=FAULTS[look.fault])
    if look.hope is not None and look.hope >= HOPE:
        state = replace(knowing, hoped_at=now)
        return _to(state, State.SEARCHING, SEVERAL if look.places > 1 else ONE, now)
    told = look.share is not None or look.hope is not None
    if told and now - max(knowing.since or 0.0, knowing.hoped_at or 0.0) >= NOWHERE_S:
        return _to(knowing, State.LOST, NOWHERE, now)
    return knowing


def _trouble(look: Look) -> str | None:
    if look.fault is not None:
        return FAULTS[look.fault]
    if look.share is not None and look.share < DOUBT:
        return DISAGREES
    return RIVALS if look.rivals else None


def _to(knowing: Knowing, state: State, why: str, now: float) -> Knowing:
    since = knowing.since if state is knowing.state else now
    return replace(knowing, state=state, since=since, why=why, bad_since=None)
