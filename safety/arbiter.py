"""Which wish to move counts: the highest priority that is fresh. Sources, priorities and timeouts are profile data.

A source that is fresh and wishes zero still wins: it holds the robot. When none is fresh there is no source, which
means zero. The life of a wish counts from its own stamp, or from its arrival where the stamp claims to be later, so a
fast clock at the sender never lengthens it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kangban.inputs import FUTURE_TOLERANCE_S
from kangban.profile import Source
from kangban.values import STILL, Twist2D, VelocityCommand


@dataclass(frozen=True, slots=True)
class Wish:
    """A command as accepted; `counts_from` is the time from which its age is counted, s."""

    velocity: Twist2D
    stamp: float
    counts_from: float


@dataclass(frozen=True, slots=True)
class ArbiterState:
    """The newest wish of each source, by name."""

    wishes: Mapping[str, Wish] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """The wish that counts now; no source means zero. `reasons`: what was passed over, in words."""

    source: str | None
    velocity: Twist2D
    reasons: tuple[str, ...]


def accept(state: ArbiterState, source: str, command: VelocityCommand, now: float) -> tuple[ArbiterState, str | None]:
    """Take a command that just arrived, or say why not: from the future, repeated, or older than one already taken."""
    ahead = command.stamp - now
    if not ahead <= FUTURE_TOLERANCE_S:  # a NaN stamp is refused too
        return state, f"{source}_refused: stamped {ahead:.2f} s in the future"
    last = state.wishes.get(source)
    own_clock_began_anew = last is not None and last.stamp > now + FUTURE_TOLERANCE_S
    if last is not None and command.stamp <= last.stamp and not own_clock_began_anew:
        return state, f"{source}_refused: its stamp is not newer than the last one"
    wish = Wish(command.velocity, command.stamp, min(command.stamp, now))
    return replace(state, wishes={**state.wishes, source: wish}), None


def choose(state: ArbiterState, sources: tuple[Source, ...], now: float) -> Choice:
    """The fresh wish of the highest priority."""
    stale: list[str] = []
    for source in sorted(sources, key=lambda s: -s.priority):
        wish = state.wishes.get(source.name)
        if wish is None:
            continue
        age = now - wish.counts_from
        if -FUTURE_TOLERANCE_S <= age <= source.timeout_s:
            return Choice(source.name, wish.velocity, tuple(stale))
        if wish.velocity != STILL and age <= 10 * source.timeout_s:
            # Said only for a while, and only where it broke off in motion: a source that ended with zero is just quiet.
            stale.append(f"{source.name}_silent: its last wish is {age:.2f} s old, dead after {source.timeout_s} s")
    return Choice(None, STILL, (*stale, "no_source: nobody wishes to move"))
