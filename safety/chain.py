"""The chain of gates as one pure step: arbiter, guard, latch. What comes out is what `cmd_vel` and `chain` say."""

from __future__ import annotations

from dataclasses import dataclass

from kangban.profile import Source
from kangban.values import STILL, ChainState
from safety.arbiter import ArbiterState, choose
from safety.guard import GuardLimits, Readings, judge
from safety.latch import Latch


@dataclass(frozen=True, slots=True)
class ChainLimits:
    sources: tuple[Source, ...]
    guard: GuardLimits


def step(
    arbiter: ArbiterState,
    readings: Readings,
    latch: Latch,
    limits: ChainLimits,
    now: float,
    away: tuple[str, ...] = (),
) -> ChainState:
    """What passes now and why.

    `sent` is never more than `wished`, and zero while the stop is latched or a process is `away` (it died and is not
    back yet): nothing moves near a person while a part of the robot is missing.
    """
    choice = choose(arbiter, limits.sources, now)
    verdict = judge(choice.velocity, readings, limits.guard, now)
    stopped = (f"stopped: by {latch.who}: {latch.reason}",) if latch.latched else ()
    missing = tuple(f"process_away: {name} died and is being started again" for name in away)
    return ChainState(
        stamp=now,
        source=choice.source,
        wished=choice.velocity,
        sent=STILL if latch.latched or away else verdict.velocity,
        reasons=(*stopped, *missing, *verdict.reasons, *choice.reasons),
        stop_latched=latch.latched,
        stop_reason=f"{latch.who}: {latch.reason}" if latch.latched else "",
    )
