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


def step(arbiter: ArbiterState, readings: Readings, latch: Latch, limits: ChainLimits, now: float) -> ChainState:
    """What passes now and why: `sent` is never more than `wished`, and zero while the stop is latched."""
    choice = choose(arbiter, limits.sources, now)
    verdict = judge(choice.velocity, readings, limits.guard, now)
    stopped = (f"stopped: by {latch.who}: {latch.reason}",) if latch.latched else ()
    return ChainState(
        stamp=now,
        source=choice.source,
        wished=choice.velocity,
        sent=STILL if latch.latched else verdict.velocity,
        reasons=(*stopped, *verdict.reasons, *choice.reasons),
        stop_latched=latch.latched,
        stop_reason=f"{latch.who}: {latch.reason}" if latch.latched else "",
    )
